"""Dose-response: drawn whatever the names and numbers are, with what the rows say and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scramblebench.analysis import AccuracyRow, Report, ThresholdRow, make_report
from scramblebench.publication import draw_curves
from scramblebench.publication.figures import Standing
from scramblebench.publication.figures.curves import dose_response
from scramblebench.publication.figures.drawings import Drawing
from scramblebench.publication.figures.style import INTERIM
from scramblebench.statistics import Status
from tests.analysis.cubes import FEW, conditions, falling, make

METHODS = ("word_shuffle", "letter_noise")


def row(model: str, level: float, low: float = 0.2, benchmark: str = "b") -> AccuracyRow:
    return AccuracyRow(
        model, benchmark, "word_shuffle", level, 0.5, low, 0.8, "wilson", 10, 10, 10, 0
    )


def threshold(level_pct: float, **changes: Any) -> ThresholdRow:
    values = ThresholdRow(
        model="m", benchmark="b", method="word_shuffle", is_simulated=False, estimator="isotonic",
        definition="50% of above-chance baseline", level_pct=level_pct, low_pct=40, high_pct=inf,
        target=0.5, baseline_accuracy=0.9, highest_level_pct=100, n_questions=9,
        status=Status.OK if isfinite(level_pct) else Status.NOT_REACHED,
    )  # fmt: skip
    return replace(values, **changes)


def drawn(
    rows: Sequence[AccuracyRow],
    thresholds: Sequence[ThresholdRow] = (),
    standing: Standing = Standing(),  # noqa: B008
    width_in: float = 5.5,
) -> list[Drawing]:
    return dose_response(rows, thresholds, 0.95, width_in=width_in, standing=standing)


def names(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in drawing.figure.legends[0].get_texts()]


def words(drawing: Drawing) -> str:
    return " ".join(text.get_text() for text in drawing.figure.texts)


def marks(axis: Any) -> list[float]:
    """Return the levels at which something is marked in the strip below the axis."""
    return [
        float(line.get_xdata()[0])
        for line in axis.lines
        if line.get_marker() not in ("None", ">") and float(line.get_ydata()[0]) < 0
    ]


@pytest.fixture(scope="module")
def report() -> Report:
    scores = falling(40, levels=(0, 33, 67, 100, 33, 67, 100))
    return make_report(
        "n", make(scores, conditions((0, 33, 67, 100), METHODS), guess_rate=0.25), FEW
    )


@pytest.mark.usefixtures("style")
def test_a_panel_per_method_a_line_per_model_and_chance(report: Report):
    (drawing,) = drawn(report.accuracy, report.thresholds)
    axes = drawing.figure.axes
    assert [axis.get_title("left") for axis in axes] == list(METHODS)
    for axis, method in zip(axes, METHODS, strict=True):
        assert len(axis.containers) == 2
        for bars, model in zip(axis.containers, ("a", "b"), strict=True):
            points = [r for r in report.accuracy if (r.model, r.method) == (model, method)]
            line, _, (spans,) = bars.lines
            aside = np.array(line.get_xdata(), float) - [p.level_pct for p in points]
            np.testing.assert_allclose(aside, aside[0])
            assert abs(aside[0]) < 2
            assert line.get_ydata().tolist() == [p.accuracy for p in points]
            limits = [tuple(segment[:, 1]) for segment in spans.get_segments()]
            np.testing.assert_allclose(limits, [(p.low, p.high) for p in points])
        bands = [polygon.get_paths()[0].vertices for polygon in axis.collections[::2]]
        assert max(band[:, 1].max() for band in bands) == max(
            p.band_high for p in report.accuracy if p.method == method
        )
        assert any(list(line.get_ydata()) == [0.25, 0.25] for line in axis.lines)
    assert "95 % intervals" in words(drawing)


@pytest.mark.usefixtures("style")
def test_the_table_holds_the_rows(report: Report):
    (drawing,) = drawn(report.accuracy, report.thresholds)
    table = [dict(zip(drawing.heads, cells, strict=True)) for cells in drawing.rows]
    found = {(t["model"], t["method"], t["level_pct"]): t for t in table}
    assert len(found) == len(table) == len(report.accuracy)
    for r in report.accuracy:
        cells = found[r.model, r.method, r.level_pct]
        assert (cells["accuracy_share"], cells["low_share"], cells["high_share"]) == (
            r.accuracy, r.low, r.high,
        )  # fmt: skip
        assert (cells["band_low_share"], cells["n_answered"]) == (r.band_low, r.n_answered)


@pytest.mark.usefixtures("style")
def test_thresholds_are_the_isotonic_ones_above_chance(report: Report):
    (drawing,) = drawn(report.accuracy, report.thresholds)
    for axis, method in zip(drawing.figure.axes, METHODS, strict=True):
        wanted = [
            r.level_pct
            for r in report.thresholds
            if r.method == method and r.estimator == "isotonic" and "above-chance" in r.definition
            and r.level_pct < inf
        ]  # fmt: skip
        assert marks(axis) == wanted
        assert wanted


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("level", [inf, nan])
def test_what_was_not_reached_or_is_undefined_has_no_mark(level: float):
    rows = [row("m", 0), row("m", 50), row("m", 100)]
    (drawing,) = drawn(rows, [threshold(level, low_pct=nan, high_pct=nan)])
    assert marks(drawing.figure.axes[0]) == []
    assert "threshold: not reached" in drawing.alt
    assert "reached by 0 of 1 curve; where it is not reached nothing is marked" in drawing.alt


@pytest.mark.usefixtures("style")
def test_an_interval_without_end_ends_in_an_arrow():
    rows = [row("m", 0), row("m", 50), row("m", 100)]
    for high, arrows in ((inf, 1), (90.0, 0)):
        (drawing,) = drawn(rows, [threshold(70, high_pct=high)])
        axis = drawing.figure.axes[0]
        assert marks(axis) == [70]
        assert sum(line.get_marker() == ">" for line in axis.lines) == arrows
        assert "threshold 70.0 [40.0, " in drawing.alt


@pytest.mark.usefixtures("style")
def test_unanswered_points_are_left_out_and_two_are_not_joined():
    missing = replace(row("m", 100), accuracy=nan, low=nan, high=nan, n_answered=0)
    (drawing,) = drawn([row("m", 0), row("m", 50), missing])
    axis = drawing.figure.axes[0]
    line, _, _ = axis.containers[0].lines
    assert line.get_xdata().tolist() == [0, 50]
    assert line.get_linestyle() == "None"
    assert len(axis.collections) == 1  # the bars, and no band
    assert len(drawing.rows) == 3


@pytest.mark.usefixtures("style")
def test_many_models_have_a_panel_each_and_share_a_baseline():
    rows = [
        replace(row(f"model {n}", level), method=method)
        for n in range(7)
        for method in METHODS
        for level in (0, 50, 100)
    ]
    (drawing,) = drawn(rows)
    assert [axis.get_title("left") for axis in drawing.figure.axes] == [
        f"model {n}" for n in range(7)
    ]
    assert names(drawing) == [*METHODS, "level 0", "chance"]
    for axis in drawing.figure.axes:
        assert [len(bars.lines[0].get_xdata()) for bars in axis.containers] == [2, 2, 1]
        assert axis.containers[2].lines[0].get_xdata().tolist() == [0]


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("width", [3.25, 5.5, 6.75])
def test_what_a_page_cannot_hold_goes_on_in_parts(width: float):
    rows = [row(f"model {n}", level) for n in range(60) for level in (0, 50, 100)]
    parts = drawn(rows, width_in=width)
    assert [part.name for part in parts] == [
        "dose_response", *(f"dose_response_{n}" for n in range(2, len(parts) + 1)),
    ]  # fmt: skip
    assert len(parts) > 1
    shown = [axis.get_title("left") for part in parts for axis in part.figure.axes]
    assert shown == [f"model {n}" for n in range(60)]
    assert all(part.figure.get_figheight() <= 8 for part in parts)
    assert parts[1].alt.startswith(f"Part 2 of {len(parts)}. ")


@pytest.mark.usefixtures("style")
def test_interim_and_simulated_results_look_so():
    rows = [replace(row("m", level), is_simulated=True) for level in (0, 50, 100)]
    (drawing,) = drawn(rows, (), Standing(True, 128, 200, has_simulated=True))
    axis = drawing.figure.axes[0]
    assert axis.get_facecolor()[:3] == pytest.approx((float(INTERIM),) * 3)
    assert axis.containers[0].lines[0].get_markerfacecolor() == "white"
    assert names(drawing) == ["m (simulated)", "chance"]
    for said in (words(drawing), drawing.alt):
        assert "Interim: 128 of 200 responses" in said
        assert "no measurements" in said
    (final,) = drawn(rows)
    assert final.figure.axes[0].get_facecolor()[:3] == (1, 1, 1)
    assert "Interim" not in words(final) + final.alt


@pytest.mark.usefixtures("style")
def test_the_alt_text_says_numbers(report: Report):
    (drawing,) = drawn(report.accuracy, report.thresholds)
    first = next(r for r in report.accuracy if r.model == "a")
    assert f"a on bench0 by word_shuffle: {first.accuracy:.3f} [{first.low:.3f}, " in drawing.alt
    assert 2 <= drawing.alt.count(". ") + 1 <= 4
    rows = [replace(row(f"m{n}", level), accuracy=n / 10) for n in range(9) for level in (0, 100)]
    (drawing,) = drawn(rows)
    assert "at level 0 from 0.000 (m0) to 0.800 (m8)" in drawing.alt


def test_names_are_text_and_not_formulas(tmp_path: Path):
    rows = [row(r"$\\frac{$", 0), row("_hidden", 0, benchmark="a$b_{$c")]
    path = draw_curves(rows, tmp_path / "x.png", r"$\\frac{$ of _x_", 0.95)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_points_without_limits_are_drawn(tmp_path: Path):
    path = draw_curves([row("m", 0, nan), row("m", 100)], tmp_path / "x.png", "t", 0.95)
    assert path.stat().st_size > 5_000


def test_nothing_answered_is_an_empty_figure(tmp_path: Path):
    report = make_report("n", make(np.full((2, 5, 5), nan)), FEW)
    path = draw_curves(report.accuracy, tmp_path / "x.png", "t", 0.95, report.thresholds)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_same_report_is_the_same_picture(tmp_path: Path, report: Report):
    one, two = (
        draw_curves(report.accuracy, tmp_path / name, "t", 0.95, report.thresholds).read_bytes()
        for name in ("x.png", "y.png")
    )
    assert one == two

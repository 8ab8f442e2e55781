"""Figures: drawn whatever the names and numbers are, with what the rows say and nothing else."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scramblebench.analysis import AccuracyRow, DependencyRow, Report, ThresholdRow, make_report
from scramblebench.publication import draw_curves, draw_dependency, figures
from scramblebench.statistics import Status
from tests.analysis.cubes import FEW, conditions, falling, make


def row(model: str, level: float, low: float = 0.2, benchmark: str = "b") -> AccuracyRow:
    return AccuracyRow(
        model, benchmark, "word_shuffle", level, 0.5, low, 0.8, "wilson", 10, 10, 10, 0
    )


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were made, in order."""
    found: list[Any] = []
    grid = figures._grid  # pyright: ignore

    def remember(*words: Any, **more: Any) -> tuple[Any, list[Any]]:
        figure, axes = grid(*words, **more)
        found.append(figure)
        return figure, axes

    monkeypatch.setattr(figures, "_grid", remember)
    return found


def shown(figure: Any) -> list[Any]:
    return [axis for axis in figure.axes if axis.get_visible()]


def test_names_are_text_and_not_formulas(tmp_path: Path):
    rows = [row(r"$\\frac{$", 0), row("_hidden", 0, benchmark="a$b_{$c")]
    path = draw_curves(rows, tmp_path / "x.png", r"$\\frac{$ of _x_", 0.95)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_points_without_limits_are_drawn(tmp_path: Path):
    path = draw_curves([row("m", 0, nan), row("m", 100)], tmp_path / "x.png", "t", 0.95)
    assert path.stat().st_size > 5_000


@pytest.fixture(scope="module")
def report() -> Report:
    scores = falling(40, levels=(0, 33, 67, 100, 33, 67, 100))
    asked = conditions((0, 33, 67, 100), ("word_shuffle", "letter_noise"))
    return make_report("n", make(scores, asked, guess_rate=0.25), FEW)


def test_a_panel_per_method_a_line_per_model_and_chance(
    tmp_path: Path, report: Report, drawn: list[Any]
):
    draw_curves(report.accuracy, tmp_path / "x.png", "title", 0.9, report.thresholds)
    (figure,) = drawn
    axes = shown(figure)
    assert [axis.get_title() for axis in axes] == ["bench0 · word_shuffle", "bench0 · letter_noise"]
    for axis, method in zip(axes, ("word_shuffle", "letter_noise"), strict=True):
        assert len(axis.containers) == 2
        for bars, model in zip(axis.containers, ("a", "b"), strict=True):
            points = [r for r in report.accuracy if (r.model, r.method) == (model, method)]
            line, _, (spans,) = bars.lines
            assert line.get_xdata().tolist() == [p.level_pct for p in points]
            assert line.get_ydata().tolist() == [p.accuracy for p in points]
            limits = [tuple(segment[:, 1]) for segment in spans.get_segments()]
            np.testing.assert_allclose(limits, [(p.low, p.high) for p in points])
        assert any(list(line.get_ydata()) == [0.25, 0.25] for line in axis.lines)
    assert figure.get_suptitle() == "title"
    assert figure.get_supylabel() == "accuracy, 90 % interval"


def marks(axis: Any) -> list[float]:
    """Return the levels of the ticks that mark thresholds."""
    return [float(line.get_xdata()[0]) for line in axis.lines if line.get_marker() == "|"]


def test_thresholds_are_the_isotonic_ones_above_chance(
    tmp_path: Path, report: Report, drawn: list[Any]
):
    draw_curves(report.accuracy, tmp_path / "x.png", "t", 0.95, report.thresholds)
    axes = shown(drawn[0])
    for axis, method in zip(axes, ("word_shuffle", "letter_noise"), strict=True):
        wanted = [
            r.level_pct
            for r in report.thresholds
            if r.method == method and r.estimator == "isotonic" and "above-chance" in r.definition
            and r.level_pct < inf
        ]  # fmt: skip
        assert marks(axis) == wanted
        assert wanted


def test_what_was_not_reached_or_is_undefined_has_no_mark(tmp_path: Path, drawn: list[Any]):
    threshold = ThresholdRow(
        model="m", benchmark="b", method="word_shuffle", is_simulated=False, estimator="isotonic",
        definition="50% of above-chance baseline", level_pct=inf, low_pct=70, high_pct=inf, target=0.5,
        baseline_accuracy=0.9, highest_level_pct=100, n_questions=9, status=Status.NOT_REACHED,
    )  # fmt: skip
    rows = [row("m", 0), row("m", 100)]
    for found in (threshold, replace(threshold, level_pct=nan, low_pct=nan, high_pct=nan)):
        draw_curves(rows, tmp_path / "x.png", "t", 0.95, [found])
        assert marks(shown(drawn[-1])[0]) == []


def test_unanswered_points_are_left_out(tmp_path: Path, drawn: list[Any]):
    missing = replace(row("m", 100), accuracy=nan, low=nan, high=nan, n_answered=0)
    draw_curves([row("m", 0), missing], tmp_path / "x.png", "t", 0.95)
    line, _, _ = shown(drawn[0])[0].containers[0].lines
    assert line.get_xdata().tolist() == [0]


def test_nothing_answered_is_an_empty_figure(tmp_path: Path):
    report = make_report("n", make(np.full((2, 5, 5), nan)), FEW)
    path = draw_curves(report.accuracy, tmp_path / "x.png", "t", 0.95, report.thresholds)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_many_models_have_a_panel_each(tmp_path: Path, drawn: list[Any]):
    rows = [row(f"model {n}", level) for n in range(7) for level in (0, 100)]
    draw_curves(rows, tmp_path / "x.png", "t", 0.95)
    axes = shown(drawn[0])
    assert [axis.get_title() for axis in axes] == [f"b\nmodel {n}" for n in range(7)]
    assert len(drawn[0].axes) == 10  # two rows of five, three hidden
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == ["word_shuffle"]


def test_simulated_models_are_labelled(tmp_path: Path, drawn: list[Any], report: Report):
    draw_curves([replace(row("m", 0), is_simulated=True)], tmp_path / "x.png", "t", 0.95)
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == ["m (simulated)"]
    simulated = [replace(r, is_simulated=True) for r in report.dependency]
    draw_dependency(simulated, tmp_path / "y.png", "t", 0.95)
    names = [text.get_text() for text in shown(drawn[1])[0].get_yticklabels()]
    assert sorted(names) == ["a (simulated)", "b (simulated)"]


def test_coefficients_with_their_limits_the_smallest_above(
    tmp_path: Path, report: Report, drawn: list[Any]
):
    draw_dependency(report.dependency, tmp_path / "x.png", "t", 0.95)
    for axis, method in zip(shown(drawn[0]), ("word_shuffle", "letter_noise"), strict=True):
        rows = sorted(
            (r for r in report.dependency if r.method == method), key=lambda r: r.estimate
        )
        assert [text.get_text() for text in axis.get_yticklabels()] == [r.model for r in rows]
        dots = [float(line.get_xdata()[0]) for line in axis.lines if line.get_marker() == "o"]
        spans = [list(line.get_xdata()) for line in axis.lines if line.get_marker() == "None"][:-1]
        assert dots == [r.estimate for r in rows]
        assert spans == [[r.low, r.high] for r in rows]
        assert axis.get_ylim()[0] > axis.get_ylim()[1]


def test_undefined_coefficients_are_left_out(tmp_path: Path, report: Report, drawn: list[Any]):
    rows: list[DependencyRow] = [
        replace(r, estimate=nan) if r.method == "letter_noise" or r.model == "a" else r
        for r in report.dependency
    ]
    draw_dependency(rows, tmp_path / "x.png", "t", 0.95)
    (axis,) = shown(drawn[0])
    assert [text.get_text() for text in axis.get_yticklabels()] == ["b"]


def test_the_same_report_is_the_same_picture(tmp_path: Path, report: Report):
    one, two = (
        draw_curves(report.accuracy, tmp_path / name, "t", 0.95, report.thresholds).read_bytes()
        for name in ("x.png", "y.png")
    )
    assert one == two

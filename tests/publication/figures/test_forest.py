"""The forest plot: coefficients in order, with their limits or their reason."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from scramblebench.analysis import DependencyRow, Report, make_report
from scramblebench.publication import draw_dependency
from scramblebench.publication.figures import Standing
from scramblebench.publication.figures.drawings import Drawing
from scramblebench.publication.figures.forest import dependency_forest
from scramblebench.publication.figures.forest_lines import forest_lines, parts_of
from scramblebench.statistics import Status
from tests.analysis.cubes import FEW, conditions, falling, make


@pytest.fixture(scope="module")
def report() -> Report:
    scores = falling(40, levels=(0, 33, 67, 100, 33, 67, 100))
    asked = conditions((0, 33, 67, 100), ("word_shuffle", "letter_noise"))
    return make_report("n", make(scores, asked, guess_rate=0.25), FEW)


def drawn(rows: list[DependencyRow], width_in: float = 5.5, **standing: Any) -> Drawing:
    (drawing,) = dependency_forest(rows, 0.95, width_in=width_in, standing=Standing(**standing))
    return drawing


def words(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in drawing.figure.texts]


def dots(drawing: Drawing) -> list[float]:
    lines = drawing.figure.axes[0].lines
    return [float(line.get_xdata()[0]) for line in lines if line.get_marker() == "o"]


def undefined(row: DependencyRow, status: Status = Status.TOO_FEW_LEVELS) -> DependencyRow:
    return replace(row, estimate=nan, low=nan, high=nan, status=status)


@pytest.mark.usefixtures("style")
def test_coefficients_with_their_limits_the_smallest_above(report: Report):
    drawing = drawn(list(report.dependency))
    wanted = [
        row
        for method in ("word_shuffle", "letter_noise")
        for row in sorted(
            (r for r in report.dependency if r.method == method), key=lambda r: r.estimate
        )
    ]
    assert dots(drawing) == [row.estimate for row in wanted]
    axis = drawing.figure.axes[0]
    spans = [line.get_xdata() for line in axis.lines if line.get_marker() == "None"]
    assert [(low, high) for low, high in spans if low != high] == [
        (row.low, row.high) for row in wanted
    ]
    assert axis.get_ylim()[0] > axis.get_ylim()[1]
    shown = words(drawing)
    assert [w for w in shown if w in ("a", "b")] == [row.model for row in wanted]
    for row in wanted:
        assert f"{row.baseline_accuracy:.3f}" in shown
        assert f"{row.drop:.3f}" in shown
        assert f"{row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}]" in shown
    assert [cells[4] for cells in drawing.rows] == [row.estimate for row in wanted]


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("width", [3.25, 5.5])
def test_undefined_coefficients_have_their_reason(report: Report, width: float):
    rows = [
        undefined(r, Status.BASELINE_NOT_ABOVE_CHANCE) if r.model == "a" else r
        for r in report.dependency
    ]
    drawing = drawn(rows, width)
    assert len(dots(drawing)) == 2
    shown = " ".join(words(drawing))
    assert "the baseline is not above chance" in shown
    assert "a on bench0 by word_shuffle (the baseline is not above chance)" in drawing.alt
    reasons = {cells[2]: cells[-1] for cells in drawing.rows}
    assert reasons == {"a": "the baseline is not above chance", "b": None}


@pytest.mark.usefixtures("style")
def test_a_method_without_any_coefficient_has_one_line(report: Report):
    rows = [undefined(r) if r.method == "letter_noise" else r for r in report.dependency]
    drawing = drawn(rows)
    assert "all 2 models" in words(drawing)
    assert len(drawing.rows) == 4
    alone = drawn([undefined(r) for r in report.dependency])
    assert dots(alone) == []
    assert alone.alt.startswith("Forest plot without a coefficient")


@pytest.mark.usefixtures("style")
def test_limits_beyond_the_axis_are_arrows(report: Report):
    rows = [replace(r, low=-7.0, high=inf) for r in report.dependency[:1]]
    axis = drawn(rows).figure.axes[0]
    assert sorted(str(line.get_marker()) for line in axis.lines) == ["<", ">", "None", "None", "o"]
    low, high = axis.get_xlim()
    assert low > -0.6
    assert high < 1.6
    free = drawn([replace(r, low=nan, high=nan) for r in report.dependency[:1]]).figure.axes[0]
    assert sorted(str(line.get_marker()) for line in free.lines) == ["None", "o"]


@pytest.mark.parametrize("size", [4, 5, 7, 100])
def test_parts_hold_all_lines_and_repeat_headings(report: Report, size: int):
    rows = [
        replace(r, model=f"{r.model}{n}", estimate=n / 10) for n in range(6) for r in report.dependency
    ]  # fmt: skip
    lines = forest_lines(rows)
    parts = parts_of(lines, size)
    assert all(0 < len(part) <= size for part in parts)
    assert all(part[0].group for part in parts)
    assert all(not part[-1].group for part in parts)
    told = [row for part in parts for line in part for row in line.rows]
    assert told == [row for line in lines for row in line.rows]
    assert len(told) == 24


@pytest.mark.usefixtures("style")
def test_simulated_and_interim_say_so(report: Report):
    rows = [replace(r, is_simulated=True) for r in report.dependency]
    drawing = drawn(rows, is_interim=True, n_answered=3, n_planned=9, has_simulated=True)
    shown = " ".join(words(drawing))
    assert "a (simulated)" in shown
    assert "Interim: 3 of 9 responses" in shown
    line = next(v for v in drawing.figure.axes[0].lines if v.get_marker() == "o")
    assert line.get_markerfacecolor() == "white"


def test_analyze_draws_one_picture_however_high(tmp_path: Path, report: Report):
    rows = [replace(r, model=f"{r.model}{n}") for n in range(20) for r in report.dependency]
    path = draw_dependency(rows, tmp_path / "x.png", r"$\\frac{$", 0.95)
    assert path.read_bytes().startswith(b"\x89PNG")

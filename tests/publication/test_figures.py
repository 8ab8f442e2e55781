"""Figures: drawn whatever the names and numbers are."""

from math import nan
from pathlib import Path

from scramblebench.analysis import AccuracyRow
from scramblebench.publication import draw_curves


def row(model: str, level: float, low: float = 0.2, benchmark: str = "b") -> AccuracyRow:
    return AccuracyRow(
        model, benchmark, "word_shuffle", level, 0.5, low, 0.8, "wilson", 10, 10, 10, 0
    )


def test_names_are_text_and_not_formulas(tmp_path: Path):
    rows = [row(r"$\\frac{$", 0), row("_hidden", 0, benchmark="a$b_{$c")]
    path = draw_curves(rows, tmp_path / "x.png", r"$\\frac{$ of _x_", 0.95)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_points_without_limits_are_drawn(tmp_path: Path):
    path = draw_curves([row("m", 0, nan), row("m", 100)], tmp_path / "x.png", "t", 0.95)
    assert path.stat().st_size > 5_000

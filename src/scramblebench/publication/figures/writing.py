"""The figures of a publication, and the two that ``analyze`` writes, drawn by the same functions."""

from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path

from scramblebench.analysis import AccuracyRow, DependencyRow, ThresholdRow
from scramblebench.publication.figures.costs import cost_latency
from scramblebench.publication.figures.curves import dose_response
from scramblebench.publication.figures.drawings import Drawing, save, save_png
from scramblebench.publication.figures.flips import flip_heatmap
from scramblebench.publication.figures.forest import dependency_forest
from scramblebench.publication.figures.standing import Standing, standing_of
from scramblebench.publication.figures.style import WIDTHS_IN, checked_width, styled
from scramblebench.publication.source import Publication

_FINAL = Standing()


def write_figures(publication: Publication, folder: Path, *, width_in: float = 5.5) -> list[Path]:
    """Write dose_response, dependency_forest, flip_heatmap and cost_latency; return the paths.

    Each is a PDF, an SVG, a PNG (300 dpi), a CSV of the numbers drawn and a text that says what it shows.
    What does not fit on a page goes on in ``<name>_2`` and so on. Coefficients are left out where none
    was computed, cost and latency where nothing is known of them. Raises UsageError where the width is
    not 3.25, 5.5 or 6.75 in, MissingDependency where matplotlib is not installed.
    """
    checked_width(width_in)
    folder.mkdir(parents=True, exist_ok=True)
    with styled():
        return [
            path
            for drawing in _drawings(publication, width_in)
            for path in save(drawing, folder, publication.stamp)
        ]


def _drawings(publication: Publication, width_in: float) -> Iterator[Drawing]:
    report = publication.report
    confidence = report.options.confidence_level
    standing = standing_of(publication.record, has_simulated=publication.has_simulated)
    yield from dose_response(
        report.accuracy, report.thresholds, confidence, width_in=width_in, standing=standing
    )
    if report.dependency:
        yield from dependency_forest(
            report.dependency, confidence, width_in=width_in, standing=standing
        )
    ids = publication.cube.items.ids
    yield flip_heatmap(
        publication.cube, report.dependency, ids, width_in=width_in, standing=standing
    )
    yield from cost_latency(publication.models, width_in=width_in, standing=standing)


def draw_curves(
    rows: Sequence[AccuracyRow],
    path: Path,
    title: str,
    confidence_level: float,
    thresholds: Sequence[ThresholdRow] = (),
    standing: Standing = _FINAL,
) -> Path:
    """Draw accuracy against level as one picture, however high; return the path.

    Raises MissingDependency where matplotlib is not installed.
    """
    with styled():
        (drawing,) = dose_response(
            rows, thresholds, confidence_level, width_in=WIDTHS_IN[-1], title=title, tallest_in=inf,
            standing=standing,
        )  # fmt: skip
        return save_png(drawing, path)


def draw_dependency(
    rows: Sequence[DependencyRow],
    path: Path,
    title: str,
    confidence_level: float,
    standing: Standing = _FINAL,
) -> Path:
    """Draw dependency coefficients as one picture, however high; return the path.

    Raises MissingDependency where matplotlib is not installed.
    """
    with styled():
        (drawing,) = dependency_forest(
            rows, confidence_level, width_in=WIDTHS_IN[-1], title=title, tallest_in=inf,
            standing=standing,
        )  # fmt: skip
        return save_png(drawing, path)

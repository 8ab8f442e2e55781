"""The numbers and the words of a dose-response figure."""

from collections.abc import Iterator, Sequence
from math import isfinite, isnan

from scramblebench.analysis import AccuracyRow
from scramblebench.analysis.wording import interval, number, threshold_words
from scramblebench.publication.figures.curve_panels import Curve, CurvePanel, CurveSet
from scramblebench.publication.figures.drawings import Cell
from scramblebench.publication.figures.lettering import readable
from scramblebench.publication.figures.standing import Standing

HEADS = (
    "model", "is_simulated", "benchmark", "method", "level_pct", "accuracy_share", "low_share",
    "high_share", "interval_method", "band_low_share", "band_high_share", "chance_share",
    "n_questions", "n_answered", "n_planned", "n_no_answer", "threshold_definition",
    "threshold_pct", "threshold_low_pct", "threshold_high_pct", "threshold_status",
)  # fmt: skip
_MOST_TOLD = 5
"""Curves that are told one by one; of more, the ends of the range are."""


def curve_cells(panels: Sequence[CurvePanel]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row per point, the curve's threshold beside each of its points.

    An infinite limit lies beyond the highest level that was tested.
    """
    for curve in (curve for panel in panels for curve in panel.curves):
        mark = curve.threshold
        beside: tuple[Cell, ...] = (None,) * 5
        if mark is not None:
            limits = (mark.level_pct, mark.low_pct, mark.high_pct)
            beside = (mark.definition, *limits, str(mark.status))
        for p in curve.points:
            band = (p.band_low, p.band_high) if curve.is_line else (None, None)
            yield (
                p.model, p.is_simulated, p.benchmark, p.method, p.level_pct, p.accuracy, p.low, p.high,
                p.interval_method, *band, p.chance, p.n_questions, p.n_answered, p.n_planned,
                p.n_no_answer, *beside,
            )  # fmt: skip


def curve_alt(
    found: CurveSet, panels: Sequence[CurvePanel], confidence: float, standing: Standing
) -> str:
    """Return what the figure shows, in a few sentences with numbers."""
    curves = [curve for panel in panels for curve in panel.curves if curve.answered]
    sentences = [_what(panels, confidence), standing.sentence]
    if len(curves) <= _MOST_TOLD:
        sentences += [f"{_name(curve)}: {_fall(curve)}{_mark(curve)}." for curve in curves]
    else:
        sentences += [*_ends(curves), *_reached(curves)]
    if found.definition and any(curve.threshold for curve in curves):
        sentences.append(f"Thresholds are levels at which accuracy falls to {found.definition}.")
    return readable(" ".join(sentences))


def _what(panels: Sequence[CurvePanel], confidence: float) -> str:
    rows = [p for panel in panels for curve in panel.curves for p in curve.points]
    models = list(dict.fromkeys(row.shown_model for row in rows))
    benchmarks = ", ".join(dict.fromkeys(row.benchmark for row in rows))
    methods = ", ".join(dict.fromkeys(row.method for row in rows))
    chance = ", ".join(dict.fromkeys(number(row.chance, 2) for row in rows))
    who = models[0] if len(models) == 1 else f"{len(models)} models"
    n_panels = "one panel" if len(panels) == 1 else f"{len(panels)} panels"
    return (
        f"Line chart in {n_panels}: accuracy (0 to 1) against scrambling level (percent) of {who} on "
        f"{benchmarks}, scrambled by {methods}, with {confidence * 100:g} % intervals; chance is {chance}."
    )


def _name(curve: Curve) -> str:
    row = curve.points[0]
    return f"{row.shown_model} on {row.benchmark} by {row.method}"


def _fall(curve: Curve) -> str:
    first, last = curve.answered[0], curve.answered[-1]
    if first is last:
        return f"{_value(first)} at level {first.level_pct:g}"
    return (
        f"{_value(first)} at level {first.level_pct:g}, {_value(last)} at level {last.level_pct:g}"
    )


def _value(row: AccuracyRow) -> str:
    return f"{number(row.accuracy)} {interval(row.low, row.high)}"


def _mark(curve: Curve) -> str:
    mark = curve.threshold
    if mark is None:
        return ""
    return f"; threshold {threshold_words(mark)} %" if curve.has_mark else "; threshold not reached"


def _ends(curves: Sequence[Curve]) -> Iterator[str]:
    """Yield the range of accuracy at the first and at the last level of each method."""
    for method in dict.fromkeys(curve.points[0].method for curve in curves):
        own = [curve for curve in curves if curve.points[0].method == method]
        spans = "; ".join(_span(own, place) for place in (0, -1))
        yield f"By {method}, {spans}."


def _span(curves: Sequence[Curve], place: int) -> str:
    ends = sorted(
        (curve.answered[place] for curve in curves if not isnan(curve.answered[place].accuracy)),
        key=lambda row: row.accuracy,
    )
    low, high = ends[0], ends[-1]
    return (
        f"at level {low.level_pct:g} from {number(low.accuracy)} ({low.shown_model}) "
        f"to {number(high.accuracy)} ({high.shown_model})"
    )


def _reached(curves: Sequence[Curve]) -> Iterator[str]:
    marks = [curve.threshold for curve in curves if curve.threshold is not None]
    reached = sorted((m for m in marks if isfinite(m.level_pct)), key=lambda m: m.level_pct)
    if not marks:
        return
    if not reached:
        yield f"The threshold is not reached by any of {len(marks)} curves, and not marked."
        return
    low, high = reached[0], reached[-1]
    yield (
        f"The threshold is reached by {len(reached)} of {len(marks)} curves, from "
        f"{low.level_pct:.1f} % ({low.model}) to {high.level_pct:.1f} % ({high.model}); "
        "where it is not reached nothing is marked."
    )

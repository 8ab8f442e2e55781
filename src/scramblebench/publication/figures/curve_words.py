"""The numbers and the words of a dose-response figure."""

from collections.abc import Iterator, Sequence
from math import isfinite, isnan

from scramblebench.analysis import AccuracyRow
from scramblebench.analysis.wording import interval, number, reason, threshold_words
from scramblebench.publication.figures.curve_panels import Curve, CurvePanel
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
                p.interval_method or None, *band, p.chance, p.n_questions, p.n_answered, p.n_planned,
                p.n_no_answer, *beside,
            )  # fmt: skip


def curve_alt(panels: Sequence[CurvePanel], confidence: float, standing: Standing) -> str:
    """Return what the figure shows, in a few sentences with numbers."""
    curves = [curve for panel in panels for curve in panel.curves if curve.answered]
    sentences = [_what(panels, confidence), standing.sentence]
    if len(curves) <= _MOST_TOLD:
        told = "; ".join(f"{_name(curve)}: {_fall(curve)}{_mark(curve)}" for curve in curves)
        sentences += [f"{told}."] if told else []
    else:
        sentences.append(_ends(curves))
    sentences += _reached(curves)
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
    if curve.has_mark:
        return f", threshold {threshold_words(mark)} %"
    return f", threshold: {reason(mark.status)}"


def _ends(curves: Sequence[Curve]) -> str:
    """Return the range of accuracy at the first level, and at the last one of each method."""
    methods = dict.fromkeys(curve.points[0].method for curve in curves)
    spans = [_span(curves, 0)]
    for method in methods:
        own = [curve for curve in curves if curve.points[0].method == method]
        spans.append(f"by {method} {_span(own, -1)}")
    return f"Accuracy is {'; '.join(spans)}."


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
    """Yield of how many curves the threshold is marked, and that of others it is not."""
    marks = [curve.threshold for curve in curves if curve.threshold is not None]
    reached = sorted((m for m in marks if isfinite(m.level_pct)), key=lambda m: m.level_pct)
    if not marks:
        return
    ends = dict.fromkeys((reached[0], reached[-1])) if reached else ()
    span = " and ".join(f"{m.level_pct:.1f} % ({m.model})" for m in ends)
    where = f", {'at' if len(ends) == 1 else 'between'} {span}" if span else ""
    unmarked = "" if len(reached) == len(marks) else "; where it is not reached nothing is marked"
    yield (
        f"The threshold, where accuracy falls to {marks[0].definition}, is reached by {len(reached)} of "
        f"{len(marks)} {'curve' if len(marks) == 1 else 'curves'}{where}{unmarked}."
    )

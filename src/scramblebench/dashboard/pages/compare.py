"""Compare: two experiments, or two models of one, side by side at every level."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scramblebench.core.errors import DatabaseMissing
from scramblebench.dashboard.charts import Axes, Point, Series, line_chart
from scramblebench.dashboard.curves import LevelCell, ModelCurve, method_curves
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.pages.statistics import Row, stored_report
from scramblebench.dashboard.sources import Sources
from scramblebench.dashboard.words import is_simulated
from scramblebench.monitoring.progress import experiment_progress
from scramblebench.storage import Database, ExperimentRecord

_N_CHOICES = 200
ACROSS = "across"


@dataclass(frozen=True, slots=True)
class PairedLevel:
    """Both sides at one level, and the stored comparison of it where there is one (first minus second)."""

    level_pct: float
    first: LevelCell
    second: LevelCell
    tested: Row | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """One curve of each side under one method."""

    title: str
    first: str
    second: str
    levels: tuple[PairedLevel, ...]
    chart: Any
    overall: tuple[Row, ...]


def read(sources: Sources, query: Query) -> dict[str, Any]:
    """Return what the page shows: a choice, or two sides."""
    context: dict[str, Any] = {
        "choices": [], "first": None, "second": None, "pairings": (), "labels": [], "cautions": (),
        "is_stale": False, "has_tests": False, "job": None, "can_compute": False, "is_simulated": False,
        "registered": None,
        "command_words": ("compare", "A", "B"), "models": (None, None),
    }  # fmt: skip
    database = sources.reading
    try:
        context["choices"] = database.experiments.list(limit=_N_CHOICES)
    except DatabaseMissing:
        return context
    first = database.experiments.find(query["a"]) if query.get("a") else None
    second = database.experiments.find(query["b"]) if query.get("b") else None
    context |= {"first": first, "second": second}
    if first is None:
        return context
    if second is None or second.id == first.id:
        return context | _within(sources, first, query)
    return context | _across(sources, first, second)


def _within(sources: Sources, record: ExperimentRecord, query: Query) -> dict[str, Any]:
    """Return two models of one experiment."""
    progress = experiment_progress(sources.reading, record, sources.clock)
    methods = method_curves(progress)
    n = len(progress.models)
    places = tuple(_place(query.get(name, ""), n, usual) for name, usual in (("m1", 0), ("m2", 1)))
    stored = stored_report(sources.reading, record)
    pairings: list[Pairing] = []
    if n > 1 and places[0] != places[1]:
        for part in methods:
            one, two = (part.curves[place] for place in places)
            names = tuple(progress.models[place].label for place in places)
            tests = _oriented(stored["comparisons"], names, part.method)
            pairings.append(_pairing(part.method, one, two, tests))
    return {
        "second": None,
        "labels": [curve.label for curve in methods[0].curves] if methods else [],
        "models": places,
        "pairings": tuple(pairings),
        "has_tests": bool(stored["comparisons"]),
        "is_stale": stored["is_stale"],
        "registered": stored["registered"],
        "cautions": stored["cautions"],
        "is_simulated": progress.has_simulated,
        "job": sources.computing.job(("analyze", record.id)) if sources.computing else None,
        "can_compute": sources.computing is not None,
        "command_words": ("analyze", record.id[:8], "--full"),
    }


def _place(text: str, size: int, usual: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and int(text) < size else usual


def _oriented(rows: Sequence[Row], names: Sequence[str], method: str) -> list[Row]:
    """Return the comparisons of two models under a method, as first minus second."""
    found: list[Row] = []
    for row in rows:
        if row["kind"] == "level" or row["method"] not in (method, "baseline"):
            continue
        if (row["first"], row["second"]) == tuple(names):
            found.append(row)
        elif (row["second"], row["first"]) == tuple(names):
            found.append(_reversed(row))
    return found


def _reversed(row: Row) -> Row:
    """Return a comparison with its sides exchanged."""
    turned = dict(row)
    for name in ("estimate", "low", "high"):
        stored = row[name]
        turned[name] = -stored if isinstance(stored, int | float) else stored
    turned["low"], turned["high"] = turned["high"], turned["low"]
    turned["first"], turned["second"] = row["second"], row["first"]
    turned["n_first_only"], turned["n_second_only"] = row["n_second_only"], row["n_first_only"]
    return turned


def _across(sources: Sources, first: ExperimentRecord, second: ExperimentRecord) -> dict[str, Any]:
    """Return two experiments: models of one name, or by place where no name is in both."""
    sides = [
        method_curves(experiment_progress(sources.reading, record, sources.clock))
        for record in (first, second)
    ]
    stored = _stored_across(sources.reading, first.id, second.id)
    tests: Sequence[Row] = stored.get("comparisons", ())
    pairings: list[Pairing] = []
    for part in sides[0]:
        other = next((found for found in sides[1] if found.method == part.method), None)
        if other is None:
            continue
        for one, two in _pairs(part.curves, other.curves):
            own = [row for row in tests if _is_of(row, one, two, part.method)]
            pairings.append(_pairing(f"{part.method} · {one.label}", one, two, own))
    answered = (first.n_answered, second.n_answered)
    seen = tuple(stored.get(side, {}).get("n_answered") for side in ("first", "second"))
    return {
        "pairings": tuple(pairings),
        "has_tests": bool(stored),
        "is_stale": bool(stored) and seen != answered,
        "cautions": stored.get("cautions", ()),
        "is_simulated": is_simulated(first) or is_simulated(second),
        "job": sources.computing.job((ACROSS, first.id, second.id)) if sources.computing else None,
        "can_compute": sources.computing is not None,
        "command_words": ("compare", first.id[:8], second.id[:8]),
    }


def _stored_across(database: Database, first_id: str, second_id: str) -> dict[str, Any]:
    found = [r for r in database.analyses.analyses(first_id, ACROSS) if r.name == second_id]
    return json.loads(found[-1].result_json) if found else {}


def _pairs(
    first: Sequence[ModelCurve], second: Sequence[ModelCurve]
) -> list[tuple[ModelCurve, ModelCurve]]:
    by_label: Mapping[str, ModelCurve] = {curve.label: curve for curve in second}
    named = [(curve, by_label[curve.label]) for curve in first if curve.label in by_label]
    return named or list(zip(first, second, strict=False))[:1]


def _is_of(row: Row, one: ModelCurve, two: ModelCurve, method: str) -> bool:
    plain = (one.label.removesuffix(" (simulated)"), two.label.removesuffix(" (simulated)"))
    names = (str(row["first"]).removesuffix(" (A)"), str(row["second"]).removesuffix(" (B)"))
    return names == plain and row["method"] in (method, "baseline")


def _pairing(title: str, one: ModelCurve, two: ModelCurve, tests: Sequence[Row]) -> Pairing:
    cells = {cell.level_pct: cell for cell in two.cells}
    at_level = {row["level_pct"]: row for row in tests if row["kind"] == "accuracy"}
    levels = tuple(
        PairedLevel(cell.level_pct, cell, cells[cell.level_pct], at_level.get(cell.level_pct))
        for cell in one.cells
        if cell.level_pct in cells
    )
    series = [_series(one, 0), _series(two, 1)]
    overall = tuple(row for row in tests if row["kind"] in ("mean_accuracy", "dependency"))
    chart = line_chart(series, Axes(), f"Accuracy by level, {title}")
    return Pairing(title, one.label, two.label, levels, chart, overall)


def _series(curve: ModelCurve, style: int) -> Series:
    points = [
        Point(
            cell.level_pct,
            cell.tally.score.estimate,
            cell.tally.score.low,
            cell.tally.score.high,
            f"{curve.label}, level {cell.level_pct:g}: {cell.tally.score.estimate:.3f}",
            cell.is_interim,
        )
        for cell in curve.cells
    ]
    return Series(curve.label, tuple(points), style)


COMPARE = LiveView("compare", {"comparison": "parts/compare.html"}, read)

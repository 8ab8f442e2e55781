"""Statistics: the stored analysis of an experiment, in tables, charts and words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from scramblebench.dashboard.charts import N_STYLES, Axes, Point, Series, line_chart
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.sources import MOST_ROWS, Sources
from scramblebench.dashboard.words import is_simulated, shown_model, stored
from scramblebench.evaluation import Registered, read_preregistration
from scramblebench.storage import Database, ExperimentRecord

Row = Mapping[str, Any]
"""One row of a stored result: numbers, with None for NaN and "inf" beyond (analysis -> pages)."""
KINDS = ("accuracy", "dependency", "thresholds", "trends", "comparisons", "contrasts")
_COMPARED = {
    "level": "Levels against the baseline, in points",
    "dependency": "Dependency of models, first minus second",
    "mean_accuracy": "Models over all levels, first minus second, in points",
    "accuracy": "Models at single levels, first minus second, in points",
}


def read(sources: Sources, query: Query) -> dict[str, Any]:
    """Return what the page shows of the experiment whose full id is in the query."""
    database = sources.reading
    record = database.experiments.get(query.get("id", ""))
    report = stored_report(database, record)
    return {
        "experiment": record,
        "is_simulated": is_simulated(record),
        **report,
        "charts": accuracy_charts(report["accuracy"]),
        "compared": [
            (title, [row for row in report["comparisons"] if row["kind"] == kind][:MOST_ROWS])
            for kind, title in _COMPARED.items()
        ],
        "job": sources.computing.job(("analyze", record.id)) if sources.computing else None,
        "can_compute": sources.computing is not None and record.n_answered > 0,
    }


def stored_report(database: Database, record: ExperimentRecord) -> dict[str, Any]:
    """Return the latest stored analysis: rows by kind, cautions, sentences, and whether it is stale.

    Where something was preregistered, every row has its ``standing``.
    """
    registered = read_preregistration(database, record)
    latest: dict[str, dict[str, Any]] = {}
    for found in database.analyses.analyses(record.id):
        latest[found.kind] = {**json.loads(found.result_json), "sha256": found.inputs_sha256}
    accuracy = latest.get("accuracy")
    inputs = accuracy["sha256"] if accuracy else None
    own = {kind: value for kind, value in latest.items() if value["sha256"] == inputs}
    rows: dict[str, Sequence[Row]] = {
        kind: [_standing(row, registered) for row in own.get(kind, {}).get("rows", ())]
        for kind in KINDS
    }
    n_analysed = _n_answered(rows["accuracy"])
    return {
        **rows,
        "registered": registered,
        "has_report": accuracy is not None,
        "is_stale": accuracy is not None and n_analysed != record.n_answered,
        "n_analysed": n_analysed,
        "cautions": accuracy.get("cautions", ()) if accuracy else (),
        "options": accuracy.get("options", {}) if accuracy else {},
        "declared": accuracy.get("declared") if accuracy else None,
        "sentences": own.get("summary", {}).get("rows", ()),
    }


def _standing(row: Row, registered: Registered | None) -> Row:
    """Return a row with what it is: nothing is confirmatory by a preregistration that does not hold now."""
    if registered is None:
        return {**row, "standing": ""}
    if not registered.is_valid:
        return {**row, "standing": "exploratory"}
    return {"standing": "exploratory", **row}


def _n_answered(rows: Sequence[Row]) -> int:
    """Return how many responses an analysis saw: the baseline stands in the curve of every method."""
    seen: dict[tuple[str, str, str, float], int] = {}
    for row in rows:
        method = "" if row["level_pct"] == 0 else row["method"]
        seen[row["model"], row["benchmark"], method, row["level_pct"]] = row["n_answered"]
    return sum(seen.values())


def accuracy_charts(rows: Sequence[Row]) -> list[tuple[str, list[Markup], list[tuple[str, int]]]]:
    """Return (title, charts, legend) per benchmark and method."""
    places: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in rows:
        place = places.setdefault((row["benchmark"], row["method"]), {})
        place.setdefault(shown_model(row), []).append(row)
    models = list(dict.fromkeys(shown_model(row) for row in rows))
    return [
        (f"{benchmark} · {method}", *_charts(curves, models, f"{benchmark}, {method}"))
        for (benchmark, method), curves in places.items()
    ]


def _charts(
    curves: Mapping[str, Sequence[Row]], models: Sequence[str], title: str
) -> tuple[list[Markup], list[tuple[str, int]]]:
    series = [
        Series(name, tuple(map(_point, found)), models.index(name) % N_STYLES)
        for name, found in curves.items()
    ]
    legend = [(one.label, one.style) for one in series]
    groups = [series] if len(series) <= N_STYLES else [[one] for one in series]
    return [line_chart(group, Axes(), f"Accuracy by level, {title}") for group in groups], legend


def _point(row: Row) -> Point:
    accuracy, low, high = (stored(row[name]) for name in ("accuracy", "low", "high"))
    words = (
        f"{shown_model(row)}, level {row['level_pct']:g}: {accuracy:.3f} [{low:.3f}, {high:.3f}], "
        f"n = {row['n_answered']:,} of {row['n_planned']:,}"
    )
    return Point(row["level_pct"], accuracy, low, high, words, row["n_answered"] < row["n_planned"])


STATISTICS = LiveView("statistics", {"report": "parts/statistics.html"}, read)

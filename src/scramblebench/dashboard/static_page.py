"""One experiment as one file: tables and SVG, opens from disk, asks nobody for anything."""

import json
import os
from math import isfinite
from pathlib import Path
from typing import Any

from markupsafe import Markup

from scramblebench.core.clock import Clock
from scramblebench.core.errors import UsageError
from scramblebench.dashboard.charts import Axes, Point, Series, line_chart, nice_ticks
from scramblebench.dashboard.network import NetworkPolicy
from scramblebench.dashboard.pages import experiment, statistics
from scramblebench.dashboard.pages.plans import condition_label
from scramblebench.dashboard.rendering import STATIC, rendered
from scramblebench.dashboard.sources import Sources
from scramblebench.monitoring.history import ExperimentHistory, experiment_history
from scramblebench.storage import Database, ExperimentRecord

_MOST_LEVELS = 5


def static_page(database: Database, record: ExperimentRecord, clock: Clock) -> str:
    """Return the page as HTML."""
    sources = Sources(database, database, clock, NetworkPolicy())
    query = {"id": record.id}
    context: dict[str, Any] = {
        "now": clock.now(),
        "query": {},
        "csrf": "",
        "path": "",
        **statistics.read(sources, query),
        **experiment.read(sources, query),
        "time_charts": _time_charts(database, record),
        "styles": Markup((STATIC / "dashboard.css").read_text("utf-8")),  # noqa: S704 - our own file
        "spec": json.dumps(json.loads(record.spec_json), indent=2, ensure_ascii=False),
        "can_compute": False,
        "job": None,
    }
    return rendered("static.html", context)


def write_static_page(
    database: Database, record: ExperimentRecord, path: Path, clock: Clock, *, is_overwriting: bool
) -> Path:
    """Write the page to a file; raises UsageError where it is there already or cannot be written."""
    text = static_page(database, record, clock)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    if path.exists() and not is_overwriting:
        raise UsageError(f"{path} is there already; add --force to replace it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _time_charts(
    database: Database, record: ExperimentRecord
) -> list[tuple[str, Any, list[tuple[str, int]]]]:
    history = experiment_history(database, record.id, n_points=150)
    if len(history.at_s) < 2:
        return []
    labels = list(map(condition_label, database.experiments.conditions(record.id)))
    known = [position for position in sorted(history.accuracy) if position < len(labels)]
    if len(known) > _MOST_LEVELS:
        step = (len(known) - 1) / (_MOST_LEVELS - 1)
        known = [known[round(n * step)] for n in range(_MOST_LEVELS)]
    groups = [
        ("Accuracy so far, by level", [(labels[p], history.accuracy[p]) for p in known], 1.0),
        ("Response time (s)", [("p50", history.p50_s), ("p95", history.p95_s)], None),
        ("Cost ($)", [("spent", history.cost_usd)], None),
        ("Calls per minute", [("calls", history.calls_per_minute)], None),
    ]
    return [
        (
            title,
            _chart(history, lines, title, top),
            [(label, n) for n, (label, _) in enumerate(lines)],
        )
        for title, lines, top in groups
        if any(sum(map(isfinite, values)) > 1 for _, values in lines)
    ]


def _chart(
    history: ExperimentHistory, lines: list[tuple[str, list[float]]], title: str, top: float | None
) -> Any:
    start = history.at_s[0]
    minutes = [(at - start) / 60 for at in history.at_s]
    highest = max((v for _, values in lines for v in values if v == v), default=1.0)
    end, ceiling = max(minutes[-1], 1e-6), top or highest * 1.05 or 1.0
    axes = Axes(
        x_range=(0, end),
        y_range=(0, ceiling),
        x_label="minutes since the first sample",
        y_label="",
        x_ticks=nice_ticks(0, end),
        y_ticks=nice_ticks(0, ceiling),
    )
    nan = float("nan")
    series = [
        Series(
            label,
            tuple(Point(x, y, nan, nan) for x, y in zip(minutes, values, strict=True)),
            n,
            has_marks=False,
        )
        for n, (label, values) in enumerate(lines)
    ]
    return line_chart(series, axes, title)

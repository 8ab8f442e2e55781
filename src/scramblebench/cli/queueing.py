"""Queue-status: what runs, what is next, what everything else waits for, and who runs."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from typing import TYPE_CHECKING, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import duration, note, say, say_json, say_table, short

if TYPE_CHECKING:
    from scramblebench.queue import Place
    from scramblebench.storage import Database, QueueRecord, RunnerRecord


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(name="queue-status")(queue_status)


def queue_status(database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show what runs, what is next and what everything else waits for."""
    from scramblebench.experiment_tracking import ExperimentTracker
    from scramblebench.monitoring.queue import read_places

    tracker = ExperimentTracker(database_url)
    found = read_places(tracker.database)
    values = asdict(asyncio.run(tracker.queue.get_queue_metrics()))
    runners = tracker.database.queue.runners()
    rows = [_entry_values(tracker.database, entry, place) for entry, place in found]
    if as_json:
        say_json({"queue": rows, "runners": [_runner_values(r) for r in runners], **values})
        return
    if rows:
        _say_entries(rows)
    else:
        _say_empty(has_experiments=values["total_experiments"] > 0)
    _say_runners(runners, is_needed=bool(rows))
    _say_totals(values)


def _say_empty(*, has_experiments: bool) -> None:
    note("the queue is empty" if has_experiments else "no experiments here yet")
    words = ("queue", "EXPERIMENT") if has_experiments else ("create", "NAME", "experiment.yaml")
    say_next(command(*words))


def _entry_values(database: "Database", entry: "QueueRecord", place: "Place") -> dict[str, Any]:
    record = database.experiments.get(entry.experiment_id)
    return {
        "experiment_id": entry.experiment_id,
        "name": record.name,
        "priority": entry.priority,
        "standing": str(place.standing),
        "position": place.position,
        "waiting_reason": place.reason,
        "n_answered": record.n_answered,
        "n_planned": record.n_trials,
        "runner": entry.runner_id if place.position is None else None,
        "n_retries": entry.n_retries,
        "queued_at": entry.enqueued_at.isoformat(),
    }


def _runner_values(runner: "RunnerRecord") -> dict[str, Any]:
    return {
        "id": runner.id,
        "is_alive": runner.is_alive,
        "started_at": runner.started_at.isoformat(),
        "heartbeat_at": runner.heartbeat_at.isoformat(),
    }


def _say_entries(rows: list[dict[str, Any]]) -> None:
    say_table(
        [">", "experiment", "name", ">priority", "state", ">progress", "why it does not run"],
        [
            [
                "" if row["position"] is None else str(row["position"]),
                short(row["experiment_id"]),
                row["name"],
                str(row["priority"]),
                row["standing"],
                f"{row['n_answered'] / row['n_planned']:.0%}" if row["n_planned"] else "–",
                row["waiting_reason"] or "",
            ]
            for row in rows
        ],
    )


def _say_runners(runners: "Sequence[RunnerRecord]", *, is_needed: bool) -> None:
    alive = [runner for runner in runners if runner.is_alive]
    for runner in alive:
        host, pid, _ = runner.id.split(":")
        say(f"runner: process {pid} on {host}, since {runner.started_at:%Y-%m-%d %H:%M} UTC")
    if not alive and is_needed:
        note("no runner is at work")
        say_next(command("run"))


def _say_totals(values: dict[str, Any]) -> None:
    counts = ("running", "ready", "pending", "blocked", "completed", "failed", "cancelled")
    elsewhere = [name for name in ("planned", "paused") if values[name]]
    say(", ".join(f"{values[name]:,} {name}" for name in (*counts, *elsewhere)))
    if not isnan(values["avg_execution_time"]):
        say(
            f"{values['throughput_per_hour']:g} completed in the last hour; "
            f"{duration(values['avg_execution_time'])} each on average"
        )

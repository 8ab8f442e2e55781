"""List, status, show: what there is and how far it is."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import say, say_json, say_table, short
from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import DatabaseMissing
from scramblebench.core.states import ExperimentState

if TYPE_CHECKING:
    from scramblebench.monitoring.progress import ExperimentProgress
    from scramblebench.storage import Database


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(name="list")(list_experiments)
    app.command()(status)
    app.command()(show)


def list_experiments(
    state: Annotated[
        ExperimentState | None, typer.Option("--status", "-s", help="Only in this state.")
    ] = None,
    researcher: Annotated[str | None, typer.Option("--researcher", "-r")] = None,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, max=1_000_000)] = 100,
    list_format: Annotated[ListFormat, typer.Option("--format")] = ListFormat.TABLE,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List experiments, newest first."""
    from scramblebench.monitoring.status import summaries
    from scramblebench.storage import open_database

    try:
        found = summaries(open_database(database_url), state, researcher, limit)
    except DatabaseMissing:
        found = []
    if as_json or list_format is ListFormat.JSON:
        say_json(found)
        return
    if not found:
        say("no experiments here yet")
        say_next(command("init"), command("create", "NAME", "experiment.yaml", "--run"))
        return
    say_table(
        ["id", "status", ">answered", ">", "created (UTC)", "name"],
        [
            [
                short(e["experiment_id"]),
                "interrupted" if e["is_interrupted"] else e["status"],
                f"{e['n_answered']:,}/{e['n_planned']:,}",
                f"{e['progress']:.0%}",
                e["created_at"][:16].replace("T", " "),
                e["name"],
            ]
            for e in found
        ],
    )


def status(
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Say how far an experiment is, how fast, how good so far, at what cost, and what it waits for."""
    from scramblebench.cli.progress_words import error_rows, status_lines
    from scramblebench.monitoring.progress import experiment_progress
    from scramblebench.monitoring.status import status_values
    from scramblebench.storage import open_database

    database = open_database(database_url)
    progress = experiment_progress(database, database.experiments.find(experiment), SystemClock())
    if as_json:
        say_json(status_values(progress))
        return
    record = progress.record
    simulated = "   SIMULATED: no model was asked" if progress.has_simulated else ""
    say(f"{short(record.id)} {record.name}: {record.state}{simulated}")
    for label, text in status_lines(progress):
        say(f"  {label:<16}{text}")
    if progress.tally.n_answered:
        _say_scores(progress)
    if errors := error_rows(progress):
        say_table(["model", "error", ">attempts", "the last"], errors)
    _say_open_alerts(database, record.id)
    if progress.is_live:
        say_next(command("watch", experiment))


def _say_scores(progress: "ExperimentProgress") -> None:
    from scramblebench.cli.progress_words import condition_rows, folded_words, model_rows

    if words := folded_words(progress):
        say_table(["model", ">answered"], model_rows(progress))
        say(f"  scores {words}")
        return
    say_table(
        ["model", "method", ">level", ">answered", ">score", ">95 % interval"],
        condition_rows(progress),
    )


def _say_open_alerts(database: "Database", experiment_id: str) -> None:
    found = database.monitor.alerts(experiment_id, is_open=True, limit=20)
    for alert in found:
        seen = f" (seen by {alert.acknowledged_by})" if alert.acknowledged_by else ""
        say(f"  {alert.severity} {alert.no}: {alert.message}{seen}")
    if any(alert.acknowledged_at is None for alert in found):
        say_next(command("alerts", "ack", str(found[0].no), "--by", "NAME"))


def show(
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what an experiment consists of, and its history."""
    from scramblebench.storage import open_database

    database = open_database(database_url)
    values = _contents(database, experiment)
    if as_json:
        say_json(values)
        return
    say(f"{values['experiment_id']}  {values['name']}  ({values['status']})")
    for label, key in _DESCRIPTIONS:
        if values[key]:
            text = ", ".join(values[key]) if key == "tags" else values[key]
            say(f"  {label}: {text}")
    if frozen := values["preregistration"]:
        say(
            f"  preregistered: {frozen['frozen_at'][:16].replace('T', ' ')} UTC, sha256 {frozen['sha256']}"
        )
    for fault in frozen["faults"] if frozen else ():
        say(f"  the preregistration does not hold: {fault}")
    say_table(["model", "provider"], [[m["label"], m["provider"]] for m in values["models"]])
    say_table(
        ["benchmark", ">questions", "files"],
        [[b["name"], str(b["n_questions"]), ", ".join(b["files"])] for b in values["benchmarks"]],
    )
    levels: dict[tuple[str, str], list[str]] = {}
    for c in values["conditions"]:
        levels.setdefault((c["method"], c["parameters"]), []).append(f"{c['level']:g}")
    say_table(
        ["method", "levels", "parameters"],
        [[method, " ".join(found), words] for (method, words), found in levels.items()],
    )
    say_table(
        ["at (UTC)", "state", "by", "reason"],
        [
            [e["at"][:19].replace("T", " "), e["state"], e["by"], e["reason"] or ""]
            for e in values["history"]
        ],
    )


_DESCRIPTIONS = (
    ("description", "description"),
    ("research question", "research_question"),
    ("hypothesis", "hypothesis"),
    ("researcher", "researcher_name"),
    ("institution", "institution"),
    ("tags", "tags"),
)


def _contents(database: "Database", reference: str) -> dict[str, Any]:
    from scramblebench.evaluation import read_preregistration, restore_plan

    experiments = database.experiments
    record = experiments.find(reference)
    frozen = read_preregistration(database, record, restore_plan(database, record.id))
    return {
        "experiment_id": record.id,
        "name": record.name,
        "status": str(record.state),
        "description": record.description,
        "research_question": record.research_question,
        "hypothesis": record.hypothesis,
        "researcher_name": record.researcher_name,
        "institution": record.institution,
        "tags": list(record.tags),
        "n_trials": record.n_trials,
        "preregistration": frozen.values() if frozen else None,
        "models": [
            {"id": m.id, "name": m.name, "label": m.label, "provider": m.provider}
            for m in experiments.models(record.id)
        ],
        "benchmarks": [
            {
                "name": b.name,
                "n_questions": b.n_questions,
                "files": [name for name, _ in b.files],
                "notes": list(b.notes),
            }
            for b in experiments.benchmarks(record.id)
        ],
        "conditions": [
            {
                "method": c.method,
                "level": c.level_pct,
                "parameters": ", ".join(f"{k}={v}" for k, v in c.parameters),
            }
            for c in experiments.conditions(record.id)
        ],
        "history": [
            {"at": e.at.isoformat(), "state": str(e.after), "by": e.actor, "reason": e.reason}
            for e in experiments.events(record.id)
        ],
    }

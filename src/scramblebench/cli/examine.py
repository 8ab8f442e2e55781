"""List, status, show: what there is and how far it is."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import duration, money, say, say_json, say_table, share, short
from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import DatabaseMissing
from scramblebench.core.money import microusd
from scramblebench.core.states import ExperimentState

if TYPE_CHECKING:
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
    """Say how far an experiment is, how fast, at what cost, and what it waits for."""
    from scramblebench.monitoring.status import status_of
    from scramblebench.storage import open_database

    database = open_database(database_url)
    values = status_of(database, database.experiments.find(experiment), SystemClock())
    if as_json:
        say_json(values)
        return
    say(f"{short(values['experiment_id'])} {values['name']}: {values['status']}")
    for label, text in _status_lines(values):
        say(f"  {label:<16}{text}")


def _status_lines(values: dict[str, Any]) -> list[tuple[str, str]]:
    lines = [
        (
            "progress",
            f"{values['progress']:.1%}  ({values['n_answered']:,} of {values['n_planned']:,} trials)",
        ),
        ("no answer", f"{values['n_no_answer']:,} responses"),
        ("api calls", f"{values['api_calls']:,}"),
        ("success rate", share(values["success_rate"])),
        ("response time", f"{share(values['avg_response_time'])} s on average"),
        ("cost", _cost_words(values)),
        ("elapsed", duration(values["elapsed_time"])),
    ]
    if values["eta_range"]:
        low, high = (moment[11:16] for moment in values["eta_range"])
        lines.append(("done", f"between {low} and {high} UTC"))
    if values["n_in_flight"]:
        lines.append(("in flight", f"{values['n_in_flight']:,} requests"))
    if values["n_outcome_unknown"]:
        lines.append(("outcome unknown", _unknown_words(values)))
    if values["waiting_reason"]:
        lines.append(("because", values["waiting_reason"]))
    return lines


def _cost_words(values: dict[str, Any]) -> str:
    """Return ``$31.22 spent | $1.10 reserved | $17.27 left of $50.00``."""
    spent, reserved = values["total_cost"], values["cost_reserved"]
    unconfirmed, limit = values["cost_unconfirmed"], values["cost_limit"]
    parts = [f"{_dollars(spent)} spent"]
    if reserved:
        parts.append(f"{_dollars(reserved)} reserved")
    if unconfirmed:
        parts.append(f"{_dollars(unconfirmed)} perhaps charged")
    if limit is not None:
        left = max(0.0, limit - spent - reserved - unconfirmed)
        parts.append(f"{_dollars(left)} left of {_dollars(limit)}")
    if values["cost_limit_per_day"] is not None:
        day = f"{_dollars(values['cost_today'])} of {_dollars(values['cost_limit_per_day'])}"
        parts.append(f"today {day}")
    if unknown := values["n_cost_unknown"]:
        parts.append(f"{unknown:,} responses whose cost is not known")
    return " | ".join(parts)


def _dollars(amount: float) -> str:
    return money(microusd(amount))


def _unknown_words(values: dict[str, Any]) -> str:
    return f"{values['n_outcome_unknown']:,} attempts that were sent, or may have been"


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
    experiments = database.experiments
    record = experiments.find(reference)
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

"""List, status, show: what there is and how far it is."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import duration, money, say, say_json, say_table, share, short
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
    limit: Annotated[int, typer.Option("--limit", "-l", min=1)] = 100,
    list_format: Annotated[ListFormat, typer.Option("--format")] = ListFormat.TABLE,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List experiments, newest first."""
    from scramblebench.experiment_tracking.status import summary_of
    from scramblebench.storage import open_database

    experiments = open_database(database_url).experiments.list(state, researcher, limit)
    found = [summary_of(experiment) for experiment in experiments]
    if as_json or list_format is ListFormat.JSON:
        say_json(found)
        return
    if not found:
        say("no experiments here yet")
        say_next(command("init"), command("create", "NAME", "experiment.yaml", "--run"))
        return
    say_table(
        [
            "id",
            "name",
            "status",
            ">answered",
            ">planned",
            ">progress",
            "created (UTC)",
            "researcher",
        ],
        [
            [
                short(e["experiment_id"]),
                e["name"],
                e["status"],
                f"{e['n_answered']:,}",
                f"{e['n_planned']:,}",
                f"{e['progress']:.0%}",
                e["created_at"][:16].replace("T", " "),
                e["researcher_name"],
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
    from scramblebench.experiment_tracking.status import status_of
    from scramblebench.storage import open_database

    database = open_database(database_url)
    values = status_of(database, database.experiments.find(experiment))
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
        low, high = values["eta_range"]
        lines.append(("done", f"between {low} and {high}"))
    if values["n_outcome_unknown"]:
        lines.append(("outcome unknown", f"{values['n_outcome_unknown']:,} attempts"))
    if values["waiting_reason"]:
        lines.append(("because", values["waiting_reason"]))
    return lines


def _cost_words(values: dict[str, Any]) -> str:
    unknown = values["n_cost_unknown"]
    more = f" and {unknown:,} responses whose cost is not known" if unknown else ""
    return money(microusd(values["total_cost"])) + more


def show(
    experiment: Experiment,
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
    for key in ("description", "research_question", "hypothesis", "researcher_name", "institution"):
        if values[key]:
            say(f"  {key.replace('_', ' ')}: {values[key]}")
    say_table(["model", "provider"], [[m["label"], m["provider"]] for m in values["models"]])
    say_table(
        ["benchmark", ">questions", "files"],
        [[b["name"], str(b["n_questions"]), ", ".join(b["files"])] for b in values["benchmarks"]],
    )
    say_table(
        ["method", ">level", "parameters"],
        [[c["method"], f"{c['level']:g}", c["parameters"]] for c in values["conditions"]],
    )
    say_table(
        ["at (UTC)", "state", "by", "reason"],
        [
            [e["at"][:19].replace("T", " "), e["state"], e["by"], e["reason"] or ""]
            for e in values["history"]
        ],
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

"""Alerts: listed, acknowledged, and a message to every target to see that it arrives."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import say, say_json, say_table, short
from scramblebench.core.errors import UsageError
from scramblebench.core.people import user_name

if TYPE_CHECKING:
    from scramblebench.storage import AlertRecord, DeliveryRecord

_EXAMPLES = """\
Examples:

  alerts list

  alerts list --experiment @last --all

  alerts ack 3 --by Ada --note "known outage of the provider"

  alerts test study.yaml
"""
_TITLE = "ScrambleBench: test"
_MESSAGE = "A test of `alerts test`: alerts of this configuration will arrive here."


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    room = typer.Typer(
        help="What went wrong while experiments ran, and who was told.",
        no_args_is_help=True,
        epilog=_EXAMPLES,
    )
    room.command(name="list", epilog=_EXAMPLES)(list_alerts)
    room.command(epilog=_EXAMPLES)(ack)
    room.command(name="test", epilog=_EXAMPLES)(send_test)
    app.add_typer(room, name="alerts")


def list_alerts(
    experiment: Annotated[
        str | None, typer.Option("--experiment", "-e", help="Only of this one: id, name or @last.")
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, max=100_000)] = 100,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List alerts, newest first: open ones, or all."""
    from scramblebench.storage import open_database

    database = open_database(database_url)
    experiment_id = None if experiment is None else database.experiments.find(experiment).id
    found = database.monitor.alerts(experiment_id, is_open=None if is_all else True, limit=limit)
    sent = {alert.no: database.monitor.deliveries(alert.no) for alert in found}
    if as_json:
        say_json([_values(alert, sent[alert.no]) for alert in found])
        return
    if not found:
        say("no alerts" if is_all else "no open alerts")
        if not is_all:
            say_next(command("alerts", "list", "--all"))
        return
    say_table(
        [">no", "raised (UTC)", "severity", "experiment", "alert", "state", "sent"],
        [_row(alert, sent[alert.no]) for alert in found],
    )
    waiting = [alert for alert in found if alert.is_open and alert.acknowledged_at is None]
    if waiting:
        say_next(command("alerts", "ack", str(waiting[0].no), "--by", "NAME"))


def _row(alert: "AlertRecord", sent: "list[DeliveryRecord] | Any") -> list[str]:
    times = f" ({alert.n_raised} times)" if alert.n_raised > 1 else ""
    return [
        str(alert.no),
        f"{alert.raised_at:%Y-%m-%d %H:%M}",
        alert.severity,
        short(alert.experiment_id) if alert.experiment_id else "–",
        alert.message + times,
        _state(alert),
        "; ".join(map(_sent_words, sent)) or "–",
    ]


def _state(alert: "AlertRecord") -> str:
    state = "open" if alert.is_open else f"over {alert.resolved_at:%H:%M}"
    if alert.acknowledged_at is None:
        return state
    note = f": {alert.note}" if alert.note else ""
    return f"{state}, seen by {alert.acknowledged_by}{note}"


def _sent_words(delivery: "DeliveryRecord") -> str:
    if delivery.delivered_at is not None:
        return f"{delivery.target} {delivery.delivered_at:%H:%M}"
    if delivery.last_error is None:
        return f"{delivery.target} not yet"
    return f"{delivery.target} failed {delivery.n_attempts} times: {delivery.last_error}"


def _values(alert: "AlertRecord", sent: "list[DeliveryRecord] | Any") -> dict[str, Any]:
    return {
        "no": alert.no,
        "rule": alert.rule,
        "severity": alert.severity,
        "message": alert.message,
        "experiment_id": alert.experiment_id,
        "subject": alert.subject,
        "value": alert.value,
        "threshold": alert.threshold,
        "is_open": alert.is_open,
        "raised_at": alert.raised_at.isoformat(),
        "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
        "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None,
        "acknowledged_by": alert.acknowledged_by,
        "note": alert.note,
        "n_raised": alert.n_raised,
        "deliveries": [
            {
                "target": one.target,
                "n_attempts": one.n_attempts,
                "delivered_at": one.delivered_at.isoformat() if one.delivered_at else None,
                "last_error": one.last_error,
            }
            for one in sent
        ],
    }


def ack(
    no: Annotated[int, typer.Argument(help="Number of the alert.", min=1, show_default=False)],
    by: Annotated[
        str | None, typer.Option("--by", help="Your name.", show_default="your user name")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What others should know.")] = "",
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Acknowledge an alert: somebody has seen it. If its value comes back it is open again."""
    from scramblebench.storage import open_database

    who = (user_name() if by is None else by).strip()
    if not who:
        raise UsageError('who has seen it? add --by "your name"')
    database = open_database(database_url)
    alert = database.monitor.acknowledge_alert(no, who, note)
    if as_json:
        say_json(_values(alert, database.monitor.deliveries(no)))
        return
    say(f"alert {alert.no} ({alert.rule}): seen by {alert.acknowledged_by}")


def send_test(
    config: Annotated[Path, typer.Argument(help="YAML file.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Send one message to each target of a configuration; exit code 1 where one was not taken."""
    from scramblebench.notify import open_targets
    from scramblebench.settings import load_spec

    channels = open_targets(load_spec(config).spec.monitoring, os.environ)
    if not channels:
        raise UsageError(
            f"{config}: monitoring names no target; add `email_alerts: true` or `targets:` to it"
        )
    errors = {name: channel.send(_TITLE, _MESSAGE) for name, channel in channels.items()}
    if as_json:
        say_json([{"target": name, "error": error} for name, error in errors.items()])
    else:
        for name, error in errors.items():
            say(f"{name}: {'taken' if error is None else f'not taken: {error}'}")
    if any(error is not None for error in errors.values()):
        raise typer.Exit(1)

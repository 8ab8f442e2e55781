"""Monitor and export: what happens, in a browser, live or from a file."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import note, say, say_json, short
from scramblebench.core.errors import UsageError

TOKEN_VARIABLE = "SCRAMBLEBENCH_MONITOR_TOKEN"  # noqa: S105 - a name
_MONITOR_EXAMPLES = """\
Examples:

  monitor

  monitor --port 9000

  monitor --host 0.0.0.0 --token auto

  ssh -L 8080:127.0.0.1:8080 server, and there: monitor
"""
_EXPORT_EXAMPLES = """\
Examples:

  export @last --html experiment.html
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_MONITOR_EXAMPLES)(monitor)
    app.command(epilog=_EXPORT_EXAMPLES)(export)


def monitor(
    host: Annotated[
        str, typer.Option(help="Where to listen; other than this machine needs a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The next free one is used where it is taken.")
    ] = 8080,
    token: Annotated[
        str | None,
        typer.Option(
            envvar=TOKEN_VARIABLE,
            show_default=False,
            help="Ask visitors for it; `auto` makes one. Better set by the variable than typed.",
        ),
    ] = None,
    trusted_host: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-host",
            metavar="HOST:PORT",
            help="A name under which a tunnel or proxy reaches it; repeatable.",
        ),
    ] = None,
    read_database_url: Annotated[
        str | None,
        typer.Option(
            envvar="SCRAMBLEBENCH_READ_DATABASE_URL",
            show_default=False,
            help="Read from here, such as a replica; actions go to the database itself.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Serve the dashboard until Ctrl-C: what runs, how far, how good, at what cost."""
    import asyncio

    from scramblebench.experiment_tracking.database import DatabaseManager
    from scramblebench.experiment_tracking.monitor import make_server

    server = make_server(
        DatabaseManager(database_url),
        host,
        port,
        token,
        trusted=tuple(trusted_host or ()),
        read_database_url=read_database_url,
        on_port=lambda found: note(f"port {port} is taken; using {found}") if port else None,
    )

    def ready() -> None:
        if as_json:
            say_json({"url": server.url, "pid": os.getpid()})
        else:
            say(f"dashboard: {server.url}")
            note("Ctrl-C ends it; experiments go on without it")

    asyncio.run(server.serve(ready))


def export(
    experiment: Experiment,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="One page that opens from disk, without network."
        ),
    ] = None,
    is_overwriting: Annotated[
        bool, typer.Option("--force", help="Replace the file where it is there.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Write an experiment to a file that opens without any server."""
    from scramblebench.core.clock import SystemClock
    from scramblebench.core.errors import MissingDependency
    from scramblebench.storage import open_database

    if html is None:
        raise UsageError("say what to write: --html experiment.html")
    try:
        from scramblebench.dashboard.static_page import write_static_page
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f'the page needs {error.name}; install it with: pip install "scramblebench[dashboard]"'
        ) from None
    database = open_database(database_url, read_only=True)
    record = database.experiments.find(experiment)
    path = write_static_page(database, record, html, SystemClock(), is_overwriting=is_overwriting)
    if as_json:
        say_json({"experiment_id": record.id, "path": str(path), "bytes": path.stat().st_size})
        return
    say(f"wrote {path}")
    if record.n_answered < record.n_trials:
        note(f"interim: {record.n_answered:,} of {record.n_trials:,} trials are answered")
    say_next(command("analyze", short(record.id)))

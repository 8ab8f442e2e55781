"""Monitor: what happens, live, in a browser."""

import os
from typing import Annotated

import typer

from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say, say_json

TOKEN_VARIABLE = "SCRAMBLEBENCH_MONITOR_TOKEN"  # noqa: S105 - a name
_MONITOR_EXAMPLES = """\
Examples:

  monitor

  monitor --port 9000

  monitor --host 0.0.0.0 --token auto

  ssh -L 8080:127.0.0.1:8080 server, and there: monitor
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_MONITOR_EXAMPLES)(monitor)


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

"""Options and arguments that several commands share."""

from typing import Annotated

import typer

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="DATABASE_URL",
        show_default=False,
        help="postgresql://... or sqlite:///file.db; default: a file in your data directory.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
Experiment = Annotated[
    str, typer.Argument(help="Id, unique beginning of an id, name, or @last.", show_default=False)
]

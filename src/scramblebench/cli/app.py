"""All commands together, and what every one of them does with an error."""

import sys
from io import TextIOWrapper

import typer

from scramblebench.cli import (
    abtesting,
    alerting,
    before,
    commands,
    comparing,
    control,
    environment,
    examine,
    exporting,
    importing,
    monitoring,
    packaging,
    planning,
    preregistering,
    queueing,
    results,
    setup,
    tidying,
    watching,
)
from scramblebench.cli.output import say_error, say_json
from scramblebench.core.errors import known_error

app = typer.Typer(
    name="scramblebench-experiment",
    help="How much does a model's accuracy depend on the surface of language? "
    "Plan, run and watch scrambling experiments.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Start with: scramblebench-experiment init. With --debug, an error shows its traceback.",
)
for _room in (
    setup,
    planning,
    before,
    commands,
    preregistering,
    importing,
    control,
    queueing,
    examine,
    monitoring,
    results,
    comparing,
    abtesting,
    exporting,
    packaging,
    watching,
    alerting,
    environment,
    tidying,
):
    _room.add_to(app)


def run_command_line(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code. No traceback reaches the user unless --debug is given."""
    words = sys.argv[1:] if arguments is None else arguments
    is_debugging, wants_json = "--debug" in words, "--json" in words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    words = [word for word in words if word != "--debug"]
    try:
        try:
            app(words, prog_name="scramblebench-experiment")
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Exception as error:
        if is_debugging:
            raise
        known = known_error(error)
        said = str(known) if known else _machine_words(error)
        if said is None:
            raise
        code = known.exit_code if known else 1
        if wants_json:
            say_json({"error": said, "exit_code": code})
        say_error(said)
        return code
    return 0


def _machine_words(error: Exception) -> str | None:
    """Return what the machine refused, None where the error is a defect of ours."""
    if isinstance(error, OSError):
        return str(error)
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "no thread can be started; let this user have more processes (ulimit -u)"
    return None

"""All commands together, and what every one of them does with an error."""

import sys

import typer

from scramblebench.cli import commands, control, examine, results, setup
from scramblebench.cli.output import say_error
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
for _room in (setup, commands, control, examine, results):
    _room.add_to(app)


def run_command_line(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code. No traceback reaches the user unless --debug is given."""
    words = sys.argv[1:] if arguments is None else arguments
    is_debugging = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        app(words, prog_name="scramblebench-experiment")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Exception as error:
        known = known_error(error)
        if known is None or is_debugging:
            raise
        say_error(str(known))
        return known.exit_code
    return 0

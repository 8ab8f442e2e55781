"""The commands ``scramblebench-experiment`` and ``scramblebench``."""

from scramblebench.cli.process import leave_behind, prepare, roomy


def main() -> None:
    """Run the command line of this process and exit."""
    prepare()
    exit_code = roomy(_run_command_line)()
    leave_behind()
    raise SystemExit(exit_code)


def _run_command_line() -> int:
    from scramblebench.cli.app import run_command_line

    return run_command_line()

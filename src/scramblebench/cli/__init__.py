"""The commands ``scramblebench-experiment`` and ``scramblebench``."""

from scramblebench.cli.process import prepare, roomy


def main() -> None:
    """Run the command line of this process and exit."""
    prepare()
    raise SystemExit(roomy(_run_command_line)())


def _run_command_line() -> int:
    from scramblebench.cli.app import run_command_line

    return run_command_line()

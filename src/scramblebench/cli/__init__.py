"""The commands ``scramblebench-experiment`` and ``scramblebench``."""


def main() -> None:
    """Run the command line of this process and exit."""
    from scramblebench.cli.app import run_command_line

    raise SystemExit(run_command_line())

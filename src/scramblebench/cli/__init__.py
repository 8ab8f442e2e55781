"""The commands ``scramblebench-experiment`` and ``scramblebench``."""

import gc


def main() -> None:
    """Run the command line of this process and exit.

    The cycle collector looks rarely: importing and running make many objects, and next to no cycles.
    """
    gc.set_threshold(500_000, 20, 100)
    from scramblebench.cli.app import run_command_line

    raise SystemExit(run_command_line())

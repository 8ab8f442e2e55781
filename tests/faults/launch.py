"""``python -m tests.faults.launch ACKNOWLEDGED LEDGER WORD ...``: a command in a process made anew.

For runners that need an environment from their first instruction on; it writes down acknowledgements as
those that are forked do.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from scramblebench.cli.app import run_command_line
from scramblebench.testing.acknowledgements import recorded_acknowledgements

if TYPE_CHECKING:
    from tests.faults.stage import Stage

_ROOT = Path(__file__).parents[2]


def launched(stage: "Stage", environment: Mapping[str, str], *words: str) -> Callable[[], int]:
    """Return a body for ``Stage.start`` that becomes such a process."""
    command = [sys.executable, "-m", "tests.faults.launch", str(stage.acknowledgements)]
    command += [str(stage.provider.ledger_path), *words, "--database-url", stage.database_url]

    def become() -> int:
        os.chdir(_ROOT)
        os.execve(sys.executable, command, {**os.environ, **environment})

    return become


if __name__ == "__main__":
    # under a clock that faketime has set, time.sleep fails or never ends, which no real clock does
    time.sleep = Event().wait
    with recorded_acknowledgements(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.exit(run_command_line(sys.argv[3:]))

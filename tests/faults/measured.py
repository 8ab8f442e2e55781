"""``python -m tests.faults.measured WORD ...``: a command, and at its end what it needed, as JSON."""

import json
import re
import sys
import time
from pathlib import Path

from scramblebench.cli.app import run_command_line


def main() -> int:
    """Run the command; the last line says its peak of memory (MiB) and its duration (s)."""
    began_s = time.monotonic()
    code = run_command_line(sys.argv[1:])
    status = Path("/proc/self/status").read_text()
    (peak_kib,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    used = {"peak_mib": int(peak_kib) / 1024, "duration_s": time.monotonic() - began_s}
    print("\n" + json.dumps(used), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

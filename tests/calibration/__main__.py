"""``python -m tests.calibration``: simulate, print the table, write it into the documentation."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.calibration.plan import Row, rows
from tests.calibration.simulation import all_measured
from tests.calibration.slow_methods import SLOW_METHODS
from tests.calibration.table import counts, parts, replaced, summary, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rows that were asked for; return 0, whatever they say."""
    options = _parser().parse_args(arguments)
    wanted = [row for row in rows(options.runs) if _is_wanted(row, options)]
    if not wanted:
        print(f"no row's name holds {options.only!r}", file=sys.stderr)
        return 2
    for place in filter(None, (options.write, options.write_all)):
        replaced(Path(place).read_text("utf-8"), [])  # no run for a file that has no markers
    found = list(all_measured(wanted, options.jobs, _progress(len(wanted))))
    print(file=sys.stderr)
    print("\n".join([*table(found), "", counts(found)]))
    if options.json:
        said = [parts(row, rate) | asdict(rate) for row, rate in found]
        Path(options.json).write_text(json.dumps(said, indent=1), "utf-8")
    for place, lines in ((options.write, summary(found)), (options.write_all, table(found))):
        if place:
            path = Path(place)
            path.write_text(replaced(path.read_text("utf-8"), lines), "utf-8")
    return 0


def _progress(n_rows: int) -> Callable[[int, Row], None]:
    """Return what shows how far it is: one line that changes, or some lines where nobody watches."""
    begin, is_watched = time.monotonic(), sys.stderr.isatty()

    def on_row(n_done: int, row: Row) -> None:
        said = f"{n_done}/{n_rows} rows, {time.monotonic() - begin:.0f} s: {row.name:.90}"
        if is_watched:
            print(f"\r{said}\033[K", end="", file=sys.stderr, flush=True)
        elif n_done % 20 == 0:
            print(said, file=sys.stderr, flush=True)

    return on_row


def _is_wanted(row: Row, options: argparse.Namespace) -> bool:
    if options.speed and (row.method in SLOW_METHODS) is (options.speed == "fast"):
        return False
    return options.only.lower() in row.name.lower()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.calibration", description=__doc__)
    parser.add_argument("--runs", type=int, help="of every row, instead of the plan's")
    parser.add_argument("--only", default="", help="rows whose method or design holds this")
    parser.add_argument(
        "--speed", choices=("fast", "slow"), help="without, or only, what resamples or fits models"
    )
    parser.add_argument("--json", help="write the numbers to this file")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--write", help="replace the summary between the markers of this file")
    parser.add_argument("--write-all", help="the same with the table of all rows")
    return parser


if __name__ == "__main__":
    sys.exit(main())

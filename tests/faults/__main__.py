"""``python -m tests.faults``: inflict the faults of the matrix and judge the world after each."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.bugs import BUGS
from tests.faults.matrix import BOTH, Fault, all_faults
from tests.faults.runner import Request, run_matrix


def main() -> int:
    """Run what the command line asks for; 1 where an invariant was violated."""
    options = _parser().parse_args()
    known = all_faults()
    codes = {code for code in (options.only or "").split(",") if code}
    unknown = codes - {each.code for each in known}
    if unknown:
        print(
            f"no fault {', '.join(sorted(unknown))}; there are: {' '.join(f.code for f in known)}"
        )
        return 2
    chosen: list[Fault] = [each for each in known if not codes or each.code in codes]
    databases = (options.database,) if options.database else BOTH
    folder = options.folder or Path(tempfile.mkdtemp(prefix="scramblebench-faults-"))
    request = Request(
        chosen, databases, options.full, options.runs, options.run, options.jobs, folder,
        options.json, options.bug,
    )  # fmt: skip
    return run_matrix(request)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the full counts, not a commit's")
    parser.add_argument("--only", metavar="F1,F2", help="these faults")
    parser.add_argument("--database", choices=BOTH)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=int, help="so many runs of each, whatever the matrix says")
    parser.add_argument("--run", type=int, help="this one run: the way to replay a failure")
    parser.add_argument("--folder", type=Path, help="where runs keep their files")
    parser.add_argument("--bug", choices=BUGS, help="spoil the product first, to see it caught")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Print how our numbers agree with the reference cases: ``python -m tests.golden``."""

import sys

from tests.golden.reference.cases import FOLDER, differences, read_cases
from tests.golden.reference.methods import ADAPTERS, NOT_COMPUTED


def main() -> int:
    """Print a line per case; return how many differ."""
    cases = read_cases()
    if not cases:
        print(f"no reference cases at {FOLDER}; set SCRAMBLEBENCH_SHARED")
        return 2
    n_different = 0
    for case in cases:
        left_out = NOT_COMPUTED.get(case.method, {})
        found = differences(case, ADAPTERS[case.method](case), list(left_out))
        n_different += bool(found)
        said = "agrees" if not found else f"DIFFERS: {'; '.join(map(str, found[:3]))}"
        left_words = "".join(f"; {key}: {why}" for key, why in left_out.items())
        print(f"{case.id:20} {case.method:28} {said}{left_words}")
    print(f"{len(cases)} cases, {n_different} differ")
    return min(n_different, 1)


if __name__ == "__main__":
    sys.exit(main())

"""Every reference case agrees with R to the tolerance it states."""

import pytest

from tests.golden.reference.cases import FOLDER, Case, differences, read_cases
from tests.golden.reference.methods import ADAPTERS, NOT_COMPUTED

CASES = read_cases()


@pytest.mark.skipif(not CASES, reason=f"no reference cases at {FOLDER}; set SCRAMBLEBENCH_SHARED")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_it_agrees_with_r(case: Case):
    found = differences(case, ADAPTERS[case.method](case), list(NOT_COMPUTED.get(case.method, ())))
    assert not found, "\n".join(map(str, found))

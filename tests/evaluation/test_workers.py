"""Workers that leave when fewer requests may be in flight never leave a trial behind."""

import pytest

from scramblebench.testing.fake_provider import Fault
from tests.evaluation.test_engine import run


@pytest.mark.parametrize("n_congested", [2, 4, 8, 16, 32])
def test_congestion_of_all_at_once_leaves_nothing_unasked(n_congested: int):
    world = run(
        [Fault("429-text:soon", limit=n_congested)],
        max_concurrent_requests=8,
        retry_attempts=20,
    )
    assert world.outcome.n_missing == 0, world.outcome

"""The first and the last look at a database that is away for a while."""

import asyncio

import pytest

from scramblebench.core.states import ExperimentState
from scramblebench.evaluation.patience import patiently
from scramblebench.storage import PATIENCE_S, StorageUnavailable
from scramblebench.testing.fake_provider import FakeProviderServer
from tests.evaluation.clocks import FakeClock
from tests.evaluation.test_engine import KEY, ask, create, study


class Away:
    """Work that fails so many times."""

    def __init__(self, n_times: int) -> None:
        self.n_left = n_times

    def __call__(self) -> str:
        if self.n_left:
            self.n_left -= 1
            raise StorageUnavailable("restarting")
        return "done"


def test_what_comes_back_is_waited_for():
    clock = FakeClock()
    assert asyncio.run(patiently(clock, Away(20))) == "done"
    assert 0 < clock.time_s - 100 < PATIENCE_S


def test_patience_ends():
    clock = FakeClock()
    with pytest.raises(StorageUnavailable):
        asyncio.run(patiently(clock, Away(10**6)))
    assert clock.time_s - 100 <= PATIENCE_S


def test_other_errors_are_heard_at_once():
    def broken() -> None:
        raise ValueError("broken")

    clock = FakeClock()
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(patiently(clock, broken))
    assert clock.time_s == 100


@pytest.mark.parametrize("name", ["ledger", "answered", "counters"])
def test_a_run_survives_a_database_that_is_away_at_its_edges(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, experiment_id = create(study(server))
            real, away = getattr(database.trials, name), Away(2)

            def sometimes(*words: object) -> object:
                away()
                return real(*words)

            monkeypatch.setattr(database.trials, name, sometimes)
            outcome = await ask(database, experiment_id)
            assert outcome.n_missing == 0
            assert database.experiments.get(experiment_id).state is ExperimentState.COMPLETED

    asyncio.run(go())

"""The engine against a faithful fake provider: what is sent, what is stored, what stays missing."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import AttemptOutcome
from scramblebench.evaluation import (
    Description,
    RunOutcome,
    RunProgress,
    Surroundings,
    restore_plan,
    run_experiment,
    store_experiment,
)
from scramblebench.evaluation.gate import Gate
from scramblebench.plan import make_plan
from scramblebench.queue import Lease
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, Settlement, new_runner_id, open_database
from scramblebench.testing.experiments import make_answer, make_reservation
from scramblebench.testing.fake_provider import FakeProviderServer, Fault, LedgerEntry
from scramblebench.testing.stored_rows import read_rows

N_QUESTIONS = 10
KEY = "sk-or-v1-engine"


@dataclass
class World:
    """One experiment in a database in memory, and what the provider's ledger says of it."""

    database: Database
    experiment_id: str
    ledger: list[LedgerEntry]
    outcome: RunOutcome

    @property
    def state(self) -> ExperimentState:
        return self.database.experiments.get(self.experiment_id).state


def study(server: FakeProviderServer, **execution: Any) -> dict[str, Any]:
    return {
        "models": [
            {"name": "llama3:8b", "provider": "ollama", "base_url": server.url_ollama},
            {"name": "gpt-3.5-turbo", "provider": "openrouter", "base_url": server.url_openrouter},
        ],
        "benchmarks": {"b": {"generated": {"per_domain": 2}}},
        "scrambling": {"levels": [0, 50, 100]},
        "execution": {"retry_wait_s": 0.001, "max_retry_wait_s": 0.2, **execution},
    }


async def ask(
    database: Database,
    experiment_id: str,
    stop: asyncio.Event | None = None,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> RunOutcome:
    state = database.experiments.get(experiment_id).state
    if state not in (ExperimentState.QUEUED, ExperimentState.RUNNING):
        database.queue.enqueue(experiment_id, 1)
    clock = SystemClock()
    claim = database.queue.claim(new_runner_id(), 60, lambda _: experiment_id)
    assert claim is not None
    lease = Lease(claim, 60, clock.monotonic_s(), clock, stop or asyncio.Event())
    surroundings = Surroundings(clock, environment or {"OPENROUTER_API_KEY": KEY})
    return await run_experiment(database, lease, surroundings=surroundings, **options)


def create(config: Mapping[str, Any], url: str = "sqlite://") -> tuple[Database, str]:
    database = open_database(url)
    database.migrate()
    source = spec_from_mapping(config)
    return database, store_experiment(database, make_plan(source), source.text, Description())


def run(
    faults: Sequence[Fault] = (), changes: Mapping[str, Any] | None = None, **execution: Any
) -> World:
    async def go() -> World:
        async with FakeProviderServer(faults=faults, seed=3, api_key=KEY) as server:
            config = {**study(server, **execution), **(changes or {})}
            database, experiment_id = create(config)
            outcome = await ask(database, experiment_id)
            return World(database, experiment_id, list(server.ledger.entries), outcome)

    return asyncio.run(go())


def test_every_trial_is_sent_once_and_stored_once():
    world = run()
    n_trials = 2 * 3 * N_QUESTIONS
    assert world.outcome == RunOutcome(n_trials, n_trials, is_interrupted=False)
    assert world.state is ExperimentState.COMPLETED
    assert set(Counter(e.idempotency_key for e in world.ledger).values()) == {1}
    stored = list(world.database.trials.responses(world.experiment_id))
    assert [r.trial_index for r in stored] == list(range(n_trials))
    assert all(r.n_attempts == 1 and r.score is not None for r in stored)


def test_cost_and_counters_agree_with_the_ledger():
    world = run()
    counters = world.database.trials.counters(world.experiment_id)
    assert sum(c.cost_microusd for c in counters) == sum(e.cost_microusd for e in world.ledger)
    assert sum(c.n_answered for c in counters) == len(world.ledger)
    stored = list(world.database.trials.responses(world.experiment_id))
    assert sum(c.score_sum for c in counters) == sum(r.score.value for r in stored if r.score)
    assert world.database.trials.ledger(world.experiment_id).n_open == 0


@pytest.mark.parametrize(
    "kind",
    ["429:0", "500", "502", "503:0", "200-error", "partial", "empty-choices", "null-content",
     "truncated-json", "garbage", "nan", "drop-before", "drop-after:40", "429-text:-5"],
)  # fmt: skip
def test_a_passing_fault_is_tried_again_and_is_no_answer(kind: str):
    world = run([Fault(kind, share=0.2)])
    assert world.outcome.n_missing == 0
    assert world.state is ExperimentState.COMPLETED
    n_faults = sum(entry.fault is not None for entry in world.ledger)
    assert n_faults > 0
    counters = world.database.trials.counters(world.experiment_id)
    assert sum(c.n_failures for c in counters) == n_faults
    assert sum(c.n_answered for c in counters) == world.outcome.n_trials


def test_what_is_never_answered_stays_missing_and_is_said():
    is_first_half = {"odd": False}

    def strikes(model: str, _: str) -> bool:
        is_first_half["odd"] ^= model == "llama3:8b"
        return model == "llama3:8b" and is_first_half["odd"]

    world = run([Fault("500", when=strikes)], retry_attempts=0, max_concurrent_requests=1)
    assert world.state is ExperimentState.FAILED
    assert world.outcome.n_missing == 15
    assert world.outcome.is_passing
    assert "llama3:8b: 15 trials had no answer" in world.outcome.reasons[0]
    assert "15 of 60 trials" in (world.database.experiments.get(world.experiment_id).reason or "")
    (entry,) = world.database.queue.entries()
    assert (entry.state, entry.n_retries, entry.is_free) == (ExperimentState.FAILED, 1, False)


def test_a_model_that_never_answers_is_not_asked_to_the_end():
    world = run([Fault("500", when=lambda model, _: model == "llama3:8b")], retry_attempts=2)
    assert world.state is ExperimentState.FAILED
    assert world.outcome.n_missing == 3 * N_QUESTIONS
    assert "llama3:8b: 8 trials in a row had no answer" in world.outcome.reasons[0]
    asked = Counter(e.idempotency_key for e in world.ledger if e.fault)
    assert list(asked.values()).count(3) >= 8
    assert max(asked.values()) == 3
    assert len(asked) < 3 * N_QUESTIONS


@pytest.mark.parametrize("status", [401, 402, 404])
def test_a_hopeless_model_stops_at_once_and_the_other_goes_on(status: int):
    world = run(
        [Fault(str(status), when=lambda model, _: model.startswith("openai/"))],
        max_concurrent_requests=4,
    )
    hopeless = [e for e in world.ledger if e.fault]
    assert 1 <= len(hopeless) <= 4
    assert world.outcome.n_answered == 3 * N_QUESTIONS
    assert len(world.outcome.reasons) == 1
    assert world.outcome.reasons[0].startswith("gpt-3.5-turbo: ")


def test_a_wrong_key_sends_no_question():
    async def go() -> tuple[RunOutcome, list[LedgerEntry]]:
        async with FakeProviderServer(api_key="sk-other") as server:
            database, experiment_id = create(study(server))
            return await ask(database, experiment_id), list(server.ledger.entries)

    outcome, ledger = asyncio.run(go())
    assert outcome.n_missing == 3 * N_QUESTIONS
    assert {entry.api for entry in ledger if entry.status == 200} == {"ollama"}
    assert KEY not in " ".join(outcome.reasons)


def test_a_request_that_hangs_is_given_up_after_its_time():
    world = run([Fault("hang", limit=2)], timeout_per_question=0.5)
    assert world.outcome.n_missing == 0
    failures = world.database.trials.failures(world.experiment_id)
    assert {failure.kind for failure in failures} == {"timeout"}
    assert sum(failure.count for failure in failures) == 2


def test_a_stop_finishes_what_is_in_flight_and_a_second_run_asks_the_rest():
    async def go() -> None:
        async with FakeProviderServer(latency_s=0.02, api_key=KEY) as server:
            database, experiment_id = create(study(server, max_concurrent_requests=3))
            stop = asyncio.Event()

            def stop_soon(progress: RunProgress) -> None:
                asyncio.get_running_loop().create_task(_stop_after(progress, 9, stop))

            first = await ask(database, experiment_id, stop, on_start=stop_soon)
            assert first.is_interrupted
            assert 9 <= first.n_answered < first.n_trials
            assert len(server.ledger.entries) == first.n_answered
            assert database.experiments.get(experiment_id).state is ExperimentState.QUEUED
            second = await ask(database, experiment_id)
            assert second.n_missing == 0
            asked = Counter(entry.idempotency_key for entry in server.ledger.entries)
            assert set(asked.values()) == {1}

    asyncio.run(go())


def test_what_was_ready_when_a_run_is_stopped_is_not_sent_and_is_no_failure(tmp_path: Path):
    async def go() -> None:
        async with FakeProviderServer(latency_s=0.02, api_key=KEY) as server:
            config = study(server, max_concurrent_requests=16)
            config["models"] = config["models"][1:]
            config["benchmarks"] = {"b": {"generated": {"per_domain": 12}}}
            database, experiment_id = create(config, f"sqlite:///{tmp_path}/x.db")
            stop = asyncio.Event()
            tasks: list[asyncio.Task[None]] = []

            def stop_soon(progress: RunProgress) -> None:
                tasks.append(asyncio.create_task(_stop_after(progress, 60, stop)))

            first = await ask(database, experiment_id, stop, on_start=stop_soon)
            assert server.counts["max_in_flight"] == 16
            n_sent = len(server.ledger.entries)
            stored = read_rows(database.shown_url).attempts
            attempts = [a for a in stored if a.failure_kind == ErrorKind.NOT_SENT]
            assert attempts
            assert all(a.outcome is AttemptOutcome.FAILED and not a.cost_microusd for a in attempts)
            assert first.n_answered == n_sent
            assert sum(c.n_failures for c in database.trials.counters(experiment_id)) == 0
            assert database.trials.failures(experiment_id) == ()
            money = database.trials.ledger(experiment_id)
            assert (money.n_open, money.n_unknown) == (0, 0)
            assert (await ask(database, experiment_id)).n_missing == 0
            asked = Counter(entry.idempotency_key for entry in server.ledger.entries)
            assert set(asked.values()) == {1}

    asyncio.run(go())


async def _stop_after(progress: RunProgress, n_answered: int, stop: asyncio.Event) -> None:
    while progress.n_answered < n_answered:
        await asyncio.sleep(0)
    stop.set()


def test_requests_in_flight_stay_within_the_limit_and_few_more_are_ready():
    async def go() -> None:
        async with FakeProviderServer(latency_s=0.01, api_key=KEY) as server:
            database, experiment_id = create(study(server, max_concurrent_requests=2))
            unsettled: list[int] = []

            async def watch() -> None:
                while True:
                    unsettled.append(database.trials.ledger(experiment_id).n_open)
                    await asyncio.sleep(0)

            watcher = asyncio.create_task(watch())
            await ask(database, experiment_id)
            watcher.cancel()
            assert 0 < server.counts["max_in_flight"] <= 2 * 2
            assert 0 < max(unsettled) <= 2 * 3

    asyncio.run(go())


def test_repeats_are_asked_and_kept_apart():
    world = run(repeats=2)
    assert world.outcome.n_answered == 2 * 2 * 3 * N_QUESTIONS
    plan = restore_plan(world.database, world.experiment_id)
    repeats = Counter(
        plan.trial(r.trial_index).repeat
        for r in world.database.trials.responses(world.experiment_id)
    )
    assert repeats == {0: 60, 1: 60}


def test_a_cut_answer_and_an_unknown_cost_are_marked():
    world = run([Fault("length", share=0.3), Fault("missing-usage", share=0.3)])
    stored = [r.response for r in world.database.trials.responses(world.experiment_id)]
    assert any(response.is_truncated for response in stored)
    unknown = [response for response in stored if response.cost_microusd is None]
    assert unknown
    counters = world.database.trials.counters(world.experiment_id)
    assert sum(c.n_cost_unknown for c in counters) == len(unknown)


def test_a_pause_stops_the_sending_at_once():
    async def go() -> None:
        async with FakeProviderServer(latency_s=0.01, api_key=KEY) as server:
            database, experiment_id = create(study(server, max_concurrent_requests=3))
            sent: list[int] = []

            async def pause_soon(progress: RunProgress) -> None:
                while progress.n_answered < 6:
                    await asyncio.sleep(0)
                database.experiments.change_state(experiment_id, ExperimentState.PAUSED)
                sent.append(len(server.ledger.entries))

            def watch(progress: RunProgress) -> None:
                sent_tasks.append(asyncio.get_running_loop().create_task(pause_soon(progress)))

            sent_tasks: list[asyncio.Task[None]] = []
            outcome = await ask(database, experiment_id, on_start=watch)
            in_flight_at_most = 2 * 3
            assert len(server.ledger.entries) <= sent[0] + in_flight_at_most
            assert outcome.n_answered == len(server.ledger.entries)
            assert database.trials.ledger(experiment_id).n_open == 0
            assert database.experiments.get(experiment_id).state is ExperimentState.PAUSED

            database.queue.enqueue(experiment_id, 1)
            assert (await ask(database, experiment_id)).n_missing == 0
            asked = Counter(entry.idempotency_key for entry in server.ledger.entries)
            assert set(asked.values()) == {1}

    asyncio.run(go())


def test_a_defect_of_a_scorer_loses_no_answer_and_stops_only_its_model(
    monkeypatch: pytest.MonkeyPatch,
):
    def broken(question: Any, text: str, scorer: Any, **options: Any) -> Any:
        raise IndexError("no such letter")

    monkeypatch.setattr("scramblebench.evaluation.requests.score", broken)
    world = run(max_concurrent_requests=1)
    assert world.state is ExperimentState.FAILED
    assert all("IndexError: no such letter" in reason for reason in world.outcome.reasons)
    stored = list(world.database.trials.responses(world.experiment_id))
    assert len(stored) == len(world.ledger) == 2
    assert all(response.score is None for response in stored)


def test_a_passing_error_at_identification_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    from scramblebench.providers.ollama import OllamaProvider

    identify, calls = OllamaProvider.identify, [0]

    async def sometimes(self: OllamaProvider) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            raise ProviderError("busy", kind=ErrorKind.OVERLOADED)
        return await identify(self)

    monkeypatch.setattr(OllamaProvider, "identify", sometimes)
    assert run().outcome.n_missing == 0
    assert calls[0] == 2


def test_someone_else_s_pause_is_not_overwritten():
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, experiment_id = create(study(server))

            def pause(_: RunProgress) -> None:
                database.experiments.change_state(
                    experiment_id, ExperimentState.PAUSED, reason="tea"
                )

            await ask(database, experiment_id, on_start=pause)
            record = database.experiments.get(experiment_id)
            assert (record.state, record.reason) == (ExperimentState.PAUSED, "tea")

    asyncio.run(go())


def asked_by_another(server: FakeProviderServer) -> tuple[Database, str]:
    """Return an experiment whose first trial a runner has asked that sleeps since."""
    database, experiment_id = create(study(server))
    database.queue.enqueue(experiment_id, 1)
    assert database.queue.claim("asleep", 0) is not None
    database.trials.write([make_reservation(experiment_id, 0)])
    return database, experiment_id


async def ask_the_others(
    server: FakeProviderServer, database: Database, experiment_id: str
) -> None:
    outcome = await ask(database, experiment_id)
    assert outcome.n_missing == 0
    asked = {entry.idempotency_key for entry in server.ledger.entries}
    assert f"{experiment_id}-0" not in asked
    assert len(asked) == outcome.n_trials - 1


@pytest.mark.parametrize("moment", ["attempt_numbers", "answered"])
def test_a_late_answer_between_the_first_reads_is_not_paid_for_again(
    moment: str, monkeypatch: pytest.MonkeyPatch
):
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, experiment_id = asked_by_another(server)
            real = getattr(database.trials, moment)

            def and_then_it_comes(*words: object) -> object:
                found = real(*words)
                database.trials.write([make_answer(experiment_id, 0)])
                return found

            monkeypatch.setattr(database.trials, moment, and_then_it_comes)
            await ask_the_others(server, database, experiment_id)

    asyncio.run(go())


def test_an_answer_that_comes_after_the_reservation_is_not_paid_for_again(
    monkeypatch: pytest.MonkeyPatch,
):
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, experiment_id = asked_by_another(server)
            passed = Gate.passed

            async def and_then_it_comes(gate: Gate, turn: asyncio.Future[Any]) -> Any:
                found = await passed(gate, turn)
                if database.trials.attempt_numbers(experiment_id).get(0) == 2:
                    database.trials.write([make_answer(experiment_id, 0)])
                return found

            monkeypatch.setattr(Gate, "passed", and_then_it_comes)
            await ask_the_others(server, database, experiment_id)
            ledger = database.trials.ledger(experiment_id)
            assert (ledger.n_open, ledger.n_unknown) == (0, 0)

    asyncio.run(go())


def test_a_defect_while_answers_are_counted_ends_the_run_instead_of_hanging_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settled, n_counted = RunProgress.settled, 0

    def fail_once(progress: RunProgress, item: Settlement) -> None:
        nonlocal n_counted
        n_counted += 1
        if n_counted == 5:
            raise ArithmeticError("a defect")
        settled(progress, item)

    async def run_it() -> int:
        async with FakeProviderServer() as server:
            database, experiment_id = create(study(server, max_concurrent_requests=2))
            monkeypatch.setattr(RunProgress, "settled", fail_once)
            with pytest.raises(BaseExceptionGroup) as ended:
                await asyncio.wait_for(ask(database, experiment_id), 20)
            assert ended.group_contains(ArithmeticError, match="a defect")
            return len(list(database.trials.responses(experiment_id)))

    assert asyncio.run(run_it()) >= 5

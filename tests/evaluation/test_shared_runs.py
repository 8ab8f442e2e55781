"""One experiment asked by several workers: everything once, limits for all together, one sentence for all."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import UsageError
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import (
    Description,
    RunOutcome,
    RunProgress,
    Surroundings,
    WorkerTerms,
    run_experiment,
    run_worker,
    store_experiment,
)
from scramblebench.plan import make_plan
from scramblebench.queue import Lease, Terms, run_queue
from scramblebench.settings import spec_from_mapping
from scramblebench.settings.sections import ExecutionSpec
from scramblebench.storage import (
    WORKER,
    Claim,
    Database,
    NewShard,
    ShardClaim,
    ShardReport,
    open_database,
)
from scramblebench.storage.shards import SqlShardStore
from scramblebench.testing.fake_provider import FakeProviderServer, Fault, LedgerEntry
from tests.waiting import until

KEY = "sk-or-v1-shared"
N_QUESTIONS = 10
SURROUNDINGS = Surroundings(SystemClock(), {"OPENROUTER_API_KEY": KEY})


class Crew:
    """Workers that somebody else keeps."""

    n_workers = 3

    def check(self) -> None:
        """Nothing is wrong with them."""


@dataclass
class World:
    """What was run, what the provider's ledger says of it, and which shards were left how."""

    database: Database
    experiment_id: str
    ledger: list[LedgerEntry]
    outcome: RunOutcome
    left: list[tuple[ShardClaim, ShardReport | None]]
    most_in_flight: int

    @property
    def state(self) -> ExperimentState:
        return self.database.experiments.get(self.experiment_id).state


def run(
    tmp_path: Path,
    faults: Sequence[Fault] = (),
    changes: Mapping[str, Any] | None = None,
    n_workers: int = 3,
    prepare: Callable[[Database, str], None] = lambda *_: None,
    on_start: Callable[[Database, str, RunProgress], None] = lambda *_: None,
    latency_s: float = 0.0,
    is_priced: bool = False,
    **execution: Any,
) -> World:
    async def go() -> World:
        options = {"faults": faults, "seed": 3, "api_key": KEY, "latency_s": latency_s}
        async with FakeProviderServer(**options) as server:
            config = {**_study(server, **execution), **(changes or {})}
            if is_priced:
                price = {"prompt_usd_per_million": 1, "completion_usd_per_million": 2}
                config["models"] = [{**config["models"][1], "max_tokens": 60, "price": price}]
            url = f"sqlite:///{tmp_path}/shared.db"
            database = open_database(url)
            database.migrate()
            source = spec_from_mapping(config)
            key = store_experiment(database, make_plan(source), source.text, Description())
            left: list[tuple[ShardClaim, ShardReport | None]] = []
            stop = asyncio.Event()
            workers = [
                asyncio.create_task(
                    run_worker(
                        open_database(url),
                        WorkerTerms(lease_s=2),
                        stop,
                        SURROUNDINGS,
                        lambda claim, report: left.append((claim, report)),
                    )
                )
                for _ in range(n_workers)
            ]
            prepare(database, key)
            outcome = await _coordinate(database, key, on_start)
            stop.set()
            await asyncio.gather(*workers)
            return World(
                database,
                key,
                list(server.ledger.entries),
                outcome,
                left,
                server.counts["max_in_flight"],
            )

    return asyncio.run(go())


async def _coordinate(
    database: Database, key: str, on_start: Callable[[Database, str, RunProgress], None]
) -> RunOutcome:
    outcomes: list[RunOutcome] = []
    database.queue.enqueue(key, 1)

    async def place(_: ExecutionSpec) -> Crew:
        return Crew()

    async def run_leased(lease: Lease) -> None:
        outcome = await run_experiment(
            database,
            lease,
            surroundings=SURROUNDINGS,
            place=place,
            on_start=lambda progress: on_start(database, key, progress),
        )
        outcomes.append(outcome)

    terms = Terms(only=key, lease_s=4)
    await run_queue(database.queue, run_leased, terms, asyncio.Event(), SURROUNDINGS.clock)
    return outcomes[0]


def test_who_answered_the_workers_is_known_to_the_runner(tmp_path: Path):
    seen: list[RunProgress] = []
    run(
        tmp_path,
        [Fault("wrong-model", share=0.2)],
        on_start=lambda _database, _key, progress: seen.append(progress),
    )
    _, lane = seen[0].lanes
    names = {model for model, _, _ in lane.served}
    assert len(names) == 2
    assert "openai/gpt-3.5-turbo" in names


def _study(server: FakeProviderServer, **execution: Any) -> dict[str, Any]:
    return {
        "models": [
            {"name": "llama3:8b", "provider": "ollama", "base_url": server.url_ollama},
            {"name": "gpt-3.5-turbo", "provider": "openrouter", "base_url": server.url_openrouter},
        ],
        "benchmarks": {"b": {"generated": {"per_domain": 2}}},
        "scrambling": {"levels": [0, 50, 100]},
        "execution": {
            "retry_wait_s": 0.001,
            "max_retry_wait_s": 0.2,
            "shard_size": 4,
            **execution,
        },
    }


def test_every_trial_is_sent_once_by_all_together(tmp_path: Path):
    world = run(
        tmp_path, latency_s=0.3
    )  # long enough that no worker takes everything before the others look
    n_trials = 2 * 3 * N_QUESTIONS
    assert world.outcome == RunOutcome(n_trials, n_trials, is_interrupted=False)
    assert world.state is ExperimentState.COMPLETED
    assert set(Counter(e.idempotency_key for e in world.ledger).values()) == {1}
    assert len({claim.experiment.runner_id for claim, _ in world.left}) > 1
    documents = world.database.documents.list(world.experiment_id)
    assert len(documents) == 1  # one machine, one environment


def test_passing_faults_leave_nothing_missing(tmp_path: Path):
    world = run(tmp_path, [Fault("500", share=0.2), Fault("429:0", share=0.1)], n_workers=2)
    assert world.outcome.n_missing == 0
    counters = world.database.trials.counters(world.experiment_id)
    assert sum(c.n_failures for c in counters) == sum(e.fault is not None for e in world.ledger) > 0


def test_a_wrong_key_stops_the_model_for_all_with_one_sentence(tmp_path: Path):
    world = run(tmp_path, [Fault("401", when=lambda model, _: "gpt" in model)])
    assert world.state is ExperimentState.FAILED
    assert world.outcome.n_answered == 3 * N_QUESTIONS
    (reason,) = world.outcome.reasons
    assert reason.startswith("gpt-3.5-turbo: ")
    n_refused = sum(e.status == 401 for e in world.ledger)
    assert 1 <= n_refused <= 3 * 8  # what may be in flight when it is told


def test_a_trial_that_is_given_up_is_told_of_and_not_asked_by_the_next_worker(tmp_path: Path):
    world = run(tmp_path, [Fault("400", share=0.2)])
    refused = [e.idempotency_key for e in world.ledger if e.status == 400]
    assert refused
    assert set(Counter(refused).values()) == {1}
    assert world.outcome.n_missing == len(refused)
    assert world.state is ExperimentState.FAILED
    assert any("had no answer; the last:" in reason for reason in world.outcome.reasons)


def test_no_more_requests_are_in_flight_than_the_models_allow(tmp_path: Path):
    world = run(tmp_path, latency_s=0.02, max_concurrent_requests=4, shard_size=6)
    assert world.outcome.n_missing == 0
    assert 1 < world.most_in_flight <= 2 * 4


def test_a_pause_reaches_all_workers(tmp_path: Path):
    def pause_soon(database: Database, key: str, _: RunProgress) -> None:
        def pause() -> None:
            until(lambda: database.experiments.get(key).n_answered >= 3, "third answer")
            database.experiments.change_state(key, ExperimentState.PAUSED, reason="a look")

        threading.Thread(target=pause, daemon=True).start()

    world = run(tmp_path, on_start=pause_soon, latency_s=0.3, max_concurrent_requests=1)
    assert world.state is ExperimentState.PAUSED
    assert 0 < world.outcome.n_answered < world.outcome.n_trials
    assert world.database.trials.ledger(world.experiment_id).n_open == 0
    assert len(world.ledger) == world.outcome.n_answered


def test_what_a_worker_of_an_earlier_run_may_have_in_flight_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    held: list[ShardClaim] = []
    runs: list[RunProgress] = []
    looks: list[str | None] = []
    ask = SqlShardStore.n_held_before

    def take_all(database: Database, key: str) -> None:
        database.queue.enqueue(key, 1)
        claim = database.queue.claim("an earlier run", lease_s=0)
        assert claim is not None
        database.shards.open(claim, [NewShard(0, 0, 30)])
        shard = database.shards.claim("elsewhere:1:a", lease_s=60)
        assert shard is not None
        held.append(shard)

    def ask_and_release(shards: SqlShardStore, claim: Claim) -> int:
        looks.append(runs[0].waiting())
        if len(looks) == 10:
            shards.release(held[0])
        return ask(shards, claim)

    monkeypatch.setattr(SqlShardStore, "n_held_before", ask_and_release)
    world = run(tmp_path, prepare=take_all, on_start=lambda *told: runs.append(told[2]))
    assert looks == ["what workers of an earlier run have in flight"] * 10
    assert world.outcome.n_missing == 0


def test_a_budget_stops_all_and_is_never_exceeded(tmp_path: Path):
    world = run(tmp_path, is_priced=True, cost_limit=0.001)
    assert world.state is ExperimentState.PAUSED
    assert world.outcome.is_over_budget
    assert 500 < sum(e.cost_microusd for e in world.ledger) <= 1_000


def test_progress_is_read_from_the_database(tmp_path: Path):
    seen: list[RunProgress] = []
    world = run(tmp_path, on_start=lambda _database, _key, progress: seen.append(progress))
    (progress,) = seen
    assert progress.n_answered == world.outcome.n_trials
    assert [lane.n_answered for lane in progress.lanes] == [3 * N_QUESTIONS] * 2
    assert progress.lanes[0].cells[0].n_answered == N_QUESTIONS


def test_a_question_that_is_settled_stops_all_workers(tmp_path: Path):
    models = [
        {"name": n, "provider": "simulated", "simulation": {"ability": ability, "latency_s": 0.1}}
        for n, ability in (("good", 3.0), ("bad", -1.0))
    ]
    changes = {
        "models": models,
        "benchmarks": {"b": {"generated": {"per_domain": 40}}},
        "scrambling": {"levels": [0, 50], "methods": ["letter_shuffle"]},
        "statistical_analysis": {"early_stopping": {"models": ["good", "bad"]}},
    }
    world = run(tmp_path, changes=changes, shard_size=20)
    assert world.state is ExperimentState.COMPLETED
    assert world.outcome.n_missing > 0
    assert "settled early" in (world.outcome.settled_early or "")
    assert f"{world.outcome.n_missing:,} calls saved" in (world.outcome.settled_early or "")


def test_another_machine_at_an_sqlite_file_is_refused(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path}/shared.db")
    database.migrate()
    database.queue.heartbeat("far-away:1:2", "far-away", 1, WORKER)
    work = run_worker(database, WorkerTerms(patience_s=0), asyncio.Event(), SURROUNDINGS)
    with pytest.raises(UsageError, match=r"far-away.*postgresql://"):
        asyncio.run(work)


def test_a_worker_without_work_ends_when_its_patience_does(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path}/shared.db")
    database.migrate()
    work = run_worker(database, WorkerTerms(patience_s=0.1), asyncio.Event(), SURROUNDINGS)
    assert asyncio.run(work) == 0
    assert [r.role for r in database.queue.runners()] == [WORKER]

"""One run of one fault: its database, its provider's ledger, its processes, and the judgement after it."""

import asyncio
import gc
import io
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import psycopg

from scramblebench.cli.app import run_command_line
from scramblebench.core.errors import known_error
from scramblebench.core.randomness import RandomStream
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import Description, EvaluationConfig, store_experiment
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.plan import Plan, make_plan
from scramblebench.storage import open_database
from scramblebench.testing.acknowledgements import (
    read_acknowledgements,
    recorded_acknowledgements,
)
from scramblebench.testing.postgres import PostgresServer
from scramblebench.testing.stored_rows import read_dump
from scramblebench.testing.world import Again, Evidence, Exit, Results, Violation, check_world
from tests.faults.children import Child, TooLate, fork
from tests.faults.services import MODEL, Provider, start_provider

Config = Mapping[str, Any]
Patch = Callable[[], Any]
"""Changes the product in the child that calls it: a failpoint, a shorter heartbeat, a seeded bug."""

N_TRIALS = 300
LATENCY = ("--latency-ms", "5", "--latency-spread", "0.9")
_COMPLETE_S = 60.0


class Job:
    """What one job's runs share; each run takes a ``Stage`` from it."""

    def __init__(self, folder: Path, number: int, postgres: PostgresServer | None) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.provider = start_provider(folder, "--seed", str(number), *LATENCY)
        self.postgres = postgres
        self.postgres_name = f"faults_{number}"
        self.empty_file = folder / "empty.db"
        self._plans: dict[bytes, tuple[Plan, str]] = {}
        self._expected: dict[bytes, str] = {}
        os.environ["OPENROUTER_API_KEY"] = "sk-or-v1-faults"
        os.environ["COLUMNS"] = "100"
        _migrate(f"sqlite:///{self.empty_file}")
        if postgres is not None:
            postgres.run(f"DROP DATABASE IF EXISTS {self.postgres_name} WITH (FORCE)")
            postgres.run(f"CREATE DATABASE {self.postgres_name}")
            _migrate(postgres.url(self.postgres_name))

    def plan(self, config: Config) -> tuple[Plan, str]:
        """Return the plan of a configuration, made once."""
        key = orjson.dumps(config)
        if key not in self._plans:
            source = EvaluationConfig.from_dict(config).source
            self._plans[key] = make_plan(source), source.text
        return self._plans[key]

    def expected(self, config: Config) -> str:
        """Return the results of an uninterrupted run of a configuration, asked once."""
        key = orjson.dumps(config, default=str)
        if key not in self._expected:
            number = len(self._expected)
            own = start_provider(self.folder, name=f"reference-{number}")
            with self.stage("reference", "sqlite", number, own) as stage:
                stage.on_close(own.stop)
                experiment_id = stage.create(config)
                stage.complete()
                self._expected[key] = stage.results(experiment_id)
        return self._expected[key]

    @contextmanager
    def stage(
        self, code: str, database: str, run_number: int, provider: Provider | None = None
    ) -> Iterator["Stage"]:
        """Give a run an empty database and a ledger without entries; remove its files if all is well."""
        folder = self.folder / f"{code}-{database}-{run_number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        stage = Stage(self, code, database, run_number, folder, provider or self.provider)
        try:
            yield stage
        finally:
            stage.close()
        if not stage.violations:
            shutil.rmtree(folder, ignore_errors=True)


_SESSIONS = """
    SELECT pid, application_name, state, wait_event, clock_timestamp() - xact_start,
           clock_timestamp() - state_change, pg_blocking_pids(pid), query
    FROM pg_stat_activity WHERE datname = current_database()"""


class Stage:
    """What a fault works on; ``violations`` grows until the run is judged."""

    def __init__(
        self,
        job: Job,
        code: str,
        database: str,
        run_number: int,
        folder: Path,
        provider: Provider,
    ) -> None:
        self.job = job
        self.database = database
        self.run_number = run_number
        self.folder = folder
        self.random = RandomStream("fault", code, database, run_number)
        self.provider = provider
        self.experiments: dict[str, Config] = {}
        self.violations: list[Violation] = []
        self.children: list[Child] = []
        self.exits: list[Exit] = []
        self.acknowledgements = folder / "acknowledged"
        self._clean_up = ExitStack()
        self.database_url = self._empty_database()
        self.provider.begin()

    def _empty_database(self) -> str:
        if self.database == "sqlite":
            path = self.folder / "experiments.db"
            shutil.copyfile(self.job.empty_file, path)
            return f"sqlite:///{path}"
        assert self.job.postgres is not None
        self.job.postgres.empty(self.job.postgres_name)
        return self.job.postgres.url(self.job.postgres_name)

    def on_close(self, call: Callable[[], Any]) -> None:
        """Call this when the run is over, whatever became of it."""
        self._clean_up.callback(call)

    def use_provider(self, *options: str) -> Provider:
        """Start a fake provider of this run's own, to be asked instead of the job's."""
        self.provider = start_provider(self.folder, *options)
        self.on_close(self.provider.stop)
        return self.provider

    def create(
        self,
        config: Config | None = None,
        *,
        base_url: str | None = None,
        priority: int = 1,
        depends_on: Sequence[str] = (),
    ) -> str:
        """Store and queue an experiment; its requests go to ``base_url``, else to the provider."""
        chosen = config or study()
        plan, text = self.job.plan(_addressed(chosen, base_url or self.provider.url_openrouter))
        database = open_database(self.database_url)
        try:
            name = f"experiment {len(self.experiments) + 1}"
            experiment_id = store_experiment(database, plan, text, Description(name=name))
            database.queue.enqueue(experiment_id, priority, depends_on)
        finally:
            database.close()
        self.experiments[experiment_id] = chosen
        return experiment_id

    def start(
        self, *patches: Patch, name: str = "run", body: Callable[[], int] | None = None
    ) -> Child:
        """Start a runner: the command ``run``, or ``body``; patches are applied in the child first."""
        number = len(self.children) + 1
        what = body or partial(run_command_line, ["run", "--database-url", self.database_url])

        def patched() -> int:
            with recorded_acknowledgements(self.acknowledgements, self.provider.ledger_path):
                for patch in patches:
                    patch()
                return what()

        child = fork(f"{number}-{name}", patched, self.folder)
        self.children.append(child)
        return child

    def tracked(self, **options: Any) -> Callable[[], int]:
        """Return a body that runs the queue by the Python API with options of ``run_experiments``."""

        def body() -> int:
            tracker = ExperimentTracker(self.database_url)
            try:
                asyncio.run(tracker.run_experiments(**options))
            except BaseException as error:
                known = known_error(error)
                if known is None:
                    raise
                print(f"error: {known}", flush=True)
                return known.exit_code
            return 0

        return body

    def wait_for_entries(self, n_entries: int, child: Child, timeout_s: float = 30.0) -> bool:
        """Return once so many requests were answered; False where the child ended before."""
        return self.wait_until(lambda: self.provider.n_entries() >= n_entries, child, timeout_s)

    def wait_until(self, is_met: Callable[[], bool], child: Child, timeout_s: float = 30.0) -> bool:
        """Return once something is so; False where the child ended before."""
        deadline = time.monotonic() + timeout_s
        while not is_met():
            if child.has_ended(0.002):
                return is_met()
            if time.monotonic() > deadline:
                raise TooLate(f"{child.name} did not come so far within {timeout_s:g} s")
        return True

    def n_acknowledged(self) -> int:
        """Return how many responses were acknowledged to runs so far."""
        if not self.acknowledgements.exists():
            return 0
        return self.acknowledgements.read_bytes().count(b"\n=")

    def expect(self, child: Child, *codes: int, timeout_s: float = _COMPLETE_S) -> int:
        """Wait for a child and note how it may have ended."""
        try:
            code = child.wait(timeout_s)
        except TooLate:
            self._write_sessions()
            raise
        self.exits.append(Exit(child.name, code, codes))
        return code

    def _write_sessions(self) -> None:
        """Write down what the server's sessions do: who waits for whom, and for how long."""
        if self.database == "postgresql":
            with psycopg.connect(self.database_url) as server:
                rows = server.execute(_SESSIONS).fetchall()
            (self.folder / "sessions").write_text("".join(f"{row}\n" for row in rows))

    def complain(self, invariant: str, what: str) -> None:
        """Note a violation that only the fault itself can see."""
        self.violations.append(Violation(invariant, what))

    def complete(self, *patches: Patch) -> None:
        """Run everything to its end, without a fault; what would be tried again in a while is now."""
        database = open_database(self.database_url)
        try:
            for experiment_id in self.experiments:
                if database.experiments.get(experiment_id).state is ExperimentState.FAILED:
                    database.queue.enqueue(experiment_id, 1)
        finally:
            database.close()
        self.expect(self.start(*patches, name="complete"), 0)

    def judge(
        self,
        *,
        is_complete: bool = True,
        results: Sequence[Results] = (),
        is_simulated: bool = False,
    ) -> list[Violation]:
        """Check I1 to I11; of a complete run also that another run changes nothing (I6), and results.

        Simulated models stand in no provider's ledger.
        """
        again = self._run_again() if is_complete else None
        if is_complete:
            results = [self.compared(key) for key in self.experiments]
        evidence = self._evidence(again, results)
        if is_simulated:
            evidence = replace(evidence, ledger=None)
        self.violations += check_world(self.database_url, evidence)
        return self.violations

    def look(self) -> None:
        """Check what must hold at any moment, such as before anything is run again."""
        evidence = replace(self._evidence(None, ()), exits=())
        self.violations += check_world(self.database_url, evidence)

    def _evidence(self, again: Again | None, results: Sequence[Results]) -> Evidence:
        ledger = self.provider
        acknowledgements = read_acknowledgements(
            self.acknowledgements, ledger.ledger_path, ledger.start_byte, ledger.n_before
        )
        return Evidence(
            ledger=ledger.entries(),
            acknowledgements=acknowledgements,
            exits=self.exits,
            again=again,
            results=results,
            peak_rss_mib=max((child.peak_rss_mib for child in self.children), default=0.0),
        )

    def compared(self, experiment_id: str) -> Results:
        """Return an experiment's results beside those of an uninterrupted run."""
        expected = self.job.expected(self.experiments[experiment_id])
        try:
            actual = self.results(experiment_id)
        except CommandFailed as failed:
            actual = str(failed)
        return Results(f"results of {experiment_id[:8]}", actual, expected)

    def _run_again(self) -> Again:
        n_before, before = len(self.provider.entries()), read_dump(self.database_url)
        self.complete()
        n_after, after = len(self.provider.entries()), read_dump(self.database_url)
        return Again(n_after - n_before, before, after)

    def results(self, experiment_id: str) -> str:
        """Return a hash of what `analyze` prints and of every response with its score."""
        return sha256(results_text(self.database_url, experiment_id).encode()).hexdigest()

    def close(self) -> None:
        """Kill what still runs and undo what the run set up."""
        for child in self.children:
            if child.code is None:
                child.send(signal.SIGCONT)
                child.kill()
        self._clean_up.close()
        gc.collect()  # commands that ran in this process leave their databases open: theirs would end with it


def study(
    n_questions: int = 75,
    levels: Sequence[float] = (0, 25, 50, 100),
    benchmark: str = "bundled",
    **execution: Any,
) -> Config:
    """Return a configuration of ``n_questions`` (in fives) x levels trials, 16 in flight."""
    return {
        "models": [
            {
                "name": MODEL,
                "provider": "openrouter",
                "max_tokens": 60,
                "price": {"prompt_usd_per_million": 1, "completion_usd_per_million": 2},
            }
        ],
        "benchmarks": {benchmark: {"generated": {"per_domain": n_questions // 5}}},
        "scrambling": {
            "levels": list(levels),
            "methods": ["character_substitution"],
            "random_seed": 7,
        },
        "execution": {"max_concurrent_requests": 16, "retry_wait_s": 0.01, **execution},
    }


class CommandFailed(AssertionError):
    """A command that should have gone well did not."""

    def __init__(self, words: Sequence[str], code: int) -> None:
        super().__init__(f"{' '.join(words[:2])} ended with {code}")
        self.code = code


def results_text(database_url: str, experiment_id: str) -> str:
    """Return what is computed of an experiment, and its responses."""
    analysis = analysis_text(database_url, experiment_id)
    return f"{analysis}\n{responses_text(database_url, experiment_id)}"


def analysis_text(database_url: str, experiment_id: str) -> str:
    """Return what `analyze --json` prints, without the experiment's id and name."""
    output = io.StringIO()
    words = ["analyze", experiment_id, "--json", "--database-url", database_url]
    with redirect_stdout(output):
        code = run_command_line(words)
    if code != 0:
        raise CommandFailed(words, code)
    report = orjson.loads(output.getvalue())
    report["experiment_id"] = report["name"] = ""
    return orjson.dumps(report).decode()


def responses_text(database_url: str, experiment_id: str) -> str:
    """Return every response with its score as JSON Lines, without times and numbers of attempts."""
    database = open_database(database_url)
    try:
        return "\n".join(
            orjson.dumps(
                [
                    record.trial_index, record.response.text, record.response.finish_reason,
                    record.response.prompt_tokens, record.response.completion_tokens,
                    record.response.cost_microusd, record.response.served_model,
                    record.response.provider_response_id, record.score,
                ]
            ).decode()
            for record in database.trials.responses(experiment_id)
        )  # fmt: skip
    finally:
        database.close()


def _addressed(config: Config, base_url: str) -> Config:
    models = [{**model, "base_url": base_url} for model in config["models"]]
    return {**config, "models": models}


def _migrate(database_url: str) -> None:
    database = open_database(database_url)
    database.migrate()
    database.close()

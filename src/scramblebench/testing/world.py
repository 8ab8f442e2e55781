"""The invariants of a run, checked over what it left behind: database, ledger, exit codes, results.

Each is one function that yields violations; their numbers are those of docs/design/faults.md. They
hold after any fault, at any moment between two commits.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import orjson

from scramblebench.core.errors import ErrorKind
from scramblebench.core.states import TRANSITIONS, ExperimentState
from scramblebench.core.trials import AttemptOutcome
from scramblebench.plan.grid import Grid
from scramblebench.testing.acknowledgements import Acknowledgement
from scramblebench.testing.fake_provider import LedgerEntry
from scramblebench.testing.stored_rows import (
    StoredAttempt,
    StoredExperiment,
    StoredResponse,
    StoredRows,
    TrialKey,
    read_rows,
)

MAX_RSS_MIB = 512
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended (negative: by that signal), and how it may have ended."""

    process: str
    code: int
    allowed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """A run of what is complete already: what it sent, and the database before and after."""

    n_requests: int
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Results:
    """What is computed from an experiment, and what an uninterrupted run gave."""

    name: str
    actual: str
    expected: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is beside the database; what is left out is not judged.

    ``ledger`` holds every request that the experiments sent, None where nobody keeps one. ``other_violations`` are what the one who
    arranged the fault saw.
    """

    ledger: Sequence[LedgerEntry] | None = None
    acknowledgements: Sequence[Acknowledgement] = ()
    exits: Sequence[Exit] = ()
    again: Again | None = None
    results: Sequence[Results] = ()
    peak_rss_mib: float = 0.0
    other_violations: Sequence[Violation] = ()


@dataclass(frozen=True)
class World:
    """A database's rows and the evidence, with the look-ups that several invariants need."""

    rows: StoredRows
    evidence: Evidence
    experiments: Mapping[str, StoredExperiment] = field(init=False)

    def __post_init__(self) -> None:
        by_id = {experiment.id: experiment for experiment in self.rows.experiments}
        object.__setattr__(self, "experiments", by_id)

    @cached_property
    def entries(self) -> Mapping[TrialKey, Sequence[LedgerEntry]]:
        """The ledger by trial; what has another key is under (key, -1)."""
        found: dict[TrialKey, list[LedgerEntry]] = {}
        for entry in self.evidence.ledger or ():
            found.setdefault(trial_of(entry), []).append(entry)
        return found

    @cached_property
    def attempts(self) -> Mapping[TrialKey, Sequence[StoredAttempt]]:
        """The attempts by trial."""
        found: dict[TrialKey, list[StoredAttempt]] = {}
        for attempt in self.rows.attempts:
            found.setdefault(attempt.key, []).append(attempt)
        return found

    @cached_property
    def responses(self) -> Mapping[TrialKey, StoredResponse]:
        """The responses by trial."""
        return {response.key: response for response in self.rows.responses}


Invariant = Callable[[World], Iterator[Violation]]


def check_world(database_url: str, evidence: Evidence) -> list[Violation]:
    """Return every violation of I1 to I11 in a database that nobody is writing to."""
    world = World(read_rows(database_url), evidence)
    return [*evidence.other_violations, *(v for check in INVARIANTS for v in check(world))]


def assert_world(database_url: str, evidence: Evidence) -> None:
    """Raise AssertionError with every violation, one a line."""
    violations = check_world(database_url, evidence)
    if violations:
        raise AssertionError("\n".join(map(str, violations)))


def trial_of(entry: LedgerEntry) -> TrialKey:
    """Return which trial a ledger entry belongs to, by its idempotency key."""
    experiment_id, dash, index = (entry.idempotency_key or "").rpartition("-")
    return (experiment_id, int(index)) if dash and index.isdigit() else (str(index), -1)


def acknowledged_is_stored(world: World) -> Iterator[Violation]:
    """I1: what a run was told to be stored is stored, and nothing is that no run handed over."""
    handed: dict[TrialKey, set[str]] = {}
    for each in world.evidence.acknowledgements:
        handed.setdefault(each.key, set()).add(each.text_sha256)
        if each.ledger_sequence is not None and each.key not in world.responses:
            yield Violation("I1", f"{_name(each.key)} was acknowledged and is not stored")
    if not world.evidence.acknowledgements:
        return
    for key, response in world.responses.items():
        if response.text_sha256 not in handed.get(key, ()):
            yield Violation("I1", f"{_name(key)}: no run handed over what is stored")


def one_response_a_trial(world: World) -> Iterator[Violation]:
    """I2: at most one response a trial, and the one acknowledged first stays."""
    for key, n in Counter(response.key for response in world.rows.responses).items():
        if n > 1:
            yield Violation("I2", f"{_name(key)} has {n} responses")
    known: set[TrialKey] = set()
    for each in world.evidence.acknowledgements:
        if each.ledger_sequence is None or each.key in known:
            continue
        known.add(each.key)
        stored = world.responses.get(each.key)
        if stored is not None and stored.text_sha256 != each.text_sha256:
            yield Violation("I2", f"{_name(each.key)}: its response changed after it was stored")


def nothing_sent_twice(world: World) -> Iterator[Violation]:
    """I3: no trial is sent after its response was committed, none without a committed attempt."""
    last: dict[TrialKey, int] = {}
    for each in world.evidence.acknowledgements:
        if each.ledger_sequence is not None:
            last.setdefault(each.key, each.ledger_sequence)
    for key, entries in world.entries.items():
        late = [e.sequence for e in entries if key in last and e.sequence > last[key]]
        if late:
            yield Violation("I3", f"{_name(key)} was sent again after its response, as {late}")
        n_attempts = sum(attempt.is_reserved for attempt in world.attempts.get(key, ()))
        if len(entries) > n_attempts:
            yield Violation("I3", f"{_name(key)}: {len(entries)} sent, {n_attempts} reserved")


def money_is_explained(world: World) -> Iterator[Violation]:
    """I4: what is booked was charged, and what was charged is booked or marked as unknown."""
    if world.evidence.ledger is None:
        return
    for key in sorted(world.entries.keys() | world.attempts.keys()):
        attempts = world.attempts.get(key, ())
        charged = Counter(e.cost_microusd for e in world.entries.get(key, ()) if e.cost_microusd)
        answered = [a for a in attempts if a.outcome is AttemptOutcome.ANSWERED and a.number > 0]
        booked = Counter(a.cost_microusd for a in answered if a.cost_microusd)
        for cost in (booked - charged).elements():
            yield Violation("I4", f"{_name(key)}: {cost} micro-dollars booked, never charged")
        n_open = sum(attempt.may_be_charged for attempt in attempts)
        unexplained = list((charged - booked).elements())
        if len(unexplained) > n_open:
            yield Violation(
                "I4", f"{_name(key)}: charged {unexplained} micro-dollars, {n_open} open"
            )


def totals_equal_a_recount(world: World) -> Iterator[Violation]:
    """I4: the counters are what the responses and attempts add up to."""
    counted = _recount(world)
    stored = {
        (c.experiment_id, c.model_index, c.condition_index): (
            c.n_answered, c.n_failures, c.prompt_tokens, c.completion_tokens, c.cost_microusd,
            c.n_cost_unknown, c.n_lost, c.n_cached,
        )
        for c in world.rows.counters
    }  # fmt: skip
    for cell in sorted(counted.keys() | stored.keys()):
        if (was := stored.get(cell, _NOTHING)) != (is_ := counted.get(cell, _NOTHING)):
            yield Violation("I4", f"counters of {cell[0][:8]} {cell[1:]}: {was}, recount {is_}")


def money_equals_a_recount(world: World) -> Iterator[Violation]:
    """I4: the running totals of the money are what the attempts add up to."""
    counted: dict[tuple[str, int, int], tuple[int, ...]] = {}
    for attempt in world.rows.attempts:
        claim = (attempt.key[0], attempt.fence, attempt.started_at_us // _DAY_US)
        now = counted.get(claim, _NO_MONEY)
        counted[claim] = tuple(a + b for a, b in zip(now, _money_of(attempt), strict=True))
    stored = {
        (t.experiment_id, t.fence, t.day): (
            t.n_open, t.open_microusd, t.n_lost, t.lost_microusd, t.settled_microusd,
        )
        for t in world.rows.totals
    }  # fmt: skip
    for claim in sorted(counted.keys() | stored.keys()):
        was, is_ = stored.get(claim, _NO_MONEY), counted.get(claim, _NO_MONEY)
        if was != is_:
            yield Violation("I4", f"money of {claim[0][:8]} {claim[1:]}: {was}, recount {is_}")


def within_budget(world: World) -> Iterator[Violation]:
    """I5: what was charged never exceeds the cost limit."""
    for experiment in world.rows.experiments:
        limit = experiment.cost_limit_microusd
        charged = sum(
            entry.cost_microusd
            for key, entries in world.entries.items()
            for entry in entries
            if key[0] == experiment.id
        )
        if limit is not None and charged > limit:
            yield Violation(
                "I5", f"{experiment.id[:8]}: charged {charged} of {limit} micro-dollars"
            )


def again_changes_nothing(world: World) -> Iterator[Violation]:
    """I6: running what is complete sends nothing and changes nothing."""
    if (again := world.evidence.again) is None:
        return
    if again.n_requests:
        yield Violation("I6", f"running it again sent {again.n_requests} requests")
    for table in sorted(again.before.keys() | again.after.keys()):
        if again.before.get(table) != again.after.get(table):
            yield Violation("I6", f"running it again changed table {table}")


def results_are_the_same(world: World) -> Iterator[Violation]:
    """I7: statistics and exports are those of the uninterrupted run, byte for byte."""
    for each in world.evidence.results:
        if each.actual != each.expected:
            yield Violation("I7", f"{each.name}: {each.actual[:16]}, expected {each.expected[:16]}")


def history_is_legal(world: World) -> Iterator[Violation]:
    """I8: the file is sound, every change of state is one of the table's, fences never fall."""
    for damage in world.rows.damage:
        yield Violation("I8", damage)
    last: dict[str, tuple[ExperimentState | None, int]] = {}
    for event in world.rows.events:
        state, fence = last.get(event.experiment_id, (None, 0))
        name = event.experiment_id[:8]
        if event.before is not state:
            yield Violation("I8", f"{name}: an event from {event.before} after {state}")
        if event.before and not _is_legal(event.before, event.after):
            yield Violation("I8", f"{name}: {event.before} became {event.after}")
        if event.fence < fence:
            yield Violation("I8", f"{name}: fence {event.fence} after {fence}")
        last[event.experiment_id] = (event.after, event.fence)
    for each in world.rows.experiments:
        if last.get(each.id) != (each.state, each.fence):
            yield Violation("I8", f"{each.id[:8]} is {each.state}, its history says otherwise")


def requests_are_bounded(world: World) -> Iterator[Violation]:
    """I9: no trial is sent more often than every claim may try it, none after a permanent error."""
    for key, attempts in world.attempts.items():
        for before, after in pairwise(attempts):
            is_final = before.failure_kind and not ErrorKind(before.failure_kind).is_retryable
            if is_final and before.fence == after.fence:
                yield Violation("I9", f"{_name(key)} was tried again after {before.failure_kind}")
    for key, entries in world.entries.items():
        experiment = world.experiments.get(key[0])
        if experiment is None:
            yield Violation("I9", f"a request of nobody's: {entries[0].idempotency_key}")
            continue
        most = experiment.fence * (1 + _retries(experiment))
        if len(entries) > most:
            yield Violation("I9", f"{_name(key)} was sent {len(entries)} times, at most {most}")


def memory_is_bounded(world: World) -> Iterator[Violation]:
    """I10: no process of the run needed more memory than it may."""
    if world.evidence.peak_rss_mib > MAX_RSS_MIB:
        yield Violation("I10", f"a process needed {world.evidence.peak_rss_mib:.0f} MiB")


def states_are_true(world: World) -> Iterator[Violation]:
    """I11: completed means answered in full, a score needs a response, exit codes say how it ended."""
    n_answered = Counter(key[0] for key in world.responses)
    for each in world.rows.experiments:
        is_over = each.state is ExperimentState.COMPLETED and not _is_imported(each)
        if is_over and n_answered[each.id] != each.n_trials:
            n = n_answered[each.id]
            yield Violation("I11", f"{each.id[:8]} is completed with {n} of {each.n_trials}")
    for key in sorted(world.rows.scored - world.responses.keys()):
        yield Violation("I11", f"{_name(key)} has a score and no response")
    for key, attempts in world.attempts.items() if world.evidence.ledger is not None else ():
        n_told = sum(a.outcome is AttemptOutcome.ANSWERED and a.number > 0 for a in attempts)
        n_sent = sum(entry.status == 200 for entry in world.entries.get(key, ()))
        if n_told > n_sent:
            yield Violation("I11", f"{_name(key)}: {n_told} answers booked, {n_sent} were given")
    for ended in world.evidence.exits:
        if ended.code not in ended.allowed:
            yield Violation("I11", f"{ended.process} ended with {ended.code}, not {ended.allowed}")


INVARIANTS: tuple[Invariant, ...] = (
    acknowledged_is_stored,
    one_response_a_trial,
    nothing_sent_twice,
    money_is_explained,
    totals_equal_a_recount,
    money_equals_a_recount,
    within_budget,
    again_changes_nothing,
    results_are_the_same,
    history_is_legal,
    requests_are_bounded,
    memory_is_bounded,
    states_are_true,
)

Cell = tuple[str, int, int]
_NOTHING = (0,) * 8
_NO_MONEY = (0,) * 5


def _recount(world: World) -> dict[Cell, tuple[int, ...]]:
    found: dict[Cell, tuple[int, ...]] = {}

    def add(key: TrialKey, amounts: tuple[int, ...]) -> None:
        cell = _cell(world, key)
        now = found.get(cell, _NOTHING)
        found[cell] = tuple(a + b for a, b in zip(now, amounts, strict=True))

    for r in world.rows.responses:
        cost, is_unknown = r.cost_microusd or 0, int(r.cost_microusd is None)
        tokens = (r.prompt_tokens, r.completion_tokens)
        add(r.key, (1, 0, *tokens, cost, is_unknown, 0, int(r.is_cached)))
    for attempt in world.rows.attempts:
        is_failed = attempt.outcome in (AttemptOutcome.FAILED, AttemptOutcome.LOST)
        if is_failed and attempt.failure_kind != ErrorKind.NOT_SENT:
            is_lost = attempt.outcome is AttemptOutcome.LOST
            add(attempt.key, (0, 1, 0, 0, 0, 0, int(is_lost), 0))
    return found


def _money_of(attempt: StoredAttempt) -> tuple[int, ...]:
    reserved = attempt.reserved_microusd or 0
    if attempt.outcome is AttemptOutcome.UNKNOWN:
        return 1, reserved, 0, 0, 0
    if attempt.may_be_charged:
        return 0, 0, 1, reserved, 0
    return 0, 0, 0, 0, attempt.cost_microusd or 0


def _cell(world: World, key: TrialKey) -> Cell:
    each = world.experiments[key[0]]
    lane_size = each.n_repeats * each.n_questions * each.n_conditions
    grid = Grid(each.n_trials // lane_size, each.n_conditions, each.n_questions, each.n_repeats)
    cell = grid.cell(key[1])
    return key[0], cell.model, cell.condition


def _is_legal(before: ExperimentState, after: ExperimentState) -> bool:
    """Whether an event may say so; two equal states are an event that changes none."""
    return before is after or after in TRANSITIONS[before]


def _retries(experiment: StoredExperiment) -> int:
    spec = orjson.loads(experiment.spec_json)
    return int(spec["execution"]["retry_attempts"])


def _is_imported(experiment: StoredExperiment) -> bool:
    """Whether its trials were found in files, which need not have all of them."""
    models = orjson.loads(experiment.spec_json)["models"]
    return bool(models) and all(model["provider"] == "imported" for model in models)


def _name(key: TrialKey) -> str:
    return f"trial {key[0][:8]}-{key[1]}"

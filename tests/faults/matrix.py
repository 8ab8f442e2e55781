"""The fault matrix: every fault by its code, and one run of one of them.

A fault is a function of (stage, run number). It creates experiments, starts runners and does its harm;
then the runs are completed and the world is judged, unless it ``completes`` or judges itself.
"""

import importlib
import os
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scramblebench.testing.world import Violation
from tests.faults.stage import Job, Stage

Inflict = Callable[[Stage, int], "bool | None"]
"""Does the harm; False where there was nothing left to harm (the end of a series)."""

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)
ROOMS = (
    "budgets",
    "clocks",
    "crashes",
    "damage",
    "failpoints",
    "files",
    "models",
    "resources",
    "runners",
    "secrecy",
    "semantics",
    "server",
    "syscalls",
    "wire",
    "workers",
)
"""Modules beside this one that register faults."""


class Skipped(Exception):
    """The fault cannot be inflicted here; says what is missing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the matrix.

    ``per_commit`` and ``full`` count runs; of a fault with ``series`` (one endless run of numbers per
    name, until there is nothing left to harm) they are the steps: every tenth, every one.
    ``completes`` says that the runs are completed and judged after the function, ``needs`` which
    programs must be installed.
    """

    code: str
    what: str
    per_commit: int
    full: int
    databases: tuple[str, ...]
    inflict: Inflict
    needs: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    completes: bool = True


@dataclass(slots=True)
class Run:
    """What came of one run."""

    code: str
    database: str
    number: int
    violations: list[str] = field(default_factory=list[str])
    duration_s: float = 0.0
    is_struck: bool = True
    skipped: str | None = None
    folder: str = ""
    ledger: str = ""


_FAULTS: dict[str, Fault] = {}


def fault(
    code: str,
    what: str,
    *,
    per_commit: int,
    full: int,
    databases: tuple[str, ...] = BOTH,
    needs: tuple[str, ...] = (),
    series: tuple[str, ...] = (),
    completes: bool = True,
) -> Callable[[Inflict], Inflict]:
    """Register a fault."""

    def register(inflict: Inflict) -> Inflict:
        _FAULTS[code] = Fault(
            code, what, per_commit, full, databases, inflict, needs, series, completes
        )
        return inflict

    return register


def all_faults() -> Sequence[Fault]:
    """Return every fault of the matrix in the order of the codes."""
    for room in ROOMS:
        importlib.import_module(f"tests.faults.{room}")
    return sorted(_FAULTS.values(), key=lambda each: (each.code[0], int(each.code[1:])))


def run_once(job: Job, each: Fault, database: str, number: int) -> Run:
    """Inflict a fault once and judge the world after it; files are kept where it is violated."""
    run = Run(each.code, database, number)
    missing = [program for program in each.needs if shutil.which(program) is None]
    if missing:
        run.skipped = f"{', '.join(missing)} not installed"
        return run
    began_s = time.monotonic()
    try:
        _run_on_stage(run, job, each)
    except Exception as error:  # noqa: BLE001 - a stage that cannot be cleared is a finding too
        run.violations.append(str(Violation("run", f"the stage: {_told(error)}")))
    run.duration_s = time.monotonic() - began_s
    return run


def _run_on_stage(run: Run, job: Job, each: Fault) -> None:
    with job.stage(each.code, run.database, run.number) as stage:
        try:
            run.is_struck = each.inflict(stage, run.number) is not False
            if each.completes:
                stage.look()
                stage.complete()
                stage.judge()
        except Skipped as reason:
            run.skipped = str(reason)
        except Exception as error:  # noqa: BLE001 - a run that breaks is a finding
            stage.violations.append(Violation("run", _told(error)))
            (stage.folder / "traceback").write_text(traceback.format_exc())
        if stage.violations:
            run.violations = [str(violation) for violation in stage.violations]
            run.folder = os.fspath(stage.folder)
            run.ledger = _ledger_words(stage)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _ledger_words(stage: Stage) -> str:
    entries = stage.provider.entries()
    charged = sum(entry.cost_microusd for entry in entries)
    keys = {entry.idempotency_key for entry in entries}
    return f"{len(entries)} requests of {len(keys)} trials, {charged} micro-dollars charged"

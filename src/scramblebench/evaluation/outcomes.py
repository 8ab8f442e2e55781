"""How a run ended, in figures and in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scramblebench.core.money import usd
from scramblebench.evaluation.progress import LaneProgress, RunProgress
from scramblebench.plan import Plan
from scramblebench.storage import Database, Refusal

if TYPE_CHECKING:
    from scramblebench.evaluation.early_stopping import Stopper


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended: ``reasons`` say in one line each why trials are missing.

    ``is_over_budget`` says that money stopped it, ``is_over_daily_budget`` that there is more tomorrow;
    ``is_passing`` that all that went wrong may go well another time; ``settled_early`` how the declared
    question was answered, where that ended it.
    """

    n_trials: int
    n_answered: int
    is_interrupted: bool
    reasons: tuple[str, ...] = ()
    is_over_budget: bool = False
    is_passing: bool = False
    is_over_daily_budget: bool = False
    settled_early: str | None = None

    @property
    def n_missing(self) -> int:
        """Planned trials without a response."""
        return self.n_trials - self.n_answered


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended, to be told of; ``stopper`` watched the declared question, where there is one."""

    plan: Plan
    database: Database
    experiment_id: str
    progress: RunProgress
    is_interrupted: bool
    stopper: "Stopper | None" = None


def outcome_of(run: Ended) -> RunOutcome:
    """Return how a run ended, by what is stored and why its models were stopped."""
    plan, lanes = run.plan, run.progress.lanes
    answered = run.database.trials.answered(run.experiment_id, len(plan))
    over = next((lane.stop.budget for lane in lanes if lane.stop and lane.stop.budget), None)
    reasons = [
        f"{lane.label}: {lane.stop.reason}" for lane in lanes if lane.stop and not lane.stop.budget
    ]
    reasons += [
        f"{lane.label}: {lane.n_given_up:,} trials had no answer; the last: {lane.last_failure}"
        for lane in lanes
        if lane.n_given_up and not lane.stop
    ]
    if over is not None:
        reasons.insert(0, _budget_words(run, over))
    n_answered = int(np.count_nonzero(answered))
    return RunOutcome(
        len(plan),
        n_answered,
        run.is_interrupted,
        tuple(reasons),
        is_over_budget=over is not None,
        is_passing=n_answered < len(plan) and all(map(_is_passing, lanes)),
        is_over_daily_budget=over is Refusal.DAILY_BUDGET,
        settled_early=_settled_words(run, len(plan) - n_answered),
    )


def _settled_words(run: Ended, n_saved: int) -> str | None:
    """Return how the declared question was answered, in one line; None where it was not."""
    stopper = run.stopper
    if stopper is None or stopper.state is None or not stopper.is_settled:
        return None
    found = stopper.state.interval
    level = run.plan.spec.statistical_analysis.confidence_level
    return (
        f"settled early after {stopper.state.n:,} questions: {stopper.question.words} is "
        f"{found.estimate * 100:+.1f} points, {level:.0%} at every look "
        f"[{found.low * 100:+.1f}, {found.high * 100:+.1f}]; {n_saved:,} calls saved"
    )


def _is_passing(lane: LaneProgress) -> bool:
    return lane.is_passing and (lane.stop is None or lane.stop.is_passing)


def _budget_words(run: Ended, over: Refusal) -> str:
    """Return where the money is, in one line."""
    limits = run.database.experiments.get(run.experiment_id).limits
    money = run.database.trials.ledger(run.experiment_id)
    if over is Refusal.DAILY_BUDGET:
        limit = usd(limits.daily_cost_limit_microusd or 0)
        return f"budget: ${usd(money.today_microusd):.4f} of today's ${limit:g} are spent or held"
    limit = usd(limits.cost_limit_microusd or 0)
    held = usd(money.open_microusd + money.unknown_microusd)
    unconfirmed = f", ${held:.4f} may have been" if held else ""
    return (
        f"budget: ${usd(money.settled_microusd):.4f} of ${limit:g} are spent{unconfirmed}; "
        "what is left does not cover the next request"
    )

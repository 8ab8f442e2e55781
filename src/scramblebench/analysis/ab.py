"""Two models on the same questions by rules that were fixed before: what is known of the second."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil, isfinite, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from scramblebench.analysis.cube import Floats, Integers, ScoreCube
from scramblebench.core.errors import UsageError
from scramblebench.statistics.planning.mcnemar_power import mcnemar_power_normal
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.sequential.ab_decision import (
    ComparisonDecision,
    ComparisonPlan,
    Decision,
    decide_clustered,
    decide_fixed,
    decide_sequential,
)
from scramblebench.statistics.sequential.betting_sequence import BettingSequence
from scramblebench.statistics.sequential.paired_sequence import PairedSequence

MODES = ("fixed", "sequential")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What is compared and how it is decided; declared before it is looked at.

    ``metric`` is accuracy (over all levels), accuracy@LEVEL or drop@LEVEL (points lost against the
    baseline, with the sign turned so that more is better). ``margin`` is what counts as equivalent,
    ``detectable_difference`` what is to be found with ``power``. ``fixed`` decides once, when
    ``minimum_sample_size`` questions are complete on both sides; ``sequential`` may be looked at any time.
    ``n_answered_before`` counts the questions that were complete when it was declared.
    """

    control: str
    treatment: str
    metric: str = "accuracy"
    minimum_sample_size: int = 200
    margin: float = 0.02
    detectable_difference: float = 0.05
    confidence_level: float = 0.95
    power: float = 0.8
    mode: str = "fixed"
    n_answered_before: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(f"mode {self.mode!r} is neither fixed nor sequential")
        if self.control == self.treatment:
            raise UsageError(f"control and treatment are both {self.control!r}; name two models")
        metric_level(self.metric)
        _plan(self, self.minimum_sample_size)

    def values(self) -> dict[str, Any]:
        """Return the protocol as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an A/B test says now; the difference is treatment minus control.

    ``means`` are (control, treatment) over the ``decision.n`` questions complete on both sides.
    ``power`` is that of a fixed comparison of so many questions to find the difference that was planned.
    """

    protocol: Protocol
    decision: ComparisonDecision
    means: tuple[float, float]
    n_questions: int
    effect_size: float
    power: float
    sentence: str
    next_steps: tuple[str, ...]

    @property
    def lift(self) -> float:
        """(treatment - control) / control, NaN where the control has nothing right."""
        control, treatment = self.means
        return (treatment - control) / control if control > 0 else nan


def metric_level(metric: str) -> tuple[str, float | None]:
    """Return the kind of a metric and its level in percent; raises UsageError."""
    if metric == "accuracy":
        return metric, None
    kind, _, level = metric.partition("@")
    try:
        found = float(level)
    except ValueError:
        found = -1.0
    if kind not in ("accuracy", "drop") or not 0 <= found <= 100:
        raise UsageError(
            f"metric {metric!r} is unknown; there are accuracy, accuracy@LEVEL and drop@LEVEL"
        )
    return kind, found


def evaluate(cube: ScoreCube, protocol: Protocol) -> Outcome:
    """Return what a protocol says of the scores so far; raises UsageError for a model that is not there.

    Raises it too for sequential looks at questions that share a passage: their answers are not
    independent. Questions are taken in the plan's order, which is random. A fixed comparison waits for its number of
    questions; a sequential one uses the beginning of the order that is complete on both sides.
    """
    control = _scores(cube, protocol.control, protocol.metric)
    treatment = _scores(cube, protocol.treatment, protocol.metric)
    is_known = ~np.isnan(control + treatment)
    plan = _plan(protocol, cube.scores.shape[1])
    if protocol.mode == "sequential":
        _refuse_passages(cube)
        is_known &= np.arange(len(is_known)) < _prefix(is_known)
        decision = _sequential(control[is_known], treatment[is_known], plan, protocol)
    else:
        clusters = cube.items.cluster[is_known]
        decision = _fixed(control[is_known], treatment[is_known], clusters, plan)
    return _outcome(cube, protocol, decision, control[is_known], treatment[is_known])


def _refuse_passages(cube: ScoreCube) -> None:
    clusters = cube.items.cluster
    if len(np.unique(clusters)) < len(clusters):
        raise UsageError(
            "several questions share a passage, so that their answers do not come one by one; "
            "a test of them must be fixed, not sequential"
        )


def _plan(protocol: Protocol, n_max: int) -> ComparisonPlan:
    least = max(1, protocol.minimum_sample_size)
    try:
        return ComparisonPlan(
            margin=protocol.margin,
            detectable_difference=protocol.detectable_difference,
            alpha=1 - protocol.confidence_level,
            power=protocol.power,
            least_n=least,
            n_max=max(n_max, least),
        )
    except ValueError as error:
        raise UsageError(f"this A/B test cannot be made: {error}") from None


def _scores(cube: ScoreCube, model: str, metric: str) -> Floats:
    """Return a metric by question, shape (n_questions,); more is better, NaN is missing."""
    if model not in cube.models:
        raise UsageError(f"no model is called {model!r}; there are {', '.join(cube.models)}")
    scores = cube.scores[cube.models.index(model)]
    kind, level = metric_level(metric)
    if level is None:
        return scores.mean(axis=1)
    at = _at_level(cube, scores, level)
    return at - _at_level(cube, scores, 0.0) if kind == "drop" else at


def _at_level(cube: ScoreCube, scores: Floats, level: float) -> Floats:
    positions = [i for i, c in enumerate(cube.conditions) if c.level_pct == level]
    if not positions:
        levels = ", ".join(f"{level:g}" for level in sorted({c.level_pct for c in cube.conditions}))
        raise UsageError(f"level {level:g} is not asked; there are {levels}")
    return scores[:, positions].mean(axis=1)


def _prefix(is_known: npt.NDArray[np.bool_]) -> int:
    missing = np.flatnonzero(~is_known)
    return int(missing[0]) if len(missing) else len(is_known)


def _is_binary(*scores: Floats) -> bool:
    return all(bool(np.isin(values, (0, 1)).all()) for values in scores)


def _fixed(
    control: Floats, treatment: Floats, clusters: Integers, plan: ComparisonPlan
) -> ComparisonDecision:
    is_alone = len(np.unique(clusters)) == len(clusters)
    if is_alone and _is_binary(control, treatment):
        return decide_fixed(PairedCounts.from_scores(control, treatment), plan)
    return decide_clustered(treatment - control, clusters, plan)


def _sequential(
    control: Floats, treatment: Floats, plan: ComparisonPlan, protocol: Protocol
) -> ComparisonDecision:
    level = protocol.confidence_level
    differences = treatment - control
    if _is_binary(control, treatment):
        sequence = PairedSequence(confidence_level=level).update(differences)
        return decide_sequential(sequence, plan)
    bounded = BettingSequence.start(level).update(differences)
    return decide_sequential(bounded, plan)


def _outcome(
    cube: ScoreCube,
    protocol: Protocol,
    decision: ComparisonDecision,
    control: Floats,
    treatment: Floats,
) -> Outcome:
    means = (_mean(control), _mean(treatment))
    differences = treatment - control
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    discordance = float((differences != 0).mean()) if len(differences) else 0.0
    return Outcome(
        protocol=protocol,
        decision=decision,
        means=means,
        n_questions=cube.scores.shape[1],
        effect_size=float(differences.mean()) / spread if spread > 0 else nan,
        power=_power(protocol, len(differences), discordance),
        sentence=_sentence(protocol, decision),
        next_steps=tuple(_next_steps(decision)),
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else nan


def _power(protocol: Protocol, n: int, discordance: float) -> float:
    if n == 0:
        return nan
    planned = protocol.detectable_difference
    total = max(discordance, planned)
    lost, gained = (total + planned) / 2, (total - planned) / 2
    return mcnemar_power_normal(n, lost, gained, 1 - protocol.confidence_level).power


def _sentence(protocol: Protocol, found: ComparisonDecision) -> str:
    """Return the recommendation, which says no more than the decision does."""
    gain = _points(found)
    margin = f"{protocol.margin * 100:g} points"
    match found.decision:
        case Decision.SUPERIOR:
            material = "" if found.is_material else "; whether it matters is for you to say"
            return f"Deploy treatment: {protocol.treatment} is better by {gain}{material}"
        case Decision.INFERIOR:
            return f"Do not deploy: {protocol.treatment} is worse by {gain}"
        case Decision.EQUIVALENT:
            return f"Do not deploy: the two are equivalent within {margin} ({gain}); there is nothing to gain"
        case Decision.NON_INFERIOR:
            return f"Inconclusive: {protocol.treatment} is not worse by more than {margin} ({gain}); better it was not shown to be"
        case Decision.COLLECTING:
            return f"Inconclusive: still collecting, {found.n:,} questions complete on both sides, {found.n_min:,} are the least"
        case _:
            return f"Inconclusive: {gain}; neither a difference nor equivalence within {margin} was shown"


def _points(found: ComparisonDecision) -> str:
    interval = found.difference
    return f"{interval.estimate * 100:+.1f} points [{interval.low * 100:+.1f}, {interval.high * 100:+.1f}]"


def _next_steps(found: ComparisonDecision) -> Sequence[str]:
    if found.decision is Decision.COLLECTING:
        return (f"ask at least {max(found.n_min - found.n, 1):,} more questions of both models",)
    if found.decision is not Decision.INCONCLUSIVE:
        return ()
    steps: list[str] = []
    if isfinite(found.n_needed):
        steps.append(
            f"{ceil(found.n_needed):,} questions would find the difference that was planned"
        )
    if isfinite(found.n_needed_equivalence):
        steps.append(
            f"{ceil(found.n_needed_equivalence):,} would show equivalence, if they are equal"
        )
    steps.append("to go on after this look, declare a new test in sequential mode")
    return steps

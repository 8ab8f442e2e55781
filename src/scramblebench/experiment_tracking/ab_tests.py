"""The README's A/B tests: declared, stored, and answered as often as one asks."""

import asyncio
import json
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scramblebench.analysis.ab import Outcome, Protocol, evaluate
from scramblebench.analysis.plain import plain, to_json
from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import StorageError
from scramblebench.experiment_tracking.synchronous import Synchronous
from scramblebench.statistics.sequential.ab_decision import Decision
from scramblebench.storage import ABTestRecord

if TYPE_CHECKING:
    from scramblebench.experiment_tracking.analyzer import StatisticalAnalyzer


@dataclass(frozen=True, slots=True, kw_only=True)
class ABTestResult:
    """Two models on the same questions; the difference is treatment minus control.

    ``lift`` is (treatment - control) / control, NaN where the control has nothing right. ``p_value`` holds
    at every look where the mode is sequential. ``statistical_power`` is that of this many questions to find
    ``detectable_difference``, which was planned; it says nothing of the difference observed.
    """

    control: str
    treatment: str
    metric_name: str
    mode: str
    control_mean: float
    treatment_mean: float
    difference: float
    confidence_interval: tuple[float, float]
    confidence_level: float
    lift: float
    p_value: float
    effect_size: float
    effect_size_type: str
    statistical_power: float
    detectable_difference: float
    sample_size: int
    n_questions: int
    decision: str
    recommendation: str
    next_steps: tuple[str, ...] = ()

    @property
    def is_significant_improvement(self) -> bool:
        """Whether the treatment was shown to be better."""
        return self.decision == Decision.SUPERIOR


def result_of(outcome: Outcome) -> ABTestResult:
    """Return what an A/B test says now in the README's words."""
    protocol, decision = outcome.protocol, outcome.decision
    interval = decision.difference
    return ABTestResult(
        control=protocol.control,
        treatment=protocol.treatment,
        metric_name=protocol.metric,
        mode=protocol.mode,
        control_mean=outcome.means[0],
        treatment_mean=outcome.means[1],
        difference=interval.estimate,
        confidence_interval=(interval.low, interval.high),
        confidence_level=protocol.confidence_level,
        lift=outcome.lift,
        p_value=decision.p_value,
        effect_size=outcome.effect_size,
        effect_size_type="d_z",
        statistical_power=outcome.power,
        detectable_difference=protocol.detectable_difference,
        sample_size=decision.n,
        n_questions=outcome.n_questions,
        decision=str(decision.decision),
        recommendation=outcome.sentence,
        next_steps=outcome.next_steps,
    )


class ABTestFramework:
    """A/B tests of models, declared beforehand and stored with their experiment."""

    def __init__(self, analyzer: "StatisticalAnalyzer") -> None:
        self._analyzer = analyzer

    @property
    def sync(self) -> Synchronous:
        """The same methods without await."""
        return Synchronous(self)

    async def create_ab_test(
        self,
        experiment_id: str,
        test_name: str,
        control_group: str,
        treatment_group: str,
        primary_metric: str = "accuracy",
        minimum_sample_size: int = 200,
        *,
        margin: float = 0.02,
        detectable_difference: float = 0.05,
        confidence_level: float = 0.95,
        power: float = 0.8,
        mode: str = "fixed",
    ) -> str:
        """Declare a test and store it; return its id. Nothing of it can be changed afterwards.

        Groups are models by name, label or id. Raises UsageError for models and metrics that are not there.
        """
        return await asyncio.to_thread(
            self._create,
            experiment_id,
            test_name,
            Protocol(
                control=control_group,
                treatment=treatment_group,
                metric=primary_metric,
                minimum_sample_size=minimum_sample_size,
                margin=margin,
                detectable_difference=detectable_difference,
                confidence_level=confidence_level,
                power=power,
                mode=mode,
            ),
        )

    def _create(self, experiment_id: str, name: str, protocol: Protocol) -> str:
        database = self._analyzer.database
        record = database.experiments.find(experiment_id)
        names = self._analyzer.model_names(record.id)
        named = replace(
            protocol,
            control=names.shown(protocol.control),
            treatment=names.shown(protocol.treatment),
        )
        cube = self._analyzer.cube(record.id)
        found = evaluate(cube, replace(named, minimum_sample_size=1))  # refuses what is not there
        named = replace(named, n_answered_before=found.decision.n)
        test = ABTestRecord(
            id=str(uuid.uuid4()),
            experiment_id=record.id,
            name=name,
            protocol_json=to_json(named.values()),
            created_at=SystemClock().now(),
        )
        database.analyses.add_ab_test(test)
        return test.id

    async def get_ab_test_result(self, test_id: str) -> ABTestResult:
        """Return what a test, by id or name, says now; raises UsageError for one that is not there."""
        return await asyncio.to_thread(self._result, test_id)

    def _result(self, test_id: str) -> ABTestResult:
        test = self._analyzer.database.analyses.ab_test(test_id)
        protocol = stored_protocol(test)
        result = result_of(evaluate(self._analyzer.cube(test.experiment_id), protocol))
        state = self._analyzer.database.experiments.get(test.experiment_id).state
        notes: list[str] = []
        if protocol.n_answered_before:
            notes.append(
                f"declared when {protocol.n_answered_before:,} questions were answered already: whoever had "
                "looked at them could choose"
            )
        is_collecting = result.decision == Decision.COLLECTING
        if is_collecting and protocol.minimum_sample_size > result.n_questions:
            notes.append(
                f"the experiment asks {result.n_questions:,} questions: it never has the "
                f"{protocol.minimum_sample_size:,} that this test waits for"
            )
        elif is_collecting and state.is_final:
            notes.append(f"the experiment is {state}: no more answers will come")
        if is_collecting and notes:
            return replace(result, next_steps=tuple(notes))
        return replace(result, next_steps=(*notes, *result.next_steps))

    async def get_ab_test_recommendations(self, test_id: str) -> dict[str, Any]:
        """Return the recommendation of a test, which says no more than its decision does."""
        result = await self.get_ab_test_result(test_id)
        low, high = result.confidence_interval
        return plain(
            {
                "test_id": test_id,
                "recommendation": result.recommendation,
                "decision": result.decision,
                "confidence": result.confidence_level,
                "difference": result.difference,
                "interval": [low, high],
                "p_value": result.p_value,
                "effect_size": result.effect_size,
                "statistical_power": result.statistical_power,
                "sample_sizes": {
                    "control": result.sample_size,
                    "treatment": result.sample_size,
                    "questions": result.n_questions,
                },
                "next_steps": list(result.next_steps),
            }
        )


def stored_protocol(test: ABTestRecord) -> Protocol:
    """Return the protocol of a stored test; raises StorageError where it is damaged."""
    try:
        return Protocol(**json.loads(test.protocol_json))
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"the A/B test {test.name!r} is damaged: {error}; restore the database from a copy"
        ) from error

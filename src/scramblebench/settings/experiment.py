"""The whole configuration of an experiment."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from scramblebench.core.canonical import canonical_json
from scramblebench.core.errors import StorageError
from scramblebench.settings.base import Section
from scramblebench.settings.benchmarks import BUNDLED, BenchmarkSpec
from scramblebench.settings.models import ModelSpec, ProviderName
from scramblebench.settings.monitoring import (
    AlertRuleSpec,
    AlertThresholds,
    MonitoringSpec,
    TrackingSpec,
)
from scramblebench.settings.scrambling import ScramblingSpec
from scramblebench.settings.sections import (
    ExecutionSpec,
    ExportSpec,
    OptimizationSpec,
    PreregistrationSpec,
    ProviderLimits,
    ReproducibilitySpec,
    ResearchMetadata,
    StatisticsSpec,
)

BenchmarkName = Annotated[str, Field(min_length=1, max_length=100)]


_NOT_YET = {
    "optimization": ("clear_cache_threshold",),
}
"""Keys that load, are stored with the experiment, and are read by what later releases bring."""


class ExperimentSpec(Section):
    """A checked configuration; every key has a default but ``models``, which a run needs."""

    experiment_name: Annotated[str, Field(max_length=200)] = ""
    """Taken where `create` gives no name."""
    description: str = ""
    """In a sentence or two, for lists and papers."""
    research_metadata: ResearchMetadata = ResearchMetadata()
    """Who asks what."""
    models: tuple[ModelSpec, ...] = ()
    """What is asked; a run needs at least one."""
    providers: Mapping[ProviderName, ProviderLimits] = Field(default={})
    """Limits by provider, shared by all of its models."""
    benchmarks: Mapping[BenchmarkName, BenchmarkSpec] = Field(default={"bundled": BUNDLED})
    """By name; without it, the bundled benchmark is asked."""
    scrambling: ScramblingSpec = ScramblingSpec()
    """Methods and levels."""
    execution: ExecutionSpec = ExecutionSpec()
    """Concurrency, timeouts, retries, repeats."""
    statistical_analysis: StatisticsSpec = StatisticsSpec()
    """What is computed."""
    preregistration: PreregistrationSpec = PreregistrationSpec()
    """What is confirmatory."""
    tracking: TrackingSpec = TrackingSpec()
    """What is recorded while it runs."""
    monitoring: MonitoringSpec = MonitoringSpec()
    """Alerts."""
    reproducibility: ReproducibilitySpec = ReproducibilitySpec()
    """Snapshots and packages."""
    export: ExportSpec = ExportSpec()
    """Formats."""
    optimization: OptimizationSpec = OptimizationSpec()
    """Memory and caching."""

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> "ExperimentSpec":
        labels = [model.shown_name for model in self.models]
        repeated = sorted({label for label in labels if labels.count(label) > 1})
        if repeated:
            raise ValueError(
                f'models: "{repeated[0]}" is listed twice; give each entry its own label'
            )
        if not self.benchmarks:
            raise ValueError("benchmarks: names none; leave the key out for the bundled benchmark")
        thresholds = self.alert_thresholds.model_dump(exclude_none=True)
        for rule in self.monitoring.rules:
            if rule.threshold is None and rule.metric not in thresholds:
                raise ValueError(
                    f"monitoring.rules: {rule.name or rule.metric} has no threshold; "
                    f"add `threshold:` to it, or {rule.metric} to resource_alert_thresholds"
                )
        return self

    @property
    def alert_thresholds(self) -> AlertThresholds:
        """The thresholds of both places; ``monitoring`` wins where both set one."""
        tracking = self.tracking.resource_alert_thresholds.model_dump(exclude_none=True)
        monitoring = self.monitoring.resource_alert_thresholds.model_dump(exclude_none=True)
        return AlertThresholds.model_validate({**tracking, **monitoring})

    @property
    def alert_rules(self) -> tuple[AlertRuleSpec, ...]:
        """The rules of thresholds and of ``monitoring.rules``, each with name and threshold."""
        thresholds: dict[str, float] = self.alert_thresholds.model_dump(exclude_none=True)
        plain = {
            metric: AlertRuleSpec.model_validate({"metric": metric, "name": metric})
            for metric in thresholds
        }
        told = {rule.name or rule.metric: rule for rule in self.monitoring.rules}
        return tuple(
            rule.model_copy(
                update={"name": name, "threshold": rule.threshold or thresholds[rule.metric]}
            )
            for name, rule in {**plain, **told}.items()
        )

    def keys_without_effect(self) -> tuple[str, ...]:
        """Return the keys that were set away from their defaults and that nothing reads yet."""
        default = ExperimentSpec()
        return tuple(
            f"{section}.{key}"
            for section, keys in _NOT_YET.items()
            for key in keys
            if getattr(getattr(self, section), key) != getattr(getattr(default, section), key)
        )

    def to_json(self) -> str:
        """Return the resolved specification as canonical JSON."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str) -> "ExperimentSpec":
        """Return the specification that ``to_json`` wrote; raises StorageError where it is damaged."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"])) or "its JSON"
            raise StorageError(
                f"the stored configuration is damaged at {where}; restore the database from a copy"
            ) from error

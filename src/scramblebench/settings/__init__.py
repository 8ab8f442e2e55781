"""YAML to a checked, resolved experiment specification."""

from scramblebench.settings.benchmarks import BenchmarkSpec
from scramblebench.settings.experiment import ExperimentSpec
from scramblebench.settings.models import ModelSpec, PriceSpec, ProviderName, SimulationSpec
from scramblebench.settings.monitoring import AlertRuleSpec, MonitoringSpec
from scramblebench.settings.reading import SpecSource, load_spec, parse_spec, spec_from_mapping
from scramblebench.settings.scrambling import MethodSpec, ScramblingSpec
from scramblebench.settings.sections import ProviderLimits

__all__ = [
    "AlertRuleSpec",
    "BenchmarkSpec",
    "ExperimentSpec",
    "MethodSpec",
    "ModelSpec",
    "MonitoringSpec",
    "PriceSpec",
    "ProviderLimits",
    "ProviderName",
    "ScramblingSpec",
    "SimulationSpec",
    "SpecSource",
    "load_spec",
    "parse_spec",
    "spec_from_mapping",
]

"""What is asked of an analysis; fixed before the scores are looked at."""

from dataclasses import dataclass
from enum import StrEnum

from scramblebench.analysis.definitions import ThresholdDefinition, parse_threshold
from scramblebench.settings.sections import StatisticsSpec


class Correction(StrEnum):
    """How p-values of a family are adjusted."""

    BONFERRONI = "bonferroni"
    HOLM = "holm"
    BH = "bh"
    BY = "by"
    MAX_T = "max_t"
    NONE = "none"


_ALIASES = {"fdr": Correction.BH, "fdr_bh": Correction.BH, "fdr_by": Correction.BY}


def correction(name: str) -> Correction:
    """Return a correction by its name or an alias of it (fdr, fdr_bh, fdr_by); raises ValueError."""
    return _ALIASES.get(name) or Correction(name)


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """Confidence, families, margins; the defaults are those of the configuration.

    ``is_family_whole`` corrects the comparisons of levels over all models together, instead of within
    each model and method. Margins are shares of accuracy and of the dependency coefficient.
    """

    confidence_level: float = 0.95
    correction: Correction = Correction.HOLM
    is_family_whole: bool = False
    is_exact: bool = False
    n_resamples: int = 9_999
    accuracy_margin: float = 0.02
    dependency_margin: float = 0.05
    thresholds: tuple[ThresholdDefinition, ...] = (
        parse_threshold("50% of above-chance baseline"),
        parse_threshold("50% of baseline"),
    )
    has_dependency: bool = True
    has_thresholds: bool = True
    control_benchmark: str | None = None
    floor_method: str | None = None

    @property
    def alpha(self) -> float:
        """The significance level of every test."""
        return 1 - self.confidence_level


def options_of(spec: StatisticsSpec) -> AnalysisOptions:
    """Return what a configuration asks for; raises UsageError for a threshold that is none."""
    return AnalysisOptions(
        confidence_level=spec.confidence_level,
        correction=correction(spec.correction_method),
        is_family_whole=spec.family == "experiment",
        is_exact=spec.paired_test == "exact",
        n_resamples=spec.n_resamples,
        accuracy_margin=spec.accuracy_margin,
        dependency_margin=spec.dependency_margin,
        thresholds=tuple(map(parse_threshold, spec.threshold_definitions)),
        has_dependency=spec.calculate_language_dependency,
        has_thresholds=spec.threshold_analysis,
        control_benchmark=spec.control_benchmark,
        floor_method=spec.floor_method,
    )

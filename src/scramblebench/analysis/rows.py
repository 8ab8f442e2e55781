"""What an analysis returns, row by row: every number with its n, its interval and its correction.

Undefined numbers are NaN beside a status that says why. Accuracies, differences and levels in
statistics are shares, 0 to 1; ``level_pct`` is percent. Sign of a comparison: first minus second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

from scramblebench.statistics import Status


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """One point of a curve.

    ``accuracy``, ``low`` and ``high`` are 0 to 1, NaN where nothing was answered. ``n_questions`` counts
    the questions with at least one response, ``n_clusters`` what they were asked about (None where each
    stands alone), ``n_answered`` the responses, ``n_planned`` the trials; ``n_no_answer`` the responses
    without an answer, which score 0. ``band_low`` and ``band_high`` hold for the whole curve at once.
    """

    model: str
    benchmark: str
    method: str
    level_pct: float
    accuracy: float
    low: float
    high: float
    interval_method: str
    n_questions: int
    n_answered: int
    n_planned: int
    n_no_answer: int
    is_simulated: bool = False
    n_clusters: int | None = None
    domain: str | None = None
    chance: float = 0.0
    band_low: float = nan
    band_high: float = nan
    warnings: tuple[str, ...] = ()

    @property
    def shown_model(self) -> str:
        """The model's name, labelled where its answers are simulated."""
        return f"{self.model} (simulated)" if self.is_simulated else self.model

    @property
    def n_missing(self) -> int:
        """Planned trials without a response."""
        return self.n_planned - self.n_answered


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyRow:
    """How much of its above-chance accuracy a model loses, averaged over the levels.

    0 none, 1 all of it at the slightest scramble, about 0.5 a straight fall to chance; may be negative.
    ``low`` and ``high`` are Fieller's limits; ``bca_low``, ``bca_high`` those of the bootstrap. ``drop`` is
    the accuracy lost from the baseline to the highest level. ``others`` are other published definitions
    by name.
    """

    model: str
    benchmark: str
    method: str
    is_simulated: bool
    definition: str
    estimate: float
    low: float
    high: float
    interval_method: str
    bca_low: float
    bca_high: float
    baseline_accuracy: float
    drop: float
    n_questions: int
    n_clusters: int | None
    n_missing: int
    status: Status
    warnings: tuple[str, ...] = ()
    others: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRow:
    """The level at which accuracy has fallen to ``target``; infinite where no level tested reached it.

    ``estimator`` is isotonic (no shape assumed) or weibull. Limits are percentiles of the bootstrap of
    the whole fit; an infinite limit lies beyond the highest level.
    """

    model: str
    benchmark: str
    method: str
    is_simulated: bool
    definition: str
    estimator: str
    level_pct: float
    low_pct: float
    high_pct: float
    target: float
    baseline_accuracy: float
    highest_level_pct: float
    n_questions: int
    status: Status
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRow:
    """The mean of the questions' slopes: change of accuracy from level 0 to 100.

    ``p_value`` is of the t test, ``sign_flip_p`` of the permutation test.
    """

    model: str
    benchmark: str
    method: str
    slope: float
    low: float
    high: float
    p_value: float
    sign_flip_p: float
    n_questions: int
    n_clusters: int | None
    status: Status
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One comparison of a declared family; ``estimate`` is first minus second.

    ``kind`` is level (a level against the baseline), accuracy (two models at one level), mean_accuracy
    (two models over all levels) or dependency (two models' coefficients). ``n_first_only`` counts what
    only the first got right, ``n_second_only`` the reverse, where scores are right or wrong. ``family``
    names what was adjusted together, ``family_size`` counts its defined tests. ``equivalence_p`` is the
    p-value of two one-sided tests at the margin declared.
    """

    kind: str
    first: str
    second: str
    benchmark: str
    method: str
    level_pct: float | None
    test: str
    statistic: float
    df: float
    p_value: float
    estimate: float
    low: float
    high: float
    interval_method: str
    n_questions: int
    n_clusters: int | None
    n_missing: int
    status: Status
    family: str
    p_adjusted: float = nan
    correction: str = "none"
    family_size: int = 0
    first_mean: float = nan
    second_mean: float = nan
    first_sd: float = nan
    second_sd: float = nan
    n_first_only: int | None = None
    n_second_only: int | None = None
    effect_size: float = nan
    effect_size_name: str = ""
    effect_low: float = nan
    effect_high: float = nan
    equivalence_margin: float = nan
    equivalence_p: float = nan
    is_simulated: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastRow:
    """A drop beside the drop on another benchmark or condition, with an interval.

    ``kind`` is difference_in_differences (against the control benchmark) or relative_performance_gain
    (against the measured floor).
    """

    kind: str
    model: str
    benchmark: str
    control: str
    method: str
    level_pct: float
    estimate: float
    low: float
    high: float
    p_value: float
    interval_method: str
    n_questions: int
    status: Status
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRow:
    """The declared question of an experiment that may stop early: second minus first.

    Interval and ``p_value`` hold at every look. ``n_saved`` counts planned trials without a response.
    """

    question: str
    answer: str
    estimate: float = nan
    low: float = nan
    high: float = nan
    p_value: float = nan
    n_questions: int = 0
    n_saved: int = 0
    confidence_level: float = 0.95
    warnings: tuple[str, ...] = ()

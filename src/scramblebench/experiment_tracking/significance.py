"""One significance test as the README promises it, from a row of the analysis or a test by name."""

from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from scramblebench.analysis.classical import NamedTest
from scramblebench.analysis.cube import Floats
from scramblebench.analysis.paired import mean_of, sd_of
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.analysis.wording import comparison_sentence, magnitude, p_equation, reason
from scramblebench.statistics import HypothesisTest
from scramblebench.statistics.planning.mcnemar_power import mcnemar_power_normal
from scramblebench.statistics.planning.power import PAIRED_T, power

_TITLES = {
    "accuracy": "accuracy at level {level:g}",
    "mean_accuracy": "accuracy over all levels",
    "dependency": "dependency coefficient",
    "level": "level {level:g} against the baseline",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignificanceTest:
    """A test of two groups on the same questions; every difference is first minus second.

    ``p_value_adjusted`` is corrected by ``correction`` within the ``family_size`` tests that belong
    together; ``is_significant`` compares it with ``significance_level``. ``power`` is that of this test,
    at this n and discordance, to find a difference as large as the equivalence margin declared: never the
    power at the difference observed, which is a function of p. NaN is undefined, and ``status`` says why.
    """

    test_type: str
    test_name: str
    group1: str
    group2: str
    benchmark: str
    method: str
    statistic: float
    p_value: float
    p_value_adjusted: float
    correction: str
    family_size: int
    difference: float
    confidence_interval: tuple[float, float]
    effect_size: float
    effect_size_type: str
    degrees_of_freedom: float
    sample_size_1: int
    sample_size_2: int
    is_significant: bool
    significance_level: float
    power: float
    interpretation: str
    effect_magnitude: str
    group1_mean: float
    group1_std: float
    group2_mean: float
    group2_std: float
    status: str
    warnings: tuple[str, ...] = ()


def from_comparison(row: ComparisonRow, confidence_level: float) -> SignificanceTest:
    """Return a comparison of the analysis as a significance test."""
    alpha = 1 - confidence_level
    title = _TITLES[row.kind].format(level=row.level_pct or 0)
    return SignificanceTest(
        test_type=row.test,
        test_name=f"{row.first} vs {row.second}: {title} on {row.benchmark}, {row.method}",
        group1=row.first,
        group2=row.second,
        benchmark=row.benchmark,
        method=row.method,
        statistic=row.statistic,
        p_value=row.p_value,
        p_value_adjusted=row.p_adjusted,
        correction=str(row.correction),
        family_size=row.family_size,
        difference=row.estimate,
        confidence_interval=(row.low, row.high),
        effect_size=row.effect_size,
        effect_size_type=row.effect_size_name,
        degrees_of_freedom=row.df,
        sample_size_1=row.n_questions,
        sample_size_2=row.n_questions,
        is_significant=row.p_adjusted < alpha,
        significance_level=alpha,
        power=_power(row, alpha),
        interpretation=comparison_sentence(row, confidence_level),
        effect_magnitude=magnitude(row),
        group1_mean=row.first_mean,
        group1_std=row.first_sd,
        group2_mean=row.second_mean,
        group2_std=row.second_sd,
        status=str(row.status),
        warnings=row.warnings,
    )


def _power(row: ComparisonRow, alpha: float) -> float:
    """Return the power to find a difference of the margin, at the discordance or spread that was seen."""
    margin = row.equivalence_margin
    if row.n_questions < 2 or isnan(margin):
        return nan
    if row.n_first_only is not None and row.n_second_only is not None:
        discordance = max((row.n_first_only + row.n_second_only) / row.n_questions, margin)
        lost, gained = (discordance + margin) / 2, (discordance - margin) / 2
        return mcnemar_power_normal(row.n_questions, lost, gained, alpha).power
    if row.effect_size_name != "d_z" or isnan(row.effect_size) or row.effect_size == 0:
        return nan
    spread = abs(row.estimate / row.effect_size)
    return power(PAIRED_T, row.n_questions, margin / spread, alpha).power


def from_named_test(
    found: NamedTest, scores: tuple[Floats, Floats], groups: tuple[str, str],
    place: tuple[str, str], p_adjusted: float, correction: str, family_size: int, alpha: float,
) -> SignificanceTest:  # fmt: skip
    """Return a test that was asked for by name, of two rows of scores, as a significance test."""
    one, two = (row[~np.isnan(row)] for row in scores)
    if found.is_paired:
        one, two = (row[~np.isnan(scores[0] + scores[1])] for row in scores)
    test, effect = found.test, found.effect
    first, second = groups
    benchmark, method = place
    verdict = (
        f"not testable, {reason(test.status)}"
        if isnan(test.p_value)
        else f"{p_equation(p_adjusted)} adjusted"
    )
    return SignificanceTest(
        test_type=test.method,
        test_name=f"{first} vs {second}: accuracy over all levels on {benchmark}, {method}",
        group1=first,
        group2=second,
        benchmark=benchmark,
        method=method,
        statistic=test.statistic,
        p_value=test.p_value,
        p_value_adjusted=p_adjusted,
        correction=correction,
        family_size=family_size,
        difference=test.estimate,
        confidence_interval=(test.low, test.high),
        effect_size=effect.estimate,
        effect_size_type=effect.method,
        degrees_of_freedom=test.df,
        sample_size_1=len(one),
        sample_size_2=len(two),
        is_significant=p_adjusted < alpha,
        significance_level=alpha,
        power=nan,
        interpretation=f"{first} against {second} on {benchmark}, {method}, {test.method}: {verdict}",
        effect_magnitude="–",
        group1_mean=mean_of(one),
        group1_std=sd_of(one),
        group2_mean=mean_of(two),
        group2_std=sd_of(two),
        status=str(test.status),
        warnings=(*test.warnings, *found.warnings),
    )


def from_omnibus(
    test: HypothesisTest, models: tuple[str, ...], place: tuple[str, str], alpha: float
) -> SignificanceTest:
    """Return a test of all models at once as a significance test; group1 names them all."""
    benchmark, method = place
    names = ", ".join(models)
    verdict = (
        f"not testable, {reason(test.status)}"
        if isnan(test.p_value)
        else f"{p_equation(test.p_value)} that all are alike"
    )
    return SignificanceTest(
        test_type=test.method,
        test_name=f"{names}: accuracy over all levels on {benchmark}, {method}",
        group1=names,
        group2="",
        benchmark=benchmark,
        method=method,
        statistic=test.statistic,
        p_value=test.p_value,
        p_value_adjusted=test.p_value,
        correction="none",
        family_size=1,
        difference=nan,
        confidence_interval=(nan, nan),
        effect_size=nan,
        effect_size_type="",
        degrees_of_freedom=test.df,
        sample_size_1=test.n,
        sample_size_2=test.n,
        is_significant=test.p_value < alpha,
        significance_level=alpha,
        power=nan,
        interpretation=f"{names} on {benchmark}, {method}, {test.method}: {verdict}",
        effect_magnitude="–",
        group1_mean=nan,
        group1_std=nan,
        group2_mean=nan,
        group2_std=nan,
        status=str(test.status),
        warnings=test.warnings,
    )

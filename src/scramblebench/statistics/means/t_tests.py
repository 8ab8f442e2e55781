"""Student's and Welch's t tests on item means, with what to report where t is undefined."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from scramblebench.statistics.means.samples import (
    FloatArray,
    as_sample,
    complete_pairs,
    is_negligible,
    magnitude,
    missing_note,
)
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    HypothesisTest,
    Status,
    check_confidence,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTTest:
    """A paired t test with the spread of the differences and the p-value to use where t is undefined.

    ``sign_flip_p_value`` is NaN unless the test's status is zero_variance.
    """

    test: HypothesisTest
    standard_deviation: float
    sign_flip_p_value: float
    n_missing: int


def paired_t(
    baseline: npt.ArrayLike,
    treatment: npt.ArrayLike,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> PairedTTest:
    """Return the paired t test of treatment minus baseline, item by item, shapes (n,).

    t = mean / (sd / sqrt(n)) with n - 1 degrees of freedom in the p-value and in the interval. NaN or
    None is missing: pairwise complete items are used. n < 2: n_lt_2. Equal differences: zero_variance,
    statistic, p-value and limits NaN, and ``sign_flip_p_value`` = 2^(1-n), or 1 if all are 0. One
    difference of a pair of constant arrays is judged against the size of the scores, so 0.9 - 0.7 and
    0.3 - 0.1 are equal. Raises ValueError on arrays that do not pair, infinities, or a bad confidence
    level. Student 1908, doi:10.2307/2331554. R: ``t.test(treatment, baseline, paired = TRUE)``, which
    stops on constant differences.
    """
    check_confidence(confidence_level)
    before, after, n_missing = complete_pairs(baseline, treatment)
    differences, n = after - before, len(before)
    note = missing_note(n_missing, "items")
    mean = float(np.mean(differences)) if n else math.nan
    if n < 2:
        test = _undefined("paired t", mean, Status.N_LT_2, confidence_level, n, math.nan, note)
        return PairedTTest(
            test=test, standard_deviation=math.nan, sign_flip_p_value=math.nan, n_missing=n_missing
        )
    scale = magnitude(before, after)
    deviation = float(np.std(differences, ddof=1))
    if is_negligible(deviation, scale):
        test = _undefined("paired t", mean, Status.ZERO_VARIANCE, confidence_level, n, n - 1, note)
        flip = 1.0 if is_negligible(abs(mean), scale) else 2.0 ** (1 - n)
        return PairedTTest(
            test=test, standard_deviation=0.0, sign_flip_p_value=flip, n_missing=n_missing
        )
    test = _t_test("paired t", mean, deviation / math.sqrt(n), n - 1, confidence_level, n, note)
    return PairedTTest(
        test=test, standard_deviation=deviation, sign_flip_p_value=math.nan, n_missing=n_missing
    )


def two_sample_t(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    confidence_level: float = DEFAULT_CONFIDENCE,
    *,
    equal_variances: bool = False,
) -> HypothesisTest:
    """Return the t test of mean(second) - mean(first) for disjoint item sets, shapes (n1,) and (n2,).

    Welch by default, with its Satterthwaite degrees of freedom in the p-value and in the interval;
    Student's pooled variance with n1 + n2 - 2 where ``equal_variances``. Not for shared items: use
    ``paired_t``. NaN or None is dropped, with a warning. n_lt_2: a group without values, fewer than
    three values in all, or for Welch a group of one. Both groups constant: zero_variance. Raises
    ValueError on infinities or a bad confidence level. Welch 1947, doi:10.1093/biomet/34.1-2.28.
    R: ``t.test(second, first, var.equal = equal_variances)``.
    """
    check_confidence(confidence_level)
    one, two = as_sample(first), as_sample(second)
    method = "Student two-sample t" if equal_variances else "Welch two-sample t"
    n = len(one) + len(two)
    note = missing_note(np.size(first) + np.size(second) - n, "values")
    smallest = 1 if equal_variances else 2
    difference = float(np.mean(two) - np.mean(one)) if len(one) and len(two) else math.nan
    if min(len(one), len(two)) < smallest or n < 3:
        return _undefined(method, difference, Status.N_LT_2, confidence_level, n, math.nan, note)
    error, df = _pooled_error(one, two) if equal_variances else _welch_error(one, two)
    if is_negligible(error, magnitude(one, two)):
        df = n - 2 if equal_variances else math.nan
        status = Status.ZERO_VARIANCE
        return _undefined(method, difference, status, confidence_level, n, df, note)
    return _t_test(method, difference, error, df, confidence_level, n, note)


def _pooled_error(one: FloatArray, two: FloatArray) -> tuple[float, float]:
    """Return the standard error of the difference with a common variance, and its df."""
    df = len(one) + len(two) - 2
    squares = float(np.sum((one - np.mean(one)) ** 2) + np.sum((two - np.mean(two)) ** 2))
    return math.sqrt(squares / df * (1 / len(one) + 1 / len(two))), df


def _welch_error(one: FloatArray, two: FloatArray) -> tuple[float, float]:
    """Return the standard error of the difference, and Satterthwaite's df (NaN without variance)."""
    parts = [float(np.var(group, ddof=1)) / len(group) for group in (one, two)]
    below = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1)
    return math.sqrt(sum(parts)), sum(parts) ** 2 / below if below > 0 else math.nan


def _t_test(
    method: str,
    estimate: float,
    standard_error: float,
    df: float,
    confidence_level: float,
    n: int,
    warnings: tuple[str, ...],
) -> HypothesisTest:
    t = estimate / standard_error
    half = float(stdtrit(df, (1 + confidence_level) / 2)) * standard_error
    return HypothesisTest(
        method=method, estimate=estimate, statistic=t, df=df, p_value=2 * float(stdtr(df, -abs(t))),
        low=estimate - half, high=estimate + half, confidence_level=confidence_level,
        interval_method="t", standard_error=standard_error, n=n, warnings=warnings,
    )  # fmt: skip


def _undefined(
    method: str,
    estimate: float,
    status: Status,
    confidence_level: float,
    n: int,
    df: float,
    warnings: tuple[str, ...],
) -> HypothesisTest:
    return HypothesisTest(
        method=method, estimate=estimate, p_value=math.nan, df=df, n=n, status=status,
        confidence_level=confidence_level, warnings=warnings,
    )  # fmt: skip

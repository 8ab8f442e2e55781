"""Two rows of scores on different questions, compared as independent samples."""

import math
from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np
from scipy.special import stdtr

from scramblebench.analysis.cube import Floats, Integers
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.paired import Paired, mean_of, of_t_test, sd_of
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.statistics import Status
from scramblebench.statistics.clustering.ratios import t_quantile
from scramblebench.statistics.curves.dependency import Dependency, dependency_coefficient
from scramblebench.statistics.curves.recovery import difference_in_differences
from scramblebench.statistics.means.t_tests import two_sample_t
from scramblebench.statistics.proportions.equivalence import tost_t
from scramblebench.statistics.proportions.independent_proportions import (
    chi_squared_test,
    fisher_exact_test,
    risk_difference,
)


def compare_unpaired(
    first: Floats,
    second: Floats,
    first_clusters: Integers | None,
    second_clusters: Integers | None,
    options: AnalysisOptions,
) -> Paired:
    """Compare scores of different questions, shapes (n,) and (m,), first minus second; NaN is left out.

    Right or wrong: Newcombe's interval, the chi-squared test without correction, Fisher's where an expected
    count is below 5 or an exact test is asked for. Partial credit and means of repeats: Welch's t test.
    Clustered questions: the same with cluster standard errors.
    """
    one, two = first[~np.isnan(first)], second[~np.isnan(second)]
    if not len(one) or not len(two):
        found = Paired(test="none", status=Status.NO_DATA)
    elif first_clusters is not None or second_clusters is not None:
        test = difference_in_differences(
            first, second, first_clusters, second_clusters, options.confidence_level
        )
        named = replace(test, method="Welch, cluster standard errors (CR2)")
        found = of_t_test(named, options.accuracy_margin)
    elif np.isin(one, (0, 1)).all() and np.isin(two, (0, 1)).all():
        found = _counted(one, two, options)
    else:
        found = of_t_test(two_sample_t(two, one, options.confidence_level), options.accuracy_margin)
    return replace(
        found,
        n_questions=len(one) + len(two),
        n_missing=len(first) + len(second) - len(one) - len(two),
        first_mean=mean_of(one),
        second_mean=mean_of(two),
        first_sd=sd_of(one),
        second_sd=sd_of(two),
    )


def _counted(one: Floats, two: Floats, options: AnalysisOptions) -> Paired:
    counts = (round(float(two.sum())), len(two), round(float(one.sum())), len(one))
    difference = risk_difference(*counts, options.confidence_level)
    test = chi_squared_test(*counts)
    if options.is_exact or test.warnings or test.status is not Status.OK:
        test = fisher_exact_test(*counts)
    return Paired(
        test=test.method,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        estimate=difference.estimate,
        low=difference.low,
        high=difference.high,
        interval_method=difference.interval_method,
        status=test.status,
        equivalence_margin=options.accuracy_margin,
    )


def dependency_unpaired(
    levels: Floats,
    first: Floats,
    second: Floats,
    guesses: tuple[Floats, Floats],
    clusters: tuple[Integers | None, Integers | None],
    options: AnalysisOptions,
) -> Paired:
    """Compare two coefficients of different questions, (n, n_levels) and (m, n_levels): Welch's t.

    Their linearised standard errors add in squares. Undefined where either coefficient is.
    """
    sides = [
        dependency_coefficient(levels, scores, guess, labels, options.confidence_level)
        for scores, guess, labels in zip((first, second), guesses, clusters, strict=True)
    ]
    estimates = [side.estimate for side in sides]
    found = _welch(sides, options)
    return replace(
        found,
        n_questions=sum(e.n for e in estimates),
        n_missing=sum(side.n_missing for side in sides),
        first_mean=estimates[0].estimate,
        second_mean=estimates[1].estimate,
        warnings=tuple(dict.fromkeys(w for e in estimates for w in e.warnings)),
    )


def _welch(sides: list[Dependency], options: AnalysisOptions) -> Paired:
    one, two = (side.estimate for side in sides)
    margin, test = options.dependency_margin, "difference of coefficients, Welch"
    undefined = [e.status for e in (one, two) if e.status is not Status.OK]
    if undefined:
        return Paired(test=test, status=undefined[0], equivalence_margin=margin)
    variances = [e.standard_error**2 for e in (one, two)]
    error = math.sqrt(sum(variances))
    units = [max(2, e.n_clusters or e.n) - 1 for e in (one, two)]
    df = sum(variances) ** 2 / sum(v**2 / n for v, n in zip(variances, units, strict=True))
    estimate = one.estimate - two.estimate
    half = t_quantile(df, options.confidence_level) * error
    return Paired(
        test=test,
        statistic=estimate / error,
        df=df,
        p_value=2 * float(stdtr(df, -abs(estimate / error))),
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        interval_method="t, linearised, Welch",
        equivalence_margin=margin,
        equivalence_p=tost_t(estimate, error, df, -margin, margin),
    )


def rows_of(
    found: list[tuple[str, float | None, Paired]],
    models: tuple[str, str],
    benchmark: str,
    method: str,
    *,
    is_simulated: bool,
) -> Iterator[ComparisonRow]:
    """Yield comparisons (kind, level, result) of two models as rows, in the families of paired ones."""
    place = f"{benchmark}, {method}"
    families = {
        "accuracy": f"models at single levels on {place}",
        "mean_accuracy": f"models over all levels on {place}",
        "dependency": f"dependency of models on {place}",
    }
    for kind, level_pct, result in found:
        yield ComparisonRow(
            kind=kind,
            first=models[0],
            second=models[1],
            benchmark=benchmark,
            method=method,
            level_pct=level_pct,
            family=families[kind],
            is_simulated=is_simulated,
            **asdict(result),
        )

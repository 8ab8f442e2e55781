"""Two rows of scores on the same questions, compared by the test that their kind allows."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from scramblebench.analysis.cube import Floats, Integers
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.statistics import HypothesisTest, Status
from scramblebench.statistics.clustering.clusters import FEW, cluster_mean
from scramblebench.statistics.proportions.equivalence import tost_paired_binary, tost_t
from scramblebench.statistics.proportions.paired_counts import (
    McNemarVariant,
    PairedCounts,
    matched_odds_ratio,
    mcnemar,
)
from scramblebench.statistics.proportions.paired_difference import paired_difference
from scramblebench.statistics.resampling.sign_flip import sign_flip_clustered


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What came of a comparison; estimates are first minus second. NaN is undefined, ``status`` says why."""

    test: str
    statistic: float = math.nan
    df: float = math.nan
    p_value: float = math.nan
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    interval_method: str = ""
    n_questions: int = 0
    n_clusters: int | None = None
    n_missing: int = 0
    status: Status = Status.OK
    first_mean: float = math.nan
    second_mean: float = math.nan
    first_sd: float = math.nan
    second_sd: float = math.nan
    n_first_only: int | None = None
    n_second_only: int | None = None
    effect_size: float = math.nan
    effect_size_name: str = ""
    effect_low: float = math.nan
    effect_high: float = math.nan
    equivalence_margin: float = math.nan
    equivalence_p: float = math.nan
    warnings: tuple[str, ...] = ()


def of_t_test(test: HypothesisTest, margin: float) -> Paired:
    """Return a comparison from a t test, with the test of equivalence within ``margin`` by the same t."""
    return Paired(
        test=test.method,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        estimate=test.estimate,
        low=test.low,
        high=test.high,
        interval_method=test.interval_method,
        n_questions=test.n,
        n_clusters=test.n_clusters,
        status=test.status,
        equivalence_margin=margin,
        equivalence_p=tost_t(test.estimate, test.standard_error, test.df, -margin, margin),
        warnings=test.warnings,
    )


def compare(
    first: Floats,
    second: Floats,
    clusters: Integers | None,
    options: AnalysisOptions,
    rng: np.random.Generator,
) -> Paired:
    """Compare two rows of scores of the same questions, shape (n_questions,); NaN pairs are left out.

    Right-or-wrong scores of questions that stand alone: McNemar's test with Newcombe's limits. Clustered
    questions, partial credit and means of repeats: a t test of the differences with cluster standard
    errors, and the sign-flip test of whole clusters below 10 of them or without variance.
    """
    is_there = ~(np.isnan(first) | np.isnan(second))
    one, two = first[is_there], second[is_there]
    if len(one) == 0:
        return Paired(
            test="none", status=Status.NO_COMPLETE_ITEMS, n_missing=len(first),
            equivalence_margin=options.accuracy_margin,
        )  # fmt: skip
    is_binary = bool(np.isin(one, (0, 1)).all() and np.isin(two, (0, 1)).all())
    groups = None if clusters is None else clusters[is_there]
    if groups is not None and len(np.unique(groups)) == len(groups):
        groups = None
    if is_binary and groups is None:
        found = _counted(PairedCounts.from_scores(two, one), options)
    else:
        found = mean_difference(one - two, groups, options, rng)
    return replace(
        found,
        n_missing=int((~is_there).sum()),
        first_mean=float(one.mean()),
        second_mean=float(two.mean()),
        first_sd=sd_of(one),
        second_sd=sd_of(two),
    )


def _counted(counts: PairedCounts, options: AnalysisOptions) -> Paired:
    variant = McNemarVariant.EXACT if options.is_exact else McNemarVariant.MID_P
    test = mcnemar(counts, variant)
    difference = paired_difference(counts, confidence_level=options.confidence_level)
    odds = matched_odds_ratio(counts, options.confidence_level)
    equivalence = tost_paired_binary(counts, options.accuracy_margin, options.alpha)
    return Paired(
        test=test.method,
        statistic=test.statistic,
        p_value=test.p_value,
        estimate=difference.estimate,
        low=difference.low,
        high=difference.high,
        interval_method=difference.interval_method,
        n_questions=counts.n,
        status=test.status,
        n_first_only=counts.n01,
        n_second_only=counts.n10,
        effect_size=odds.estimate,
        effect_size_name="matched odds ratio",
        effect_low=odds.low,
        effect_high=odds.high,
        equivalence_margin=options.accuracy_margin,
        equivalence_p=equivalence.p_value,
        warnings=tuple(dict.fromkeys((*test.warnings, *difference.warnings))),
    )


def mean_difference(
    differences: Floats,
    clusters: Integers | None,
    options: AnalysisOptions,
    rng: np.random.Generator,
    margin: float | None = None,
) -> Paired:
    """Test whether the mean of differences, shape (n_questions,), is 0; ``clusters`` None: each alone."""
    labels = np.arange(len(differences)) if clusters is None else clusters
    mean = cluster_mean(differences, labels, options.confidence_level)
    limit = options.accuracy_margin if margin is None else margin
    error, df = mean.standard_error_cr2, mean.df
    test, p_value, statistic = _t_name(clusters), math.nan, math.nan
    if mean.status is Status.OK:
        statistic = mean.mean / error
        p_value = _two_sided(statistic, df)
    if mean.status is Status.ZERO_VARIANCE or (clusters is not None and mean.n_clusters < FEW):
        flipped = sign_flip_clustered(differences, labels, rng)
        test = "sign-flip of clusters" if clusters is not None else "sign-flip"
        p_value = flipped.p_value
    sd = sd_of(differences)
    return Paired(
        test=test,
        statistic=statistic,
        df=df,
        p_value=p_value,
        estimate=mean.mean,
        low=mean.low,
        high=mean.high,
        interval_method="t" if clusters is None else "CR2 t",
        n_questions=mean.n,
        n_clusters=None if clusters is None else mean.n_clusters,
        status=mean.status,
        effect_size=mean.mean / sd if sd > 0 else math.nan,
        effect_size_name="d_z",
        equivalence_margin=limit,
        equivalence_p=tost_t(mean.mean, error, df, -limit, limit),
        warnings=mean.warnings,
    )


def _t_name(clusters: Integers | None) -> str:
    return "paired t" if clusters is None else "paired t, cluster standard errors (CR2)"


def _two_sided(statistic: float, df: float) -> float:
    return float(2 * stdtr(df, -abs(statistic)))


def mean_of(values: Floats) -> float:
    """Return the mean; NaN of nothing."""
    return float(values.mean()) if len(values) else math.nan


def sd_of(values: Floats) -> float:
    """Return the standard deviation of a sample; NaN of fewer than two values."""
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan

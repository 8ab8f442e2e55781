"""Adapters: one cell, pairs of conditions, clusters, permutations."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.cell import cell_accuracy
from scramblebench.statistics.clustering.cluster_design import cluster_design
from scramblebench.statistics.clustering.clusters import (
    cluster_mean,
    effective_items,
    wilson_clustered,
)
from scramblebench.statistics.clustering.repeats import variance_components
from scramblebench.statistics.clustering.strata import stratified_mean
from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.statistics.proportions.chance import above_chance, above_chance_mixed
from scramblebench.statistics.proportions.equivalence import tost_paired_binary
from scramblebench.statistics.proportions.intervals import wilson
from scramblebench.statistics.proportions.paired_counts import (
    McNemarVariant,
    PairedCounts,
    matched_odds_ratio,
    mcnemar,
)
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    RatioInterval,
    paired_difference,
    performance_drop_rate,
    retention_ratio,
)
from scramblebench.statistics.proportions.repeated_binary import cochran_q
from scramblebench.statistics.proportions.shares import (
    clopper_pearson,
    uniform_posterior,
)
from scramblebench.statistics.resampling.max_t import max_t
from scramblebench.statistics.resampling.sign_flip import (
    SignFlipTest,
    sign_flip,
    sign_flip_clustered,
)
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Estimate, Interval
from tests.golden.reference.cases import Case

Values = Mapping[str, Any]


def _limits(found: Interval | Estimate) -> list[float]:
    return [found.low, found.high]


def _counts(case: Case) -> PairedCounts:
    return PairedCounts(*(case.input[name] for name in ("n11", "n10", "n01", "n00")))


def _confidence(case: Case) -> float:
    return case.input.get("conf", DEFAULT_CONFIDENCE)


def _levels(case: Case) -> npt.NDArray[np.float64]:
    """Return the table's level columns, items by levels."""
    names = [name for name in case.table()[0] if re.fullmatch(r"s\d+", name)]
    return np.array([_values(case, name) for name in names]).T


def _values(case: Case, name: str) -> list[float]:
    return [float(row[name] or "nan") for row in case.table()]


def _labels(case: Case, name: str) -> list[str]:
    return [row[name] for row in case.table()]


def _binomial_ci(case: Case) -> Values:
    k, n, level = case.input["k"], case.input["n"], _confidence(case)
    return {
        "estimate": wilson(k, n, level).estimate,
        "wilson": _limits(wilson(k, n, level)),
        "clopper_pearson": _limits(clopper_pearson(k, n, level)),
        "bayes_uniform": _limits(uniform_posterior(k, n, level)),
    }


def _above_chance(case: Case) -> Values:
    k, n, chance = case.input["k"], case.input["n"], case.input["chance"]
    greater = above_chance(k, n, chance)
    return {
        "p_greater": greater.p_value,
        "p_two_sided": above_chance(k, n, chance, "two-sided").p_value,
        "chance_corrected": greater.chance_corrected,
    }


def _above_chance_mixed(case: Case) -> Values:
    found = above_chance_mixed(case.input["k"], case.input["guess"])
    return {
        "p_greater": found.p_value,
        "chance_rate": found.chance,
        "chance_corrected": found.chance_corrected,
    }


def _mcnemar(case: Case) -> Values:
    counts = _counts(case)
    found = {variant: mcnemar(counts, variant) for variant in McNemarVariant}
    plain = found[McNemarVariant.ASYMPTOTIC]
    corrected = found[McNemarVariant.CONTINUITY_CORRECTED]
    odds = matched_odds_ratio(counts)
    return {
        "n_items": counts.n,
        "n_discordant": counts.n_discordant,
        "diff": counts.difference,
        "p_exact": found[McNemarVariant.EXACT].p_value,
        "p_midp": found[McNemarVariant.MID_P].p_value,
        "chi2": plain.statistic,
        "p_asymptotic": plain.p_value,
        "chi2_cc": corrected.statistic,
        "p_asymptotic_cc": corrected.p_value,
        "matched_or": odds.estimate,
        "matched_or_exact_ci": _limits(odds),
        "status": counts.status,
    }


def _paired_difference_ci(case: Case) -> Values:
    counts, level = _counts(case), _confidence(case)
    found = {kind: paired_difference(counts, kind, level) for kind in DifferenceInterval}
    return {
        "diff": counts.difference,
        "newcombe": _limits(found[DifferenceInterval.NEWCOMBE]),
        "tango": _limits(found[DifferenceInterval.TANGO]),
        "bonett_price": _limits(found[DifferenceInterval.BONETT_PRICE]),
    }


def _paired_ratio_ci(case: Case) -> Values:
    counts, level = _counts(case), _confidence(case)
    found = {kind: retention_ratio(counts, kind, level) for kind in RatioInterval}
    drop = performance_drop_rate(counts, RatioInterval.BONETT_PRICE, level)
    return {
        "retention_ratio": found[RatioInterval.BONETT_PRICE].estimate,
        "wald_log": _limits(found[RatioInterval.WALD_LOG]),
        "bonett_price": _limits(found[RatioInterval.BONETT_PRICE]),
        "tang_score": _limits(found[RatioInterval.SCORE]),
        "pdr": drop.estimate,
        "pdr_bonett_price": _limits(drop),
    }


def _cochran_q(case: Case) -> Values:
    found = cochran_q(_levels(case), exact="p_exact" in case.expected)
    return {
        "Q": found.statistic,
        "df": found.df,
        "p": found.p_asymptotic,
        "n_informative": found.n_informative,
        "status": found.status,
        "p_exact": found.p_exact,
    }


def _sign_flip(case: Case) -> Values:
    return _of_sign_flip(sign_flip(case.input["d"], np.random.default_rng(1)))


def _sign_flip_clustered(case: Case) -> Values:
    clusters = _labels(case, "cluster")
    rng = np.random.default_rng(1)
    return _of_sign_flip(sign_flip_clustered(_values(case, "d"), clusters, rng))


def _of_sign_flip(found: SignFlipTest) -> Values:
    return {
        "mean_diff": found.mean_difference,
        "n_units_nonzero": found.n_nonzero,
        "p_exact": found.p_value if found.is_exact else math.nan,
        "p_one_sided_less": found.p_less,
        "status": found.status,
    }


def _max_t(case: Case) -> Values:
    found = max_t(case.input["D_rows_are_comparisons"], np.random.default_rng(1))
    return {
        "t": found.statistics,
        "p_raw": found.p_raw,
        "p_maxT_stepdown": found.p_adjusted,
        "p_bonferroni_of_raw": adjust(found.p_raw, "bonferroni"),
    }


def _tost_paired_binary(case: Case) -> Values:
    found = tost_paired_binary(_counts(case), case.input["margin"], case.input["alpha"])
    return {
        "diff": found.estimate,
        "z_lower": found.statistic_lower,
        "z_upper": found.statistic_upper,
        "p_lower": found.p_lower,
        "p_upper": found.p_upper,
        "p_tost": found.p_value,
        "tango_ci_1_minus_2alpha": [found.low, found.high],
        "equivalent": found.is_equivalent,
    }


def _cluster_se(case: Case) -> Values:
    found = cluster_mean(_values(case, "score"), _labels(case, "cluster"))
    return {
        "mean": found.mean,
        "n": found.n,
        "G": found.n_clusters,
        "se_iid": found.standard_error_iid,
        "se_CR0_miller": found.standard_error_cr0,
        "se_CR1_G_over_Gm1": found.standard_error_cr1,
        "se_CR2": found.standard_error_cr2,
        "se_CR3": found.standard_error_cr3,
        "satterthwaite_df_CR2": found.df,
        "ci95_CR2": [found.low, found.high],
        "design_effect_CR1": found.design_effect,
    }


def _stratified_mean(case: Case) -> Values:
    values = _values(case, "score")
    found = stratified_mean(values, _labels(case, "benchmark"))
    return {
        "stratum_n": found.counts,
        "stratum_mean": found.means,
        "micro_mean": found.micro.estimate,
        "micro_se": found.micro.standard_error,
        "macro_mean": found.macro.estimate,
        "macro_se": found.macro.standard_error,
        "df": found.micro.df,
        "se_if_strata_ignored": cell_accuracy(values).standard_error,
    }


def _variance_components(case: Case) -> Values:
    found = variance_components(np.array(list(case.columns().values())).T)
    return {
        "grand_mean": found.mean,
        "MS_between": found.mean_square_between,
        "MS_within": found.mean_square_within,
        "sigma2_rep": found.variance_repeats,
        "sigma2_item": found.variance_items_raw,
        "icc1": found.icc1,
        "icc1k": found.icc1k,
        "se_mean_item_level": found.standard_error,
        "flip_rate": found.flip_rate,
    }


def _design_effect(case: Case) -> Values:
    found = cluster_design(_values(case, "score"), _labels(case, "cluster"))
    return {
        "icc_anova": found.icc,
        "n0": found.n0,
        "mean_cluster_size_weighted": found.mean_cluster_size,
        "design_effect": found.design_effect,
        "n_effective": found.n_effective,
    }


def _wilson_clustered(case: Case) -> Values:
    scores, clusters = _values(case, "score"), _labels(case, "cluster")
    found = wilson_clustered(scores, clusters, _confidence(case))
    return {
        "p": found.estimate,
        "n_effective": effective_items(cluster_mean(scores, clusters)),
        "df": found.df,
        "wilson_clustered": _limits(found),
    }


def _paired_with_missing(case: Case) -> Values:
    levels = _levels(case)
    counts = PairedCounts.from_scores(levels[:, 0], levels[:, -1])
    return {
        "n_items_total": counts.n + counts.n_missing,
        "n_used": counts.n,
        "table_n11_n10_n01_n00": [counts.n11, counts.n10, counts.n01, counts.n00],
        "diff": counts.difference,
        "p_exact": mcnemar(counts, McNemarVariant.EXACT).p_value,
        "p_midp": mcnemar(counts, McNemarVariant.MID_P).p_value,
    }


ADAPTERS: Mapping[str, Callable[[Case], Values]] = {
    "binomial_ci": _binomial_ci,
    "above_chance": _above_chance,
    "above_chance_mixed": _above_chance_mixed,
    "mcnemar": _mcnemar,
    "paired_difference_ci": _paired_difference_ci,
    "paired_ratio_ci": _paired_ratio_ci,
    "cochran_q": _cochran_q,
    "sign_flip": _sign_flip,
    "sign_flip_clustered": _sign_flip_clustered,
    "maxT_stepdown": _max_t,
    "tost_paired_binary": _tost_paired_binary,
    "cluster_se": _cluster_se,
    "stratified_mean": _stratified_mean,
    "variance_components": _variance_components,
    "design_effect": _design_effect,
    "wilson_clustered": _wilson_clustered,
    "paired_with_missing": _paired_with_missing,
}

NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {
    "paired_difference_ci": {"wald": "collapses to zero width; the case says never to report it"},
    "variance_components": {"se_wrong_all_rows_iid": "repeats taken for items: the error it shows"},
}

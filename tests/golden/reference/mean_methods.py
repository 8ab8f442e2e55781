"""Means, ranks, correlation, effect sizes, independent shares and multiplicity beside R."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scramblebench.statistics.means.anova import (
    WithinEffect,
    oneway_anova,
    repeated_measures_anova,
    two_way_repeated_measures_anova,
    welch_anova,
)
from scramblebench.statistics.means.correlation import (
    EXACT_PERMUTATION_LIMIT,
    Coefficient,
    exact_permutation_p,
    kendall,
    pearson,
    spearman,
)
from scramblebench.statistics.means.dominance import cliffs_delta
from scramblebench.statistics.means.effect_sizes import (
    cohens_d_average_independent,
    cohens_d_pooled,
    cohens_h,
    d_av,
    d_from_odds_ratio,
    d_rm,
    d_z,
    glass_delta,
    hedges_correction,
    hedges_g,
    paired_correlation,
)
from scramblebench.statistics.means.multiplicity import adjust, tukey_hsd
from scramblebench.statistics.means.rank_tests import (
    friedman,
    kruskal_wallis,
    mann_whitney,
    wilcoxon_signed_rank,
)
from scramblebench.statistics.means.t_tests import paired_t as paired_t_test
from scramblebench.statistics.means.t_tests import two_sample_t as two_sample_t_test
from scramblebench.statistics.proportions.equivalence import tost_paired_t
from scramblebench.statistics.proportions.independent_proportions import (
    chi_squared_test,
    fisher_exact_test,
    odds_ratio,
    risk_difference,
)
from scramblebench.statistics.results import Estimate, HypothesisTest
from tests.golden.reference.cases import Case


def limits(result: Estimate | HypothesisTest) -> list[float] | None:
    """Return the limits, or nothing where both are undefined."""
    if math.isnan(result.low) and math.isnan(result.high):
        return None
    return [result.low, result.high]


def confidence(case: Case) -> float:
    return case.input.get("conf", 0.95)


def groups(case: Case) -> dict[str, np.ndarray]:
    """Return the values of the table by group, in the order of R's factor levels."""
    rows = case.table()
    names = sorted({row["group"] for row in rows})
    return {
        name: np.array([float(row["y"] or "nan") for row in rows if row["group"] == name])
        for name in names
    }


def paired_t(case: Case) -> Mapping[str, Any]:
    result = paired_t_test(case.input["baseline"], case.input["treatment"], confidence(case))
    test = result.test
    return {
        "n": test.n,
        "sd_diff": result.standard_deviation,
        "t": test.statistic,
        "df": test.df,
        "p": test.p_value,
        "mean_diff": test.estimate,
        "ci": limits(test),
        "se": test.standard_error,
        "status": test.status.value,
        "fallback_sign_flip_p": result.sign_flip_p_value,
    }


def two_sample_t(case: Case) -> Mapping[str, Any]:
    found = {}
    for name, equal_variances in (("student", True), ("welch", False)):
        test = two_sample_t_test(
            case.input["x"], case.input["y"], confidence(case), equal_variances=equal_variances
        )
        found[name] = {
            "t": test.statistic,
            "df": test.df,
            "p": test.p_value,
            "mean_diff": test.estimate,
            "ci": limits(test),
            "status": test.status.value,
        }
    return {**found, "status": found["welch"]["status"]}


def mann_whitney_u(case: Case) -> Mapping[str, Any]:
    first, second = case.input["y"], case.input["x"]  # the case counts for x
    corrected = mann_whitney(first, second, method="asymptotic")
    plain = mann_whitney(first, second, method="asymptotic", continuity_correction=False)
    found = {
        "U_x": corrected.statistic,
        "p_asymptotic_cc": corrected.p_value,
        "p_asymptotic": plain.p_value,
        "cliffs_delta_x_minus_y": cliffs_delta(first, second).estimate,
        "prob_superiority_x": corrected.estimate,
        "status": corrected.status.value,
    }
    if "p_exact" in case.expected:
        found["p_exact"] = mann_whitney(first, second, method="exact").p_value
    return found


def signed_rank(case: Case) -> Mapping[str, Any]:
    def run(zeros: Any, method: Any) -> Any:  # R compares differences to the last bit
        return wilcoxon_signed_rank(
            case.input["baseline"], case.input["treatment"], zeros=zeros, method=method,
            tie_tolerance=0.0,
        )  # fmt: skip

    exact = run("drop", "exact")
    return {
        "n_nonzero": exact.n_nonzero,
        "W_plus": exact.w_plus,
        "W_minus": exact.w_minus,
        "rank_biserial": exact.test.estimate,
        "p_exact_wilcoxon": exact.test.p_value,
        "p_asymptotic_nocc": run("drop", "asymptotic").test.p_value,
        "p_exact_pratt": run("pratt", "exact").test.p_value,
        "p_asymptotic_pratt": run("pratt", "asymptotic").test.p_value,
        "status": exact.test.status.value,
    }


def one_way(case: Case) -> Mapping[str, Any]:
    samples = list(groups(case).values())
    result, welch, ranks = oneway_anova(samples), welch_anova(samples), kruskal_wallis(samples)
    return {
        "F": result.test.statistic,
        "df1": result.test.df,
        "df2": result.test.df2,
        "p": result.test.p_value,
        "eta2": result.eta_squared,
        "omega2_unclipped": result.omega_squared_raw,
        "omega2": result.omega_squared,
        "epsilon2": result.epsilon_squared,
        "cohens_f": result.cohens_f,
        "eta2_ci90_via_ncp_over_ncp_plus_N": [result.eta_squared_low, result.eta_squared_high],
        "welch_F": welch.statistic,
        "welch_df2": welch.df2,
        "welch_p": welch.p_value,
        "kruskal_H": ranks.statistic,
        "kruskal_p": ranks.p_value,
        "status": result.test.status.value,
    }


def within(effect: WithinEffect) -> dict[str, Any]:
    return {
        "F": effect.test.statistic,
        "df1": effect.test.df,
        "df2": effect.test.df2,
        "p_uncorrected": effect.test.p_value,
        "eps_gg": effect.epsilon_greenhouse_geisser,
        "p_gg": effect.p_greenhouse_geisser,
        "eps_hf": effect.epsilon_huynh_feldt,
        "partial_eta2": effect.partial_eta_squared,
        "generalized_eta2": effect.generalized_eta_squared,
        "status": effect.test.status.value,
    }


def repeated_measures(case: Case) -> Mapping[str, Any]:
    columns = [
        [float(row[name] or "nan") for row in case.table()]
        for name in case.table()[0]
        if name.startswith("s") and name[1:].isdigit()
    ]
    scores = np.array(columns).T
    ranks = friedman(scores)
    return {
        **within(repeated_measures_anova(scores)),
        "friedman_chi2": ranks.statistic,
        "friedman_p": ranks.p_value,
        "kendalls_w": ranks.estimate,
    }


def repeated_measures_two_way(case: Case) -> Mapping[str, Any]:
    rows = case.table()
    axes = [list(dict.fromkeys(row[name] for row in rows)) for name in ("item", "A", "B")]
    scores = np.full([len(axis) for axis in axes], math.nan)
    for row in rows:
        place = [axis.index(row[name]) for axis, name in zip(axes, ("item", "A", "B"), strict=True)]
        scores[tuple(place)] = float(row["y"] or "nan")
    result = two_way_repeated_measures_anova(scores)
    effects = {"A": result.first, "B": result.second, "A:B": result.interaction}
    return {name: within(effect) for name, effect in effects.items()}


def correlations(case: Case) -> Mapping[str, Any]:
    x, y = case.input["x"], case.input["y"]
    r, rho, tau = pearson(x, y, confidence(case)), spearman(x, y), kendall(x, y)
    found: dict[str, Any] = {
        "pearson_r": r.estimate,
        "pearson_p": r.p_value,
        "pearson_ci_fisher": [r.low, r.high] if r.n > 3 else None,
        "spearman_rho": rho.estimate,
        "spearman_p_t": rho.p_value,
        "kendall_tau_b": tau.estimate,
        "kendall_p_asymptotic": tau.p_value,
        "status": r.status.value,
    }
    if r.n <= EXACT_PERMUTATION_LIMIT:
        for coefficient in Coefficient:
            p_value = exact_permutation_p(x, y, coefficient)
            found[f"{coefficient}_p_exact_permutation"] = p_value
    return found


def d_independent(case: Case) -> Mapping[str, Any]:
    first, second = case.input["y"], case.input["x"]  # the case subtracts y from x
    d = cohens_d_pooled(first, second, confidence(case))
    return {
        "cohens_d": d.estimate,
        "cohens_d_ci": limits(d),
        "hedges_J_exact": hedges_correction(d.df),
        "hedges_g": hedges_g(d).estimate,
        "hedges_g_ci": limits(hedges_g(d)),
        "glass_delta_sd_of_y": glass_delta(first, second).estimate,
        "cohens_d_av_var": cohens_d_average_independent(first, second).estimate,
        "status": d.status.value,
    }


def d_paired(case: Case) -> Mapping[str, Any]:
    before, after = case.input["baseline"], case.input["treatment"]
    standardised, average = d_z(before, after, confidence(case)), d_av(before, after)
    return {
        "d_z": standardised.estimate,
        "d_z_ci": limits(standardised),
        "g_z": hedges_g(standardised).estimate,
        "d_av": average.estimate,
        "d_rm": d_rm(before, after).estimate,
        "r_between_levels": paired_correlation(before, after),
        "g_av": hedges_g(average).estimate,
        "status": standardised.status.value,
    }


def binary_effects(case: Case) -> Mapping[str, Any]:
    given = case.input
    counts = given["k2"], given["n2"], given["k1"], given["n1"]  # the case subtracts 2 from 1
    difference, ratio = risk_difference(*counts), odds_ratio(*counts, haldane="never")
    return {
        "cohens_h": cohens_h(given["k2"] / given["n2"], given["k1"] / given["n1"]),
        "risk_difference": difference.estimate,
        "newcombe_independent_ci": [difference.low, difference.high],
        "odds_ratio": ratio.estimate,
        "odds_ratio_wald_ci": [ratio.low, ratio.high],
        "odds_ratio_haldane": odds_ratio(*counts, haldane="always").estimate,
        "d_from_log_or": d_from_odds_ratio(ratio).estimate,
        "chi2_nocc_p": chi_squared_test(*counts).p_value,
        "fisher_p": fisher_exact_test(*counts).p_value,
        "status": ratio.status.value,
    }


def p_adjust(case: Case) -> Mapping[str, Any]:
    names = ("bonferroni", "holm", "hochberg", "BH", "BY", "none")
    return {name: adjust(case.input["p"], name).tolist() for name in names}


def tukey(case: Case) -> Mapping[str, Any]:
    found = tukey_hsd(groups(case), confidence(case))
    return {
        "pairs": [f"{pair.second}-{pair.first}" for pair in found],
        "diff": [pair.test.estimate for pair in found],
        "lower": [pair.test.low for pair in found],
        "upper": [pair.test.high for pair in found],
        "p_adj": [pair.test.p_value for pair in found],
    }


def tost(case: Case) -> Mapping[str, Any]:
    given = case.input
    before, after = (np.array(given[name], dtype=float) for name in ("baseline", "treatment"))
    result = tost_paired_t(after - before, given["low"], given["upp"], given["alpha"])
    is_undefined = math.isnan(result.low) and math.isnan(result.high)
    return {
        "p_lower": result.p_lower,
        "p_upper": result.p_upper,
        "p_tost": result.p_value,
        "ci_1_minus_2alpha": None if is_undefined else [result.low, result.high],
        "equivalent": result.is_equivalent,
        "status": result.status.value,
    }


ADAPTERS: Mapping[str, Callable[[Case], Mapping[str, Any]]] = {
    "paired_t": paired_t,
    "two_sample_t": two_sample_t,
    "mann_whitney": mann_whitney_u,
    "wilcoxon_signed_rank": signed_rank,
    "oneway_anova": one_way,
    "rm_anova": repeated_measures,
    "rm_anova_two_way": repeated_measures_two_way,
    "correlation": correlations,
    "cohens_d_independent": d_independent,
    "cohens_d_paired": d_paired,
    "binary_effects_independent": binary_effects,
    "p_adjust": p_adjust,
    "tukey_hsd": tukey,
    "tost_paired_t": tost,
}
NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {}

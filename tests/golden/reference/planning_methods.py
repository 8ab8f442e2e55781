"""Power, sample sizes and sequential methods."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from scramblebench.statistics.means.effect_sizes import cohens_h
from scramblebench.statistics.planning.evaluation_power import (
    ScoreVariance,
    evaluation_detectable_difference,
    evaluation_sample_size,
)
from scramblebench.statistics.planning.mcnemar_power import (
    mcnemar_power,
    mcnemar_power_normal,
    mcnemar_sample_size,
)
from scramblebench.statistics.planning.power import (
    CORRELATION,
    PAIRED_T,
    TWO_PROPORTIONS,
    TWO_SAMPLE_T,
    PlannedTest,
    detectable_effect,
    one_way_anova,
    power,
    sample_size,
)
from scramblebench.statistics.proportions.paired_counts import McNemarVariant
from scramblebench.statistics.sequential.betting_sequence import (
    BettingSequence,
    candidate_differences,
)
from scramblebench.statistics.sequential.eprocess import (
    EProcess,
    anytime_p_values,
    first_rejection,
    log_e,
    log_e_gain,
)
from scramblebench.statistics.sequential.normal_sequence import asymptotic_sequence, mixture_sprt
from tests.golden.reference.cases import Case

DEFAULT_ALPHA = 0.05


def _power_mcnemar(case: Case) -> dict[str, Any]:
    n, lost, gained = (case.input[key] for key in ("n", "p10", "p01"))
    alpha = case.input.get("alpha", DEFAULT_ALPHA)

    def exact(variant: McNemarVariant) -> float:
        return mcnemar_power(n, lost, gained, alpha, variant).power

    return {
        "power_exact_test": exact(McNemarVariant.EXACT),
        "power_midp_test": exact(McNemarVariant.MID_P),
        "power_asymptotic_test": exact(McNemarVariant.ASYMPTOTIC),
        "power_normal_approx": mcnemar_power_normal(n, lost, gained, alpha).power,
        "n_for_80_normal": mcnemar_sample_size(lost, gained, 0.8, alpha).n,
        "n_for_90_normal": mcnemar_sample_size(lost, gained, 0.9, alpha).n,
    }


def _power_t(case: Case, test: PlannedTest) -> dict[str, Any]:
    n, effect = case.input["n"], case.input["d"]
    alpha = case.input.get("alpha", DEFAULT_ALPHA)
    return {
        "power": power(test, n, effect, alpha).power,
        "n_for_80": sample_size(test, effect, 0.8, alpha).n,
        "n_for_90": sample_size(test, effect, 0.9, alpha).n,
        "mde_80": detectable_effect(test, n, 0.8, alpha).effect,
    }


def _power_misc(case: Case) -> dict[str, Any]:
    given = case.input
    n, alpha = given["n"], given.get("alpha", DEFAULT_ALPHA)
    h, anova = cohens_h(given["p2"], given["p1"]), one_way_anova(given["k"])
    return {
        "h": h,
        "power_2p": power(TWO_PROPORTIONS, n, h, alpha).power,
        "n_2p_80": sample_size(TWO_PROPORTIONS, h, 0.8, alpha).n,
        "power_anova": power(anova, n, given["f"], alpha).power,
        "n_anova_80": sample_size(anova, given["f"], 0.8, alpha).n,
        "power_r": power(CORRELATION, n, given["r"], alpha).power,
        "n_r_80": sample_size(CORRELATION, given["r"], 0.8, alpha).n,
    }


def _miller(case: Case) -> dict[str, Any]:
    given = case.input
    variance = ScoreVariance(
        between_items=given["omega2"],
        within_a=given["sigma2_A"],
        within_b=given["sigma2_B"],
        repeats_a=given["K_A"],
        repeats_b=given["K_B"],
    )
    planned = evaluation_sample_size(given["delta"], variance, given["power"], given["alpha"])
    n = math.ceil(planned.n)
    detectable = evaluation_detectable_difference(n, variance, given["power"], given["alpha"])
    return {"n": planned.n, "mde_at_ceiling_n": detectable.effect}


def _eprocess(case: Case) -> dict[str, Any]:
    prior, alpha = case.input["a"], case.input["alpha"]
    gains = np.asarray(case.input["x_1_is_gain"], dtype=np.float64)
    gained, lost = np.cumsum(gains), np.cumsum(1 - gains)
    path = log_e(gained, lost, prior)
    share = EProcess(prior=prior).update(gains).share_gained(1 - alpha)
    return {
        "log_e_two_sided": path,
        "log_e_one_sided_gain": log_e_gain(gained, lost, prior),
        "anytime_p_two_sided": anytime_p_values(path),
        "first_rejection_index": first_rejection(path, alpha),
        "cs95_pi_gain_at_end": [share.low, share.high],
    }


def _msprt(case: Case) -> dict[str, Any]:
    given = case.input
    result = mixture_sprt(given["d"], given["sigma2"], given["tau2"])
    interval = asymptotic_sequence(given["d"], given["rho2"], 1 - given["alpha"])
    return {
        "log_mixture_lr_at_end": result.test.statistic,
        "max_log_mixture_lr": float(result.log_ratios.max()) if result.log_ratios.size else None,
        "anytime_p": result.test.p_value,
        "mean_at_end": result.test.estimate,
        "asymptotic_cs_halfwidth_at_end": interval.high - interval.estimate,
    }


def _betting(case: Case) -> dict[str, Any]:
    level = 1 - case.input["alpha"]
    deltas = np.asarray(case.input["deltas"], dtype=np.float64)
    at_deltas = BettingSequence.start(level, np.unique(deltas)).update(case.input["d"])
    position = np.searchsorted(at_deltas.candidates, deltas)
    found = BettingSequence.start(level, candidate_differences(0.005)).update(case.input["d"])
    return {
        "log_capital_at_end": at_deltas.log_wealth[position],
        "running_max_log_capital": at_deltas.max_log_wealth[position],
        "cs95_running_intersection_grid_0.005": [found.interval.low, found.interval.high],
    }


ADAPTERS: Mapping[str, Any] = {
    "power_mcnemar": _power_mcnemar,
    "power_paired_t": lambda case: _power_t(case, PAIRED_T),
    "power_two_sample_t": lambda case: _power_t(case, TWO_SAMPLE_T),
    "power_misc": _power_misc,
    "sample_size_miller2024": _miller,
    "eprocess_paired_binary": _eprocess,
    "msprt_normal": _msprt,
    "betting_confidence_sequence": _betting,
}
NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {}

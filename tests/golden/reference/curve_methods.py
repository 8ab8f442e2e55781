"""Curves: dose response, isotonic, dependency, bootstrap and recovery beside the reference cases."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scramblebench.statistics.curves.dependency import dependency_coefficient
from scramblebench.statistics.curves.dependency_comparison import dependency_difference
from scramblebench.statistics.curves.dose_response import Family, fit_dose_response
from scramblebench.statistics.curves.dose_thresholds import Point, curve_level, profile_limits
from scramblebench.statistics.curves.isotonic import (
    crossings,
    fit_isotonic,
    target_of_baseline,
)
from scramblebench.statistics.curves.recovery import gain_of_means, recovery_rate
from scramblebench.statistics.resampling.bootstrap import UnitSums, replicate_means, unit_sums
from scramblebench.statistics.resampling.bootstrap_limits import (
    bca_levels,
    bias_correction,
    jackknife_acceleration,
    order_statistics,
)
from tests.golden.reference.cases import Case

Values = Mapping[str, Any]
SEED = 20_261_125
N_RESAMPLES = 100_000


def dose_response(case: Case) -> Values:
    given = case.input
    family, guess = Family(given["family"]), given["guess"]
    counts = (given["s"], given["k"], given["n"])
    fit = fit_dose_response(*counts, guess, family)
    # R's functions extrapolate; a report takes curve_threshold, which does not.
    above, base = (
        float(curve_level(fit, family, guess, 0.5, point))
        for point in (Point.ABOVE_CHANCE, Point.BASELINE)
    )
    return {
        "A_upper_asymptote": fit.baseline,
        "scale": fit.scale,
        "shape": fit.shape,
        "loglik": fit.log_likelihood,
        "lambda_rate": fit.rate,
        "s50_above_chance": above,
        "s50_of_baseline": base,
        "s50_of_baseline_reached_within_range": base <= fit.last_level,
        "s50_above_chance_profile_ci95": profile_limits(fit, *counts),
        "deviance": fit.deviance,
        "status": fit.status.value,
    }


def isotonic_threshold(case: Case) -> Values:
    given = case.input
    fit = fit_isotonic(given["s"], given["accuracy"], given["n"])
    found: dict[str, Any] = {
        "isotonic_fit": fit.fitted.tolist(),
        "normalized_auc_isotonic": fit.area,
    }
    targets = {
        "above_chance": given["guess"] + 0.5 * (fit.fitted[0] - given["guess"]),
        "of_baseline": float(target_of_baseline(fit.fitted[0])),
    }
    for name, target in targets.items():
        level = float(crossings(fit.levels, fit.fitted[None, :], target)[0])
        found |= {f"target_{name}": target, f"threshold_{name}": _finite(level)}
    return found


def ldc(case: Case) -> Values:
    given, levels = case.input, case.input["levels"]
    scores, clusters = _scores(case, ""), _clusters(case)
    confidence = 1 - given.get("alpha", 0.05)
    found = dependency_coefficient(levels, scores, given["chance"], clusters, confidence)
    ratio, value = found.ratio, found.ratio.value
    # The case holds the arithmetic where the coefficient is undefined; found.estimate is NaN there.
    return {
        "n_items": found.pair.n,
        "n_clusters": found.pair.n_clusters,
        "accuracy": found.accuracy.tolist(),
        "chance": found.chance,
        "auc_normalized": found.area,
        "ldc": value,
        "se_linearized": ratio.standard_error,
        "ci95_t_linearized": [ratio.linear_low, ratio.linear_high],
        "ci95_fieller": [ratio.fieller_low, ratio.fieller_high],
        "fieller_g": ratio.fieller_g,
        "baseline_above_chance_t": ratio.denominator_t,
        "ldc_end": 1 - found.retention[-1],
        "drop_end_pp": found.drop,
        "retention_by_level": found.retention.tolist(),
        "status": found.estimate.status.value,
    }


def ldc_difference(case: Case) -> Values:
    given = case.input
    first, second = _scores(case, "A_"), _scores(case, "B_")
    found = dependency_difference(
        given["levels"],
        first,
        second,
        given["chance"],
        _clusters(case),
        1 - given.get("alpha", 0.05),
    )
    errors = [found.first.ratio.standard_error, found.second.ratio.standard_error]
    return {
        "ldc_A": found.first.ratio.value,
        "ldc_B": found.second.ratio.value,
        "diff_A_minus_B": found.test.estimate,
        "se": found.test.standard_error,
        "ci95": [found.test.low, found.test.high],
        "p": found.test.p_value,
        "status": found.test.status.value,
        "se_if_models_treated_independent": math.hypot(*errors),
    }


def bootstrap_exact_mean(case: Case) -> Values:
    values = np.asarray(case.input["d"], dtype=np.float64)
    found = _bootstrap(unit_sums(values[:, None]))
    return {
        "estimate": found["estimate"],
        "exact_bootstrap_se": found["se"],
        "percentile_ci95": found["percentile"],
        "z0_midrank": found["z0"],
        "acceleration": found["a"],
        "bca_alpha": found["alpha"],
        "bca_ci95": found["bca"],
        "lattice_step": 1 / len(values),
    }


def bootstrap_exact_cluster(case: Case) -> Values:
    rows = case.table()
    values = np.array([float(row["score"] or "nan") for row in rows])
    found = _bootstrap(unit_sums(values[:, None], [row["cluster"] for row in rows]))
    return {
        "estimate": found["estimate"],
        "exact_cluster_bootstrap_se": found["se"],
        "percentile_ci95": found["percentile"],
        "z0_midrank": found["z0"],
        "acceleration_jackknife_clusters": found["a"],
        "bca_alpha": found["alpha"],
        "bca_ci95": found["bca"],
    }


def recovery_metrics(case: Case) -> Values:
    given = case.input
    found = recovery_rate(given["original"], given["scrambled"], given["recovered"])
    values: dict[str, Any] = {
        "ed_scrambled": found.distances_scrambled.tolist(),
        "ed_recovered": found.distances_recovered.tolist(),
        "recovery_rate_corpus": found.corpus.estimate,
        "recovery_rate_mean_of_items": found.mean_of_items.estimate,
    }
    if given.get("acc_original") is not None:
        values["rpg"] = gain_of_means(
            given["acc_original"], given["acc_scrambled"], given["acc_substituted"]
        )
    return values


def _bootstrap(units: UnitSums) -> dict[str, Any]:
    """Return the parts of the limits, also with few clusters, where limits are not reported."""
    replicates = replicate_means(units, np.random.default_rng(SEED), N_RESAMPLES)
    z0 = bias_correction(replicates, units.means)
    a = jackknife_acceleration(units.means_without_one)
    levels = bca_levels(z0, a)
    return {
        "estimate": float(units.means[0]),
        "se": float(replicates.std()),
        "percentile": order_statistics(replicates, np.array([[0.025], [0.975]]))[:, 0].tolist(),
        "z0": float(z0[0]),
        "a": float(a[0]),
        "alpha": levels[:, 0].tolist(),
        "bca": order_statistics(replicates, levels)[:, 0].tolist(),
    }


def _scores(case: Case, prefix: str) -> np.ndarray:
    """Return the level columns, as in s000 or A_s017, items by levels."""
    rows = case.table()
    names = [name for name in rows[0] if re.fullmatch(rf"{prefix}s\d+", name)]
    return np.array([[float(row[name] or "nan") for name in names] for row in rows])


def _clusters(case: Case) -> list[str] | None:
    rows = case.table()
    return [row["cluster"] for row in rows] if "cluster" in rows[0] else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


ADAPTERS: Mapping[str, Callable[[Case], Values]] = {
    "dose_response": dose_response,
    "isotonic_threshold": isotonic_threshold,
    "ldc": ldc,
    "ldc_difference": ldc_difference,
    "bootstrap_exact_mean": bootstrap_exact_mean,
    "bootstrap_exact_cluster": bootstrap_exact_cluster,
    "recovery_metrics": recovery_metrics,
}

NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {
    "bootstrap_exact_cluster": {
        "n_resamples_enumerated": "we draw resamples; only the case enumerates them",
        "wrong_row_bootstrap_se": "illustrates an error: rows are never resampled",
    },
}

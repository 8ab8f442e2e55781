"""Adapters: logistic models, trend over levels, scaling with size, change point."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scramblebench.statistics.models.conditional_logistic import (
    conditional_logistic,
    level_indicators,
    long_table,
)
from scramblebench.statistics.models.firth import firth_logistic
from scramblebench.statistics.models.logistic_gee import (
    ClusterCovariance,
    WorkingCorrelation,
    logistic_clustered,
    logistic_gee,
)
from scramblebench.statistics.models.meta_regression import Heterogeneity
from scramblebench.statistics.models.mixed_logistic import likelihood_ratio_test, mixed_logistic
from scramblebench.statistics.models.power_law import power_law
from scramblebench.statistics.models.scaling import log_log_line, scaling_regression
from scramblebench.statistics.models.segmented import segmented_regression
from scramblebench.statistics.models.trend import level_trend
from tests.golden.reference.cases import Case


def _scores(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return levels and the matrix of items by levels."""
    rows = case.table()
    names = [name for name in rows[0] if name[0] == "s" and name[1:].isdigit()]
    scores = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    levels = case.input.get("levels") or [int(name[1:]) / 100 for name in names]
    return np.array(levels, dtype=float), scores


def _long(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return response, level, item and the design with an intercept."""
    response, level, item = long_table(*_scores(case))
    return response, level, item, np.column_stack([np.ones(len(level)), level])


def _gee_logistic(case: Case) -> Mapping[str, Any]:
    response, _, item, design = _long(case)
    found = {}
    for correlation in WorkingCorrelation:
        fit = logistic_gee(
            response, design, item, correlation=correlation, covariance=ClusterCovariance.SANDWICH
        )
        found[str(correlation)] = {
            "coef": fit.coefficients,
            "robust_se": fit.standard_errors,
            "alpha": fit.dependence,
            "status": str(fit.status),
        }
        found["status"] = str(fit.status)
    return found


def _glmm_random_intercept(case: Case) -> Mapping[str, Any]:
    response, _, item, design = _long(case)
    full = mixed_logistic(response, design, item)
    laplace = mixed_logistic(response, design, item, nodes=1)
    test = likelihood_ratio_test(full, mixed_logistic(response, design[:, :1], item))
    values = [
        {
            "coef": fit.coefficients,
            "se": fit.standard_errors,
            "sigma_item": fit.item_standard_deviation,
            "loglik": fit.log_likelihood,
        }
        for fit in (full, laplace)
    ]
    return {
        "agq25": values[0],
        "laplace": values[1],
        "lrt_chi2_vs_no_slope": test.statistic,
        "lrt_p": test.p_value,
        "status": str(full.status),
    }


def _glm_cluster_robust(case: Case) -> Mapping[str, Any]:
    response, level, _, design = _long(case)
    clusters = np.repeat([row["cluster"] for row in case.table()], len(np.unique(level)))
    plain, corrected = (
        logistic_clustered(response, design, clusters, covariance=kind)
        for kind in (ClusterCovariance.SANDWICH, ClusterCovariance.DEGREES_OF_FREEDOM)
    )
    return {
        "coef": plain.coefficients,
        "se_model": np.sqrt(np.diag(plain.model_covariance)),
        "se_cluster_CR0": plain.standard_errors,
        "se_cluster_G_over_Gm1": corrected.standard_errors,
        "loglik": plain.log_likelihood,
        "deviance": plain.deviance,
        "status": str(plain.status),
    }


def _conditional_logistic(case: Case) -> Mapping[str, Any]:
    response, level, item, _ = _long(case)
    fit = conditional_logistic(response, level_indicators(level), item)
    return {
        "coef": [one.estimate for one in fit.coefficients],
        "se": [one.standard_error for one in fit.coefficients],
        "lr_chi2": fit.likelihood_ratio.statistic,
        "lr_df": fit.likelihood_ratio.df,
        "lr_p": fit.likelihood_ratio.p_value,
        "score": fit.score.statistic,
        "n_informative": fit.n_informative,
        "status": str(fit.status),
    }


def _firth_logistic(case: Case) -> Mapping[str, Any]:
    columns = case.columns()
    response = np.array(columns.pop("y"))
    design = np.column_stack([np.ones(len(response)), *columns.values()])
    fit = firth_logistic(response, design)
    return {
        "coef": [one.estimate for one in fit.coefficients],
        "se": [one.standard_error for one in fit.coefficients],
        "penalized_loglik": fit.penalised_log_likelihood,
        "status": str(fit.status),
    }


def _level_trend(case: Case) -> Mapping[str, Any]:
    levels, scores = _scores(case)
    response, level, item = long_table(levels, scores)
    conditional = conditional_logistic(response, level[:, None], item)
    trend = level_trend(levels, scores, np.random.default_rng(1))
    return {
        "clogit_beta": conditional.coefficients[0].estimate,
        "clogit_se": conditional.coefficients[0].standard_error,
        "clogit_lr": conditional.likelihood_ratio.statistic,
        "clogit_lr_p": conditional.likelihood_ratio.p_value,
        "clogit_score": conditional.score.statistic,
        "item_slope_mean": trend.slope.estimate,
        "item_slope_se": trend.slope.standard_error,
        "item_slope_t": trend.slope.statistic,
        "item_slope_p": trend.slope.p_value,
        "item_slope_ci": [trend.slope.low, trend.slope.high],
        "n_informative": conditional.n_informative,
        "status": str(conditional.status),
    }


def _scaling_fit(case: Case) -> Mapping[str, Any]:
    sizes, values, errors = (np.array(case.input[name], dtype=float) for name in ("N", "y", "se"))
    line = log_log_line(sizes, values)
    plain = scaling_regression(sizes, values, errors**2, minimum_scale=0.0)
    fixed = scaling_regression(sizes, values, errors**2, Heterogeneity.FIXED)
    return {
        "loglog": {
            "intercept": line.intercept,
            "exponent": line.exponent.estimate,
            "exponent_se": line.exponent.standard_error,
            "exponent_ci95": [line.exponent.low, line.exponent.high],
            "p": line.exponent.p_value,
            "r2": line.r_squared,
        },
        "meta_regression_reml_knha": {
            "coef": plain.coefficients,
            "se": plain.standard_errors,
            "tau2": plain.tau2,
            "p_slope": plain.coefficient(1).p_value,
        },
        "meta_regression_fixed": {
            "coef": fixed.coefficients,
            "se": fixed.standard_errors,
            "QE": fixed.residual_q,
            "QE_p": fixed.residual_q_p,
        },
    }


def _power_law_offset(case: Case) -> Mapping[str, Any]:
    fit = power_law(*(np.array(case.input[name], dtype=float) for name in ("x", "y")))
    return {
        "a": fit.factor,
        "b": fit.exponent,
        "gamma": fit.offset.estimate,
        "se": fit.standard_errors,
        "rss": fit.rss,
        "status": str(fit.status),
    }


def _segmented_regression(case: Case) -> Mapping[str, Any]:
    levels, means = (np.array(case.input[name], dtype=float) for name in ("x", "y"))
    fit = segmented_regression(levels, means, np.random.default_rng(1))
    return {
        "breakpoint": fit.break_point.estimate,
        "slope_left": fit.slope_left,
        "slope_right": fit.slope_right,
        "rss_segmented": fit.rss_segmented,
        "rss_linear": fit.rss_linear,
        "status": str(fit.status),
    }


ADAPTERS: Mapping[str, Callable[[Case], Mapping[str, Any]]] = {
    "gee_logistic": _gee_logistic,
    "glmm_random_intercept": _glmm_random_intercept,
    "glm_cluster_robust": _glm_cluster_robust,
    "conditional_logistic": _conditional_logistic,
    "firth_logistic": _firth_logistic,
    "level_trend": _level_trend,
    "scaling_fit": _scaling_fit,
    "power_law_offset": _power_law_offset,
    "segmented_regression": _segmented_regression,
}
NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {
    "segmented_regression": {
        "davies_p": "an upper bound for the p that the parametric bootstrap gives; for information",
    },
}

"""A comparison of two experiments as plain values for JSON."""

from typing import Any

from scramblebench.analysis.across import AcrossReport, Side
from scramblebench.analysis.across_cautions import across_cautions
from scramblebench.analysis.matching import CurvePair
from scramblebench.analysis.values import option_values, row_values


def across_values(report: AcrossReport) -> dict[str, Any]:
    """Return all of a comparison; NaN is null. Differences are A minus B, accuracies shares."""
    return {
        "first": _side(report.first),
        "second": _side(report.second),
        "models": [list(pair) for pair in report.pairs],
        "curves": [_curve(curve) for curve in report.curves],
        "options": option_values(report.options),
        "seed": report.seed,
        "comparisons": [{**row, "standing": report.standing} for row in row_values(report.rows)],
        "cautions": list(across_cautions(report)),
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "experiment_id": side.id,
        "name": side.name,
        "inputs_sha256": side.cube.inputs_sha256,
        "n_trials": len(side.plan),
        "n_answered": int(side.cube.n_answered.sum()),
    }


def _curve(curve: CurvePair) -> dict[str, Any]:
    return {
        "benchmark": curve.benchmark,
        "method": curve.method,
        "levels_pct": list(curve.levels_pct),
        "is_same_text": list(curve.same_text),
        "is_paired": bool(curve.n_shared),
        "n_shared_questions": curve.n_shared,
        "n_first_questions": curve.first.n_questions,
        "n_second_questions": curve.second.n_questions,
        "levels_left_out_pct": list(curve.left_out_pct),
    }

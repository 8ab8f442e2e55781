"""A report as plain values for JSON: the same bytes wherever the same scores are."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.plain import plain
from scramblebench.analysis.report import Report
from scramblebench.analysis.rows import AccuracyRow


def report_values(report: Report) -> dict[str, Any]:
    """Return all of a report; NaN is null, an infinite limit the string "inf" or "-inf".

    Nothing in it tells when, where or under which id it was computed.
    """
    return {
        "name": report.name,
        "inputs_sha256": report.inputs_sha256,
        "seed": report.seed,
        "options": option_values(report.options),
        "versions": dict(report.versions),
        "cautions": list(report.cautions),
        "accuracy": [accuracy_values(row) for row in report.accuracy],
        "domains": [accuracy_values(row) for row in report.domains],
        "dependency": row_values(report.dependency),
        "thresholds": row_values(report.thresholds),
        "trends": row_values(report.trends),
        "comparisons": row_values(report.comparisons),
        "contrasts": row_values(report.contrasts),
        "declared": plain(asdict(report.declared)) if report.declared else None,
    }


def option_values(options: AnalysisOptions) -> dict[str, Any]:
    """Return the options with threshold definitions in their words."""
    values = asdict(options)
    values["thresholds"] = [definition.text for definition in options.thresholds]
    return plain(values)


def accuracy_values(row: AccuracyRow) -> dict[str, Any]:
    """Return a point of a curve with what is missing of it."""
    return plain({**asdict(row), "n_missing": row.n_missing})


def row_values(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return dataclass rows as plain values."""
    return [plain(asdict(row)) for row in rows]

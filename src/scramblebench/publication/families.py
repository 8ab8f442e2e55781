"""Families of tests, counted: how many there are, and what came of them."""

from dataclasses import dataclass
from math import isnan

from scramblebench.analysis import ComparisonRow, Report
from scramblebench.analysis.wording import reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCount:
    """The comparisons of one kind on one benchmark and method.

    ``n_defined`` have a p-value, ``n_clear`` of these an adjusted one below alpha, ``n_equivalent`` none but
    a test of equivalence below it. ``why_undefined`` is the commonest reason of those without a p-value.
    """

    kind: str
    benchmark: str
    method: str
    correction: str
    n_tests: int
    n_defined: int
    n_clear: int
    n_equivalent: int
    why_undefined: str


def family_counts(report: Report) -> list[FamilyCount]:
    """Return the counts of all comparisons of a report, by kind, benchmark and method."""
    found: dict[tuple[str, str, str], list[ComparisonRow]] = {}
    for row in report.comparisons:
        found.setdefault((row.kind, row.benchmark, row.method), []).append(row)
    return [_count(rows, report.options.alpha) for rows in found.values()]


def _count(rows: list[ComparisonRow], alpha: float) -> FamilyCount:
    defined = [row for row in rows if not isnan(row.p_value)]
    reasons = [reason(row.status) for row in rows if isnan(row.p_value)]
    first = rows[0]
    return FamilyCount(
        kind=first.kind,
        benchmark=first.benchmark,
        method=first.method,
        correction=str(first.correction),
        n_tests=len(rows),
        n_defined=len(defined),
        n_clear=sum(row.p_adjusted < alpha for row in defined),
        n_equivalent=sum(row.equivalence_p < alpha <= row.p_adjusted for row in defined),
        why_undefined=max(reasons, key=reasons.count, default=""),
    )

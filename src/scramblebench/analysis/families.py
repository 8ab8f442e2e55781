"""Families of comparisons: what was declared to be adjusted together, adjusted."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.statistics.means.multiplicity import adjust

_EXPLORATORY = {"accuracy", "mean_accuracy"}
"""Many comparisons that nobody declared one by one: the false discovery rate, unless told otherwise."""

_BLIND = frozenset({Correction.BONFERRONI, Correction.HOLM})


def adjusted(rows: Sequence[ComparisonRow], options: AnalysisOptions) -> list[ComparisonRow]:
    """Return the comparisons with their p-values adjusted within their families, in the same order.

    Undefined tests do not count. Max-T adjusts levels (it was computed with them); where it is not
    defined, and for pairs of models, Holm takes its place, and the row says so. Comparisons of models at
    single levels are exploratory: Benjamini-Hochberg, unless no or another correction was asked for.
    """
    families: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        families.setdefault(row.family, []).append(position)
    found = list(rows)
    for members in families.values():
        for position, row in zip(
            members, _family([rows[m] for m in members], options), strict=True
        ):
            found[position] = row
    return found


def shared_baseline_warning(method: Correction, n_tests: int) -> tuple[str, ...]:
    """Return the warning of levels that are adjusted as if they did not share their baseline, if it is one."""
    if method not in _BLIND or n_tests < 2:
        return ()
    return (
        "levels share their baseline, of which this correction knows nothing: max-T is less cautious",
    )


def _family(rows: list[ComparisonRow], options: AnalysisOptions) -> list[ComparisonRow]:
    method = _method(rows, options)
    size = sum(not isnan(row.p_value) for row in rows)
    if method is Correction.MAX_T:
        return [replace(row, correction=method, family_size=size) for row in rows]
    values = adjust([row.p_value for row in rows], method)
    notes = shared_baseline_warning(method, size) if rows[0].kind == "level" else ()
    return [
        replace(
            row,
            p_adjusted=float(value),
            correction=method,
            family_size=size,
            warnings=(*row.warnings, *notes),
        )
        for row, value in zip(rows, values, strict=True)
    ]


def _method(rows: list[ComparisonRow], options: AnalysisOptions) -> Correction:
    if options.correction is Correction.MAX_T:
        is_computed = all(isnan(row.p_value) or not isnan(row.p_adjusted) for row in rows)
        return Correction.MAX_T if is_computed else Correction.HOLM
    is_default = options.correction is Correction.HOLM
    return Correction.BH if is_default and rows[0].kind in _EXPLORATORY else options.correction

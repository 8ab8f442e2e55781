"""The preregistration beside an analysis: which rows are confirmatory, and what is to be said of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.preregistration import AnyRow, declared_of, deviations, standing
from scramblebench.analysis.report import Report
from scramblebench.analysis.values import report_values
from scramblebench.evaluation import Registered

_KINDS = ("accuracy", "domains", "dependency", "thresholds", "trends", "comparisons", "contrasts")
_HASH_SHOWN = 12


def registration_words(registered: Registered | None) -> Iterator[str]:
    """Yield what was preregistered, a sentence each; nothing where it does not hold, which is a caution."""
    if registered is None:
        yield "nothing was preregistered: every test here is exploratory"
    elif registered.is_valid:
        declared = declared_of(registered.text)
        what = "the declared question" if declared.may_end_early else _listed(declared.primary)
        pairs = f" (comparing only {'; '.join(_pairs(declared.pairs))})" if declared.pairs else ""
        yield (
            f"frozen {registered.frozen_at[:16].replace('T', ' ')} UTC, before the first run, sha256 "
            f"{registered.sha256[:_HASH_SHOWN]}…: confirmatory: {what}{pairs}; all else is exploratory"
        )
        if registered.is_interim and not declared.may_end_early:
            yield "the experiment has not come to its planned end: until then all of this is exploratory"


def registration_cautions(
    registered: Registered | None, options: AnalysisOptions
) -> tuple[str, ...]:
    """Return what is wrong with the preregistration, or with the analysis by its measure."""
    if registered is None:
        return ()
    if not registered.is_valid:
        return tuple(
            f"the preregistration does not hold, nothing is confirmatory: {fault}"
            for fault in registered.faults
        )
    changed = deviations(registered, options)
    words = f"not as preregistered: {'; '.join(changed)}: the tests that it changes are exploratory"
    return (words,) if changed else ()


def _listed(primary: frozenset[str]) -> str:
    return ", ".join(sorted(name.replace("_", " ") for name in primary))


def _pairs(pairs: frozenset[frozenset[str]]) -> list[str]:
    return sorted(" and ".join(sorted(pair)) for pair in pairs)


def marked_values(report: Report, registered: Registered | None) -> dict[str, Any]:
    """Return the values of a report with the ``standing`` of each row, and with what is wrong of it.

    The standing follows from what was frozen and from the options; hash and time are not in it, so that
    the same scores, options and frozen content give the same bytes.
    """
    values = report_values(report)
    for kind in _KINDS:
        rows: Sequence[AnyRow] = getattr(report, kind)
        for row, value in zip(rows, values[kind], strict=True):
            value["standing"] = standing(registered, report.options, row)
    if report.declared is not None:
        values["declared"]["standing"] = standing(registered, report.options, report.declared)
    values["cautions"][:0] = registration_cautions(registered, report.options)
    return values

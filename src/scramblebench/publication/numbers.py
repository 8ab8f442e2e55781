"""What a number of a publication is called, and how it looks in tables and in sentences.

An id names a row by its kind and its keys, and after ``#`` a field of it; without ``#`` it is the row's own
number. Ids are plain ASCII without white space, the same in results, tables, macros and texts::

    accuracy/<model>/<benchmark>/<method>/<level>                accuracy
    domain/<model>/<benchmark>/<domain>/<method>/<level>         accuracy in one domain
    dependency/<model>/<benchmark>/<method>                      estimate
    threshold/<model>/<benchmark>/<method>/<definition>/<estimator>   level_pct
    trend/<model>/<benchmark>/<method>                           slope
    comparison/<kind>/<first>/<second>/<benchmark>/<method>/<level or all>   estimate
    contrast/<kind>/<model>/<benchmark>/<control>/<method>/<level>   estimate
    declared                                                     estimate
    family/<kind>/<benchmark>/<method>                           n_tests
    model/<model>                                                n_answered
    experiment                                                   n_answered
"""

from collections.abc import Iterator
from math import isinf, isnan
from typing import TypeAlias
from urllib.parse import quote

from scramblebench.analysis import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DeclaredRow,
    DependencyRow,
    Report,
    ThresholdRow,
    TrendRow,
)
from scramblebench.publication.families import FamilyCount, family_counts
from scramblebench.publication.source import ModelFacts, Publication

ReportRow: TypeAlias = (
    AccuracyRow
    | DependencyRow
    | ThresholdRow
    | TrendRow
    | ComparisonRow
    | ContrastRow
    | DeclaredRow
    | FamilyCount
)
Row: TypeAlias = ReportRow | ModelFacts | Publication

_CORRECTIONS = {
    "bonferroni": "Bonferroni",
    "holm": "Holm",
    "bh": "Benjamini–Hochberg",
    "by": "Benjamini–Yekutieli",
    "max_t": "step-down max-T",
    "none": "no correction",
}
_LITERAL = "()=,:+@"


def number_id(row: Row, field: str = "") -> str:
    """Return the id of a field of a row; of the row's own number where none is named, or that one is."""
    own, keys = _keys(row)
    stem = "/".join(map(_part, keys))
    return stem if field in ("", own) else f"{stem}#{_part(field)}"


def own_field(row: Row) -> str:
    """Return the field whose number an id without ``#`` means."""
    return _keys(row)[0]


def report_rows(report: Report) -> Iterator[ReportRow]:
    """Yield all rows of a report, kind by kind, and the counts of its families of tests."""
    yield from report.accuracy
    yield from report.domains
    yield from report.dependency
    yield from report.thresholds
    yield from report.trends
    yield from report.comparisons
    yield from report.contrasts
    if report.declared is not None:
        yield report.declared
    yield from family_counts(report)


def _keys(row: Row) -> tuple[str, tuple[str, ...]]:
    """Return the field that is the row's own number, and its keys with the kind before them."""
    match row:
        case AccuracyRow(domain=None):
            keys = ("accuracy", row.model, row.benchmark, row.method, level_key(row.level_pct))
            return "accuracy", keys
        case AccuracyRow():
            where = (row.benchmark, row.domain or "", row.method, level_key(row.level_pct))
            return "accuracy", ("domain", row.model, *where)
        case DependencyRow():
            return "estimate", ("dependency", row.model, row.benchmark, row.method)
        case ThresholdRow():
            how = (row.definition, row.estimator)
            return "level_pct", ("threshold", row.model, row.benchmark, row.method, *how)
        case TrendRow():
            return "slope", ("trend", row.model, row.benchmark, row.method)
        case ComparisonRow():
            level = "all" if row.level_pct is None else level_key(row.level_pct)
            who = (row.kind, row.first, row.second)
            return "estimate", ("comparison", *who, row.benchmark, row.method, level)
        case ContrastRow():
            where = (row.benchmark, row.control, row.method, level_key(row.level_pct))
            return "estimate", ("contrast", row.kind, row.model, *where)
        case DeclaredRow():
            return "estimate", ("declared",)
        case FamilyCount():
            return "n_tests", ("family", row.kind, row.benchmark, row.method)
        case ModelFacts():
            return "n_answered", ("model", row.spec.shown_name)
        case Publication():
            return "n_answered", ("experiment",)


def level_key(level_pct: float) -> str:
    """Return a level as it stands in ids and headings: ``17``, ``33.3``, with all digits that it has."""
    short = f"{level_pct:g}"
    return short if float(short) == level_pct else repr(float(level_pct))


def _part(text: str) -> str:
    return quote(text, safe=_LITERAL, errors="surrogatepass")


def percent(share: float, digits: int = 1) -> str:
    """Return a share as percent without its sign: ``85.7``; "" where it is undefined."""
    return decimal(share * 100, digits)


def decimal(value: float, digits: int) -> str:
    """Return a finite number with so many digits, and never ``-0.0``; "" for what is not finite."""
    if isnan(value) or isinf(value):
        return ""
    shown = f"{value:.{digits}f}"
    return shown.removeprefix("-") if float(shown) == 0 else shown


def usd(microusd: int) -> str:
    """Return micro-dollars as dollars: cents, and where they are fewer than 100, all that is there."""
    dollars = microusd / 1e6
    return f"{dollars:,.2f}" if microusd == 0 or dollars >= 1 else f"{dollars:.6f}".rstrip("0")


def count(n: int) -> str:
    """Return a count with thousands apart: ``46,018``."""
    return f"{n:,}"


def correction_name(correction: str) -> str:
    """Return a correction for many tests as papers name it."""
    return _CORRECTIONS.get(correction, correction)

"""The numbers and the words of a forest plot."""

from collections.abc import Iterator, Sequence
from math import isfinite

from scramblebench.analysis import DependencyRow
from scramblebench.analysis.wording import dependency_words, number, reason
from scramblebench.publication.figures.drawings import Cell
from scramblebench.publication.figures.forest_lines import Line, labelled
from scramblebench.publication.figures.lettering import readable
from scramblebench.publication.figures.standing import Standing

HEADS = (
    "benchmark", "method", "model", "is_simulated", "dependency_coefficient", "low", "high",
    "interval_method", "baseline_accuracy_share", "drop_share", "n_questions", "n_missing",
    "status", "reason",
)  # fmt: skip


def forest_cells(lines: Sequence[Line]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row per coefficient in the order of the figure; with a reason where it is undefined."""
    for r in _rows(lines):
        why = None if isfinite(r.estimate) else reason(r.status)
        yield (
            r.benchmark, r.method, r.model, r.is_simulated, r.estimate, r.low, r.high,
            r.interval_method or None, r.baseline_accuracy, r.drop, r.n_questions, r.n_missing,
            str(r.status), why,
        )  # fmt: skip


def forest_alt(lines: Sequence[Line], confidence: float, standing: Standing) -> str:
    """Return what the figure shows, in a few sentences with numbers."""
    rows = _rows(lines)
    known = [row for row in rows if isfinite(row.estimate)]
    how_many = {0: "without a coefficient", 1: "of 1 dependency coefficient"}.get(
        len(known), f"of {len(known)} dependency coefficients"
    )
    sentences = [
        f"Forest plot {how_many} with {confidence * 100:g} % intervals, the smallest above; 0 means that "
        "nothing is lost by scrambling, 1 that all accuracy above chance is.",
        standing.sentence,
        *_range(known),
        *_undefined(rows),
    ]
    return readable(" ".join(sentences))


def rounded(value: float, digits: int = 3) -> str:
    """Return a number that may be negative; what rounds to zero has no sign."""
    return number(round(value, digits) + 0.0, digits)


def _rows(lines: Sequence[Line]) -> list[DependencyRow]:
    return [row for line in lines for row in line.rows]


def _range(known: Sequence[DependencyRow]) -> Iterator[str]:
    if not known:
        return
    ordered = sorted(known, key=lambda row: row.estimate)
    ends = ordered if len(ordered) < 3 else [ordered[0], ordered[-1]]
    said = "; ".join(
        f"{labelled(row)} on {row.benchmark} by {row.method} {dependency_words(row)}, accuracy "
        f"{number(row.baseline_accuracy)} unscrambled, drop {rounded(row.drop)}"
        for row in ends
    )
    yield f"From smallest to largest: {said}." if len(ordered) > 2 else f"{said}."


def _undefined(rows: Sequence[DependencyRow]) -> Iterator[str]:
    """Yield how many are undefined on each curve, and why."""
    counts: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if not isfinite(row.estimate):
            key = (row.benchmark, row.method, reason(row.status))
            counts.setdefault(key, []).append(labelled(row))
    said = [
        f"{', '.join(names) if len(names) < 4 else f'{len(names)} models'} on {benchmark} by {method} ({why})"
        for (benchmark, method, why), names in counts.items()
    ]
    if said:
        yield f"Undefined: {'; '.join(said)}."

"""The numbers and the words of a flip heatmap."""

from collections.abc import Iterator, Sequence
from math import isnan

from scramblebench.publication.figures.drawings import Cell
from scramblebench.publication.figures.flip_rows import FlipPanel
from scramblebench.publication.figures.lettering import readable
from scramblebench.publication.figures.standing import Standing

_ID_DIGITS = 12
"""Hex digits of a question's id that are written; they tell questions apart."""
_ROUND = 4


def flip_heads(found: Sequence[FlipPanel]) -> tuple[str, ...]:
    """Return the names of the columns: three for each level of any panel."""
    return (
        "model", "is_simulated", "benchmark", "method", "row", "first_question_id", "n_questions",
        *(
            f"{what}_share_at_{level:g}_pct"
            for level in _levels(found)
            for what in ("score", "no_answer", "missing")
        ),
    )  # fmt: skip


def flip_cells(found: Sequence[FlipPanel], ids: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """Yield a line per row of the figure from above; empty where a level was not asked or not answered."""
    levels = _levels(found)
    for panel in found:
        places = [
            panel.levels_pct.index(level) if level in panel.levels_pct else None for level in levels
        ]
        first: list[int] = panel.first.tolist()
        shares = [
            [[_short(v) for v in row] for row in table.tolist()]
            for table in (panel.score, panel.no_answer, panel.missing)
        ]
        for row in range(len(panel.sizes)):
            values = (
                None if place is None else table[row][place] for place in places for table in shares
            )
            yield (
                panel.model, panel.is_simulated, panel.benchmark, panel.method, row + 1,
                ids[first[row]][:_ID_DIGITS], int(panel.sizes[row]), *values,
            )  # fmt: skip


def flip_alt(found: Sequence[FlipPanel], rule: str, standing: Standing) -> str:
    """Return what the figure shows, in a few sentences with numbers."""
    n = max(panel.tally.n_questions for panel in found)
    n_panels = "one panel" if len(found) == 1 else f"{len(found)} panels"
    curves = {f"{panel.benchmark}, {panel.method}" for panel in found}
    where = f" ({min(curves)})" if len(curves) == 1 else ""
    sentences = [
        f"Heatmap in {n_panels}{where}: {n:,} questions as rows and scrambling levels as columns, sorted "
        "so that questions that stay right stand above and those wrong from the start below.",
        standing.sentence,
        f"{'; '.join(_told(panel, has_curve=not where) for panel in found)}.",
        rule,
    ]
    return readable(" ".join(filter(None, sentences)))


def _levels(found: Sequence[FlipPanel]) -> list[float]:
    return sorted({level for panel in found for level in panel.levels_pct})


def _short(value: float) -> Cell:
    """Return a share as it is written: whole numbers without a point, so that files stay small."""
    if isnan(value):
        return None
    return int(value) if value == int(value) else round(value, _ROUND)


def _told(panel: FlipPanel, *, has_curve: bool) -> str:
    """Say how many questions stay right, flip, and what else there is."""
    tally = panel.tally
    first, last = panel.levels_pct[0], panel.levels_pct[-1]
    others = [
        f"{count:,} of {tally.n_cells:,} cells {name}"
        for name, count in (("without an answer", tally.n_no_answer), ("missing", tally.n_missing))
        if count
    ]
    where = f" on {panel.benchmark} by {panel.method}" if has_curve else ""
    return ", ".join(
        [
            f"{panel.name}{where}: {tally.n_always_right:,} of {tally.n_questions:,} right at every level",
            f"{tally.n_flipped:,} right at {first:g} and wrong at {last:g}",
            *others,
        ]
    )

"""Cells of tables: numbers for ``S`` columns, words in braces, limits for the line below, ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isinf, isnan

from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.numbers import decimal


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what stands in it, its limits on the line below, and the ids of these numbers.

    ``why_none`` is the reason of a dash. ``text`` is a bare number where the column aligns numbers, and LaTeX in braces for anything else.
    """

    text: str
    limits: str = ""
    ids: tuple[str, ...] = ()
    why_none: str = ""


@dataclass(slots=True)
class Marks:
    """The letters that stand for reasons, each explained once below the table."""

    reasons: list[str] = field(default_factory=list[str])

    def mark(self, reason: str) -> str:
        """Return the mark of a reason, the same for the same reason."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        return rf"\textsuperscript{{{_letters(self.reasons.index(reason))}}}"

    def notes(self) -> list[str]:
        """Return the explanations, as LaTeX."""
        return [
            rf"\textsuperscript{{{_letters(position)}}}\,{escape_tex(reason[:1].upper() + reason[1:])}."
            for position, reason in enumerate(self.reasons)
        ]


def _letters(position: int) -> str:
    letter = chr(ord("a") + position % 26)
    return letter if position < 26 else _letters(position // 26 - 1) + letter


def words(text: str) -> Cell:
    """Return a cell of LaTeX that is no number."""
    return Cell(f"{{{text}}}" if text else "")


def dash(reason: str, marks: Marks, *ids: str) -> Cell:
    """Return a dash that says below the table why there is no number."""
    return Cell(rf"{{\textendash{{}}{marks.mark(reason)}}}", ids=ids, why_none=reason)


def marked(cell: Cell, reason: str, marks: Marks) -> Cell:
    """Return the cell with the mark of a reason behind what stands in it."""
    inner = cell.text[1:-1] if cell.text.startswith("{") else cell.text
    return replace(cell, text=f"{{{inner}{marks.mark(reason)}}}")


def limits(low: float, high: float, digits: int, scale: float = 1) -> str:
    """Return an interval as LaTeX; "" where it has no limits. A limit that is infinite is beyond."""
    if isnan(low) or isnan(high):
        return ""
    return rf"[{bare(low * scale, digits)},\,{bare(high * scale, digits)}]"


def bare(value: float, digits: int) -> str:
    """Return a number as LaTeX text, with a true minus sign."""
    if isinf(value):
        return rf"\ensuremath{{{'-' * (value < 0)}\infty}}"
    shown = decimal(value, digits)
    return shown.replace("-", r"\ensuremath{-}")


def p_cell(p_value: float, reason: str, marks: Marks, name: str, *, is_bold: bool = False) -> Cell:
    """Return a p-value as ``0.012`` or ``< 0.001``, a dash with its reason where there is none."""
    if isnan(p_value):
        return dash(reason, marks, name)
    bold = r"\bfseries " * is_bold
    if p_value < 0.001:
        return Cell(rf"{{{bold}\textless{{}}\,0.001}}", ids=(name,))
    return Cell(f"{bold}{p_value:.3f}", ids=(name,))


def number_format(texts: Sequence[str]) -> str:
    """Return the ``table-format`` that holds the bare numbers among cells; "" where none is a number."""
    found = [text.removeprefix(r"\bfseries ") for text in texts]
    numbers = [text for text in found if text and text.lstrip("-").replace(".", "", 1).isdigit()]
    if not numbers:
        return ""
    whole = max(len(number.lstrip("-").partition(".")[0]) for number in numbers)
    decimals = max(len(number.partition(".")[2]) for number in numbers)
    sign = "-" if any(number.startswith("-") for number in numbers) else ""
    return f"{sign}{whole}.{decimals}"

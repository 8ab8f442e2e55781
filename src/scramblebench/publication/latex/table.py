"""A table as LaTeX: booktabs lines, aligned numbers, notes below, ids in comments above each line.

Every table is as wide as the text. What fits on a page floats; what does not is a longtable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scramblebench.publication.latex.cells import Cell, number_format
from scramblebench.publication.latex.escaping import escape_tex, visible

PACKAGES = (
    "array",
    "booktabs",
    "longtable",
    "multirow",
    "siunitx",
    "threeparttable",
)
"""What the preamble of a paper needs, beside T1 fonts."""
_MOST_LINES = 44
"""Lines of a body that still fit on a page with its caption and notes."""
NAME_LENGTH = 14
"""Letters of a heading that stand over a single column without a break."""
_LETTERS_IN_WIDTH = 80
"""About how many letters of a name fit in the width of a narrow paper's text."""
_SETUP = r"\sisetup{detect-weight=true, group-separator={,}, group-minimum-digits=4}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading as LaTeX, and the name, as it is, that spans it and others of its ``group``.

    ``name`` is what notes call it where it holds no number and is left out.
    """

    heading: str
    group: str = ""
    is_text: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the body: its names, as they are, and its cells. A line without cells divides."""

    heads: tuple[str, ...]
    cells: tuple[Cell, ...] = ()

    @property
    def is_double(self) -> bool:
        """Whether limits stand on a line below."""
        return any(cell.limits for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a table shows; all but the names of lines and groups is LaTeX already.

    ``heads`` are the headings of the columns of names, ``head_widths`` their shares of the width of the
    text, 0 for as wide as they are.
    """

    label: str
    caption: str
    heads: tuple[str, ...]
    head_widths: tuple[float, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]

    @property
    def n_columns(self) -> int:
        """All columns."""
        return len(self.heads) + len(self.columns)

    def to_tex(self) -> str:
        """Return the LaTeX of the table."""
        body = [text for line in self.lines for text in self._line(line)]
        n_lines = sum(1 + line.is_double for line in self.lines)
        parts = self._long(body) if n_lines > _MOST_LINES else self._float(body)
        return "\n".join(parts) + "\n"

    def _float(self, body: Sequence[str]) -> Iterator[str]:
        yield r"\begin{table}[htbp]\centering\small"
        yield rf"{_SETUP}\setlength{{\tabcolsep}}{{2pt}}"
        yield r"\begin{threeparttable}"
        yield rf"\caption{{{self.caption}}}\label{{{self.label}}}"
        yield rf"\begin{{tabular*}}{{\linewidth}}{{{self._columns()}}}"
        yield r"\toprule"
        yield from self._heading()
        yield r"\midrule"
        yield from body
        yield r"\bottomrule"
        yield r"\end{tabular*}"
        yield r"\begin{tablenotes}[para,flushleft]\footnotesize\raggedright"
        yield rf"\item {' '.join(self.notes)}"
        yield r"\end{tablenotes}"
        yield r"\end{threeparttable}"
        yield r"\end{table}"

    def _long(self, body: Sequence[str]) -> Iterator[str]:
        notes = " ".join(self.notes)
        yield rf"\begingroup\small{_SETUP}\setlength{{\tabcolsep}}{{2pt}}"
        yield r"\setlength{\LTleft}{0pt}\setlength{\LTright}{0pt}\setlength{\LTcapwidth}{\linewidth}"
        yield rf"\begin{{longtable}}{{{self._columns()}}}"
        yield rf"\caption{{{self.caption}}}\label{{{self.label}}}\\"
        yield r"\toprule"
        yield from self._heading()
        yield r"\midrule\endfirsthead"
        yield r"\toprule"
        yield from self._heading()
        yield r"\midrule\endhead"
        yield rf"\midrule\multicolumn{{{self.n_columns}}}{{r@{{}}}}{{continued on the next page}}\\\endfoot"
        yield r"\bottomrule"
        box = rf"\rlap{{\parbox[t]{{\linewidth}}{{\footnotesize\raggedright {notes}}}}}"
        yield rf"\multicolumn{{{self.n_columns}}}{{@{{}}l@{{}}}}{{{box}}}\\\endlastfoot"
        yield from body
        yield r"\end{longtable}"
        yield r"\endgroup"

    def _columns(self) -> str:
        heads = [
            rf">{{\raggedright\arraybackslash}}p{{{width:g}\linewidth}}" if width else "l"
            for width in self.head_widths
        ]
        return (
            "@{\\extracolsep{\\fill}}".join(["@{}", "".join(heads)])
            + "".join(self._numbers())
            + "@{}"
        )

    def _numbers(self) -> Iterator[str]:
        for position, column in enumerate(self.columns):
            texts = [line.cells[position].text for line in self.lines if line.cells]
            width = "" if column.is_text else number_format(texts)
            yield f"S[table-format={width}]" if width else "c"

    def _heading(self) -> Iterator[str]:
        groups = self._groups()
        if any(name for name, _, _ in groups):
            blank = " & ".join("" for _ in self.heads)
            cells = [_spanning(name, n) for name, _, n in groups]
            yield " & ".join([blank, *cells]) + r" \\"
            yield " ".join(
                rf"\cmidrule(lr){{{first}-{first + n - 1}}}" for name, first, n in groups if name
            )
        yield " & ".join([*self.heads, *(f"{{{c.heading}}}" for c in self.columns)]) + r" \\"

    def _groups(self) -> list[tuple[str, int, int]]:
        """Return the spans of columns: name, first column counted from 1, how many."""
        found: list[tuple[str, int, int]] = []
        for position, column in enumerate(self.columns, len(self.heads) + 1):
            if found and column.group and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1], found[-1][2] + 1)
            else:
                found.append((column.group, position, 1))
        return found

    def _line(self, line: Line) -> Iterator[str]:
        if not line.cells:
            (title,) = line.heads
            yield r"\addlinespace"
            shown = rf"\raggedright\textit{{{escape_tex(title)}}}"
            box = rf"\rlap{{\parbox[t]{{\linewidth}}{{{shown}}}}}"
            yield rf"\multicolumn{{{self.n_columns}}}{{@{{}}l@{{}}}}{{{box}}} \\*"
            return
        heads = [
            _head(head, width, is_double=line.is_double)
            for head, width in zip(line.heads, self.head_widths, strict=True)
        ]
        ids = [name for cell in line.cells for name in cell.ids]
        yield f"% {' '.join(ids)}"
        end = r" \\*" if line.is_double else r" \\"
        yield " & ".join([*heads, *(cell.text for cell in line.cells)]) + end
        if line.is_double:
            below = [rf"{{\footnotesize {c.limits}}}" if c.limits else "" for c in line.cells]
            yield " & ".join([*("" for _ in line.heads), *below]) + r" \\"


def _spanning(name: str, n: int) -> str:
    """Return a heading over several columns; a long one is broken."""
    wide = rf">{{\centering\arraybackslash}}p{{{0.12 * n:g}\linewidth}}"
    return rf"\multicolumn{{{n}}}{{{wide if len(name) > NAME_LENGTH * n else 'c'}}}{{\footnotesize {escape_tex(name)}}}"


def _head(name: str, width: float, *, is_double: bool) -> str:
    """Return the name of a line; with limits below it, one that needs two lines takes that space too."""
    shown = escape_tex(name)
    letters = len(visible(name))
    is_long = letters > width * _LETTERS_IN_WIDTH
    if is_double and is_long and letters < 1.6 * width * _LETTERS_IN_WIDTH:
        return rf"\multirow[t]{{2}}{{=}}{{{shown}}}"
    return shown

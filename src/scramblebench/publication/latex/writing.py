"""All tables of a publication: as strings by type, and as files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from scramblebench.core.errors import UsageError
from scramblebench.publication.latex.cost import cost_tables
from scramblebench.publication.latex.document import all_tables_tex
from scramblebench.publication.latex.macros import macros_tex
from scramblebench.publication.latex.models import comparison_tables
from scramblebench.publication.latex.significance import significance_tables
from scramblebench.publication.latex.summary import domain_tables, summary_tables
from scramblebench.publication.latex.table import PACKAGES, Table
from scramblebench.publication.latex.thresholds import threshold_tables
from scramblebench.publication.source import Publication

_MAKERS: Mapping[str, Callable[[Publication], Iterator[Table]]] = {
    "summary": summary_tables,
    "model_comparison": comparison_tables,
    "significance_tests": significance_tables,
    "thresholds": threshold_tables,
    "cost": cost_tables,
    "domains": domain_tables,
}
TABLE_TYPES = tuple(_MAKERS)
"""The types of tables, in the order of a paper."""


def tables_of(publication: Publication, name: str) -> list[Table]:
    """Return the tables of one type."""
    return list(_MAKERS[name](publication))


def table_texts(publication: Publication, types: Sequence[str] | None = None) -> dict[str, str]:
    """Return the LaTeX of tables by type; all types that have rows where none is named.

    Raises UsageError for a type that is not known, and for one named that this experiment has no rows for.
    """
    wanted = TABLE_TYPES if types is None else tuple(dict.fromkeys(types))
    unknown = [name for name in wanted if name not in _MAKERS]
    if unknown:
        raise UsageError(f"no table is called {unknown[0]!r}; there are {', '.join(TABLE_TYPES)}")
    found = {name: tables_of(publication, name) for name in wanted}
    empty = [name for name, tables in found.items() if not tables]
    if types is not None and empty:
        raise UsageError(f"there is nothing for the table {empty[0]!r} in this experiment")
    head = f"% Needs \\usepackage{{{','.join(PACKAGES)}}} and T1 fonts; above each line its numbers' ids\n"
    return {
        name: head + "\n".join(table.to_tex() for table in tables)
        for name, tables in found.items()
        if tables
    }


def write_tables(
    publication: Publication, folder: Path, types: Sequence[str] | None = None
) -> dict[str, Path]:
    """Write ``tables/<type>.tex``, ``all_tables.tex`` and ``macros.tex`` into a folder; return the files by name.

    Raises UsageError as ``table_texts`` does, before anything is written.
    """
    texts = table_texts(publication, types)
    files = {name: (folder / "tables" / f"{name}.tex", text) for name, text in texts.items()}
    files["all_tables"] = (folder / "all_tables.tex", all_tables_tex(publication, texts))
    files["macros"] = (folder / "macros.tex", macros_tex(publication))
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for path, text in files.values():
        path.write_text(text, encoding="utf-8", newline="\n")
    return {name: path for name, (path, _) in files.items()}

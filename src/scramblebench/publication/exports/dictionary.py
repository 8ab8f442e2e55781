"""The data dictionary: every column of every table, written from the definitions that make them."""

from collections.abc import Iterable, Iterator

from scramblebench.publication.exports.columns import Row, Table, text
from scramblebench.publication.exports.data_tables import PROMPTED_RESPONSES, RESPONSES
from scramblebench.publication.exports.escapes import SCHEME

DICTIONARY = Table(
    "data_dictionary",
    "a column of a table",
    (
        text("table", "Name of the table; *: all of them."),
        text("one_row", "What a row of the table is.", empty="all tables"),
        text("column", "Name of the column."),
        text("type", "text, integer, number, boolean, list of texts or mapping."),
        text("unit", "Unit or range.", empty="there is none"),
        text("empty", "What an empty cell means.", empty="no cell is empty"),
        text("description", "What the column holds."),
    ),
)

_ALL_CELLS = ("*", None, "*", "text", None, "unknown or undefined, never zero", SCHEME)


def dictionary_rows(tables: Iterable[Table]) -> Iterator[Row]:
    """Yield a row per column, after one that says how texts are written."""
    yield _ALL_CELLS
    for table in tables:
        written = PROMPTED_RESPONSES if table is RESPONSES else table
        for column in written.columns:
            is_optional = written is not table and column not in table.columns
            yield (
                table.name,
                table.one_row,
                column.name,
                column.kind.value,
                column.unit or None,
                column.empty or None,
                f"{column.description} Only with --include-prompts." if is_optional else column.description,
            )  # fmt: skip

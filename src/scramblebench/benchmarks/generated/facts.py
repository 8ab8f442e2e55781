"""Common knowledge: capitals, colors, young animals, counts."""

from scramblebench.benchmarks.generated.fact_tables import EASY, HARD, MEDIUM, Table
from scramblebench.benchmarks.generated.items import Family, Item, Kind
from scramblebench.core.randomness import RandomStream


def table_kind(table: Table) -> Kind:
    """Return the kind that asks for one row of a table in the words of one of its templates."""
    name, templates, rows = table

    def make(stream: RandomStream, _index: int) -> Item:
        subject = stream.choice(list(rows))
        text = stream.choice(templates).format(subject)
        return Item(text, tuple(rows[subject].split("/")), topic=f"{name} {subject}")

    return Kind(name, make)


FACTS: Family = {
    "easy": [table_kind(table) for table in EASY],
    "medium": [table_kind(table) for table in MEDIUM],
    "hard": [table_kind(table) for table in HARD],
}

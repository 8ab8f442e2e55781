"""Tables and lists in Markdown, and text in them that is text and nothing else."""

from collections.abc import Iterable, Sequence

from scramblebench.publication.metadata.clean import line
from scramblebench.publication.texts.markdown import escape_markdown


def escape(text: str) -> str:
    """Return text on one line that Markdown shows as it is, as all metadata have it."""
    return escape_markdown(line(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list of items that are Markdown already."""
    return "\n".join(f"- {item}" for item in items)

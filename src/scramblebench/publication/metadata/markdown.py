"""Markdown in which what comes from outside is text and nothing else."""

import re
from collections.abc import Iterable, Sequence

from scramblebench.publication.metadata.clean import line

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~$#!])")


def escape(text: str) -> str:
    """Return text on one line that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", line(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list of items that are Markdown already."""
    return "\n".join(f"- {item}" for item in items)

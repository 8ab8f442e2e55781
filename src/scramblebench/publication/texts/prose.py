"""Prose as a value: headings, paragraphs, lists and literal texts, written as Markdown or as LaTeX."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from scramblebench.publication.latex import escape_lines, escape_tex
from scramblebench.publication.texts.markdown import escape_markdown, fenced

_SECTIONS = ("section", "subsection", "subsubsection")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` counts from 1."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences, in one paragraph."""

    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; each entry is a sentence or more."""

    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A text that is shown as it is, line by line: a prompt."""

    text: str


Block: TypeAlias = Heading | Paragraph | Bullets | Literal


def paragraph(*sentences: str) -> Paragraph:
    """Return a paragraph of the sentences that are not empty."""
    return Paragraph(tuple(sentence for sentence in sentences if sentence))


def markdown(blocks: Iterable[Block]) -> str:
    """Return the blocks as Markdown; no text in them is taken for markup."""
    return "\n\n".join(_markdown(blocks)) + "\n"


def _markdown(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading():
                yield f"{'#' * block.level} {escape_markdown(block.text)}"
            case Paragraph() if block.sentences:
                yield escape_markdown(" ".join(block.sentences))
            case Bullets() if block.entries:
                yield "\n".join(f"- {escape_markdown(entry)}" for entry in block.entries)
            case Literal():
                yield fenced(block.text)
            case _:
                continue


def latex(blocks: Iterable[Block]) -> str:
    """Return the blocks as LaTeX without a preamble; no text in them is taken for a command."""
    return "\\begingroup\\sloppy\n" + "\n\n".join(_latex(blocks)) + "\n\\par\\endgroup\n"


def _latex(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading():
                yield rf"\{_SECTIONS[block.level - 1]}{{{escape_tex(block.text)}}}"
            case Paragraph() if block.sentences:
                yield "\n".join(map(escape_tex, block.sentences))
            case Bullets() if block.entries:
                entries = "\n".join(rf"\item {escape_tex(entry)}" for entry in block.entries)
                yield f"\\begin{{itemize}}\n{entries}\n\\end{{itemize}}"
            case Literal():
                yield (
                    "\\begin{quote}\\small\\ttfamily\\raggedright\n"
                    f"{escape_lines(block.text)}\n\\end{{quote}}"
                )
            case _:
                continue


def listed(words: Iterable[str]) -> str:
    """Return ``a, b and c``."""
    found = list(words)
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def closed(text: str) -> str:
    """Return a text with a full stop; its first letter may be a name's, and stays."""
    found = text.strip()
    return found + ("" if found.endswith((".", "!", "?")) else ".")


def sentence(text: str) -> str:
    """Return a text as a sentence: a capital first, a full stop last."""
    found = closed(text)
    return found[:1].upper() + found[1:]

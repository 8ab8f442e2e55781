"""Text in words, sentences and grapheme clusters: where the units of the methods begin and end."""

import re
from collections.abc import Iterator

import regex

from scramblebench.scrambling.spans import Span

# Texts of these characters only hold no cluster longer than one character, \r\n apart, so the fast
# rules of `re` do; the ranges are listed, so nothing hangs on the Unicode version of Python.
_LETTER = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af"
    "\u0370-\u0373\u0376\u0377\u037b-\u037d\u0386\u0388-\u03ff\u0400-\u0481\u048a-\u052f"
)
_PLAIN = re.compile(
    rf"[\0-~{_LETTER}\u00a0-\u00ac\u00ae-\u00bf×÷\u2010-\u2027\u2030-\u205e\u20ac]*"
)
_PLAIN_LETTERS = re.compile(f"[{_LETTER}]+")
_PLAIN_LETTERS_DIGITS = re.compile(f"[{_LETTER}0-9]+")
_LETTERS = regex.compile(r"(?:(?=\p{L})\X)+")
_LETTERS_DIGITS = regex.compile(r"(?:(?=[\p{L}0-9])\X)+")
_CLUSTER = regex.compile(r"\X")

# A word keeps its inner apostrophes and hyphens; Han, which has no spaces, is a word a character.
_JOINERS = r"'’\-"
_PLAIN_WORD = re.compile(rf"[{_LETTER}]+(?:[{_JOINERS}][{_LETTER}]+)*")
_PLAIN_WORD_DIGITS = re.compile(rf"[{_LETTER}0-9]+(?:[{_JOINERS},.][{_LETTER}0-9]+)*")
_HAN = r"(?=\p{Han})\X"
_OTHER = r"(?:(?=\p{L})(?!\p{Han})\X)+"
_WORD = regex.compile(rf"{_HAN}|{_OTHER}(?:[{_JOINERS}]{_OTHER})*")
_OTHER_DIGITS = r"(?:(?=[\p{L}0-9])(?!\p{Han})\X)+"
_WORD_DIGITS = regex.compile(rf"{_HAN}|{_OTHER_DIGITS}(?:[{_JOINERS},.]{_OTHER_DIGITS})*")

_CLOSERS = "\"'”’»)\\]」』）"
_SENTENCE_END = re.compile(rf"[.!?…؟।]+[{_CLOSERS}]*(?=\s)|[。！？]+[{_CLOSERS}]*|(?=[\r\n])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Prof|Sr|Jr|vs|e\.g|i\.e|cf|approx|No|Nos|Fig|Eq|etc)\.$"
)
_ABBREVIATION_LENGTH = 9


def is_plain(text: str) -> bool:
    """Whether every character is a grapheme cluster by itself (\\r\\n apart)."""
    return text.isascii() or _PLAIN.fullmatch(text) is not None


def letter_runs(text: str, *, has_digits: bool = False) -> list[Span]:
    """Return the runs of letters, each letter with its marks; digits count as letters if asked."""
    if is_plain(text):
        plain = _PLAIN_LETTERS_DIGITS if has_digits else _PLAIN_LETTERS
        return [found.span() for found in plain.finditer(text)]
    pattern = _LETTERS_DIGITS if has_digits else _LETTERS
    return [found.span() for found in pattern.finditer(text)]


def word_spans(text: str, *, has_digits: bool = False) -> list[Span]:
    """Return the words, with inner apostrophes and hyphens; numbers are words if asked."""
    if is_plain(text):
        plain = _PLAIN_WORD_DIGITS if has_digits else _PLAIN_WORD
        return [found.span() for found in plain.finditer(text)]
    pattern = _WORD_DIGITS if has_digits else _WORD
    return [found.span() for found in pattern.finditer(text)]


def clusters(text: str) -> list[str]:
    """Return the grapheme clusters of a text."""
    return list(text) if text.isascii() and "\r" not in text else _CLUSTER.findall(text)


def _is_sentence_end(text: str, found: "re.Match[str]") -> bool:
    if found[0][:1] != ".":
        return True
    before = text[max(0, found.start() - _ABBREVIATION_LENGTH) : found.start() + 1]
    if _ABBREVIATION.search(before):
        return False
    following = text[found.end() :].lstrip(" \t")[:1]
    return not following.islower()


def sentence_spans(text: str) -> Iterator[Span]:
    """Yield the sentences, without the white space around them; a line's end ends one too."""
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if found.end() > start and _is_sentence_end(text, found):
            yield from _trimmed(text, start, found.end())
            start = found.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    end -= len(body) - len(body.rstrip())
    if start < end:
        yield start, end

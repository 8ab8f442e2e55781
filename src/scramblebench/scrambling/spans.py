"""What no method touches: the scanner for preserved spans, one rule per kind.

Each kind is found by itself; where spans overlap or touch they count as one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import regex

Span = tuple[int, int]

FILLER = "\0"  # stands for every character of a preserved span in a blanked text

# `code`, ```code```, $math$, $$math$$, \(math\), \[math\], \begin{..}..\end{..}, \command[..]{..}
_CODE = r"```[\s\S]+?```|`[^`\n]+`"
_BRACES = r"\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]*\})*\})*\}"
_MATH = (
    r"\$\$[^$]+\$\$"
    r"|\$(?![\s$])[^$\n]{1,200}+(?<![\s\\])\$(?![0-9A-Za-z])"
    r"|\\\([^\n]{1,500}?\\\)|\\\[[\s\S]{1,1000}?\\\]"
    r"|\\begin\{(\w{1,20}\*?)\}[\s\S]{0,4000}?\\end\{\1\}"
    rf"|\\[A-Za-z]+\*?(?:\[[^\]\n]{{0,100}}\]|{_BRACES})*"
)
_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>\"]+")
# {name}, {{name}}, <blank>, </b>, <a href="..">, [MASK], [[MASK]], ____
_PLACEHOLDER = (
    r"\{\{[^{}\n]{1,60}\}\}|\{[A-Za-z_][\w.-]{0,60}\}"
    r"|</?[A-Za-z][\w-]*(?:\s[^<>\n]{0,200}=[^<>\n]{0,200})?/?>"
    r"|\[[A-Z][A-Z0-9_]+\]|__+"
)
_BRACKETED_LABEL = r"\((?:[A-Za-z]|[ivx]{1,4})\)"
_STRUCTURE = re.compile(f"{_CODE}|{_MATH}|{_PLACEHOLDER}|{_BRACKETED_LABEL}", re.ASCII)
_STRUCTURE_SIGN = re.compile(r"[`$\\{<\[(_]")  # what they begin with
_CLOSING_PUNCTUATION = ".,;:!?)]}'"

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)

# At the start of a line: "A)", "A. ", "(A)", "- A)", "A)A)" (it occurs), "Options:" and the like
_LINE_LABEL = re.compile(
    r"[ \t]*(?:(?:[-*] )?(?:(?:\(?[A-Za-z]\)[ \t]*)+|\(?[A-Za-z]\.(?=[ \t]))"
    r"|(?:answer )?(?:options|choices)[ \t]*:)",
    re.IGNORECASE | re.ASCII,
)

# 12, 1,234.5, .5, 3/4, 7/9/1972, 12:30, 45°, 20°C, 50%, 1e-5, 3rd: signs and currency are no letters
_NUMBER = re.compile(
    r"\d+(?:[.,/:]+\d+)*(?:[eE][+-]?\d+|(?:st|nd|rd|th)(?![A-Za-z])|[ ]?°[CF]?(?![A-Za-z])|%)?"
)
_LETTERED_NUMBER = re.compile(
    r"\d(?:[eE][+-]?\d+|(?:st|nd|rd|th)(?![A-Za-z])|[ ]?°[CF](?![A-Za-z]))"
)
_NAME = regex.compile(r"(?<=[^\s.!?:\"“”‘(\[]['’\"”)]?[ ,]{1,2})\p{Lu}[\p{L}\p{M}]+")
_PROSE = re.compile(r"[A-Za-z]{2,}[,;]? +[A-Za-z]{2,}")
_COMMAND = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})?")


def _is_money(found: str) -> bool:
    """Whether "$5 and US$" was taken for mathematics: two plain words in a row, no display."""
    if not found.startswith("$") or found.startswith("$$"):
        return False
    return _PROSE.search(_COMMAND.sub("", found)) is not None


def _structures(text: str) -> Iterator[Span]:
    """Yield code, mathematics, placeholders and bracketed labels."""
    sign = _STRUCTURE_SIGN.search(text)
    while sign:
        end = sign.end()
        found = _STRUCTURE.match(text, sign.start())
        if found and not _is_money(found[0]):
            end = found.end()
            yield found.span()
        sign = _STRUCTURE_SIGN.search(text, end)


def _addresses(text: str) -> Iterator[Span]:
    """Yield web and e-mail addresses, without the punctuation after them."""
    if "://" in text or "www." in text:
        for found in _URL.finditer(text):
            yield found.start(), found.start() + len(found[0].rstrip(_CLOSING_PUNCTUATION))
    if "@" in text:
        yield from (found.span() for found in _EMAIL.finditer(text))


def _line_labels(text: str) -> Iterator[Span]:
    """Yield the option letters at the start of lines, and headers such as "Options:"."""
    start = 0
    while True:
        if label := _LINE_LABEL.match(text, start):
            yield label.span()
        start = text.find("\n", start) + 1
        if start == 0:
            return


def options_start(text: str) -> int:
    """Return where the answer options begin inside a text; its length where it has none."""
    return next(_line_labels(text), (len(text), 0))[0]


def _names(text: str) -> Iterator[Span]:
    """Yield words that stand capitalised inside a sentence, wherever they occur."""
    names = {found[0] for found in _NAME.finditer(text)}
    if names:
        anywhere = regex.compile(r"\b(?:" + "|".join(sorted(names, reverse=True)) + r")\b")
        yield from (found.span() for found in anywhere.finditer(text))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def preserved_spans(
    text: str, *, has_numbers: bool = True, has_names: bool = False, is_letters_only: bool = False
) -> list[Span]:
    """Return what must not be touched as sorted, disjoint (start, end) in characters.

    ``has_numbers`` and ``has_names`` say whether numbers and names are preserved too. With
    ``is_letters_only``, of numbers only those with letters in them: faster, where units are letters.
    """
    spans = [*_line_labels(text), *_structures(text), *_addresses(text)]
    if has_numbers:
        number = _LETTERED_NUMBER if is_letters_only else _NUMBER
        spans += [found.span() for found in number.finditer(text)]
    if has_names:
        spans += _names(text)
    return _merged(spans) if len(spans) > 1 else spans


def blanked(text: str, spans: Iterable[Span]) -> str:
    """Return the text with every character of the spans replaced by the filler; lengths are kept."""
    pieces: list[str] = []
    end = 0
    for start, following in spans:
        pieces += text[end:start], FILLER * (following - start)
        end = following
    return "".join((*pieces, text[end:])) if pieces else text


def filled(text: str, places: Sequence[Span], pieces: Iterable[str]) -> tuple[str, list[int]]:
    """Return the text with the pieces in the places, and where each then begins."""
    parts: list[str] = []
    starts: list[int] = []
    copied, length = 0, 0
    for (start, end), piece in zip(places, pieces, strict=True):
        length += start - copied
        starts.append(length)
        length += len(piece)
        parts += text[copied:start], piece
        copied = end
    return "".join((*parts, text[copied:])), starts

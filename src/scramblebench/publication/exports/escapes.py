"""Texts in files that cannot hold every text, or in which some texts would come alive.

**Characters.** What a format cannot hold is written as U+241B (symbol for escape) and four hexadecimal
digits: NUL as ``␛0000``, a lone surrogate as ``␛D800``. A U+241B that four such digits follow is itself
written as ``␛241B``, so that every text comes back exactly.

**Formulas.** In CSV and Excel a text gets one apostrophe before it where a spreadsheet would read it as
a formula (it begins with = + - @ or their wide forms, white space before them or not), where it begins
with a tab, a line break or an apostrophe, and where it is the empty text: an empty cell is an unknown
value. Whoever reads takes one apostrophe away. Numbers are never touched.
"""

import json
import re
from typing import Any, Final

MARK: Final = "\N{SYMBOL FOR ESCAPE}"
"""What an escape begins with; texts without it need no ``unescaped``."""

_LITERAL = f"{MARK}(?=[0-9A-F]{{4}})"
_SURROGATES = "\ud800-\udfff"
IN_CSV: Final = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_SURROGATES}]|{_LITERAL}")
"""Control characters but tab and line breaks, and surrogates."""
IN_EXCEL: Final = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_SURROGATES}\ufffe\uffff]|{_LITERAL}"
    r"|_(?=x[0-9A-Fa-f]{4}_)|\A<(?=r>)"
)
"""The same, carriage returns, what XML forbids, what Excel would take for an escape of its own, and the
beginning of what XlsxWriter would take for rich text, which it writes unescaped."""
IN_PARQUET: Final = re.compile(f"[{_SURROGATES}]|{_LITERAL}")
"""Surrogates: UTF-8 has no form for them."""
IN_JSON: Final = re.compile(f"[\ud800-\udbff](?=[\udc00-\udfff])|{_LITERAL}")
"""Halves of a pair side by side, which JSON would join; a surrogate alone has JSON's own escape."""

_ALIVE = re.compile(r"(?:\s|\ufeff)*[=+\-@＝＋－＠]|['\t\r\n]|\Z")
_ESCAPED = re.compile(f"{MARK}([0-9A-F]{{4}})")


def escaped(text: str, forbidden: re.Pattern[str]) -> str:
    """Return a text without forbidden characters."""
    return forbidden.sub(lambda found: f"{MARK}{ord(found[0]):04X}", text)


def unescaped(text: str) -> str:
    """Return the text that ``escaped`` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if MARK in text else text


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula or for an empty cell."""
    return f"'{text}" if _ALIVE.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that ``guarded`` was given."""
    return text.removeprefix("'")


def json_text(value: Any) -> str:
    """Return a list or mapping as JSON in one cell; surrogates stand as they are."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


SCHEME: Final = (
    "A character that a file cannot hold is written as U+241B and its four hexadecimal digits (NUL: 0000). "
    "In CSV and Excel an apostrophe stands before texts that begin with = + - @, a tab, a line break or an "
    "apostrophe, and for the empty text; an empty cell is an unknown value. "
    "scramblebench.publication.exports.read_export undoes both."
)
"""The scheme in words, for whoever has the files alone."""

"""Text that every database takes: NUL and lone surrogates replaced, the original kept beside it.

PostgreSQL refuses U+0000 and no driver encodes a lone surrogate, but both come out of models and
benchmark files. Each table with free text therefore has a column ``exact``: NULL nearly always, else
a JSON object of the altered columns' true texts in UTF-8 with surrogates passed.
"""

import json
from collections.abc import Sequence
from typing import Any

from scramblebench.core.errors import StorageError

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Texts = tuple[str | None, ...]


def is_storable(text: str | None) -> bool:
    """Whether both databases take the text as it is."""
    if text is None:
        return True
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(text: str) -> str:
    """Return the text with each NUL and lone surrogate replaced by U+FFFD."""
    if is_storable(text):
        return text
    return "".join(
        REPLACEMENT if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text
    )


def pack(names: Sequence[str], texts: Texts) -> tuple[Texts, bytes | None]:
    """Return the storable texts and, where one had to be altered, the bytes for ``exact``."""
    for text in texts:
        if not is_storable(text):
            break
    else:
        return texts, None
    altered = {name: text for name, text in zip(names, texts, strict=True) if not is_storable(text)}
    exact = json.dumps(altered, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return tuple(text if text is None else storable(text) for text in texts), exact


def unpack(names: Sequence[str], texts: Sequence[str | None], exact: bytes | None) -> Texts:
    """Return the texts as they were before ``pack``."""
    if exact is None:
        return tuple(texts)
    try:
        originals = json.loads(bytes(exact).decode("utf-8", "surrogatepass"))
    except (TypeError, ValueError) as error:
        raise damaged(error) from error
    if not isinstance(originals, dict):
        raise damaged("no object where one was stored")
    return tuple(originals.get(name, text) for name, text in zip(names, texts, strict=True))


def without(name: str, exact: bytes | None) -> bytes | None:
    """Return ``exact`` without what it says of one column, which has a new text."""
    if exact is None:
        return None
    kept: dict[str, str] = json.loads(bytes(exact).decode("utf-8", "surrogatepass"))
    kept.pop(name, None)
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "surrogatepass") if kept else None


def read_list(text: str | None) -> list[Any]:
    """Return a list that was stored as JSON; empty for None and "". Raises StorageError where it is none."""
    try:
        values = json.loads(text or "[]")
    except ValueError as error:
        raise damaged(error) from error
    if not isinstance(values, list):
        raise damaged("no list where one was stored")
    return values


def damaged(what: object) -> StorageError:
    """Return the error that says what is wrong with a database's content."""
    return StorageError(f"the database is damaged: {what}; restore it from a copy")

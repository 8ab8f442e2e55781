"""Text fit for every metadata format: what XML cannot carry, DataCite cannot, and nobody can see."""

import re

_BAD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def line(text: str) -> str:
    """Return text on one line; control characters are shown as replacement characters."""
    return " ".join(_BAD.sub("\ufffd", text).split())


def paragraphs(text: str) -> str:
    """Return text in paragraphs with an empty line between them, each on one line."""
    parts = (line(part) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return "\n\n".join(part for part in parts if part)

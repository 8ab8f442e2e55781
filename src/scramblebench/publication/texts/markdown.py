"""Any text in Markdown, literal: no emphasis, link, HTML or heading comes of it."""

import re

_NUMBERS = r"\[(?:> )?[-+−0-9.,∞]+(?:, (?:> )?[-+−0-9.∞]+)?\](?![(\[:])"
"""An interval: brackets that no link comes of."""
_ALWAYS = re.compile(rf"(?P<interval>{_NUMBERS})|[\\`*\[\]|~$]|<(?=[A-Za-z/!?])")
_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_AMPERSAND = re.compile(r"&(?=[A-Za-z#])")
_START = re.compile(r"^([-+=#>])|^(\d{1,9})([.)])(?=\s|$)")
_ADDRESS = re.compile(r"(?<=[A-Za-z])://|(?<=\bwww)\.", re.IGNORECASE)


def shown(text: str) -> str:
    """Return the text with what cannot be seen as its code point: ``[U+0007]``."""
    return "".join(c if c.isprintable() else f"[U+{ord(c):04X}]" for c in text)


def escape_markdown(text: str) -> str:
    """Return any text as one line of Markdown that shows it literally."""
    found = _ALWAYS.sub(lambda m: m[0] if m["interval"] else f"\\{m[0]}", shown(text).strip())
    found = _UNDERSCORE.sub(r"\\_", found)
    found = _AMPERSAND.sub(r"&amp;", found)
    found = _ADDRESS.sub(lambda match: "".join(f"\\{c}" for c in match[0]), found)
    return _START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", found)


def fenced(text: str) -> str:
    """Return a text of several lines as a block of code; the fence is longer than any in the text."""
    lines = [shown(line) for line in re.split(r"\r\n|\r|\n", text)]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *lines, fence])

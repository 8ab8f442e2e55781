"""Lists written into one cell: ``['a', "b's"]`` as Python prints them, or JSON.

Parsed by hand and not by ast.literal_eval, which joins neighbours where a comma is missing, reads
nested, huge or odd literals, and costs a compilation per cell.
"""

import re

from scramblebench.benchmarks.records import Malformed

_ITEM = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?|True|False))\s*""", re.DOTALL
)
_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # JSON's two halves of one
_ESCAPE = re.compile(
    rf"\\({_PAIR}|x[0-9a-fA-F]{{2}}|u[0-9a-fA-F]{{4}}|U[0-9a-fA-F]{{8}}|.)", re.DOTALL
)
_PLAIN_ESCAPES = dict(zip("ntrbf\\'\"/", "\n\t\r\b\f\\'\"/", strict=True))
_MAX_CODE_POINT = 0x10FFFF


def parse_list(cell: str) -> list[str]:
    """Return the items of a list of texts or numbers; raises Malformed on anything else."""
    body = cell.strip()
    if not (body.startswith("[") and body.endswith("]")):
        raise Malformed("the list of choices does not stand in [ ]")
    items: list[str] = []
    at, end = 1, len(body) - 1
    while body[at:end].strip():
        match = _ITEM.match(body, at, end)
        if not match or body[match.end() : match.end() + 1] not in (",", "]"):
            raise Malformed(
                f"the list of choices breaks at {body[at : at + 20]!r}; check its quotes"
            )
        items.append(_unescaped(match))
        at = match.end() + 1
    return items


def _unescaped(match: re.Match[str]) -> str:
    single, double, bare = match.groups()
    if bare is not None:
        return bare
    return _ESCAPE.sub(_escaped, single if single is not None else double)


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 1:
        return _PLAIN_ESCAPES.get(code, "\\" + code)
    halves = code.removeprefix("u").split("\\u")
    if len(halves) > 1:
        return bytes.fromhex("".join(halves)).decode("utf-16-be")
    number = int(code[1:], 16)
    if number > _MAX_CODE_POINT or 0xD800 <= number <= 0xDFFF or number == 0:
        raise Malformed(f"the list of choices holds \\{code}, which is no character")
    return chr(number)

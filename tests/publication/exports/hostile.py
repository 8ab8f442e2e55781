"""Texts that files, spreadsheets and parsers stumble over: 500 different ones, and 10,000 drawn from them."""

from itertools import product

from scramblebench.core.randomness import RandomStream

_STARTS = (
    "", "=", "+", "-", "@", "\t", "\r", "\n", "\0", "'", '"', " ", "\ufeff", "＝", "\u00a0=", "''=", "\\",
)  # fmt: skip
_BODIES = (
    "", "1+1", "SUM(A1:A9)", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.invalid","y")', "-1e5", "1/2",
    "http://x.invalid/?q=a,b;c", "{=1+1}", "\\input{/etc/passwd}", "$x_1^2$ \\% & # ~ {}", "../../etc/passwd",
    "C:\\Windows\\a.txt", "a,b;c\td|e", 'say "no"', "one\r\ntwo\rthree\nfour", "NaN", "null", "TRUE", "inf",
    "\ud800", "\udc00x", "\ud83d\ude00", "\U0001f600", "\x1b[31mred\x1b[0m", "\x7f\x85\x9f", "\ufffe\uffff",
    "_x0000_", "_x005F_x0041_", "␛0000", "␛␛D800", "<r><t>rich</t></r>", "<f>1</f>", "]]>&amp;&#0;",
    "\u202eabc\u2066", "e\u0301\u200d", "'; DROP TABLE responses; --", "\u2028\u2029", " trailing ", "0x1F",
)  # fmt: skip

HOSTILE = tuple(dict.fromkeys(start + body for start, body in product(_STARTS, _BODIES)))
"""Each start before each body."""


def many(n: int = 10_000) -> list[str]:
    """Return the hostile texts, and then so many in all that are pieced together from them."""
    drawn = RandomStream("hostile texts")
    pieces = [HOSTILE[int(drawn.uniform() * len(HOSTILE))] for _ in range(3 * n)]
    joined = ["".join(pieces[3 * k : 3 * k + 3]) for k in range(n - len(HOSTILE))]
    return [*HOSTILE, *joined]

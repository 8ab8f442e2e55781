"""Licences by their SPDX identifiers, and the texts that a package carries."""

import re
from dataclasses import dataclass

from scramblebench.core.errors import UsageError

_KNOWN = {
    "MIT": ("MIT License", "https://spdx.org/licenses/MIT"),
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    "CC0-1.0": (
        "Creative Commons Zero 1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
}

_MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

OF_OTHERS = (
    "Benchmark questions and model outputs may carry licences and terms of their own; "
    "they are not recorded here."
)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: its SPDX identifier, its name and its canonical address."""

    spdx: str
    name: str
    url: str


def licence(spdx: str) -> Licence:
    """Return a licence by its SPDX identifier; raises UsageError where it cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", spdx):
        raise UsageError(f"licence {spdx!r} is not an SPDX identifier such as MIT or CC-BY-4.0")
    name, url = _KNOWN.get(spdx, (spdx, f"https://spdx.org/licenses/{spdx}"))
    return Licence(spdx, name, url)


def code_licence_text(terms: Licence, year: int, holders: str) -> str:
    """Return the text of LICENSE: the licence of code and configuration."""
    head = f"{terms.name}\n\nCopyright (c) {year} {holders}\n\n"
    return head + (_MIT if terms.spdx == "MIT" else _notice(terms, "The code and configuration"))


def data_licence_text(terms: Licence, year: int, holders: str) -> str:
    """Return the text of LICENSE-data: the licence of our own outputs, and what it does not cover."""
    what = "The scrambled texts, scores, statistics, tables, figures and texts"
    return (
        f"{terms.name}\n\nCopyright (c) {year} {holders}\n\n"
        f"{_notice(terms, what)}\n{OF_OTHERS}\n"
        "What is above covers them only as far as the authors of this package hold rights in them.\n"
    )


def _notice(terms: Licence, what: str) -> str:
    return (
        f"{what} of this package are licensed under {terms.name}\n"
        f"({terms.spdx}), whose full text is at:\n\n    {terms.url}\n"
    )

"""Any text in LaTeX: literal, visible, without commands of its own; compiled and read back."""

import random
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.publication.latex.document import preamble
from scramblebench.publication.latex.escaping import escape_lines, escape_tex, visible
from tests.publication.latex.tex import needs_latex, pdf_text

_PARTS = (
    "\\input{/etc/passwd}", "\\write18{touch x}", "$x^2$", "%", "&", "#1", "_a_", "{", "}", "~", "^^41", "\\\\",
    "\\end{document}", "--", "---", "``", "''", ",,", "<<", ">>", "?`", "!`", "[", "]", "*", '"', "'", "|",
    "naïve", "Ångström", "Łódź", "日本", "Ж", "🙂", "\u200b", "\u202e", "\x00", "\x07", "\x1b", "\n", "\r\n", "\t",
    "\ud800", "α", "Ω", "≤", "→", "−", "∞", "×", "±", "•", "€", "“", "’", "…", "ffi", "fl", "a/b", "x.y", "=", "@",
    "  ", " ", "A" * 40, "word", "gpt-4", "\\", "%%", "$$", "\\\\[2cm]", "\\\\*", "é" * 20, "\xa0", "\u0301",
)  # fmt: skip
_BRACES = re.compile(r"(?<!\\)[{}]")


def hostile_labels(n: int) -> list[str]:
    """Return labels that try everything, the same each time."""
    rng = random.Random(14)
    wild = [chr(rng.choice((rng.randrange(0x250), rng.randrange(0x3000)))) for _ in range(400)]
    return ["".join(rng.choices((*_PARTS, *wild), k=rng.randint(1, 6))) for _ in range(n)]


@given(st.text())
def test_what_comes_out_has_no_command_of_the_text_and_closes_its_braces(text: str):
    found = escape_tex(text)
    assert all(" " <= letter <= "~" or letter.isalpha() for letter in found)
    depth = 0
    for brace in _BRACES.findall(found.replace(r"\\", "")):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"(?<!\\)[%&#$_]", found)


@given(st.text(), st.text())
def test_what_is_visible_stays_visible(one: str, other: str):
    assert visible(one + other) == visible(one) + visible(other)
    assert visible(visible(one)) == visible(one)
    assert all(letter.isprintable() for letter in visible(one))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b 50 %", r"a\_\allowbreak{}b 50~\%"),
        ("--", "-{}-"),
        ("日\x07", r"{[}U+65E5{]}\allowbreak{}{[}U+0007{]}"),
        ("[x]*", r"{[}x{]}\allowbreak{}{*}"),
        ("a  b ", r"a \ b\ "),
    ],
)
def test_some_texts(text: str, shown: str):
    assert escape_tex(text) == shown


def test_lines_are_kept():
    assert escape_lines("a\r\n\nb%") == "a\\\\\n\\mbox{}\\\\\nb\\%"


def _literal(text: str) -> str:
    """Return a text without white space, ligatures taken apart."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@needs_latex
def test_500_hostile_labels_compile_and_are_shown_literally(tmp_path: Path):
    labels = hostile_labels(500)
    lines = [rf"QQ{n:04d}QQ{escape_tex(label)}QQ\par" for n, label in enumerate(labels)]
    body = "\\parindent=0pt\\raggedright\n" + "\n".join(lines)
    shown = _literal(
        pdf_text(
            tmp_path, f"{preamble()}\\pagestyle{{empty}}\\begin{{document}}{body}\\end{{document}}"
        )
    )
    parts = dict(re.findall(r"QQ(\d{4})QQ(.*?)QQ(?=QQ\d{4}QQ|$)", shown))
    wrong = {
        label: parts.get(f"{n:04d}")
        for n, label in enumerate(labels)
        if parts.get(f"{n:04d}") != _literal(visible(label))
    }
    assert wrong == {}

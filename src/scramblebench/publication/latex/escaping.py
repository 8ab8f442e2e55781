"""The one place that makes any text safe and literal in LaTeX.

What comes out is ASCII and Latin letters, compiles with pdfLaTeX (T1), LuaLaTeX and XeLaTeX, and shows every
character of what went in: Latin letters with accents and the usual signs as themselves, and everything
else, control characters and lone surrogates too, as its code point in brackets, ``[U+4E2D]``.
"""

import re

_ASCII = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # after \\ it would begin an optional argument, as * would a starred form
    "]": "{]}",
    "*": "{*}",
}
_SIGNS = {
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "·": r"\textperiodcentered{}",
    "•": r"\textbullet{}",
    "°": r"\textdegree{}",
    "±": r"\textpm{}",
    "×": r"\texttimes{}",
    "÷": r"\textdiv{}",
    "€": r"\texteuro{}",
    "£": r"\textsterling{}",
    "¥": r"\textyen{}",
    "§": r"\textsection{}",
    "©": r"\textcopyright{}",
    "¿": r"\textquestiondown{}",
    "¡": r"\textexclamdown{}",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
    "†": r"\textdagger{}",
    "−": r"\ensuremath{-}",
    "∞": r"\ensuremath{\infty}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "→": r"\ensuremath{\rightarrow}",
}
_GREEK = {
    "α": r"\ensuremath{\alpha}",
    "β": r"\ensuremath{\beta}",
    "γ": r"\ensuremath{\gamma}",
    "δ": r"\ensuremath{\delta}",
    "ζ": r"\ensuremath{\zeta}",
    "η": r"\ensuremath{\eta}",
    "θ": r"\ensuremath{\theta}",
    "κ": r"\ensuremath{\kappa}",
    "λ": r"\ensuremath{\lambda}",
    "ν": r"\ensuremath{\nu}",
    "ξ": r"\ensuremath{\xi}",
    "π": r"\ensuremath{\pi}",
    "ρ": r"\ensuremath{\rho}",
    "σ": r"\ensuremath{\sigma}",
    "τ": r"\ensuremath{\tau}",
    "χ": r"\ensuremath{\chi}",
    "ψ": r"\ensuremath{\psi}",
    "ω": r"\ensuremath{\omega}",
    "Γ": r"\ensuremath{\Gamma}",
    "Δ": r"\ensuremath{\Delta}",
    "Θ": r"\ensuremath{\Theta}",
    "Λ": r"\ensuremath{\Lambda}",
    "Ξ": r"\ensuremath{\Xi}",
    "Π": r"\ensuremath{\Pi}",
    "Σ": r"\ensuremath{\Sigma}",
    "Φ": r"\ensuremath{\Phi}",
    "Ψ": r"\ensuremath{\Psi}",
    "Ω": r"\ensuremath{\Omega}",
}
_LATIN = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĂăĄąĆćČčĎďĘęĚěĞğİıŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŤť"
    "ŮůŰűŸŹźŻżŽž"
)
"""Letters that the T1 encoding has."""
_TABLE = {**_ASCII, **_SIGNS, **_GREEK, **{letter: letter for letter in _LATIN}}
_LIGATURES = "-,"
"""Signs that TeX joins to another when they are doubled."""
_BREAKS_AFTER = "_/.:=]–"
_LONGEST_WORD = 18
_RUN = 14
"""Words longer than any of a language may be broken after so many letters, to stay in their column."""
_LONG = re.compile(rf"[^ \-\[,;{re.escape(_BREAKS_AFTER)}]{{{_LONGEST_WORD + 1},}}")


def visible(text: str) -> str:
    """Return the text with everything that LaTeX cannot show as its code point: ``[U+0007]``."""
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    is_plain = " " <= letter <= "~" or letter in _TABLE
    return letter if is_plain else f"[U+{ord(letter):04X}]"


def escape_tex(text: str) -> str:
    """Return any text as LaTeX that shows it literally, in one paragraph and without commands of its own."""
    shown, found = visible(text), list[str]()
    inside = {
        place
        for word in _LONG.finditer(shown)
        for place in range(word.start() + _RUN - 1, word.end() - 1, _RUN)
    }
    for position, letter in enumerate(shown):
        before = shown[position - 1] if position else " "
        after = shown[position + 1 : position + 2]
        found.append(_one(letter, before, after))
        if position in inside or _is_break(before, letter, after):
            found.append(r"\allowbreak{}")
    joined = "".join(found)
    return joined[:-1] + r"\ " if joined.endswith(" ") else joined


def _is_break(before: str, letter: str, after: str) -> bool:
    is_number = letter == "." and before.isdigit() and after.isdigit()
    return letter in _BREAKS_AFTER and after not in ("", " ") and not is_number


def _one(letter: str, before: str, after: str) -> str:
    if letter == " " and after == "%":
        return "~"
    if letter == before == " ":
        return r"\ "
    if letter in _LIGATURES and letter == before:
        return "{}" + letter
    return _TABLE.get(letter, letter)


def escape_lines(text: str) -> str:
    """Return any text of several lines as LaTeX that keeps its lines."""
    lines = re.split(r"\r\n|\r|\n", text)
    return "\\\\\n".join(escape_tex(line) or r"\mbox{}" for line in lines)

"""Text as scorers read it: one form of Unicode, no reasoning block, no markup, comparable words."""

import re
import unicodedata

_REASONING_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_REASONING_START = re.compile(r"\s*<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
# A base model goes on with the next question of the few-shot prompt: not part of the answer.
_NEXT_QUESTION = re.compile(
    r"(?:\n[ \t]*(?:Q|Question|Problem)|[.!?][ \t]+Question) ?\d{0,4} ?:", re.IGNORECASE
)

# More than 30 marks on one character are never writing; reordering them takes quadratic time (the
# stream-safe format of UAX #15).
_STACKED_MARKS = re.compile(r"([^\w\s\x00-\x7f]{30})[^\w\s\x00-\x7f]+")
_GROUPING_SPACE = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_BEFORE_FOLDING = str.maketrans(
    {
        **dict.fromkeys(range(0x200B, 0x2010)),  # zero-width characters
        **dict.fromkeys(range(0xD800, 0xE000)),  # lone surrogates
        **dict.fromkeys((0xAD, 0x2060, 0xFEFF)),
        **dict.fromkeys("‐‑‒–−﹣－", "-"),
        **dict.fromkeys("‘’‚‛ʼ´", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **{mark: f" {unicodedata.normalize('NFKC', mark)}" for mark in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"},
    }
)

_LATEX_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|tt|sf)?|math(?:bf|rm|it|sf|tt)?|mbox|operatorname|emph)\s*\{([^{}]*)\}"
)
_LATEX_FRACTION = re.compile(r"(\d?)\\[dtc]?frac\s*\{\s*(-?[\d.,]+)\s*\}\s*\{\s*([\d.,]+)\s*\}")
_LATEX_SHORT_FRACTION = re.compile(r"(\d?)\\[dtc]?frac\s*(\d)\s*(\d)")
_LATEX_THIN_SPACE = re.compile(r"\\[,!]|\{,\}")
_LATEX_NOISE = re.compile(r"\\(?:left|right|displaystyle|[()\[\];: ])")

_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,200})(?<=\S)\*(?![\w*])")
_LIST_MARKER = re.compile(r"^[ \t]*(?:\d{1,3}[.)]|[-*•+])[ \t]+", re.MULTILINE)

_SILENT = re.compile(
    r"['`^]|(?<=\d),(?=\d{3}(?!\d))|(?<=(?<!\w)[^\W\d_])\.(?=[^\W\d_](?!\w)|(?!\w))"
)
_PUNCTUATION = re.compile(
    r'[!"$€£¥₹&()*,/:;?@\[\\\]_{|}~…。、·•—]|\.(?!\d)|(?<!\d)\.|-(?!\d)|(?<=\w)-'
)
_ARTICLES = frozenset({"a", "an", "the"})
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z])(?<!\bMr)(?<!\bDr)(?<!\bSt)(?<!\bMs)(?<!\bMrs)[.!?](?=\s|$)|[。！？]|\n"
)


def clean(text: str) -> str:
    """Return the part of a response that is meant to be read, in NFKC, without LaTeX wrappers.

    What stands in a reasoning block is left out, an unclosed block and all after it too; so is a next
    question that the model made up. The result has neither NUL nor lone surrogates.
    """
    text = _without_reasoning(text)
    if not text.isascii():
        text = _folded(text)
    if "\0" in text:
        text = text.replace("\0", "")
    if "\\" in text or "{,}" in text:
        text = _without_latex(text)
    return _without_next_question(text.strip())


def _without_reasoning(text: str) -> str:
    if "<" not in text:
        return text
    *_, end = [0, *(match.end() for match in _REASONING_END.finditer(text))]
    if not end and _REASONING_START.match(text):
        return ""
    return text[end:]


def _folded(text: str) -> str:
    text = _GROUPING_SPACE.sub(",", text)
    text = _SUPERSCRIPT.sub(lambda match: "^" + match.group(), text)
    text = _STACKED_MARKS.sub(r"\1", text.translate(_BEFORE_FOLDING))
    return unicodedata.normalize("NFKC", text).replace("\u2044", "/").replace("\u2212", "-")


def _without_latex(text: str) -> str:
    text = _LATEX_THIN_SPACE.sub("", text)
    text = text.replace("\\%", "%").replace("\\$", "$")
    text = text.replace("\\times", "×").replace("\\cdot", "×")
    for _ in range(3):  # wrappers nest, though rarely: \textbf{\text{B}}
        text, found = _LATEX_WRAPPER.subn(r"\1", text)
        if not found:
            break
    text = _LATEX_FRACTION.sub(_plain_fraction, text)
    text = _LATEX_SHORT_FRACTION.sub(_plain_fraction, text)
    return _LATEX_NOISE.sub(" ", text)


def _plain_fraction(match: re.Match[str]) -> str:
    whole, numerator, denominator = match.groups()
    return f"{whole} {numerator}/{denominator}" if whole else f"{numerator}/{denominator}"


def _without_next_question(text: str) -> str:
    """Return the text before a question that follows the answer; one after a colon is only restated."""
    match = _NEXT_QUESTION.search(text) if ":" in text else None
    before = text[: match.start() + 1].rstrip() if match else text
    return text if before.endswith(":") else before


def unmarked(text: str) -> str:
    """Return the text without Markdown emphasis and code marks; a lone ``*`` stays (it multiplies)."""
    if "`" in text:
        text = text.replace("`", "")
    if "*" in text:
        text = _EMPHASIS.sub(r"\1", text.replace("**", ""))
    return text.replace("__", "") if "__" in text else text


def unlisted(text: str) -> str:
    """Return the text without the bullets and numbers that begin its lines."""
    return _LIST_MARKER.sub("", text)


def tokens(text: str) -> list[str]:
    """Return the comparable words: casefolded, without punctuation and without a, an, the.

    Signs and decimal points of numbers stay, their thousands separators go; ``U.S.`` is ``us``. Where
    articles are all there is, they stay.
    """
    words = _PUNCTUATION.sub(" ", _SILENT.sub("", text.casefold())).split()
    return [word for word in words if word not in _ARTICLES] or words


def normalised(text: str) -> str:
    """Return the comparable words joined by single spaces; pure punctuation is kept as it is."""
    return " ".join(tokens(text)) or text.strip().casefold()


def first_sentence(text: str) -> str:
    """Return the text up to the end of its first sentence or line, without the final mark."""
    match = _SENTENCE_END.search(text)
    return (text[: match.start()] if match else text).strip()


def last_sentence(text: str) -> str:
    """Return the last sentence or line, with its final mark."""
    body = text.rstrip()
    ends = [match.end() for match in _SENTENCE_END.finditer(body)]
    start = next((end for end in reversed(ends) if end < len(body)), 0)
    return body[start:].strip()


def last_line(text: str) -> str:
    """Return the last line that is not blank."""
    return text.rstrip().rpartition("\n")[2].strip()

"""Numbers as people and models write them, read exactly."""

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from scramblebench.core.numerals import NUMERALS
from scramblebench.core.per_request import per_request

_MAX_DIGITS = 300
_MAX_EXPONENT = 400
TOLERANCE_PARTS = 1_000_000
"""Numbers are the same that differ by at most one part in so many."""
_ONE = Fraction(1)

_SCALES = {
    "%": Fraction(1, 100),
    "percent": Fraction(1, 100),
    "hundred": Fraction(100),
    "thousand": Fraction(1000),
    "k": Fraction(1000),
    "million": Fraction(10**6),
    "billion": Fraction(10**9),
    "trillion": Fraction(10**12),
}
NUMBER = re.compile(
    r"""
    (?<![A-Za-z_\d^]) (?<!\d[.,]) (?<![A-Za-z]-)
    (?P<sign> (?<![\w)\]}%$])[-+](?=[$€£¥₹]?\.?\d) | (?:(?<==)|(?<==\ ))-\ (?=\d) | \bnegative\s | ^minus\s )?
    [$€£¥₹]?(?P<inner>-(?=\d))?
    (?=\.?\d)
    (?:
        (?P<whole>\d{1,6})\ (?P<numerator>\d{1,6})/(?P<mixed>\d{1,6})(?![\d/])
      | (?P<european>\d{1,3}(?:\.\d{3})+,\d{1,2} | \d{1,3}(?:\.\d{3}){2,} | \d++,\d{1,2}(?![\d,]))(?!\d)
      | (?P<integer>\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d) | \d{1,3}(?:['_]\d{3})+(?!\d) | \d++)?
        (?P<decimals>\.\d++)?
        (?P<exponent>[eE][-+]?\d++(?!\w) | \s?[×x*]\s?10\s?\^\s?\{?\s?[-+]?\d++\}?)?
        (?:\s?/\s?(?P<denominator>\d++(?:\.\d++)?)(?![\d/]))?
    )
    (?<=[\d}])
    (?!(?:st|nd|rd|th)(?![a-z]))
    (?:\s?(?P<scale>%|(?:percent|hundred|thousand|million|billion|trillion)(?![A-Za-z])|k(?!\w)))?
    """,
    re.VERBOSE | re.IGNORECASE,
)


@per_request
class Quantity:
    """A number as written: ``raw`` without and ``value`` with its percent sign or magnitude word.

    ``decimals`` counts the digits after the point; None for a fraction such as 3/4.
    """

    raw: Fraction
    scale: Fraction
    decimals: int | None

    @property
    def value(self) -> Fraction:
        """The number meant: 50% is 1/2, 5 million is 5,000,000."""
        return self.raw * self.scale

    @property
    def is_scaled(self) -> bool:
        """Whether a percent sign or a magnitude word follows."""
        return self.scale != 1


def read_match(match: re.Match[str]) -> Quantity | None:
    """Return the number that NUMBER matched; None where it is out of bounds or divides by zero."""
    if match.end() - match.start() > _MAX_DIGITS:
        return None
    if (digits := match.group()).isdecimal():
        return Quantity(Fraction(int(digits)), _ONE, 0)
    part = match.groupdict()
    sign = -1 if (part["sign"] or "+").strip() != "+" or part["inner"] else 1
    scale = _SCALES[part["scale"].lower()] if part["scale"] else _ONE
    try:
        raw, decimals = _magnitude(part)
    except ZeroDivisionError:
        return None
    return None if raw is None else Quantity(raw if sign > 0 else -raw, scale, decimals)


def _magnitude(part: dict[str, str | None]) -> tuple[Fraction | None, int | None]:
    if part["mixed"]:
        fraction = Fraction(int(part["numerator"] or 0), int(part["mixed"]))
        return int(part["whole"] or 0) + fraction, None
    if part["european"]:
        digits, _, decimals = part["european"].replace(".", "").partition(",")
        return _decimal(digits, decimals), len(decimals)
    exponent = _exponent(part["exponent"])
    if exponent is None:
        return None, None
    integer = part["integer"] or "0"
    if not integer.isdigit():
        integer = re.sub(r"\D", "", integer)
    decimals = (part["decimals"] or ".")[1:]
    number = _decimal(integer, decimals)
    if exponent:
        number *= Fraction(10) ** exponent
    if part["denominator"]:
        return number / Fraction(Decimal(part["denominator"])), None
    return number, max(0, len(decimals) - exponent)


def _decimal(integer: str, decimals: str) -> Fraction:
    return Fraction(int(integer + decimals), 10 ** len(decimals) if decimals else None)


_EXPONENT_MARK = re.compile(r"^\s?(?:[eE]|[×xX*]\s?10\s?\^\s?\{?\s?)|\}$")


def _exponent(text: str | None) -> int | None:
    if not text:
        return 0
    exponent = int(_EXPONENT_MARK.sub("", text))
    return exponent if abs(exponent) <= _MAX_EXPONENT else None


_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: value for value, word in enumerate(NUMERALS)} | {
    word: 10 * value for value, word in enumerate(_TENS, 2)
}
_MULTIPLIERS = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_WORD = "|".join(sorted([*_WORDS, *_MULTIPLIERS], key=len, reverse=True))
NUMBER_WORDS = re.compile(
    rf"(?<![A-Za-z])(?:(?:minus|negative)\s+)?(?:{_WORD})(?:(?:[\s-]+|\s+and\s+)(?:{_WORD}))*(?![A-Za-z])",
    re.IGNORECASE,
)


def read_words(phrase: str) -> Quantity:
    """Return the number of a phrase that NUMBER_WORDS matched, such as "one hundred and five"."""
    total = current = 0
    words = re.split(r"[\s-]+", phrase.lower())
    for word in words:
        if word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _MULTIPLIERS:
            total, current = total + max(current, 1) * _MULTIPLIERS[word], 0
    sign = -1 if words[0] in ("minus", "negative") else 1
    return Quantity(Fraction(sign * (total + current)), Fraction(1), 0)


_BEFORE = re.compile(
    r"\s*(?:=\s*)?(?:(?:about|approximately|approx\.?|around|usd|eur|rs\.?|us)\s?)?"
)
_AFTER = re.compile(r"[$\s]*(?:[a-z°²³]{1,12}(?:[\s/.]+[a-z°]{1,12})?)?(?:\^\d)?[\s.!$€£¥₹]*")

_SPACED = re.compile(r"[-+$€£¥₹]*\d{1,3}(?: \d{3})+$")


@lru_cache(maxsize=8192)
def read_whole(text: str) -> Quantity | None:
    """Return the number that the text is, with at most a currency and a unit of lower-case words.

    "72", "$1,200.50", "3/4 cup", "twenty-four" and "12 km/h" are numbers; "7 Up", "1990s" and
    "World War 2" are not.
    """
    start = _BEFORE.match(text.lower())
    begin = start.end() if start else 0
    body = text[begin:].strip()
    if _SPACED.match(body):
        body = body.replace(" ", ",")
    match = NUMBER.match(body)
    if match and match.group():
        after = body[match.end() :]
        return read_match(match) if after[:1] != "s" and _AFTER.fullmatch(after) else None
    words = NUMBER_WORDS.match(body)
    if words and _AFTER.fullmatch(body[words.end() :]):
        return read_words(words.group())
    return None


def read_sentence(sentence: str) -> tuple[Quantity, str] | None:
    """Return the number that "5 + 3 = 8 apples" gives, and its text: the first after the last =.

    A number word counts where there is no digit; "one" alone is a number, in a sentence a pronoun.
    """
    match = NUMBER.search(sentence, sentence.rfind("=") + 1) or NUMBER.search(sentence)
    if match:
        quantity = read_match(match)
        return None if quantity is None else (quantity, match.group().strip())
    words = NUMBER_WORDS.search(sentence)
    if words is None or (words.group().lower() == "one" and len(sentence.split()) > 2):
        return None
    return read_words(words.group()), words.group()


def is_same(answer: Quantity, reference: Quantity) -> bool:
    """Return whether the answer is the reference number.

    Compared as exact rationals, with a relative tolerance of 1e-6. Beyond that an answer with more
    digits may round (half up) to a reference with at least two decimals that is not whole, and a
    decimal with at least two decimals may be the rounded form of a reference fraction. A percent
    sign or magnitude word that only one of the two has may be a unit: 50% is both 50 and 0.5.
    """
    if answer.scale is reference.scale or answer.scale == reference.scale:
        return _is_close(answer, reference, answer.raw, reference.raw)
    if answer.is_scaled and reference.is_scaled:
        return _is_close(answer, reference, answer.value, reference.value)
    return _is_close(answer, reference, answer.raw, reference.raw) or _is_close(
        answer, reference, answer.value, reference.value
    )


def _is_close(answer: Quantity, reference: Quantity, given: Fraction, wanted: Fraction) -> bool:
    difference = given.numerator * wanted.denominator - wanted.numerator * given.denominator
    if abs(difference) * TOLERANCE_PARTS <= abs(wanted.numerator) * given.denominator:
        return True
    if reference.decimals is None:
        return (answer.decimals or 0) >= 2 and _rounded(wanted, answer.decimals or 0) == given
    is_rounded_reference = reference.decimals >= 2 and wanted.denominator != 1
    has_more_digits = answer.decimals is None or answer.decimals > reference.decimals
    return (
        is_rounded_reference and has_more_digits and _rounded(given, reference.decimals) == wanted
    )


def _rounded(value: Fraction, decimals: int) -> Fraction:
    unit = Fraction(1, 10**decimals)
    steps = (abs(value) / unit + Fraction(1, 2)).__floor__()
    return steps * unit if value >= 0 else -steps * unit

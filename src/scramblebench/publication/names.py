"""Names of people as libraries file them, and the numbers that tell them apart."""

import re

from scramblebench.core.errors import UsageError

_TITLES = frozenset(
    {"dr", "dr-ing", "dipl-ing", "mag", "mr", "mrs", "ms", "mx", "prof", "professor"}
)
_FACULTIES = frozenset({"habil", "hc", "jur", "med", "nat", "phil", "rer"})
_DEGREES = frozenset({"bsc", "md", "msc", "phd"})
_SUFFIXES = frozenset({"ii", "iii", "iv", "jr", "sr"})
_ORCID = re.compile(r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])/?")


def split_name(name: str) -> tuple[str, str]:
    """Return (given, family) of a person; given is "" where there is but one word.

    Titles before a name and degrees behind it are left out: "Dr. Smith" is Smith. "Smith, Jane" says which
    is which; else the family name is the last word with its particle and suffix: "van Rossum", "King Jr.".
    """
    before, comma, behind = (part.strip() for part in name.partition(","))
    if comma and not _are_degrees(behind):
        return _joined(_untitled(behind.split())), before
    words = _untitled(before.split())
    start = _family_start(words)
    return _joined(words[:start]), _joined(words[start:])


def _joined(words: list[str]) -> str:
    return " ".join(words)


def _plain(word: str) -> str:
    return word.replace(".", "").casefold()


def _are_degrees(words: str) -> bool:
    return all(_plain(word.strip(",")) in _DEGREES for word in words.split())


def _untitled(words: list[str]) -> list[str]:
    start = 0
    while start < len(words) - 1 and (
        _plain(words[start]) in _TITLES
        or (start and words[start].endswith(".") and _plain(words[start]) in _FACULTIES)
    ):
        start += 1
    end = len(words)
    while end > start + 1 and _plain(words[end - 1]) == "phd":
        end -= 1
    return words[start:end]


def _family_start(words: list[str]) -> int:
    """Return the position of the first word of the family name."""
    start = max(len(words) - 1, 0)
    if start and _plain(words[start]) in _SUFFIXES:
        start -= 1
    if words and not words[-1].islower():
        while start and words[start - 1].islower():
            start -= 1
    return start


def checked_orcid(orcid: str, name: str) -> str:
    """Return an ORCID as four groups of four; raises UsageError where it is not one."""
    found = _ORCID.fullmatch(orcid.strip())
    if found is None:
        raise UsageError(
            f"ORCID {orcid!r} of {name}: is not of the form 0000-0002-1825-0097; copy it from the person's record"
        )
    digits = found[1].upper()
    expected = _check_digit(digits.replace("-", "")[:-1])
    if digits[-1] != expected:
        raise UsageError(
            f"ORCID {digits} of {name}: ends in {digits[-1]} where its check digit is {expected}; "
            "copy it from the person's record"
        )
    return digits


def _check_digit(digits: str) -> str:
    """Return the check digit of ISO/IEC 7064, MOD 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)

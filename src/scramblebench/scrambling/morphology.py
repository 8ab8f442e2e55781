"""English words in stem and ending, as far as simple rules go: walk, walks, walked, walking.

What the rules cannot know (children, went) counts as a stem of its own; what they take for an ending
wrongly (need not be: "even-ing") does no harm, since the ending is kept.
"""

from typing import NamedTuple

_VOWELS = frozenset("aeiouy")
_DOUBLING = frozenset("bdgmnprt")
_ENDINGS = ("ies", "ied", "ing", "ly", "es", "ed", "s", "e", "y")
_MIN_STEM = 3
_NOT_PLURAL = ("ss", "us", "is")
_NO_LY = ("family", "reply", "supply", "apply", "imply", "assembly", "anomaly", "jelly", "italy")


class Parts(NamedTuple):
    """A word's stem and ending; ``is_doubled`` where the stem's last letter is written twice."""

    stem: str
    ending: str = ""
    is_doubled: bool = False

    def joined(self) -> str:
        """Return the word."""
        return self.stem + (self.stem[-1] if self.is_doubled else "") + self.ending


def _is_ending(stem: str, ending: str) -> bool:
    if len(stem) < _MIN_STEM or _VOWELS.isdisjoint(stem):
        return False
    word = stem + ending
    if ending == "s":
        return not word.endswith(_NOT_PLURAL)
    if ending == "ly":
        return word not in _NO_LY
    return not (ending in ("ed", "e", "es") and stem.endswith("e"))


def parts_of(word: str) -> Parts:
    """Return a lower-case word's stem and ending; the ending is "" where no rule fits."""
    for ending in _ENDINGS:
        if not word.endswith(ending):
            continue
        stem = word[: -len(ending)]
        if not _is_ending(stem, ending):
            continue
        is_doubled = ending in ("ed", "ing") and stem[-1] == stem[-2] and stem[-1] in _DOUBLING
        if is_doubled and len(stem) > _MIN_STEM:
            return Parts(stem[:-1], ending, True)
        return Parts(stem, ending)
    return Parts(word)


def inflections(stem: str) -> list[Parts]:
    """Return the ways to write a stem that ``parts_of`` reads back as that stem."""
    forms = [Parts(stem), *(Parts(stem, ending) for ending in _ENDINGS)]
    forms += (Parts(stem, ending, True) for ending in ("ed", "ing"))
    return [form for form in forms if parts_of(form.joined()) == form]

"""What a threshold is: parsed from words such as "50% of baseline"."""

import re
from dataclasses import dataclass
from enum import StrEnum

from scramblebench.core.errors import UsageError


class Reference(StrEnum):
    """What a threshold is a share of."""

    BASELINE = "baseline"
    ABOVE_CHANCE = "above-chance baseline"
    ACCURACY = "accuracy"


@dataclass(frozen=True, slots=True)
class ThresholdDefinition:
    """The accuracy that counts as fallen: a share of the baseline, or an accuracy of its own."""

    reference: Reference
    share: float

    @property
    def text(self) -> str:
        """The definition in words that ``parse_threshold`` reads."""
        if self.reference is Reference.ACCURACY:
            return f"accuracy below {self.share:g}"
        return f"{self.share * 100:g}% of {self.reference}"

    def target(self, baseline: float, chance: float) -> float:
        """Return the accuracy to fall to; below ``chance`` it cannot be reached."""
        if self.reference is Reference.ACCURACY:
            return self.share
        if self.reference is Reference.BASELINE:
            return self.share * baseline
        return chance + self.share * (baseline - chance)


_SHARE = re.compile(r"\s*([0-9.]+)\s*%\s*of\s*(the\s+)?(above[- ]chance\s+)?baseline\s*", re.I)
_BELOW = re.compile(r"\s*accuracy\s+(?:below|under|<)\s*([0-9.]+)\s*(%?)\s*", re.I)
_EXAMPLES = '"50% of baseline", "50% of above-chance baseline" or "accuracy below 0.4"'


def parse_threshold(text: str) -> ThresholdDefinition:
    """Return what a definition means; raises UsageError with examples where it means nothing."""
    if found := _SHARE.fullmatch(text):
        reference = Reference.ABOVE_CHANCE if found[3] else Reference.BASELINE
        return ThresholdDefinition(reference, _share(found[1], text, 100))
    if found := _BELOW.fullmatch(text):
        return ThresholdDefinition(
            Reference.ACCURACY, _share(found[1], text, 100 if found[2] else 1)
        )
    raise UsageError(f"{text!r} defines no threshold; write {_EXAMPLES}")


def _share(number: str, text: str, whole: int) -> float:
    try:
        share = float(number) / whole
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise UsageError(f"{text!r}: {number} is not between 0 and {whole}; write {_EXAMPLES}")
    return share

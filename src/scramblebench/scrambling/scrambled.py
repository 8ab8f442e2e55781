"""What scrambling gives back: the text, the dose it really got and how to undo it."""

from rapidfuzz.distance import Levenshtein

from scramblebench.core.per_request import per_request


@per_request
class Scrambled:
    """A scrambled text and the dose it really got.

    ``n_units`` are the alterable units, ``n_altered`` those chosen and really different after.
    ``edit_distance`` is Levenshtein's, in characters over the longer text's length, 0 to 1.
    ``record`` is canonical JSON that ``unscramble`` takes, None where the method is not reversible.
    ``dictionary`` holds (original, pseudo-word) pairs, in lower case, in order of first use.
    """

    text: str
    n_units: int
    n_altered: int
    edit_distance: float
    record: str | None = None
    dictionary: tuple[tuple[str, str], ...] = ()

    @property
    def realised_dose(self) -> float:
        """Share of the units altered; 0.0 where there is nothing to scramble."""
        return self.n_altered / self.n_units if self.n_units else 0.0


def edit_distance(original: str, scrambled: str) -> float:
    """Return the Levenshtein distance over the longer text's length; 0.0 for two empty texts."""
    return Levenshtein.normalized_distance(original, scrambled)

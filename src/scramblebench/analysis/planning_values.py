"""How many answers change: what a plan assumes before anything is asked, published or from a pilot.

The discordance of a level is the share of questions answered right at the baseline or at the level but
not at both; that of two models the share that only one of them gets right. For repeats and partial credit
it is the mean squared difference of two scores, which is the same number for one right-or-wrong answer.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SOURCE = "Cao et al. 2023, arXiv:2311.18805"


@dataclass(frozen=True, slots=True)
class Spread:
    """A low, a middle and a high case of one number."""

    low: float
    middle: float
    high: float

    def map(self, function: Callable[[float], float]) -> "Spread":
        """Return the function of each case."""
        return Spread(function(self.low), function(self.middle), function(self.high))


PUBLISHED_LEVELS: Mapping[float, Spread] = {
    0.0: Spread(0.0, 0.0, 0.0),
    20.0: Spread(0.026, 0.069, 0.137),
    50.0: Spread(0.084, 0.162, 0.238),
    100.0: Spread(0.188, 0.367, 0.468),
}
"""Discordance with the baseline by percent of scrambling: 10, 50 and 90 percentiles (order statistics).

Of 38 pairs of 19 models and two reading benchmarks (346 and 512 questions) whose evidence had the letters
of 20, 50 and 100 % of its words shuffled. Counted in the answers released with Cao, Kojima, Matsuo &
Iwasawa 2023, "Unnatural error correction", EMNLP, arXiv:2311.18805.
"""

PUBLISHED_MODELS: Mapping[float, Spread] = {
    0.0: Spread(0.107, 0.321, 0.413),
    20.0: Spread(0.127, 0.324, 0.425),
    50.0: Spread(0.179, 0.347, 0.474),
    100.0: Spread(0.298, 0.402, 0.497),
}
"""Discordance of two models at one level: 10, 50 and 90 percentiles (order statistics).

Of the 171 pairs of 19 models on the 346 questions of RealtimeQA in the answers of the same paper.
"""

ASSUMED_ICC = 0.1
"""Correlation of the differences of questions about one passage, where no pilot measures it."""


@dataclass(frozen=True, slots=True)
class PlanningValues:
    """What a plan stands on: discordances by level, and in ``assumptions`` all of it in sentences.

    ``icc`` is the correlation of the differences of questions that share a passage. ``n_pilot`` counts
    the pilot's questions, 0 without one.
    """

    levels: Mapping[float, Spread]
    models: Mapping[float, Spread]
    icc: float
    assumptions: tuple[str, ...]
    n_pilot: int = 0


def discordance_at(table: Mapping[float, Spread], level_pct: float) -> Spread:
    """Return the discordance of a level: between two known ones on the line that joins them.

    Below the lowest and above the highest known level, theirs.
    """
    known = sorted(table)
    after = bisect_left(known, level_pct)
    if after == len(known):
        return table[known[-1]]
    if after == 0 or known[after] == level_pct:
        return table[known[after]]
    low, high = known[after - 1], known[after]
    share = (level_pct - low) / (high - low)
    one, two = table[low], table[high]
    return Spread(
        one.low + share * (two.low - one.low),
        one.middle + share * (two.middle - one.middle),
        one.high + share * (two.high - one.high),
    )


def published_values() -> PlanningValues:
    """Return the published planning values, with what using them assumes."""
    return PlanningValues(
        levels=PUBLISHED_LEVELS,
        models=PUBLISHED_MODELS,
        icc=ASSUMED_ICC,
        assumptions=(
            f"answers change as often as in {SOURCE}: 10, 50 and 90 percentiles of 38 pairs of models "
            "and reading benchmarks with shuffled letters at levels 20, 50 and 100; other levels lie on "
            "the lines between, from none at 0",
            "two models differ in their answers as often as 171 pairs of models on RealtimeQA in the "
            "same data",
        ),
    )

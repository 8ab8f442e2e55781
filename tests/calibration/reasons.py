"""Why a rate is off its bar: limits of the methods that are known, by method and design."""

from tests.calibration.measures import Verdict
from tests.calibration.plan import Row

UNEXPLAINED = "unexplained"

_TOO_WIDE = (
    ("Clopper-Pearson", "", "exact on discrete data"),
    ("McNemar exact", "", "exact on discrete data"),
    ("Fisher", "", "exact on discrete data"),
    ("Wilcoxon", "", "exact on few distinct values, most of them 0"),
    ("Mann-Whitney", "", "continuity correction on few distinct values"),
    ("equivalence", "", "few items for the margin: both one-sided tests have to reject"),
    ("sign-flip", "8 clusters", "exact, and 8 unequal clusters have few sums"),
    ("max-T", "8 clusters", "exact, and 8 unequal clusters have few sums"),
    ("test as reported", "8 clusters", "exact sign flips of 8 unequal clusters have few sums"),
    ("Holm", "", "adjusted as if the levels, which share their baseline, were unrelated"),
    ("looks every", "", "holds at every look, so it is wider at the last"),
    ("betting", "", "holds after every item, so it is wider at the last"),
    ("sign-flip", "", "exact on discrete data"),
    ("accuracy of a cell", "30 items, 3 repeats", "one or two items decide the width"),
    ("accuracy of a cell", "8 clusters", "hardly anything is wrong: Wilson on the clusters"),
    ("accuracy of a cell", "", "discrete: Wilson covers 95 % on average over accuracies"),
    ("two models", "missing", "few items have all levels of both models"),
    ("two models", "from 0.", "a weak lead over chance makes linearised errors wide"),
    ("dependency, BCa", "0.45", "a weak lead over chance: resamples without one are infinite"),
    ("threshold", "0.45", "a weak lead over chance: resamples without a threshold are infinite"),
    ("log odds", "30 items", "errors without bias and t are wide for few items"),
    ("", "0.98", "discrete: few scores are not right"),
)
"""Conservative: method, design, reason; the first that fits both names."""

_TOO_NARROW = (
    ("band", "30 items", "30 items with hardly one wrong at any level"),
    ("random-intercept", "clusters", "clusters are not in the model: use the marginal one"),
    ("accuracy of a cell", "30 items", "discrete: Wilson covers 95 % on average over accuracies"),
    ("", "0.98", "t limits of values that are alike in most items"),
    ("", "one of a third", "one cluster weighs a third: t of G - 1 is too certain"),
    ("", "8 clusters", "8 unequal clusters"),
    ("", "25 clusters", "25 unequal clusters weigh like 19"),
)
"""Liberal."""


def reason(row: Row, judged: Verdict) -> str:
    """Return the reason; empty where the rate is right, ``UNEXPLAINED`` where none is known."""
    if judged is Verdict.OK:
        return ""
    if judged is Verdict.REFUSED:
        return "fewer than ten units: no bootstrap"
    known = _TOO_NARROW if judged is Verdict.LIBERAL else _TOO_WIDE
    for method, design, words in known:
        if method in row.method and design in row.design.name:
            return words
    return UNEXPLAINED

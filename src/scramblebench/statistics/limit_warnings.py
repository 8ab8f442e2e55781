"""What makes limits approximate and tests cautious, in words: ``make calibration`` shows where they fail."""

import numpy as np
import numpy.typing as npt

FEW_EQUAL = 20
"""Unequal clusters that weigh like fewer equal ones carry a warning.

Satterthwaite's df know the sizes, not how alike the items of a cluster are: with 25 clusters of 2 to 10
items (as 19 equal ones) the t limits of a mean cover 93 % (``make calibration``).
"""

FEW_DIFFERENT = 20
"""Values that are all alike but for fewer units carry a warning: t limits of their mean cover too seldom."""

FEW_DECIDING = 10
"""A comparison that fewer units decide carries a warning: few outcomes are possible, and none is 5 %."""

ANYTIME_WARNING = "holds at every look together: wider than limits for a fixed number of items"
"""What every sequence says of its limits and p-value."""

_ALPHA, _CAUTIOUS = 0.05, 0.04
_WIDEST = 0.83
_FEWEST = 10  # fewer clusters carry a warning anyway
_DECIMALS = 12  # values that agree to so many are the same


def unequal_clusters_warning(sizes: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Return the warning of ten or more clusters that weigh like fewer than 20 equal ones, if it is one.

    Kish's number: (sum m)^2 / sum m^2. Equal clusters never warn: their df are right.
    """
    n_clusters = len(sizes)
    if n_clusters < _FEWEST:
        return ()
    alike = float(sizes.sum()) ** 2 / float((sizes.astype(np.float64) ** 2).sum())
    if alike >= min(FEW_EQUAL, 0.9 * n_clusters):
        return ()
    return (
        f"{n_clusters} clusters of unequal size weigh like {alike:.0f} equal ones: "
        "limits may be too narrow",
    )


def few_different_warning(
    values: npt.NDArray[np.float64], index: npt.NDArray[np.int64] | None = None
) -> tuple[str, ...]:
    """Return the warning of values that are alike in most units and differ in fewer than 20, if it is one.

    ``values`` (n,) or (n, k) of n items, ``index`` the number of each item's cluster; without it items are
    the units. Such values are far from normal: partial credit near 0 or 1, differences that are mostly 0.
    """
    rows, counts = np.unique(values.round(_DECIMALS), axis=0, return_counts=True)
    if len(rows) < 2:
        return ()
    other = values.round(_DECIMALS) != rows[counts.argmax()]
    other = other.any(axis=1) if other.ndim == 2 else other
    units = other if index is None else np.bincount(index, weights=other) > 0
    n_other, n_units = int(units.sum()), len(units)
    if n_other >= min(FEW_DIFFERENT, n_units / 2):
        return ()
    kind = "items" if index is None or n_units == len(other) else "clusters"
    return (f"only {n_other} of {n_units} {kind} differ from the others: limits are approximate",)


def few_deciding_warning(n_deciding: int, n: int, what: str = "items changed") -> tuple[str, ...]:
    """Return the warning of a comparison that fewer than ten of its ``n`` units decide, if it is one."""
    if n == 0 or n_deciding >= FEW_DECIDING:
        return ()
    return (
        f"only {n_deciding} of {n} {what}: limits may be too wide, and tests reject too seldom",
    )


def cautious_test_warning(
    distances: npt.NDArray[np.float64],
    probabilities: npt.NDArray[np.float64] | None = None,
    tie: float = 0.0,
) -> tuple[str, ...]:
    """Return the warning of an exact test that rejects less than 4 % of true nulls at 5 %, if it is one.

    ``distances`` (n_outcomes,) are the outcomes under the null, the farthest first to be rejected, with
    their ``probabilities`` (None: alike likely); those within ``tie`` of each other are one. What such a
    test rejects at 5 % is known: the largest p-value it can have of at most 0.05.
    """
    order = np.argsort(-distances)
    sorted_ = distances[order]
    ends = np.append(sorted_[:-1] > sorted_[1:] + tie, True)
    if probabilities is None:
        tails = np.arange(1, len(order) + 1) / len(order)
    else:
        tails = np.cumsum(probabilities[order])
    attainable = tails[ends & (tails <= _ALPHA + 1e-12)]
    size = float(attainable[-1]) if len(attainable) else 0.0
    if size >= _CAUTIOUS:
        return ()
    return (f"few outcomes are possible: at 5 % the test rejects {size:.1%} of true nulls",)


def narrow_margin_warning(half_width: float, margin: float) -> tuple[str, ...]:
    """Return the warning of an equivalence test whose 90 % limits hardly fit within the margin, if it is one.

    At the margin it rejects 5 % only if the other one-sided test rejects nearly always: below 4 % where the
    margin is under 2 standard errors, half a width of 0.83 margins.
    """
    if not half_width > _WIDEST * margin:
        return ()
    return (
        f"the margin {margin:g} is less than 2 standard errors: equivalence is found too seldom",
    )

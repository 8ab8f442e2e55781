"""What makes the limits of a mean approximate, in words: ``make calibration`` shows where they fail."""

import numpy as np
import numpy.typing as npt

FEW_EQUAL = 20
"""Unequal clusters that weigh like fewer equal ones carry a warning.

Satterthwaite's df know the sizes, not how alike the items of a cluster are: with 25 clusters of 2 to 10
items (as 19 equal ones) the t limits of a mean cover 93 % (``make calibration``).
"""

FEW_DIFFERENT = 20
"""Values that are all alike but for fewer units carry a warning: t limits of their mean cover too seldom."""

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

"""Simulated experiments with a known truth: who answers what how well, and what the answers share.

A score is 1 where a normal variable lies below the quantile of the cell's accuracy, so that the accuracy
of every cell is exactly what the design says. The variable is a sum of parts that a cluster, an item, an
item under one model, and nobody share; the cluster's part is in turn partly its own in each column, so
that clusters differ in their drops too, not in their difficulty alone.
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ICC = 0.3
"""Correlation of two right-or-wrong scores of one cluster in one column, at an accuracy of 0.7."""
_OF_COLUMN = 0.7  # of the cluster's part: what it has anew in each column


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Items and what they share: ``sizes`` are those of the clusters, None for items that stand alone.

    ``item`` and ``item_model`` are the shares of variance of an item in all columns, and of an item
    under one model. A score is the mean of ``n_repeats`` answers; ``missing`` is the share of cells
    without one.
    """

    name: str
    n_items: int
    sizes: tuple[int, ...] | None = None
    item: float = 0.3
    item_model: float = 0.2
    n_repeats: int = 1
    missing: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The accuracy of each model at each level (n_models, n_levels), and the chance rate."""

    name: str
    accuracy: tuple[tuple[float, ...], ...]
    levels: tuple[float, ...]
    guess: float = 0.0

    @property
    def table(self) -> Floats:
        """Return the accuracies as an array."""
        return np.array(self.accuracy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A layout with a truth."""

    layout: Layout
    truth: Truth

    @property
    def name(self) -> str:
        """Return what the design is called in the table."""
        return f"{self.layout.name}; {self.truth.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One simulated experiment: ``scores`` (n_models, n_items, n_levels), NaN where missing."""

    scores: Floats
    clusters: Integers | None
    truth: Truth


def draw(design: Design, rng: np.random.Generator) -> Sample:
    """Return one experiment of a design."""
    layout, cut = design.layout, special.ndtri(design.truth.table)[:, None, :, None]
    clusters = None
    if layout.sizes is not None:
        clusters = np.repeat(np.arange(len(layout.sizes)), layout.sizes)
    n_models, n_levels = design.truth.table.shape
    scores = (_latent(layout, n_models, n_levels, clusters, rng) < cut).mean(axis=3)
    if layout.missing:
        scores[rng.random(scores.shape) < layout.missing] = math.nan
    return Sample(scores=scores, clusters=clusters, truth=design.truth)


def _latent(
    layout: Layout,
    n_models: int,
    n_levels: int,
    clusters: Integers | None,
    rng: np.random.Generator,
) -> Floats:
    n = layout.n_items
    shape = (n_models, n, n_levels, layout.n_repeats)
    of_cluster = 0.0 if clusters is None else latent_correlation(0.7, ICC)
    own = 1 - of_cluster - (1 - of_cluster) * (layout.item + layout.item_model)
    latent = math.sqrt(own) * rng.standard_normal(shape)
    for share, part in ((layout.item, (1, n, 1, 1)), (layout.item_model, (n_models, n, 1, 1))):
        latent += math.sqrt((1 - of_cluster) * share) * rng.standard_normal(part)
    if clusters is not None:
        count = int(clusters[-1]) + 1
        anew = rng.standard_normal((n_models, count, n_levels, 1))
        common = rng.standard_normal((1, count, 1, 1))
        both = math.sqrt(_OF_COLUMN) * anew + math.sqrt(1 - _OF_COLUMN) * common
        latent += math.sqrt(of_cluster) * both[:, clusters]
    return latent


@cache
def latent_correlation(accuracy: float, icc: float) -> float:
    """Return the correlation of two normal variables whose cuts at ``accuracy`` correlate by ``icc``."""
    cut = float(special.ndtri(accuracy))

    def excess(correlation: float) -> float:
        both = stats.multivariate_normal.cdf([cut, cut], cov=[[1, correlation], [correlation, 1]])
        return (float(both) - accuracy**2) / (accuracy * (1 - accuracy)) - icc

    return float(optimize.brentq(excess, 0.01, 0.99, xtol=1e-6))


def _alone(n: int) -> Layout:
    return Layout(name=f"{n} items", n_items=n)


def _passages(count: int) -> Layout:
    """Return clusters of 2, 3, 4, 6 and 10 items in turn."""
    sizes = tuple((2, 3, 4, 6, 10)[at % 5] for at in range(count))
    return Layout(name=f"{count} clusters", n_items=sum(sizes), sizes=sizes)


_REPEATED = replace(_alone(100), name="100 items, 3 repeats", n_repeats=3)
_UNEVEN = (60, *(2, 3, 4, 6, 10) * 5)

LAYOUTS = {
    "30": _alone(30),
    "100": _alone(100),
    "350": _alone(350),
    "1000": _alone(1000),
    "c8": _passages(8),
    "c25": _passages(25),
    "c80": _passages(80),
    "uneven": Layout(name="26 clusters, one of a third", n_items=sum(_UNEVEN), sizes=_UNEVEN),
    "gaps": replace(_alone(150), name="150 items, 15 % of cells missing", missing=0.15),
    "uneven gaps": replace(_passages(40), name="40 clusters, 15 % of cells missing", missing=0.15),
    "repeats": _REPEATED,
    "repeats30": replace(_REPEATED, name="30 items, 3 repeats", n_items=30),
    "c25 repeats": replace(_passages(25), name="25 clusters, 3 repeats", n_repeats=3),
    "partial": replace(_alone(100), name="100 items, credit in fifths", n_repeats=5, item=0.5),
}

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
SCALE, SHAPE, BASELINE, CHANCE = 0.5, 1.6, 0.85, 0.25
"""The Weibull curve of the falling truth: P(s) = g + (A - g) exp(-(s/a)^b)."""


def _curve(baseline: float, scale: float = SCALE, guess: float = CHANCE) -> tuple[float, ...]:
    return tuple(
        guess + (baseline - guess) * math.exp(-((level / scale) ** SHAPE)) for level in LEVELS
    )


def _pair(name: str, first: float, second: float, guess: float = 0.0) -> Truth:
    return Truth(name=name, accuracy=((first, second),), levels=(0.0, 0.5), guess=guess)


def _flat(name: str, accuracy: float, guess: float = CHANCE) -> Truth:
    return Truth(name=name, accuracy=((accuracy,) * 6,), levels=LEVELS, guess=guess)


TRUTHS = {
    "cell": _pair("accuracy 0.75", 0.75, 0.75),
    "cell floor": _pair("accuracy 0.30", 0.30, 0.30),
    "cell ceiling": _pair("accuracy 0.98", 0.98, 0.98),
    "same": _pair("0.70 and 0.70", 0.7, 0.7),
    "same floor": _pair("0.30 and 0.30", 0.3, 0.3),
    "same ceiling": _pair("0.98 and 0.98", 0.98, 0.98),
    "drop": _pair("0.75 to 0.60", 0.75, 0.60),
    "drop ceiling": _pair("0.98 to 0.93", 0.98, 0.93),
    "drop floor": _pair("0.30 to 0.25", 0.30, 0.25),
    "margin": _pair("0.70 to 0.60, margin 0.10", 0.70, 0.60),
    "flat": _flat("flat at 0.70", 0.7),
    "flat ceiling": _flat("flat at 0.98", 0.98),
    "flat floor": _flat("flat at 0.30", 0.30),
    "curve": Truth(name="0.85 falls to chance", accuracy=(_curve(0.85),), levels=LEVELS, guess=CHANCE),
    "curve ceiling": Truth(
        name="0.98 falls to chance", accuracy=(_curve(0.98),), levels=LEVELS, guess=CHANCE
    ),
    "curve floor": Truth(
        name="0.30 falls to chance", accuracy=(_curve(0.30),), levels=LEVELS, guess=CHANCE
    ),
    "curve low": Truth(
        name="0.45 falls to chance", accuracy=(_curve(0.45),), levels=LEVELS, guess=CHANCE
    ),
    "models": Truth(
        name="two alike models", accuracy=(_curve(0.85),) * 2, levels=LEVELS, guess=CHANCE
    ),
    "models ceiling": Truth(
        name="two alike, from 0.98", accuracy=(_curve(0.98),) * 2, levels=LEVELS, guess=CHANCE
    ),
    "models low": Truth(
        name="two alike, from 0.45", accuracy=(_curve(0.45),) * 2, levels=LEVELS, guess=CHANCE
    ),
    "models floor": Truth(
        name="two alike, from 0.30", accuracy=(_curve(0.30),) * 2, levels=LEVELS, guess=CHANCE
    ),
    "unlike models": Truth(
        name="two unlike models", accuracy=(_curve(0.85), _curve(0.75, 0.8)), levels=LEVELS,
        guess=CHANCE,
    ),
}  # fmt: skip


def design(layout: str, truth: str) -> Design:
    """Return a design by the keys of its layout and its truth."""
    return Design(layout=LAYOUTS[layout], truth=TRUTHS[truth])

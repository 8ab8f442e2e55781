"""Where simulated answers come from: a model of items, or the items of a pilot.

Answers have the shape (n_runs, n_models, n_levels, n_items). In a run all models and levels answer the
same items. Items are the first axis of every draw, so that with the same seed the first items of a larger
study are those of a smaller one.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from scramblebench.statistics.levels import checked_levels

FloatArray = npt.NDArray[np.float64]


class ItemPopulation(Protocol):
    """A source of items; ``levels`` rise from 0."""

    @property
    def levels(self) -> FloatArray:
        """The scrambling levels, shares 0 to 1, shape (n_levels,)."""
        ...

    @property
    def guess_rate(self) -> float:
        """The chance accuracy that the analysis subtracts."""
        ...

    def draw(self, n_runs: int, n_items: int, rng: np.random.Generator) -> FloatArray:
        """Return 0/1 answers, shape (n_runs, n_models, n_levels, n_items)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedModel:
    """How a model differs from the typical one: on the logit of an item, on the log of its tolerance."""

    logit_shift: float = 0.0
    log_tolerance_shift: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametricItems:
    """Items whose logit is normal and whose tolerance is lognormal.

    At level s a model is right with probability g + (1 - g) expit(logit) / (1 + (s / tolerance)^steepness):
    ``tolerance`` is the level at which half of what an item is above chance is lost, ``steepness`` how
    sudden the loss is (infinite: right below the tolerance, chance above it). ``median_tolerance`` and
    ``sd_log_tolerance`` describe its distribution over items. ``answer_noise`` is the share of answers
    drawn anew at every level and model; the others share one draw per item and model, so that their
    answers never change back: 1 is independent given the item, and the discordance falls with it.
    Raises ValueError on numbers out of range.
    """

    levels: FloatArray
    mean_logit: float = 1.5
    sd_logit: float = 1.5
    median_tolerance: float = 0.5
    sd_log_tolerance: float = 0.7
    steepness: float = 4.0
    guess_rate: float = 0.0
    answer_noise: float = 1.0
    models: tuple[SimulatedModel, ...] = field(default_factory=lambda: (SimulatedModel(),))

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", _levels_from_zero(self.levels))
        if min(self.sd_logit, self.sd_log_tolerance) < 0 or not self.models:
            raise ValueError("standard deviations are at least 0, and there is at least one model")
        if not (self.median_tolerance > 0 and self.steepness > 0):
            raise ValueError("median tolerance and steepness are above 0")
        if not (0 <= self.guess_rate < 1 and 0 <= self.answer_noise <= 1):
            raise ValueError("guess rate is in [0, 1), answer noise in [0, 1]")

    def draw(self, n_runs: int, n_items: int, rng: np.random.Generator) -> FloatArray:
        """Return 0/1 answers, shape (n_runs, n_models, n_levels, n_items)."""
        of_logit, of_tolerance, of_noise, of_shared, of_own = rng.spawn(5)
        shape = (n_items, n_runs, len(self.models))
        chances = self._chances(
            of_logit.standard_normal(shape[:2]), of_tolerance.standard_normal(shape[:2])
        )
        draws = of_own.random((*shape, len(self.levels)))
        if self.answer_noise < 1:
            is_own = of_noise.random(draws.shape) < self.answer_noise
            draws = np.where(is_own, draws, of_shared.random(shape)[..., np.newaxis])
        return np.moveaxis(draws < chances, 0, -1).astype(np.float64)

    def accuracy(self, rng: np.random.Generator, n_items: int = 20_000) -> FloatArray:
        """Return the expected accuracy, shape (n_models, n_levels), averaged over random items."""
        chances = self._chances(
            rng.standard_normal((n_items, 1)), rng.standard_normal((n_items, 1))
        )
        return chances.mean(axis=(0, 1))

    def _chances(self, logit_z: FloatArray, tolerance_z: FloatArray) -> FloatArray:
        """Return the chances of a right answer, shape (n_items, n_runs, n_models, n_levels)."""
        logit_shift = np.array([model.logit_shift for model in self.models])
        tolerance_shift = np.array([model.log_tolerance_shift for model in self.models])
        logit = self.mean_logit + self.sd_logit * logit_z[..., np.newaxis] + logit_shift
        log_tolerance = math.log(self.median_tolerance) + (
            self.sd_log_tolerance * tolerance_z[..., np.newaxis] + tolerance_shift
        )
        kept = _kept(self.levels, log_tolerance[..., np.newaxis], self.steepness)
        return self.guess_rate + (1 - self.guess_rate) * expit(logit)[..., np.newaxis] * kept


@dataclass(frozen=True, slots=True, kw_only=True)
class PilotItems:
    """The items of a pilot, resampled whole: all answers of an item stay together.

    ``answers`` are 0/1, shape (n_models, n_levels, n_items), complete. A study larger than the pilot
    repeats its items: the pilot's own sampling error stays in the power. Raises ValueError on other
    values, no items, or levels that do not match.
    """

    levels: FloatArray
    answers: FloatArray
    guess_rate: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", _levels_from_zero(self.levels))
        answers = np.asarray(self.answers, dtype=np.float64)
        if answers.ndim != 3 or answers.shape[1] != len(self.levels) or answers.shape[2] == 0:
            raise ValueError(f"answers of shape {answers.shape} are not models x levels x items")
        if not bool(np.isin(answers, (0.0, 1.0)).all()):
            raise ValueError("pilot answers are 0 or 1, without missing ones")
        if not 0 <= self.guess_rate < 1:
            raise ValueError(f"guess rate {self.guess_rate} is not in [0, 1)")
        object.__setattr__(self, "answers", answers)

    def draw(self, n_runs: int, n_items: int, rng: np.random.Generator) -> FloatArray:
        """Return 0/1 answers, shape (n_runs, n_models, n_levels, n_items)."""
        (of_items,) = rng.spawn(1)
        chosen = of_items.integers(self.answers.shape[2], size=(n_items, n_runs))
        return np.moveaxis(self.answers[:, :, chosen], (0, 1, 2, 3), (1, 2, 3, 0))


def _kept(levels: FloatArray, log_tolerance: FloatArray, steepness: float) -> FloatArray:
    """Return the share of above-chance accuracy that is kept at each level."""
    kept = np.ones(np.broadcast_shapes(levels.shape, log_tolerance.shape))
    distance = np.log(levels[1:]) - log_tolerance
    if math.isinf(steepness):
        kept[..., 1:] = distance < 0
    else:
        kept[..., 1:] = expit(-steepness * distance)
    return kept


def _levels_from_zero(levels: npt.ArrayLike) -> FloatArray:
    values = checked_levels(levels)
    if values[0] != 0 or len(values) < 2:
        raise ValueError(f"levels {values.tolist()} are not 0 and at least one more")
    return values

"""The likelihood of a random-intercept logistic model, by adaptive Gauss-Hermite quadrature.

Pinheiro & Bates 1995, doi:10.1080/10618600.1995.10474663.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logsumexp

_MAX_STEPS = 100

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RandomIntercept:
    """A logistic model with one normal random intercept for each item.

    ``response`` (n_rows,) is 0 or 1, ``design`` (n_rows, n_columns), ``item`` (n_rows,) counts from 0;
    ``nodes`` and ``log_weights`` are those of the probabilists' Gauss-Hermite rule.
    """

    response: Vector
    design: Vector
    item: npt.NDArray[np.int64]
    n_items: int
    nodes: Vector
    log_weights: Vector

    def log_likelihood(self, parameters: Vector) -> float:
        """Return the log-likelihood; the last parameter is the standard deviation between items.

        With u the standardised intercept of an item, g(u) = sum over its rows of log p(y | u) - u^2 / 2
        is integrated over nodes around its top, as wide as its curvature there says.
        """
        fixed, deviation = self.design @ parameters[:-1], float(parameters[-1])
        mode, width = self._mode(fixed, deviation)
        at = mode[:, None] + width[:, None] * self.nodes
        terms = self.log_weights + self.nodes**2 / 2 + self._log_density(fixed, deviation, at)
        per_item = np.log(width) + logsumexp(terms, axis=1) - math.log(2 * math.pi) / 2
        return float(per_item.sum())

    def _log_density(self, fixed: Vector, deviation: float, at: Vector) -> Vector:
        linear = fixed[:, None] + deviation * at[self.item]
        sums = np.zeros_like(at)
        np.add.at(sums, self.item, self.response[:, None] * linear - np.logaddexp(0, linear))
        return sums - at**2 / 2

    def _mode(self, fixed: Vector, deviation: float) -> tuple[Vector, Vector]:
        """Return where the density of each item is highest, and its width there."""
        mode, curvature = np.zeros(self.n_items), np.ones(self.n_items)
        longest = 2.0 / max(1.0, abs(deviation))
        for _ in range(_MAX_STEPS):
            probability = expit(fixed + deviation * mode[self.item])
            slope = deviation * self.sum_of(self.response - probability) - mode
            curvature = 1 + deviation**2 * self.sum_of(probability * (1 - probability))
            step = np.clip(slope / curvature, -longest, longest)
            mode = mode + step
            if np.abs(step).max() < 1e-11:
                break
        return mode, 1 / np.sqrt(curvature)

    def sum_of(self, values: Vector) -> Vector:
        """Return the sums of values (n_rows,) over the rows of each item."""
        sums = np.bincount(self.item, weights=values, minlength=self.n_items)
        return sums.astype(np.float64)

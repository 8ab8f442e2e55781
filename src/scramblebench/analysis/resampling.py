"""Common resamples of a panel: one set of drawn questions for all models, levels and metrics."""

from dataclasses import dataclass

import numpy as np

from scramblebench.analysis.cube import Floats
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.randomness import generator
from scramblebench.statistics.levels import trapezoid_weights
from scramblebench.statistics.limit_warnings import unequal_clusters_warning
from scramblebench.statistics.resampling.accuracy_band import accuracy_band
from scramblebench.statistics.resampling.bootstrap import UnitSums, replicate_sums, unit_sums

FEWEST_UNITS = 10
"""Below so many questions (or passages) a bootstrap says nothing."""


@dataclass(frozen=True, slots=True)
class Replicates:
    """Sums and weights of each cell by resample, both (n_resamples, n_models, n_cells).

    The cells of a model are its levels, then the loss and the lead of the dependency coefficient of its
    complete questions. ``units`` is what was drawn, its columns in the same order.
    """

    sums: Floats
    weights: Floats
    units: UnitSums
    n_models: int
    n_levels: int

    def means(self, model: int) -> Floats:
        """Return accuracy by resample and level; NaN where a resample holds no answer."""
        return _quotient(
            self.sums[:, model, : self.n_levels], self.weights[:, model, : self.n_levels]
        )

    def means_without_one(self, model: int) -> Floats:
        """Return accuracy by level without each unit in turn, (n_units, n_levels)."""
        return self._jackknife(model)[:, : self.n_levels]

    def counts(self, model: int) -> tuple[Floats, Floats]:
        """Return right answers and answers by resample and level."""
        return (
            self.sums[:, model, : self.n_levels],
            self.weights[:, model, : self.n_levels],
        )

    def bands(
        self, model: int, estimates: Floats, confidence_level: float
    ) -> tuple[Floats, Floats]:
        """Return limits by level that hold for the whole curve at once; NaN where there are none."""
        found = accuracy_band(self.means(model), estimates, self.units.n_units, confidence_level)
        return found.low, found.high

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes limits from these resamples approximate: passages of very unequal size."""
        return unequal_clusters_warning(self.units.weights.max(axis=1).astype(np.int64))

    def dependency(self, model: int) -> Floats:
        """Return the dependency coefficient by resample; infinite where the lead is not above 0."""
        return _ratio(self.sums[:, model, self.n_levels], self.sums[:, model, self.n_levels + 1])

    def dependency_without_one(self, model: int) -> Floats:
        """Return the dependency coefficient without each unit in turn."""
        means = self._jackknife(model)
        return _ratio(means[:, self.n_levels], means[:, self.n_levels + 1])

    def _jackknife(self, model: int) -> Floats:
        width = self.n_levels + 2
        own = slice(model * width, (model + 1) * width)
        part = UnitSums(self.units.sums[:, own], self.units.weights[:, own], self.units.labels)
        return part.means_without_one


def replicates(panel: Panel, options: AnalysisOptions, seed: int) -> Replicates | None:
    """Resample the questions of a panel, or its passages; None where there are too few of them."""
    units = unit_sums(_cells(panel), panel.clusters)
    if units.n_units < FEWEST_UNITS:
        return None
    rng = generator(seed, "bootstrap", panel.benchmark, panel.method, panel.domain or "")
    sums, weights = replicate_sums(units, rng, options.n_resamples)
    n_models, n_levels = len(panel.models), len(panel.levels_pct)
    shape = (options.n_resamples, n_models, n_levels + 2)
    return Replicates(sums.reshape(shape), weights.reshape(shape), units, n_models, n_levels)


def _cells(panel: Panel) -> Floats:
    """Return what each question adds, (n_questions, n_models * (n_levels + 2))."""
    n_levels = len(panel.levels_pct)
    cells = np.empty((panel.n_questions, len(panel.models), n_levels + 2))
    cells[:, :, :n_levels] = panel.scores.transpose(1, 0, 2)
    cells[:, :, n_levels:] = np.nan
    if panel.has_baseline and n_levels > 1:
        weights = trapezoid_weights(panel.levels)
        for model, scores in enumerate(panel.scores):
            complete = panel.complete(model)
            own = scores[complete]
            cells[complete, model, n_levels] = (own[:, :1] - own) @ weights
            cells[complete, model, n_levels + 1] = own[:, 0] - panel.guess_rate[complete]
    return cells.reshape(panel.n_questions, -1)


def _quotient(sums: Floats, weights: Floats) -> Floats:
    return np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)


def _ratio(losses: Floats, leads: Floats) -> Floats:
    """Return losses / leads; infinite, with the sign of the loss, where the lead is not above 0."""
    found = np.where(losses < 0, -np.inf, np.inf)
    return np.divide(losses, leads, out=found, where=leads > 0)

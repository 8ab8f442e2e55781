"""Accuracy per model, benchmark, method and level, with intervals and what is missing."""

from collections.abc import Iterator

import numpy as np

from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.resampling import Replicates
from scramblebench.analysis.rows import AccuracyRow
from scramblebench.statistics.clustering.cell import cell_accuracy


def accuracy_rows(
    panel: Panel, options: AnalysisOptions, resampled: Replicates | None = None
) -> Iterator[AccuracyRow]:
    """Yield one row per model and level, in plan order; bands where there are replicates.

    The baseline is asked once and stands at level 0 of every method's curve. Repeats are averaged within
    their question first: the question is the unit.
    """
    chance = float(panel.guess_rate.mean()) if panel.n_questions else 0.0
    for model, name in enumerate(panel.models):
        points = [
            cell_accuracy(panel.scores[model, :, at], panel.clusters, options.confidence_level)
            for at in range(len(panel.levels_pct))
        ]
        estimates = np.array([point.estimate for point in points])
        low = high = np.full(len(points), np.nan)
        if resampled is not None:
            low, high = resampled.bands(model, estimates, options.confidence_level)
        for position, level_pct in enumerate(panel.levels_pct):
            found = points[position]
            yield AccuracyRow(
                model=name,
                benchmark=panel.benchmark,
                method=panel.method,
                level_pct=level_pct,
                accuracy=found.estimate,
                low=found.low,
                high=found.high,
                interval_method=found.interval_method,
                n_questions=found.n,
                n_answered=int(panel.n_answered[model, position]),
                n_planned=int(panel.n_planned[position]),
                n_no_answer=int(panel.n_no_answer[model, position]),
                is_simulated=panel.simulated[model],
                n_clusters=found.n_clusters,
                domain=panel.domain,
                chance=chance,
                band_low=float(low[position]),
                band_high=float(high[position]),
                warnings=found.warnings,
            )

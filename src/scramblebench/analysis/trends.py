"""Trends: does accuracy fall with the level, over all levels at once."""

from collections.abc import Iterator

from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.randomness import generator
from scramblebench.analysis.rows import TrendRow
from scramblebench.statistics.models.trend import level_trend


def trend_rows(panel: Panel, options: AnalysisOptions, seed: int) -> Iterator[TrendRow]:
    """Yield the mean slope of each model's questions, change of accuracy over the whole range."""
    if len(panel.levels_pct) < 2:
        return
    for model, name in enumerate(panel.models):
        rng = generator(seed, "trend", panel.benchmark, panel.method, name)
        found = level_trend(
            panel.levels, panel.scores[model], rng,
            clusters=panel.clusters, confidence_level=options.confidence_level,
        )  # fmt: skip
        slope = found.slope
        yield TrendRow(
            model=name,
            benchmark=panel.benchmark,
            method=panel.method,
            slope=slope.estimate,
            low=slope.low,
            high=slope.high,
            p_value=slope.p_value,
            sign_flip_p=found.sign_flip.p_value,
            n_questions=found.n_items,
            n_clusters=slope.n_clusters,
            status=found.status,
            warnings=found.warnings,
        )

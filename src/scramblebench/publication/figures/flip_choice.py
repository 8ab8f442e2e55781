"""Which models a flip heatmap shows, and the rule in words."""

from collections.abc import Sequence
from math import isnan

from scramblebench.analysis import DependencyRow, ScoreCube
from scramblebench.analysis.panels import Panel, panels

MOST_PANELS = 6
"""Panels that can be read on a page."""
Choice = tuple[Panel, int]
"""A curve's panel and the position of a model in it (flip_choice -> flips)."""


def chosen(cube: ScoreCube, dependency: Sequence[DependencyRow]) -> tuple[list[Choice], str]:
    """Return the models of each curve that are shown, and by which rule; "" where all are.

    Where there are too many, the curve with the most levels is shown; where it has too many models, six
    of them at equal distances in the order of their dependency coefficients.
    """
    found = list(panels(cube))
    everything = [(panel, model) for panel in found for model in range(len(panel.models))]
    if len(everything) <= MOST_PANELS:
        return everything, ""
    panel = max(found, key=lambda p: len(p.levels_pct))
    rule = ""
    if len(found) > 1:
        rule = (
            f"Of {len(found)} curves the one with most levels: {panel.benchmark} · {panel.method}. "
        )
    n = len(panel.models)
    if n <= MOST_PANELS:
        return [(panel, model) for model in range(n)], rule.strip()
    order, what = _order(panel, dependency)
    places = [round(k * (n - 1) / (MOST_PANELS - 1)) for k in range(MOST_PANELS)]
    rule += f"{MOST_PANELS} of {n} models, at equal distances in the order of {what}."
    return [(panel, order[place]) for place in places], rule


def _order(panel: Panel, dependency: Sequence[DependencyRow]) -> tuple[list[int], str]:
    """Return models by coefficient, those without last; as they were configured where none has one."""
    known = {
        row.model: row.estimate
        for row in dependency
        if (row.benchmark, row.method) == (panel.benchmark, panel.method)
        and not isnan(row.estimate)
    }
    order = list(range(len(panel.models)))
    if not known:
        return order, "the configuration"
    order.sort(key=lambda model: known.get(panel.models[model], float("inf")))
    return order, "their dependency coefficients"

"""Drops beside other drops: against a control benchmark, and above a measured floor."""

from collections.abc import Iterator, Sequence
from math import nan

from scramblebench.analysis.cube import Floats
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.rows import ContrastRow
from scramblebench.core.errors import UsageError
from scramblebench.statistics import Estimate, HypothesisTest
from scramblebench.statistics.curves.recovery import (
    difference_in_differences,
    relative_performance_gain,
)


def contrast_rows(panels: Sequence[Panel], options: AnalysisOptions) -> Iterator[ContrastRow]:
    """Yield what the configuration asks for beside plain drops; raises UsageError for a wrong name."""
    if options.control_benchmark is not None:
        yield from _against_control(panels, options.control_benchmark, options)
    if options.floor_method is not None:
        yield from _above_floor(panels, options.floor_method, options)


def _against_control(
    panels: Sequence[Panel], control: str, options: AnalysisOptions
) -> Iterator[ContrastRow]:
    controls = {panel.method: panel for panel in panels if panel.benchmark == control}
    if not controls:
        known = ", ".join(dict.fromkeys(panel.benchmark for panel in panels))
        raise UsageError(f"control_benchmark: there is no benchmark {control!r}; there are {known}")
    for panel in panels:
        beside = controls[panel.method]
        if panel is beside or not panel.has_baseline:
            continue
        for position in range(1, len(panel.levels_pct)):
            for model in range(len(panel.models)):
                found = difference_in_differences(
                    _drops(panel.scores[model], position),
                    _drops(beside.scores[model], position),
                    panel.clusters,
                    beside.clusters,
                    options.confidence_level,
                )
                yield _row("difference_in_differences", control, found, panel, model, position)


def _drops(scores: Floats, position: int) -> Floats:
    return scores[:, 0] - scores[:, position]


def _above_floor(
    panels: Sequence[Panel], floor: str, options: AnalysisOptions
) -> Iterator[ContrastRow]:
    floors = {panel.benchmark: panel for panel in panels if panel.method == floor}
    if not floors:
        known = ", ".join(dict.fromkeys(panel.method for panel in panels))
        raise UsageError(f"floor_method: there is no method {floor!r}; there are {known}")
    for panel in panels:
        beneath = floors.get(panel.benchmark)
        if beneath is None or beneath is panel or not panel.has_baseline:
            continue
        for position in range(1, len(panel.levels_pct)):
            for model in range(len(panel.models)):
                scores = panel.scores[model]
                found = relative_performance_gain(
                    scores[:, 0],
                    scores[:, position],
                    beneath.scores[model, :, -1],
                    panel.clusters,
                    options.confidence_level,
                )
                yield _row("relative_performance_gain", floor, found, panel, model, position)


def _row(
    kind: str,
    control: str,
    found: Estimate | HypothesisTest,
    panel: Panel,
    model: int,
    position: int,
) -> ContrastRow:
    return ContrastRow(
        kind=kind,
        model=panel.models[model],
        benchmark=panel.benchmark,
        control=control,
        method=panel.method,
        level_pct=panel.levels_pct[position],
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        p_value=found.p_value if isinstance(found, HypothesisTest) else nan,
        interval_method=found.interval_method,
        n_questions=found.n,
        status=found.status,
        warnings=found.warnings,
    )

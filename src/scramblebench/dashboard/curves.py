"""Counters of models and conditions as curves: accuracy by level, one curve per model and method."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from markupsafe import Markup

from scramblebench.core.conditions import BASELINE_METHOD, Condition
from scramblebench.dashboard.charts import N_STYLES, Axes, Point, Series, line_chart
from scramblebench.monitoring.progress import ExperimentProgress, ModelProgress
from scramblebench.monitoring.tallies import Tally

_SMALL = Axes(width=340, height=200, x_ticks=(0, 50, 100), y_ticks=(0, 0.5, 1))


@dataclass(frozen=True, slots=True)
class LevelCell:
    """One model at one level of a method, all its conditions together."""

    level_pct: float
    tally: Tally

    @property
    def is_interim(self) -> bool:
        """Whether answers are still missing."""
        return self.tally.n_missing > 0


@dataclass(frozen=True, slots=True)
class ModelCurve:
    """One model's levels under one method, lowest first; ``style`` is the model's place in charts."""

    label: str
    index: int
    cells: tuple[LevelCell, ...]

    @property
    def style(self) -> int:
        """The colour, marker and dash of the model."""
        return self.index % N_STYLES


@dataclass(frozen=True, slots=True)
class MethodCurves:
    """All models under one method; the baseline, asked once, stands at level 0 of every method."""

    method: str
    levels_pct: tuple[float, ...]
    curves: tuple[ModelCurve, ...]
    charts: tuple[Markup, ...]


def shown_label(model: ModelProgress) -> str:
    """Return a model's name, labelled where it is simulated."""
    return f"{model.label} (simulated)" if model.is_simulated else model.label


def method_names(conditions: Iterable[Condition]) -> list[str]:
    """Return the methods of some conditions, the baseline only where there is nothing else."""
    found = list(dict.fromkeys(c.method for c in conditions if not c.is_baseline))
    return found or [BASELINE_METHOD]


def method_curves(progress: ExperimentProgress) -> tuple[MethodCurves, ...]:
    """Return the curves of an experiment so far."""
    if not progress.models:
        return ()
    conditions = [cell.condition for cell in progress.models[0].conditions]
    return tuple(_of_method(progress.models, name) for name in method_names(conditions))


def _of_method(models: Sequence[ModelProgress], method: str) -> MethodCurves:
    curves = tuple(
        ModelCurve(shown_label(model), model.index, _cells(model, method)) for model in models
    )
    levels = tuple(cell.level_pct for cell in curves[0].cells)
    return MethodCurves(method, levels, curves, tuple(_charts(curves, method)))


def _cells(model: ModelProgress, method: str) -> tuple[LevelCell, ...]:
    by_level: dict[float, list[Tally]] = {}
    for cell in model.conditions:
        if cell.condition.is_baseline or cell.condition.method == method:
            by_level.setdefault(cell.condition.level_pct, []).append(cell.tally)
    return tuple(LevelCell(level, together(by_level[level])) for level in sorted(by_level))


def together(tallies: Sequence[Tally]) -> Tally:
    """Return several conditions of one model as one; they ask the same questions, as repeats do."""
    sums = {
        field.name: sum(getattr(tally, field.name) for tally in tallies) for field in fields(Tally)
    }
    return replace(tallies[0], **sums)


def _charts(curves: Sequence[ModelCurve], method: str) -> list[Markup]:
    """Return one chart, or one per model where there are more than can be told apart."""
    if len(curves) <= N_STYLES:
        return [line_chart([_series(c) for c in curves], Axes(), f"Accuracy by level, {method}")]
    return [
        line_chart([_series(c)], _SMALL, f"Accuracy by level, {method}, {c.label}") for c in curves
    ]


def _series(curve: ModelCurve) -> Series:
    return Series(
        curve.label, tuple(_point(curve.label, cell) for cell in curve.cells), curve.style
    )


def _point(label: str, cell: LevelCell) -> Point:
    score = cell.tally.score
    words = (
        f"{label}, level {cell.level_pct:g}: {score.estimate:.3f} [{score.low:.3f}, {score.high:.3f}], "
        f"{'interim, ' if cell.is_interim else ''}n = {cell.tally.n_answered:,} of {cell.tally.n_planned:,}"
    )
    return Point(cell.level_pct, score.estimate, score.low, score.high, words, cell.is_interim)

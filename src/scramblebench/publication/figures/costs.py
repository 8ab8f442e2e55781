"""Cost and latency of each model; what is not known is said, and never drawn as zero."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from scramblebench.core.money import usd
from scramblebench.publication.figures.cost_words import (
    HEADS,
    cost_alt,
    cost_cells,
    cost_words,
    has_cost,
    latency_words,
)
from scramblebench.publication.figures.drawings import Drawing, numbered
from scramblebench.publication.figures.lettering import labels, text_width_in
from scramblebench.publication.figures.sheets import (
    EDGE_IN,
    Footing,
    Heading,
    Sheet,
    draw_footing,
    footing,
    heading,
    new_sheet,
)
from scramblebench.publication.figures.standing import Standing
from scramblebench.publication.figures.style import COLOURS, INTERIM, QUIET, TALLEST_IN
from scramblebench.publication.source import ModelFacts

NAME = "cost_latency"
_ROW_IN, _X_LABELS_IN, _BETWEEN_IN = 0.17, 0.42, 0.14


@dataclass(frozen=True, slots=True)
class _Measure:
    """One of the two panels: what is drawn of a model, what is written beside it."""

    label: str
    words: Callable[[ModelFacts], str]
    draw: Callable[[Any, ModelFacts, int, bool], None]
    highest: float


def cost_latency(
    models: Sequence[ModelFacts],
    *,
    width_in: float,
    standing: Standing,
    tallest_in: float = TALLEST_IN,
) -> list[Drawing]:
    """Return the figure, in parts where a page cannot hold all models; none where nothing is known."""
    measures = _measures(models)
    if not measures:
        return []
    head = heading(width_in, "", standing.banner)
    foot = footing(width_in, {}, _notes(models))
    n_stacked = len(measures) if width_in < 5 else 1
    room_in = (tallest_in - head.height_in - foot.height_in - EDGE_IN) / n_stacked - _X_LABELS_IN
    size = max(1, int(room_in / _ROW_IN))
    shown = labels((facts.name for facts in models), 1.1 if width_in < 5 else 1.5)
    parts = [models[at : at + size] for at in range(0, len(models), size)]
    return numbered(
        [
            Drawing(
                name=NAME,
                title="Cost and latency",
                figure=_draw(part, measures, shown, head, foot, width_in, standing).figure,
                heads=HEADS,
                rows=tuple(cost_cells(part)),
                alt=cost_alt(part, standing),
            )
            for part in parts
        ]
    )


def _measures(models: Sequence[ModelFacts]) -> list[_Measure]:
    found: list[_Measure] = []
    costs = [usd(facts.cost_microusd) for facts in models if has_cost(facts)]
    latencies = [facts.latencies_s[2] for facts in models if facts.latencies_s]
    if costs:
        found.append(_Measure("cost (USD)", cost_words, _draw_cost, max(costs)))
    if latencies:
        found.append(_Measure("latency (s)", latency_words, _draw_latency, max(latencies)))
    return found


def _notes(models: Sequence[ModelFacts]) -> list[str]:
    notes: list[str] = []
    if any(facts.latencies_s for facts in models):
        notes.append("Latency: median as a dot, bar from the 5 to the 95 % quantile.")
    if any(facts.n_cost_unknown for facts in models):
        notes.append("Unknown: no cost was told and no price is known; ≥: so for some responses.")
    return [" ".join(notes)] if notes else []


def _draw(
    models: Sequence[ModelFacts],
    measures: Sequence[_Measure],
    shown: Mapping[str, str],
    head: Heading,
    foot: Footing,
    width_in: float,
    standing: Standing,
) -> Sheet:
    panel_in = len(models) * _ROW_IN
    is_stacked = width_in < 5
    n_stacked = len(measures) if is_stacked else 1
    sheet = new_sheet(width_in, n_stacked * (panel_in + _X_LABELS_IN) + foot.height_in, head)
    names_in = max(text_width_in(name) for name in shown.values()) + 0.06
    words_in = [max(text_width_in(m.words(facts)) for facts in models) + 0.06 for m in measures]
    room_in = width_in - 2 * EDGE_IN - names_in
    if is_stacked:
        axes_in = [room_in - words for words in words_in]
    else:
        free_in = room_in - sum(words_in) - (len(measures) - 1) * _BETWEEN_IN
        axes_in = [free_in / len(measures)] * len(measures)
    left, top = EDGE_IN + names_in, sheet.top_in
    for number, measure in enumerate(measures):
        axis = sheet.axes(left, top, axes_in[number], panel_in)
        _draw_panel(axis, models, measure, standing)
        right = left + axes_in[number] + words_in[number]
        for place, facts in enumerate(models):
            middle = top + (place + 0.5) * _ROW_IN
            sheet.write(right, middle, measure.words(facts), ha="right", va="center_baseline")
            if is_stacked or number == 0:
                sheet.write(EDGE_IN, middle, shown[facts.name], va="center_baseline")
        sheet.write(left + axes_in[number] / 2, top + panel_in + 0.2, measure.label, ha="center")
        if is_stacked:
            top += panel_in + _X_LABELS_IN
        else:
            left = right + _BETWEEN_IN
    draw_footing(sheet, foot)
    return sheet


def _draw_panel(
    axis: Any, models: Sequence[ModelFacts], measure: _Measure, standing: Standing
) -> None:
    from matplotlib.ticker import MaxNLocator

    highest = measure.highest or 1.0
    axis.set(xlim=(-0.03 * highest, 1.08 * highest), ylim=(len(models) - 0.5, -0.5))
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    ticks = [t for t in MaxNLocator(3).tick_values(0, highest) if 0 <= t <= 1.08 * measure.highest]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.grid(axis="x")
    axis.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    if standing.is_interim:
        axis.set_facecolor(INTERIM)
    for place, facts in enumerate(models):
        measure.draw(axis, facts, place, standing.is_interim)


def _draw_cost(axis: Any, facts: ModelFacts, place: int, is_hollow: bool) -> None:
    """Draw a known cost as a bar with a dot; where it is known of some responses only, as an arrow."""
    if not has_cost(facts):
        return
    cost, colour = usd(facts.cost_microusd), COLOURS[0]
    marker = ">" if facts.n_cost_unknown else "o"
    axis.plot([0, cost], [place, place], color=colour, linewidth=1.3)
    _draw_dot(axis, cost, place, marker, colour, is_hollow)


def _draw_latency(axis: Any, facts: ModelFacts, place: int, is_hollow: bool) -> None:
    if facts.latencies_s is None or not all(map(isfinite, facts.latencies_s)):
        return
    low, middle, high = facts.latencies_s
    axis.plot([low, high], [place, place], color=COLOURS[1], linewidth=1.3)
    _draw_dot(axis, middle, place, "s", COLOURS[1], is_hollow)


def _draw_dot(
    axis: Any, value: float, place: int, marker: str, colour: str, is_hollow: bool
) -> None:
    fill = "white" if is_hollow else colour
    axis.plot(value, place, marker=marker, color=colour, markerfacecolor=fill, markersize=4.5)

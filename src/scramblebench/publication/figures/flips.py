"""The flip heatmap: which questions stay right, and at which level the others flip."""

from collections.abc import Mapping, Sequence
from typing import Any

from scramblebench.analysis import DependencyRow, ScoreCube
from scramblebench.publication.figures.drawings import Drawing
from scramblebench.publication.figures.flip_choice import chosen
from scramblebench.publication.figures.flip_rows import (
    MISSING,
    N_STEPS,
    NO_ANSWER,
    FlipPanel,
    flip_panel,
    runs,
)
from scramblebench.publication.figures.flip_words import flip_alt, flip_cells, flip_heads
from scramblebench.publication.figures.lettering import folded, shortened, text_width_in
from scramblebench.publication.figures.sheets import (
    EDGE_IN,
    Sheet,
    draw_footing,
    footing,
    heading,
    new_sheet,
)
from scramblebench.publication.figures.standing import Standing
from scramblebench.publication.figures.style import LINE_IN

NAME = "flip_heatmap"
_LEFT_IN, _BETWEEN_IN, _X_LABELS_IN, _BELOW_IN = 0.24, 0.16, 0.34, 0.26
_RIGHT, _WRONG = (0.235, 0.553, 0.769), (0.961, 0.835, 0.62)
"""Blue and light orange: far apart in grey, and from the black and the white of what is no answer."""


def flip_heatmap(
    cube: ScoreCube,
    dependency: Sequence[DependencyRow],
    ids: Sequence[str],
    *,
    width_in: float,
    standing: Standing,
) -> Drawing:
    """Return the figure: questions as rows, levels as columns, a panel per model; at most six.

    ``ids`` are the questions' in the order of the plan.
    """
    choices, rule = chosen(cube, dependency)
    found = [flip_panel(cube, panel, model, len(choices)) for panel, model in choices]
    head = heading(width_in, "", standing.banner)
    foot = footing(width_in, _entries(found), [f"{_note(found)} {rule}"])
    n_columns = min(len(found), 2 if width_in < 5 else 3)
    width = (width_in - EDGE_IN - _LEFT_IN - 0.06 - (n_columns - 1) * _BETWEEN_IN) / n_columns
    titles = [_titles(panel, found, width) for panel in found]
    titles_in = max(map(len, titles)) * LINE_IN
    n_rows = -(-len(found) // n_columns)
    height = 1.9 if n_rows < 3 else 1.4
    row_in = titles_in + height + _BELOW_IN
    sheet = new_sheet(width_in, n_rows * row_in - _BELOW_IN + _X_LABELS_IN + foot.height_in, head)
    for number, panel in enumerate(found):
        row, column = divmod(number, n_columns)
        left = EDGE_IN + _LEFT_IN + column * (width + _BETWEEN_IN)
        top = sheet.top_in + row * row_in
        axis = sheet.axes(left, top + titles_in, width, height)
        axis.set_title("\n".join(titles[number]), loc="left", pad=3, linespacing=1.12)
        _draw_panel(axis, panel, width)
    _write_labels(sheet, found, n_rows * row_in - _BELOW_IN, width_in)
    draw_footing(sheet, foot)
    return Drawing(
        NAME, "Answers by question and level", sheet.figure, flip_heads(found),
        tuple(flip_cells(found, ids)), flip_alt(found, rule, standing),
    )  # fmt: skip


def _titles(panel: FlipPanel, found: Sequence[FlipPanel], room_in: float) -> list[str]:
    """Return the lines above a panel: the model, and which curve where they differ."""
    lines = [panel.model]
    if len({(p.benchmark, p.method) for p in found}) > 1:
        lines += [panel.benchmark, panel.method]
    if panel.is_simulated:
        lines.append("(simulated)")
    return [part for line in lines for part in folded(line, room_in)]


def _draw_panel(axis: Any, panel: FlipPanel, width_in: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    edges = [0, *panel.sizes.cumsum().tolist()]
    boxes: dict[int, list[tuple[float, float]]] = {}
    for level, start, end, outcome in runs(panel.outcomes):
        left, right = level - 0.47, level + 0.47
        low, high = edges[start], edges[end]
        corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
        boxes.setdefault(outcome, []).extend(corners)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    for outcome, corners in sorted(boxes.items()):
        path = Path(corners, codes * (len(corners) // 5))
        axis.add_patch(PathPatch(path, **_fill(outcome)))
    n_levels = len(panel.levels_pct)
    axis.set(xlim=(-0.47, n_levels - 0.53), ylim=(panel.tally.n_questions, 0))
    ticks = _ticks(panel.levels_pct, width_in)
    axis.set_xticks(ticks, [f"{panel.levels_pct[place]:g}" for place in ticks])
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.spines["bottom"].set_visible(False)
    axis.tick_params(length=0)


def _ticks(levels_pct: Sequence[float], width_in: float) -> list[int]:
    """Return the places of the levels that are named: all, or every second, third and so on."""
    widest_in = max(text_width_in(f"{level:g}") for level in levels_pct) + 0.06
    stride = -(-len(levels_pct) * widest_in // width_in)
    return list(range(0, len(levels_pct), max(1, int(stride))))


def _fill(outcome: int) -> Mapping[str, Any]:
    if outcome == MISSING:
        return {"facecolor": "white", "edgecolor": "0.55", "linewidth": 0.3, "hatch": "//////"}
    colour: Any = "black"
    if outcome != NO_ANSWER:
        share = outcome / N_STEPS
        colour = tuple(r + (w - r) * share for r, w in zip(_RIGHT, _WRONG, strict=True))
    return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.15}


def _entries(found: Sequence[FlipPanel]) -> dict[str, Any]:
    """Return what the fills mean; only those that are drawn, right and wrong always."""
    from matplotlib.patches import Patch

    names = {0: "right", N_STEPS: "wrong", NO_ANSWER: "no answer", MISSING: "missing"}
    drawn = {0, N_STEPS}.union(*(set(panel.outcomes.ravel().tolist()) for panel in found))
    between = {k: f"{1 - k / N_STEPS:.2g} right" for k in range(1, N_STEPS)}
    return {
        name: Patch(**_fill(outcome))
        for outcome, name in sorted((names | between).items())
        if outcome in drawn
    }


def _note(found: Sequence[FlipPanel]) -> str:
    largest = max(int(panel.sizes.max()) for panel in found)
    row = (
        "A row is a question" if largest == 1 else f"A row is a band of up to {largest:,} questions"
    )
    return f"{row}, sorted by the level at which the answer flips: those that stay right above."


def _write_labels(
    sheet: Sheet, found: Sequence[FlipPanel], body_in: float, width_in: float
) -> None:
    counts = {panel.tally.n_questions for panel in found}
    n = f"{min(counts):,} " if len(counts) == 1 else ""
    words = {f"{panel.benchmark} · {panel.method}" for panel in found}
    where = f" · {min(words)}" if len(words) == 1 else ""
    centre = sheet.top_in + body_in / 2
    sheet.write(EDGE_IN, centre, f"{n}questions", rotation=90, va="center")
    middle = (EDGE_IN + _LEFT_IN + width_in) / 2
    label = shortened(f"scrambling level (%){where}", width_in - 0.5)
    sheet.write(middle, sheet.top_in + body_in + 0.19, label, ha="center")

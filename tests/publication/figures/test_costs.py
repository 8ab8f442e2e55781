"""Cost and latency: what is unknown is said and never drawn as zero."""

from dataclasses import replace
from typing import Any

import pytest

from scramblebench.publication.figures import Standing
from scramblebench.publication.figures.cost_words import cost_words, latency_words
from scramblebench.publication.figures.costs import cost_latency
from scramblebench.publication.figures.drawings import Drawing
from scramblebench.publication.source import ModelFacts, Publication
from tests.publication.figures.cases import facts


def drawn(models: list[ModelFacts], width_in: float = 5.5) -> list[Drawing]:
    return cost_latency(models, width_in=width_in, standing=Standing())


def words(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in drawing.figure.texts]


def points(axis: Any) -> list[tuple[float, int]]:
    """Return (value, place from above) of all markers."""
    return [
        (float(line.get_xdata()[0]), round(float(line.get_ydata()[0])))
        for line in axis.lines
        if line.get_marker() != "None"
    ]


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("width", [3.25, 5.5, 6.75])
def test_unknown_is_said_and_not_drawn(base: Publication, width: float):
    models = [facts(base, f"m{number}", number) for number in range(4)]
    (drawing,) = drawn(models, width)
    cost, latency = drawing.figure.axes
    assert points(cost) == [(12.345678, 1), (0.00025, 2), (0.000001, 3)]
    assert points(latency) == [(0.3, 0), (0.6, 1), (pytest.approx(0.9), 2)]
    shown = words(drawing)
    assert shown.count("unknown") == 2
    assert {"$12.35", "≥ $0.0002", "< $0.0001"} <= set(shown)
    at = {name: place for place, name in enumerate(drawing.heads)}
    assert [row[at["cost_usd"]] for row in drawing.rows] == [None, 12.345678, 0.00025, 0.000001]
    assert drawing.rows[3][at["latency_p50_s"]] is None
    assert "Unknown, and not drawn: cost of 1, latency of 1 of 4" in drawing.alt


@pytest.mark.usefixtures("style")
def test_no_figure_where_nothing_is_known(base: Publication):
    model = replace(facts(base, "m", 0), latencies_s=None)
    assert drawn([model, model]) == []


@pytest.mark.usefixtures("style")
def test_one_panel_where_only_one_of_both_is_known(base: Publication):
    (drawing,) = drawn([facts(base, "m", 0)])
    assert len(drawing.figure.axes) == 1
    assert "latency (s)" in words(drawing)
    assert "cost (USD)" not in words(drawing)


def test_a_known_cost_of_nothing_is_no_unknown_one(base: Publication):
    free = replace(facts(base, "m", 0), n_cost_unknown=0)
    assert cost_words(free) == "$0.00"
    assert cost_words(replace(free, n_cost_unknown=free.n_answered)) == "unknown"
    assert cost_words(replace(free, cost_microusd=1_999_999, n_cost_unknown=1)) == "≥ $1.99"
    assert latency_words(replace(free, latencies_s=(0.1234, 1.5, 22.25))) == "1.5 [0.123, 22.2]"


@pytest.mark.usefixtures("style")
def test_many_models_go_on_in_parts(base: Publication):
    models = [facts(base, f"m{number}", number) for number in range(90)]
    parts = drawn(models)
    assert [part.name for part in parts][:2] == ["cost_latency", "cost_latency_2"]
    assert [row[0] for part in parts for row in part.rows] == [m.name for m in models]
    assert all(part.figure.get_figheight() <= 8 for part in parts)

"""Drops beside other drops: against a control benchmark, above a measured floor."""

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from scramblebench.analysis.contrasts import contrast_rows
from scramblebench.analysis.cube import ScoreCube
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import panels
from scramblebench.analysis.rows import ContrastRow
from scramblebench.core.errors import UsageError
from scramblebench.statistics.curves.recovery import (
    difference_in_differences,
    relative_performance_gain,
)
from tests.analysis.cubes import FEW, conditions, falling, make

SCORES = falling(60)
CONTROL = replace(FEW, control_benchmark="bench1")
FLOOR = replace(FEW, floor_method="letter_noise")


def rows_of(cube: ScoreCube, options: AnalysisOptions) -> list[ContrastRow]:
    return list(contrast_rows(tuple(panels(cube)), options))


def test_a_drop_beyond_the_drop_on_the_control():
    cube = make(SCORES, benchmark=[n % 2 for n in range(60)])
    rows = rows_of(cube, CONTROL)
    assert len(rows) == 2 * 4
    assert {row.benchmark for row in rows} == {"bench0"}
    assert {row.control for row in rows} == {"bench1"}
    for row in rows:
        own = SCORES["ab".index(row.model)]
        drops = own[:, 0] - own[:, (0, 25, 50, 75, 100).index(int(row.level_pct))]
        direct = difference_in_differences(drops[0::2], drops[1::2])
        assert (row.estimate, row.low, row.high, row.p_value) == (
            direct.estimate, direct.low, direct.high, direct.p_value,
        )  # fmt: skip
        assert row.estimate == pytest.approx(drops[0::2].mean() - drops[1::2].mean())


def test_a_gain_above_the_floor_of_its_model():
    scores = falling(60, levels=(0, 25, 50, 75, 100))
    asked = conditions((0, 50, 100), ("word_shuffle", "letter_noise"))
    rows = rows_of(make(scores, asked), FLOOR)
    assert [(row.model, row.level_pct) for row in rows] == [
        ("a", 50), ("b", 50), ("a", 100), ("b", 100),
    ]  # fmt: skip
    for row in rows:
        own = scores["ab".index(row.model)]
        direct = relative_performance_gain(
            own[:, 0], own[:, 1 if row.level_pct == 50 else 2], own[:, 4]
        )
        assert (row.estimate, row.low, row.high) == (direct.estimate, direct.low, direct.high)
        assert isnan(row.p_value)
    base, half, floor = (scores[0, :, at].mean() for at in (0, 1, 4))
    assert rows[0].estimate == pytest.approx((half - floor) / (base - floor))


def test_a_floor_as_high_as_the_baseline_leaves_nothing_to_gain():
    asked = conditions((0, 100), ("word_shuffle", "letter_noise"))
    rows = rows_of(make(np.ones((1, 20, 3)), asked), FLOOR)
    assert [isnan(row.estimate) for row in rows] == [True]
    assert rows[0].status != "ok"


def test_without_a_baseline_there_is_no_drop():
    cube = make(
        SCORES[:, :, 1:], conditions((25, 50, 75, 100)), benchmark=[n % 2 for n in range(60)]
    )
    assert rows_of(cube, CONTROL) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (replace(FEW, control_benchmark="x"), "no benchmark 'x'; there are bench0"),
        (replace(FEW, floor_method="x"), "no method 'x'; there are word_shuffle"),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_ones(options: AnalysisOptions, words: str):
    with pytest.raises(UsageError, match=words):
        rows_of(make(SCORES), options)


def test_nothing_is_computed_where_nothing_is_asked_for():
    assert rows_of(make(SCORES), FEW) == []

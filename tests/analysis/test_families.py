"""Families: adjusted together, undefined tests left out, exploratory ones by the false discovery rate."""

from dataclasses import replace
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.analysis.families import adjusted
from scramblebench.analysis.options import Correction
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.statistics import Status
from tests.analysis.cubes import FEW


def row(p_value: float, family: str = "f", kind: str = "level", **more: object) -> ComparisonRow:
    values = {
        "kind": kind, "first": "a", "second": "b", "benchmark": "x", "method": "w", "level_pct": 50.0,
        "test": "t", "statistic": nan, "df": nan, "p_value": p_value, "estimate": 0.1, "low": 0.0,
        "high": 0.2, "interval_method": "t", "n_questions": 9, "n_clusters": None, "n_missing": 0,
        "status": Status.OK, "family": family,
    }  # fmt: skip
    return ComparisonRow(**{**values, **more})  # pyright: ignore


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        # R: p.adjust(c(0.01, 0.02, 0.03, 0.04), method)
        (Correction.HOLM, [0.04, 0.06, 0.06, 0.06]),
        (Correction.BONFERRONI, [0.04, 0.08, 0.12, 0.16]),
        (Correction.BH, [0.04, 0.04, 0.04, 0.04]),
        (Correction.BY, [0.25 / 3, 0.25 / 3, 0.25 / 3, 0.25 / 3]),
        (Correction.NONE, [0.01, 0.02, 0.03, 0.04]),
    ],
)
def test_each_correction(name: Correction, wanted: list[float]):
    found = adjusted([row(p) for p in (0.01, 0.02, 0.03, 0.04)], replace(FEW, correction=name))
    assert [each.p_adjusted for each in found] == pytest.approx(wanted)
    assert [each.p_value for each in found] == [0.01, 0.02, 0.03, 0.04]
    assert {each.correction for each in found} == {name}


def test_undefined_tests_do_not_count():
    found = adjusted([row(0.01), row(nan), row(0.04)], FEW)
    assert [each.family_size for each in found] == [2, 2, 2]
    assert found[0].p_adjusted == 0.02
    assert isnan(found[1].p_adjusted)


def test_families_are_adjusted_apart_and_keep_their_order():
    rows = [row(0.01, "f"), row(0.03, "g"), row(0.02, "f"), row(0.04, "g")]
    found = adjusted(rows, replace(FEW, correction=Correction.BONFERRONI))
    assert [each.p_adjusted for each in found] == [0.02, 0.06, 0.04, 0.08]


@pytest.mark.parametrize("kind", ["accuracy", "mean_accuracy"])
def test_what_nobody_declared_one_by_one_has_the_false_discovery_rate(kind: str):
    rows = [row(p, kind=kind) for p in (0.01, 0.04)]
    assert {each.correction for each in adjusted(rows, FEW)} == {Correction.BH}
    told = adjusted(rows, replace(FEW, correction=Correction.BONFERRONI))
    assert {each.correction for each in told} == {Correction.BONFERRONI}


@pytest.mark.parametrize("kind", ["level", "dependency"])
def test_what_was_declared_has_holm(kind: str):
    assert adjusted([row(0.01, kind=kind)], FEW)[0].correction is Correction.HOLM


def test_max_t_is_kept_and_holm_takes_its_place_where_it_was_not_computed():
    options = replace(FEW, correction=Correction.MAX_T)
    kept = adjusted([row(0.01, p_adjusted=0.015), row(nan)], options)
    assert [each.correction for each in kept] == [Correction.MAX_T] * 2
    assert kept[0].p_adjusted == 0.015
    replaced = adjusted([row(0.01, p_adjusted=0.015), row(0.04)], options)
    assert [each.correction for each in replaced] == [Correction.HOLM] * 2
    assert [each.p_adjusted for each in replaced] == [0.02, 0.04]


@given(
    st.lists(st.one_of(st.floats(0, 1), st.just(nan)), min_size=1, max_size=12),
    st.sampled_from([c for c in Correction if c is not Correction.MAX_T]),
)
def test_adjusted_is_never_below_raw_nor_above_1(p_values: list[float], name: Correction):
    for each in adjusted([row(p) for p in p_values], replace(FEW, correction=name)):
        assert isnan(each.p_value) == isnan(each.p_adjusted)
        if not isnan(each.p_value):
            assert each.p_value <= each.p_adjusted + 1e-15 <= 1 + 1e-12

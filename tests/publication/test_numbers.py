"""Ids of numbers: each names one number, and says which; and how numbers look."""

from dataclasses import replace
from math import inf, nan
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.analysis import AccuracyRow, DeclaredRow, Report, make_report
from scramblebench.publication.numbers import (
    decimal,
    level_key,
    number_id,
    own_field,
    percent,
    report_rows,
    usd,
)
from tests.analysis.cubes import FEW, conditions, falling, make

ROW = AccuracyRow("m", "b", "word_shuffle", 17, 0.5, 0.4, 0.6, "Wilson", 10, 10, 10, 0)


@pytest.fixture(scope="module")
def report() -> Report:
    scores = falling(40, levels=(0, 33, 67, 100, 33, 67, 100))
    asked = conditions((0, 33, 67, 100), ("word_shuffle", "letter_noise"))
    cube = make(scores, asked, domain=[n % 2 for n in range(40)], benchmark=[0] * 25 + [1] * 15)
    return make_report("n", cube, replace(FEW, control_benchmark="bench1"))


def test_every_row_of_a_report_has_its_own_id(report: Report):
    rows = list(report_rows(report))
    ids = {number_id(row) for row in rows}
    assert len(ids) == len(rows)
    assert {name.split("/")[0] for name in ids} == {
        "accuracy", "domain", "dependency", "threshold", "trend", "comparison", "contrast", "family",
    }  # fmt: skip
    assert all(hasattr(row, own_field(row)) for row in rows)


def test_ids_are_spelled_as_documented(report: Report):
    assert number_id(ROW) == "accuracy/m/b/word_shuffle/17"
    assert number_id(ROW, "low") == "accuracy/m/b/word_shuffle/17#low"
    assert number_id(ROW, "accuracy") == number_id(ROW)
    assert number_id(replace(ROW, domain="x/y")) == "domain/m/b/x%2Fy/word_shuffle/17"
    assert number_id(DeclaredRow(question="q", answer="a"), "low") == "declared#low"
    level = next(row for row in report.comparisons if row.kind == "level")
    assert number_id(level) == "comparison/level/a/baseline/bench0/word_shuffle/33"
    mean = next(row for row in report.comparisons if row.kind == "mean_accuracy")
    assert number_id(mean) == "comparison/mean_accuracy/a/b/bench0/word_shuffle/all"


@given(st.text(), st.text())
def test_ids_of_any_names_are_one_word_and_tell_them_apart(one: str, other: str):
    first, second = (number_id(replace(ROW, model=one, benchmark=x)) for x in (other, other + "/"))
    assert first != second
    assert first.isascii()
    assert first.isprintable()
    assert " " not in first
    assert first.count("/") == 4
    if one:
        assert unquote(first.split("/")[1], errors="surrogatepass") == one


def test_levels_keep_their_digits():
    assert [level_key(level) for level in (0.0, 17.0, 33.3, 12.3456789)] == [
        "0", "17", "33.3", "12.3456789",
    ]  # fmt: skip


def test_numbers_as_they_look():
    assert percent(0.8571) == "85.7"
    assert decimal(-0.0004, 3) == "0.000"
    assert [decimal(value, 1) for value in (nan, inf, -inf)] == ["", "", ""]
    assert [usd(x) for x in (0, 17, 1_234_560_000)] == ["0.00", "0.000017", "1,234.56"]

"""Whatever the scores are: a sensible result or a refusal that is said, never a NaN, a warning or a crash."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from scramblebench.analysis import Report, ScoreCube, make_report, report_values
from scramblebench.analysis.options import Correction
from scramblebench.analysis.summary import summary
from scramblebench.statistics import Status
from tests.analysis.cubes import FEW, LEVELS, conditions, falling, make

SCORES = falling(40)
NAN = np.nan


def without(model: int, *levels: int) -> np.ndarray:
    scores = SCORES.copy()
    scores[model][:, list(levels)] = NAN
    return scores


def scattered() -> np.ndarray:
    scores = SCORES.copy()
    scores[0, ::3, 2] = scores[1, ::5, 4] = NAN
    return scores


def never_complete() -> np.ndarray:
    scores = SCORES.copy()
    scores[0, ::2, 0] = scores[0, 1::2, 1] = NAN
    return scores


def all_lost() -> np.ndarray:
    scores = np.zeros((2, 40, 5))
    scores[:, :, 0] = 1
    return scores


CASES: dict[str, Callable[[], ScoreCube]] = {
    "one question": lambda: make(SCORES[:, :1]),
    "two questions": lambda: make(SCORES[:, :2]),
    "nine questions": lambda: make(SCORES[:, :9]),
    "all right": lambda: make(np.ones((2, 40, 5))),
    "none right": lambda: make(np.zeros((2, 40, 5))),
    "all lost": lambda: make(all_lost()),
    "all lost, passages": lambda: make(all_lost(), cluster=[n // 4 for n in range(40)]),
    "no level 0": lambda: make(SCORES[:, :, 1:], conditions(LEVELS[1:])),
    "only level 0": lambda: make(SCORES[:, :, :1], conditions((0,))),
    "only level 50": lambda: make(SCORES[:, :, 2:3], conditions((50,))),
    "two levels": lambda: make(SCORES[:, :, [0, 4]], conditions((0, 100))),
    "three levels": lambda: make(SCORES[:, :, [0, 2, 4]], conditions((0, 50, 100))),
    "missing cells": lambda: make(scattered()),
    "no complete question": lambda: make(never_complete()),
    "a level without answers": lambda: make(without(0, 4)),
    "no baseline answers": lambda: make(without(0, 0)),
    "a model without answers": lambda: make(without(0, 0, 1, 2, 3, 4)),
    "nothing at all": lambda: make(np.full((2, 5, 5), NAN)),
    "ties": lambda: make(np.stack([SCORES[0], SCORES[0]])),
    "one model": lambda: make(SCORES[:1]),
    "rising": lambda: make(falling(60)[:, :, ::-1]),
    "partial credit": lambda: make(SCORES * 0.75 + 0.1),
    "the same partial score": lambda: make(np.full((2, 40, 5), 0.5)),
    "four passages": lambda: make(SCORES, cluster=[n // 10 for n in range(40)]),
    "one passage": lambda: make(SCORES, cluster=[0] * 40),
    "at chance": lambda: make(SCORES[:, :, 3:4] * np.ones(5), guess_rate=0.5),
    "guessing is always right": lambda: make(np.ones((2, 40, 5)), guess_rate=1.0),
    "two benchmarks, one unanswered": lambda: make(
        np.where((np.arange(40) % 2 == 0)[None, :, None], NAN, SCORES),
        benchmark=[n % 2 for n in range(40)],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("correction", [Correction.HOLM, Correction.MAX_T])
def test_no_crash_no_warning_no_nan(name: str, correction: Correction):
    options = replace(FEW, correction=correction, control_benchmark="bench0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = make_report("n", CASES[name](), options)
        text = json.dumps(report_values(report), allow_nan=False)
        sentences = list(summary(report))
    assert json.loads(text)["name"] == "n"
    assert sentences
    assert not any("nan" in words.lower() for words in (*sentences, *report.cautions))
    check_statuses(report)


def check_statuses(report: Report) -> None:
    """What is NaN says why; what has a p-value has one between 0 and 1, and an adjusted one above it."""
    for row in (*report.dependency, *report.comparisons, *report.trends):
        estimate = row.slope if hasattr(row, "slope") else row.estimate
        if isnan(estimate):
            assert row.status is not Status.OK, row
    for row in report.thresholds:
        assert isnan(row.level_pct) == (row.status not in (Status.OK, Status.NOT_REACHED)), row
    for row in report.comparisons:
        assert isnan(row.p_value) == isnan(row.p_adjusted), row
        assert isnan(row.p_value) or 0 <= row.p_value <= 1
        assert isnan(row.p_adjusted) or row.p_adjusted >= row.p_value - 1e-12


def said(name: str) -> str:
    report = make_report("n", CASES[name](), FEW)
    return "\n".join((*report.cautions, *summary(report)))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("one question", "fewer than two questions"),
        ("one question", "bench0: 1 questions: intervals are wide"),
        ("none right", "bench0, word_shuffle: baseline at the floor"),
        ("at chance", "baseline at the floor"),
        ("guessing is always right", "baseline at the floor"),
        ("no level 0", "level 0 was not asked"),
        ("two levels", "fewer than four levels"),
        ("no complete question", "a on bench0, word_shuffle: no question was answered at every"),
        ("a level without answers", "(none at 100)"),
        ("a model without answers", "200 planned trials have no response"),
        ("nothing at all", "bench0: 0 questions"),
        ("four passages", "4 passages: tests flip whole passages, and no p-value"),
        ("four passages", "below 0.12"),
        ("one passage", "below 1"),
        ("rising", "above the baseline at level"),
        ("rising", "accuracy is not monotone"),
        ("all lost", "below the baseline from level 25 on"),
        ("ties", "below the baseline from level"),
    ],
)
def test_what_is_not_there_is_said(name: str, words: str):
    assert words in said(name)


def test_few_passages_never_reach_significance_by_flipping():
    report = make_report("n", CASES["four passages"](), FEW)
    levels = [row for row in report.comparisons if row.kind == "level"]
    assert {row.test for row in levels} == {"sign-flip of clusters"}
    assert min(row.p_value for row in levels) == 2 / 2**4


def test_all_right_and_all_lost_have_intervals_that_are_not_points():
    for name in ("all right", "all lost", "none right"):
        for row in make_report("n", CASES[name](), FEW).accuracy:
            assert row.low < row.high

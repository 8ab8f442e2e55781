"""The summary: every claim of a difference rests on its adjusted p-value."""

import re
from dataclasses import replace

import numpy as np
import pytest

from scramblebench.analysis import AnalysisOptions, DeclaredRow, Report, ScoreCube, make_report
from scramblebench.analysis.options import Correction
from scramblebench.analysis.summary import summary
from tests.analysis.cubes import FEW, conditions, falling, make

RNG = np.random.Generator(np.random.PCG64(11))
FLAT = np.repeat((RNG.random((2, 80, 1)) < 0.8), 5, axis=2).astype(float)
NOISY = np.abs(FLAT - (RNG.random(FLAT.shape) < 0.05))


def said(cube: ScoreCube, options: AnalysisOptions = FEW) -> tuple[Report, list[str]]:
    report = make_report("n", cube, options)
    return report, list(summary(report))


CUBES = {
    "falling": make(falling(60)),
    "few": make(falling(9)),
    "flat": make(FLAT),
    "noisy": make(NOISY),
    "rising": make(falling(60)[:, :, ::-1]),
    "up and down": make(falling(60)[:, :, [2, 0, 4, 1, 3]]),
    "two levels": make(falling(60)[:, :, [0, 4]], conditions((0, 100))),
    "passages": make(falling(60), cluster=[n // 3 for n in range(60)]),
}


@pytest.mark.parametrize("name", CUBES)
@pytest.mark.parametrize("correction", [Correction.HOLM, Correction.BONFERRONI, Correction.MAX_T])
def test_below_and_above_only_where_the_adjusted_p_says_so(name: str, correction: Correction):
    report, sentences = said(CUBES[name], replace(FEW, correction=correction))
    for model in ("a", "b"):
        (curve,) = [s for s in sentences if s.startswith(f"{model} on ")]
        rows = [r for r in report.comparisons if r.kind == "level" and r.first == model]
        shown = [r for r in rows if r.p_adjusted < 0.05]
        assert ("below" in curve) == any(r.estimate < 0 for r in shown)
        assert ("above" in curve) == any(r.estimate > 0 for r in shown)
        assert ("neither shown nor excluded" in curve) == (not shown)
        assert ("equivalent" in curve) <= any(r.equivalence_p < 0.05 for r in rows)
    pairs = [s for s in sentences if s.startswith("dependency of")]
    tested = [r for r in report.comparisons if r.kind == "dependency" and r.p_value == r.p_value]
    assert len(pairs) == len(tested)
    for sentence, row in zip(pairs, tested, strict=True):
        assert bool(re.search("higher|lower", sentence)) == (row.p_adjusted < 0.05)


def test_from_which_level_on_and_where_not():
    scores = np.ones((1, 60, 5))
    scores[0, :30, 1] = scores[0, :30, 3] = scores[0, :30, 4] = 0
    _, sentences = said(make(scores))
    assert "below the baseline from level 25 on, but not at 50 (adjusted p < 0.05)" in sentences[1]


def test_one_level_has_its_p():
    _, sentences = said(CUBES["two levels"])
    assert "below the baseline, p < 0.001 adjusted." in sentences[1]


def test_what_is_not_adjusted_is_not_called_so():
    _, sentences = said(CUBES["falling"], replace(FEW, correction=Correction.NONE))
    assert "(unadjusted p < 0.05)" in sentences[1]
    assert " adjusted" not in "".join(sentences)


def test_equivalence_has_its_margin():
    scores = np.ones((1, 600, 5))
    _, sentences = said(make(scores))
    assert "equivalent within 2 points at level 25, 50, 75, 100" in sentences[1]


def test_the_numbers_are_those_of_the_rows():
    report, sentences = said(CUBES["falling"])
    row = report.accuracy[0]
    assert sentences[0] == (
        "bench0: 60 questions, 2 models, levels 0, 25, 50, 75, 100; chance is 0.000."
    )
    assert (
        f"{row.accuracy * 100:.1f} % [{row.low * 100:.1f}, {row.high * 100:.1f}] at level 0"
        in sentences[1]
    )
    assert f"dependency {report.dependency[0].estimate:.3f} [" in sentences[1]


def test_many_pairs_are_counted():
    ends = (0.9, 0.8, 0.7, 0.3, 0.2, 0.1)
    report, sentences = said(make(falling(60, ends=ends)))
    tested = [row for row in report.comparisons if row.kind == "dependency"]
    n = sum(row.p_adjusted < 0.05 for row in tested)
    assert 0 < n < 15
    assert sentences[-1] == f"Of 15 pairs of models, {n} differ in dependency after correction."


@pytest.mark.parametrize(
    ("answer", "is_saved"),
    [("higher", True), ("within_margin", True), ("undecided", False), ("exhausted", False)],
)
def test_only_a_settled_question_saves_calls(answer: str, is_saved: bool):
    row = DeclaredRow(question="b minus a", answer=answer, estimate=0.1, low=0.02, high=0.2,
                      n_questions=60, n_saved=40)  # fmt: skip
    sentence = list(summary(make_report("n", CUBES["few"], FEW, declared=row)))[-1]
    assert sentence.startswith(
        "Declared beforehand: b minus a: +10.0 points [+2.0, +20.0] after 60"
    )
    assert ("40 calls were not needed" in sentence) == is_saved
    assert answer.replace("_", " ") in sentence

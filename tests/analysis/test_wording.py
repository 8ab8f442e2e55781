"""Sentences say no more than their test does."""

from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.analysis import wording
from scramblebench.analysis.rows import ComparisonRow, ThresholdRow
from scramblebench.statistics import Status

P = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.049999, 0.05, 0.050001, 1.0, nan]))
SHARE = st.one_of(st.floats(-1, 1), st.just(nan))
KINDS = ("level", "accuracy", "mean_accuracy", "dependency")


def row(**more: object) -> ComparisonRow:
    values: dict[str, object] = {
        "kind": "level", "first": "m", "second": "baseline", "benchmark": "x", "method": "w",
        "level_pct": 50.0, "test": "t", "statistic": nan, "df": nan, "p_value": 0.01, "estimate": -0.1,
        "low": -0.2, "high": -0.05, "interval_method": "t", "n_questions": 9, "n_clusters": None,
        "n_missing": 0, "status": Status.OK, "family": "f", "p_adjusted": 0.02, "correction": "holm",
        "equivalence_margin": 0.02, "equivalence_p": 0.9,
    }  # fmt: skip
    return ComparisonRow(**{**values, **more})  # pyright: ignore


@given(
    kind=st.sampled_from(KINDS),
    p_value=P,
    p_adjusted=P,
    equivalence_p=P,
    estimate=st.floats(-1, 1),
    low=SHARE,
    high=SHARE,
    status=st.sampled_from(Status),
    level=st.sampled_from([0.9, 0.95, 0.99]),
)
def test_a_sentence_says_no_more_than_the_test(
    kind: str, p_value: float, p_adjusted: float, equivalence_p: float, estimate: float, low: float,
    high: float, status: Status, level: float,
):  # fmt: skip
    found = row(
        kind=kind, p_value=p_value, p_adjusted=p_adjusted, equivalence_p=equivalence_p,
        estimate=estimate, low=low, high=high, status=status,
    )  # fmt: skip
    words = wording.comparison_sentence(found, level)
    if "higher" in words or "lower" in words:
        assert p_adjusted < 1 - level
        assert ("lower" in words) == (estimate < 0)
    if "equivalent" in words:
        assert equivalence_p < 1 - level
    assert "nan" not in words
    assert not ("neither shown nor excluded" in words and p_adjusted < 1 - level)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {},
            "m on x, w, level 50 against the baseline is lower by -10.0 [-20.0, -5.0] points, "
            "p = 0.020 adjusted",
        ),
        (
            {"estimate": 0.1, "low": 0.05, "high": 0.2, "p_adjusted": 0.0001, "kind": "accuracy", "second": "n"},
            "m against n on x, w, level 50 is higher by +10.0 [+5.0, +20.0] points, p < 0.001 adjusted",
        ),
        (
            {"p_adjusted": 0.6, "equivalence_p": 0.01, "estimate": 0.001, "low": -0.01, "high": 0.012},
            "m on x, w, level 50 against the baseline: equivalent within 2.0 points (p = 0.010), "
            "+0.1 [-1.0, +1.2] points",
        ),
        (
            {"p_adjusted": 0.6, "kind": "dependency", "second": "n"},
            "dependency of m against n on x, w: a difference was neither shown nor excluded: "
            "-0.100 [-0.200, -0.050], p = 0.600 adjusted",
        ),
        ({"correction": "none"}, "p = 0.020 unadjusted"),
        (
            {"p_value": nan, "p_adjusted": nan, "status": Status.ZERO_VARIANCE},
            "not testable, every question differs by the same",
        ),
        ({"p_value": nan, "p_adjusted": nan}, "no p-value: the number of questions was not fixed"),
    ],
)  # fmt: skip
def test_each_sentence(more: dict[str, object], words: str):
    assert words in wording.comparison_sentence(row(**more), 0.95)


@pytest.mark.parametrize(
    ("p_value", "words"),
    [
        (nan, "–"),
        (0.0, "<0.001"),
        (0.00099, "<0.001"),
        (0.001, "0.001"),
        (0.0494, "0.049"),
        (1.0, "1.000"),
    ],
)
def test_p_values(p_value: float, words: str):
    assert wording.p_words(p_value) == words


def test_numbers_and_intervals():
    assert wording.number(nan) == wording.interval(nan, 1) == wording.points(nan) == "–"
    assert wording.number(inf) == "∞"
    assert wording.number(-inf) == "−∞"
    assert wording.interval(0.1234, 0.5) == "[0.123, 0.500]"
    assert wording.points(-0.0512) == "-5.1"
    assert wording.points_interval(-0.1, 0.2) == "[-10.0, +20.0]"
    assert wording.points_interval(nan, 0.2) == "–"


def threshold(level: float, low: float, high: float, status: Status = Status.OK) -> ThresholdRow:
    return ThresholdRow(
        model="m", benchmark="b", method="w", is_simulated=False, definition="50% of baseline",
        estimator="isotonic", level_pct=level, low_pct=low, high_pct=high, target=0.5,
        baseline_accuracy=1, highest_level_pct=80, n_questions=9, status=status,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (threshold(41.23, 33, 47.5), "41.2 [33.0, 47.5]"),
        (threshold(41.23, 33, inf), "41.2 [33.0, > 80]"),
        (threshold(inf, inf, inf), "> 80"),
        (threshold(inf, 70, inf), "> 80 [70.0, > 80]"),
        (threshold(41.23, nan, nan), "41.2"),
        (threshold(nan, nan, nan, Status.NO_DATA), "nothing was answered"),
        (threshold(nan, nan, nan, Status.NOT_CONVERGED), "not converged"),
    ],
)
def test_thresholds_in_words(row: ThresholdRow, words: str):
    assert wording.threshold_words(row) == words


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words(status: Status):
    assert "_" not in wording.reason(status)
    assert wording.reason(status)


def test_a_size_is_called_large_only_with_the_words_of_cohen():
    large = row(effect_size=0.9, effect_size_name="d_z")
    assert wording.magnitude(large) == "large (Cohen's convention)"
    # an odds ratio of e is d = sqrt(3) / pi = 0.55
    assert wording.magnitude(row(effect_size=2.71829, effect_size_name="matched odds ratio")) == (
        "medium (Cohen's convention)"
    )
    assert wording.magnitude(
        row(effect_size=1 / 2.71829, effect_size_name="matched odds ratio")
    ) == ("medium (Cohen's convention)")
    assert wording.magnitude(row(effect_size=nan, effect_size_name="d_z")) == "–"
    assert wording.magnitude(row(effect_size=5, effect_size_name="other")) == "–"
    assert isnan(row().effect_size)

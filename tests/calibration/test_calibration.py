"""A sample of ``make calibration``: a few rows with few runs, and that wrong methods are found out.

Every bound is the binomial quantile at 5e-5 beyond the bar itself (94 to 96 %, 4 to 6 %): a method that
keeps its bar fails a row by chance with a probability below 1e-4. Seeds are fixed all the same.
"""

import math

import numpy as np
import pytest
from scipy import stats

from scramblebench.statistics.clustering.clusters import cluster_mean
from scramblebench.statistics.means.t_tests import two_sample_t
from tests.calibration.designs import Sample, design, draw, latent_correlation
from tests.calibration.measures import (
    ALPHA,
    BAR,
    NOMINAL,
    Question,
    Reading,
    Verdict,
    covers,
    is_warned_of,
    rate,
    rejects,
    verdict,
)
from tests.calibration.methods import METHODS, Method
from tests.calibration.plan import Row, rows
from tests.calibration.simulation import generator, measured, readings
from tests.calibration.slow_methods import SLOW_METHODS
from tests.calibration.table import BEGIN, END, replaced, summary

BY_CHANCE = 5e-5


def bounds(question: Question, n_runs: int) -> tuple[float, float]:
    """Return the rates between which a method that keeps its bar is, but for a chance below 1e-4."""
    target = NOMINAL if question is Question.COVERAGE else ALPHA
    low = stats.binom.ppf(BY_CHANCE, n_runs, target - BAR)
    high = stats.binom.isf(BY_CHANCE, n_runs, target + BAR)
    return float(low) / n_runs, float(high) / n_runs


KEPT = (
    ("accuracy of a cell", Question.COVERAGE, "100", "cell", 1_000),
    ("accuracy of a cell", Question.COVERAGE, "c8", "cell", 1_000),
    ("accuracy of a cell", Question.COVERAGE, "uneven gaps", "cell", 1_000),
    ("drop, as reported", Question.COVERAGE, "100", "drop", 1_000),
    ("drop, as reported", Question.COVERAGE, "c8", "drop", 1_000),
    ("drop, test as reported", Question.REJECTION, "350", "same", 1_000),
    ("drop, test as reported", Question.REJECTION, "c25", "same", 1_000),
    ("levels, slope t", Question.REJECTION, "gaps", "flat", 500),
    ("levels, Cochran's Q", Question.REJECTION, "100", "flat", 1_000),
    ("dependency, Fieller", Question.COVERAGE, "100", "curve", 1_000),
    ("dependency of two models, test", Question.REJECTION, "100", "models", 1_000),
    ("threshold, isotonic, percentile", Question.COVERAGE, "100", "curve", 100),
    ("band of a whole curve", Question.COVERAGE, "100", "curve", 100),
    ("marginal logistic (GEE), log odds", Question.COVERAGE, "c25", "drop", 200),
)


@pytest.mark.parametrize(("method", "question", "layout", "truth", "n_runs"), KEPT)
def test_rate_keeps_its_bar(method: str, question: Question, layout: str, truth: str, n_runs: int):
    row = Row(method=method, question=question, design=design(layout, truth), n_runs=n_runs)
    found = measured(row)
    low, high = bounds(question, n_runs)
    assert low <= found.rate <= high
    assert found.refused < 0.01


def _welch_on_pairs(sample: Sample, rng: np.random.Generator) -> Reading:
    scores = sample.scores[0]
    return rejects(two_sample_t(scores[:, 0], scores[:, 1]).p_value)


def _rows_as_items(sample: Sample, rng: np.random.Generator) -> Reading:
    """Resample the rows of a clustered cell as if they were independent."""
    scores = sample.scores[0, :, 0]
    means = scores[rng.integers(0, len(scores), (499, len(scores)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return covers(float(low), float(high), sample.truth.table[0, 0])


def _plain_sandwich(sample: Sample, rng: np.random.Generator) -> Reading:
    assert sample.clusters is not None
    found = cluster_mean(sample.scores[0, :, 0], sample.clusters)
    half = 1.96 * found.standard_error_cr0
    return covers(found.mean - half, found.mean + half, sample.truth.table[0, 0])


def _wald(sample: Sample, rng: np.random.Generator) -> Reading:
    scores = sample.scores[0, :, 0]
    share = float(scores.mean())
    half = 1.96 * math.sqrt(share * (1 - share) / len(scores))
    return covers(share - half, share + half, sample.truth.table[0, 0])


WRONG = (
    (_welch_on_pairs, Question.REJECTION, "350", "same", Verdict.CONSERVATIVE),
    (_rows_as_items, Question.COVERAGE, "c25", "cell", Verdict.LIBERAL),
    (_plain_sandwich, Question.COVERAGE, "c8", "cell", Verdict.LIBERAL),
    (_wald, Question.COVERAGE, "100", "cell ceiling", Verdict.LIBERAL),
)


@pytest.mark.parametrize(("method", "question", "layout", "truth", "expected"), WRONG)
def test_wrong_method_is_found_out(
    method: Method, question: Question, layout: str, truth: str, expected: Verdict
):
    found = rate(readings(method, method.__name__, design(layout, truth), 3_000))
    low, high = bounds(question, 3_000)
    assert verdict(found, question) is expected
    assert not low <= found.rate <= high


def test_truth_is_what_the_design_says():
    """10,000 cells of each accuracy: within five standard errors, also with clusters and repeats."""
    for layout in ("100", "c25", "c25 repeats"):
        chosen = design(layout, "curve")
        drawn = [draw(chosen, generator("truth", chosen, run)).scores[0] for run in range(400)]
        means = np.array([scores.mean(axis=0) for scores in drawn])
        error = means.std(axis=0, ddof=1) / math.sqrt(len(means))
        assert (np.abs(means.mean(axis=0) - chosen.truth.table[0]) < 5 * error).all()


def test_scores_of_a_cluster_correlate_as_stated():
    assert latent_correlation(0.7, 0.3) == pytest.approx(0.4615, abs=0.02)
    chosen = design("c80", "same")
    pairs = [draw(chosen, generator("pairs", chosen, run)).scores[0, :2, 0] for run in range(4_000)]
    found = float(np.corrcoef(np.array(pairs).T)[0, 1])
    assert found == pytest.approx(0.3, abs=5 / math.sqrt(4_000))


def test_a_run_can_be_repeated_alone():
    chosen = design("gaps", "curve")
    first, again = (draw(chosen, generator("one", chosen, 7)).scores for _ in range(2))
    other = draw(chosen, generator("one", chosen, 8)).scores
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)


def test_every_row_has_a_method_and_another_name():
    names = [row.name for row in rows()]
    assert len(set(names)) == len(names)
    assert {row.method for row in rows()} == {*METHODS, *SLOW_METHODS}


@pytest.mark.parametrize(
    ("hits", "question", "expected"),
    [
        (950, Question.COVERAGE, Verdict.OK),
        (910, Question.COVERAGE, Verdict.LIBERAL),
        (985, Question.COVERAGE, Verdict.CONSERVATIVE),
        (50, Question.REJECTION, Verdict.OK),
        (90, Question.REJECTION, Verdict.LIBERAL),
        (15, Question.REJECTION, Verdict.CONSERVATIVE),
    ],
)
def test_verdict_has_two_directions(hits: int, question: Question, expected: Verdict):
    said = [Reading(1.0)] * hits + [Reading(0.0)] * (1_000 - hits)
    assert verdict(rate(said), question) is expected


def test_a_liberal_row_is_warned_where_the_rest_of_it_holds():
    warned = [Reading(0.0, 0.1, True)] * 100
    held = rate([Reading(1.0)] * 850 + [Reading(0.0)] * 50 + warned)
    assert verdict(held, Question.COVERAGE) is Verdict.LIBERAL
    assert is_warned_of(held, Question.COVERAGE, Verdict.LIBERAL)
    missed = rate([Reading(1.0)] * 750 + [Reading(0.0)] * 150 + warned)
    assert not is_warned_of(missed, Question.COVERAGE, Verdict.LIBERAL)


def test_a_conservative_row_is_warned_where_the_rest_of_it_holds():
    warned = [Reading(0.0, math.nan, True)] * 500
    held = rate([Reading(1.0)] * 25 + [Reading(0.0)] * 475 + warned)
    assert verdict(held, Question.REJECTION) is Verdict.CONSERVATIVE
    assert is_warned_of(held, Question.REJECTION, Verdict.CONSERVATIVE)
    shy = rate([Reading(1.0)] * 5 + [Reading(0.0)] * 495 + warned)
    assert not is_warned_of(shy, Question.REJECTION, Verdict.CONSERVATIVE)


def test_refusals_are_counted_apart():
    found = rate([Reading(1.0, 0.2, True), Reading(0.0, 0.4), Reading(math.nan), Reading(math.nan)])
    assert (found.n_results, found.refused, found.warned) == (2, 0.5, 0.5)
    assert (found.rate, found.unwarned_rate, found.width) == (0.5, 0.0, pytest.approx(0.3))


def test_table_is_replaced_between_its_markers():
    row = rows(100)[0]
    lines = summary([(row, measured(row))])
    text = replaced(f"before\n{BEGIN}\nold\n{END}\nafter", lines)
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter")
    assert row.method in text
    with pytest.raises(ValueError, match="no place"):
        replaced("nothing", lines)

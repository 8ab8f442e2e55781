"""Exact sums against plain enumeration, random ones against their moments."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.resampling.sign_vectors import ENUMERATED_UNITS, exact_sums, sign_sums


def test_few_units_are_enumerated():
    sums, probabilities = exact_sums(np.array([0.3, -0.1, 0.25]))
    expected = [np.dot([0.3, -0.1, 0.25], s) for s in itertools.product([-1, 1], repeat=3)]
    assert np.sort(sums) == pytest.approx(sorted(expected))
    assert probabilities == pytest.approx(np.full(8, 1 / 8))


@settings(max_examples=30)
@given(
    units=st.lists(st.integers(1, 4), min_size=1, max_size=10),
    step=st.sampled_from([1.0, 0.25, 1 / 3, 0.1]),
)
def test_many_units_on_a_grid_have_the_distribution_of_the_enumeration(units, step):
    repeated = np.array(units * (ENUMERATED_UNITS + 1), dtype=float)[: ENUMERATED_UNITS + 1]
    sums, probabilities = exact_sums(repeated * step)
    enumerated = Counter({0: 1})
    for unit in repeated.astype(int).tolist():
        enumerated = Counter(
            {
                total: enumerated[total - unit] + enumerated[total + unit]
                for total in {key + sign * unit for key in enumerated for sign in (-1, 1)}
            }
        )
    kept = probabilities > 0
    assert probabilities.sum() == pytest.approx(1)
    found = dict(zip(np.rint(sums[kept] / step).astype(int), probabilities[kept], strict=True))
    assert found == pytest.approx({key: n / 2 ** len(repeated) for key, n in enumerated.items()})


def test_thousands_of_units_of_one_size_are_a_binomial():
    sums, probabilities = exact_sums(np.ones(5000))
    assert probabilities[sums >= 300].sum() == pytest.approx(stats.binom.sf(2649, 5000, 0.5))


def test_many_units_without_a_grid_have_no_exact_sums():
    assert exact_sums(np.random.default_rng(1).random(ENUMERATED_UNITS + 1)) is None


def test_a_grid_that_is_too_fine_for_its_number_of_units_is_left_to_chance():
    assert exact_sums(np.random.default_rng(1).integers(1, 121, 20_000) / 120) is None


def test_every_sign_vector_comes_once_and_flips_all_columns_together():
    units = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    found = np.concatenate(list(sign_sums(units, None, 0)))
    assert sorted(found[:, 0]) == [-7, -5, -3, -1, 1, 3, 5, 7]
    assert found[:, 1] == pytest.approx(10 * found[:, 0])


def test_all_sign_vectors_come_in_bounded_pieces():
    pieces = list(sign_sums(np.ones((19, 1)), None, 0))
    assert len(pieces) > 1
    counts = np.bincount(np.rint((np.concatenate(pieces)[:, 0] + 19) / 2).astype(int))
    assert counts / 2**19 == pytest.approx(stats.binom.pmf(np.arange(20), 19, 0.5))


def test_random_signs_are_fair_independent_and_repeatable():
    units = np.eye(3)
    first = np.concatenate(list(sign_sums(units, np.random.default_rng(7), 40_000)))
    second = np.concatenate(list(sign_sums(units, np.random.default_rng(7), 40_000)))
    assert (first == second).all()
    assert first.shape == (40_000, 3)
    assert np.abs(first.mean(axis=0)) == pytest.approx(0, abs=0.025)  # five standard errors
    assert np.corrcoef(first.T) == pytest.approx(np.eye(3), abs=0.025)


def test_random_signs_beyond_one_piece_are_as_many_as_asked():
    pieces = list(sign_sums(np.ones((5000, 2)), np.random.default_rng(1), 2000))
    assert len(pieces) > 1
    assert sum(len(piece) for piece in pieces) == 2000

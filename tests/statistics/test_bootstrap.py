"""Exact bootstrap distributions are compared in tests/golden."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.statistics.resampling.bootstrap import (
    replicate_means,
    replicate_sums,
    resample_counts,
    unit_sums,
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def holes() -> np.ndarray:
    values = rng(3).random((30, 4))
    values[rng(4).random((30, 4)) < 0.2] = np.nan
    return values


@given(st.integers(1, 40), st.integers(1, 30))
@settings(max_examples=30)
def test_every_resample_draws_as_many_as_there_are(n_units: int, n_resamples: int) -> None:
    counts = np.concatenate(list(resample_counts(rng(), n_units, n_resamples)))
    assert counts.shape == (n_resamples, n_units)
    assert (counts.sum(axis=1) == n_units).all()


def test_draws_are_multinomial() -> None:
    counts = np.concatenate(list(resample_counts(rng(), 5, 40_000)))
    assert counts.mean(axis=0) == pytest.approx(np.ones(5), abs=0.03)
    assert counts.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.03)
    assert np.corrcoef(counts.T)[0, 1] == pytest.approx(-1 / 4, abs=0.02)


def test_strata_keep_their_size() -> None:
    strata = np.array(["a", "b", "a", "c", "b", "a"])
    counts = np.concatenate(list(resample_counts(rng(), 6, 500, strata)))
    for label, size in (("a", 3), ("b", 2), ("c", 1)):
        assert (counts[:, strata == label].sum(axis=1) == size).all()
    assert counts[:, 0].std() > 0


def test_chunks_are_bounded_and_the_seed_decides() -> None:
    sizes = [chunk.nbytes for chunk in resample_counts(rng(), 5_000, 2_000)]
    assert max(sizes) <= 32 * 2**20
    assert len(sizes) > 1
    values = holes()
    first = replicate_means(unit_sums(values), rng(9), 50)
    assert (first == replicate_means(unit_sums(values), rng(9), 50)).all()
    assert (first != replicate_means(unit_sums(values), rng(10), 50)).any()


def test_replicates_are_means_of_the_drawn_rows() -> None:
    values = holes()
    found = replicate_means(unit_sums(values), rng(5), 20)
    counts = np.concatenate(list(resample_counts(rng(5), 30, 20))).astype(int)
    for row in range(20):
        drawn = np.repeat(values, counts[row], axis=0)
        assert found[row] == pytest.approx(np.nanmean(drawn, axis=0), abs=1e-12)


def test_clusters_go_whole() -> None:
    values, clusters = holes(), np.array(list("cab") * 10)
    units = unit_sums(values, clusters)
    found = replicate_means(units, rng(5), 20)
    counts = np.concatenate(list(resample_counts(rng(5), 3, 20))).astype(int)
    assert units.labels.tolist() == ["a", "b", "c"]
    for row in range(20):
        drawn = np.concatenate(
            [np.repeat(values[clusters == c], k, axis=0) for c, k in zip("abc", counts[row], strict=True)]
        )  # fmt: skip
        assert found[row] == pytest.approx(np.nanmean(drawn, axis=0), abs=1e-12)


def test_resamples_are_common_to_all_cells() -> None:
    """A model beside itself: the difference has no variance at all."""
    values = holes()
    found = replicate_means(unit_sums(np.hstack([values, values])), rng(), 40)
    assert (found[:, :4] == found[:, 4:]).all()


def test_sums_and_weights_are_counts_of_answers() -> None:
    values = (holes() > 0.5).astype(float)
    values[np.isnan(holes())] = np.nan
    sums, weights = replicate_sums(unit_sums(values), rng(), 25)
    assert (sums <= weights).all()
    assert (weights == np.round(weights)).all()
    complete, full = replicate_sums(unit_sums(np.ones((30, 3))), rng(), 25)
    assert (complete == 30).all()
    assert (full == 30).all()


def test_an_empty_cell_has_no_mean() -> None:
    values = np.array([[1.0, np.nan], [0.0, np.nan]])
    units = unit_sums(values)
    assert math.isnan(units.means[1])
    assert np.isnan(replicate_means(units, rng(), 5)[:, 1]).all()
    rare = unit_sums(np.array([[1.0], [np.nan], [np.nan]]))
    replicates = replicate_means(rare, rng(), 200)
    assert np.isnan(replicates).any()
    assert np.nanmin(replicates) == np.nanmax(replicates) == 1


def test_the_jackknife_leaves_each_unit_out() -> None:
    values, clusters = holes(), np.arange(30) // 5
    found = unit_sums(values, clusters).means_without_one
    for unit in range(6):
        expected = np.nanmean(values[clusters != unit], axis=0)
        assert found[unit] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(unit_sums([[1.0]]).means_without_one).all()


@pytest.mark.parametrize(("n_units", "n_resamples"), [(0, 5), (5, 0)])
def test_nothing_to_draw_is_refused(n_units: int, n_resamples: int) -> None:
    with pytest.raises(ValueError, match="least"):
        next(resample_counts(rng(), n_units, n_resamples))


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="cells"):
        unit_sums([1.0, 2.0])
    with pytest.raises(ValueError):
        unit_sums([[1.0], [2.0]], ["a"])
    with pytest.raises(ValueError):
        next(resample_counts(rng(), 3, 5, ["a", "b"]))

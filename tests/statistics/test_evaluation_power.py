import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.planning.evaluation_power import (
    ScoreVariance,
    evaluation_detectable_difference,
    evaluation_sample_size,
)
from scramblebench.statistics.results import Status

MILLER = ScoreVariance(
    between_items=1 / 9, within_a=1 / 6, within_b=1 / 6, repeats_a=10, repeats_b=10
)


def test_it_equals_the_example_of_the_paper() -> None:
    # Miller 2024, section 5: 969 questions without, about 1,260 with 10 answers per question
    assert evaluation_sample_size(0.03, MILLER).n == pytest.approx(1259.6967474881249, rel=1e-12)
    without = ScoreVariance(between_items=1 / 9)
    assert math.ceil(evaluation_sample_size(0.03, without).n) == 969


@given(difference=st.floats(0.001, 0.5), power=st.floats(0.5, 0.99))
def test_both_directions_agree(difference: float, power: float) -> None:
    n = evaluation_sample_size(difference, MILLER, power).n
    assert evaluation_detectable_difference(n, MILLER, power).effect == pytest.approx(difference)


def test_repeats_shrink_only_what_is_within_items() -> None:
    once = ScoreVariance(between_items=0.1, within_a=0.2)
    often = ScoreVariance(between_items=0.1, within_a=0.2, repeats_a=1_000_000)
    assert once.per_item == pytest.approx(0.3)
    assert often.per_item == pytest.approx(0.1, rel=1e-5)


def test_no_difference_and_no_variance_have_a_status() -> None:
    assert evaluation_sample_size(0.0, MILLER).n == math.inf
    assert evaluation_sample_size(0.0, MILLER).status is Status.NOT_REACHED
    none = evaluation_sample_size(0.1, ScoreVariance(between_items=0.0))
    assert (none.n, none.status) == (0, Status.ZERO_VARIANCE)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        ScoreVariance(between_items=-0.1)
    with pytest.raises(ValueError, match="at least one answer"):
        ScoreVariance(between_items=0.1, repeats_a=0)
    with pytest.raises(ValueError, match="items show"):
        evaluation_detectable_difference(0, MILLER)
    with pytest.raises(ValueError, match="any n has it"):
        evaluation_sample_size(0.1, MILLER, power=0.02)

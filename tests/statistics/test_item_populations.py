import math

import numpy as np
import pytest

from scramblebench.statistics.planning.item_populations import (
    ItemPopulation,
    ParametricItems,
    PilotItems,
    SimulatedModel,
)

LEVELS = np.array([0.0, 0.2, 0.5, 1.0])
PILOT = np.random.default_rng(0).integers(0, 2, size=(2, 4, 30)).astype(float)
POPULATIONS: list[ItemPopulation] = [
    ParametricItems(levels=LEVELS, models=(SimulatedModel(), SimulatedModel(logit_shift=1.0))),
    ParametricItems(levels=LEVELS, answer_noise=0.3, models=(SimulatedModel(), SimulatedModel())),
    PilotItems(levels=LEVELS, answers=PILOT),
]
each_population = pytest.mark.parametrize("population", POPULATIONS)


@each_population
def test_answers_are_zero_or_one_in_their_shape(population: ItemPopulation) -> None:
    answers = population.draw(5, 40, np.random.default_rng(1))
    assert answers.shape == (5, 2, 4, 40)
    assert np.isin(answers, (0.0, 1.0)).all()


@each_population
def test_the_first_items_of_a_larger_study_are_those_of_a_smaller(
    population: ItemPopulation,
) -> None:
    small = population.draw(5, 40, np.random.default_rng(1))
    large = population.draw(5, 90, np.random.default_rng(1))
    assert (large[..., :40] == small).all()
    assert (population.draw(5, 40, np.random.default_rng(2)) != small).any()


def test_simulated_accuracy_is_the_expected_one() -> None:
    population = ParametricItems(
        levels=LEVELS,
        guess_rate=0.25,
        models=(SimulatedModel(), SimulatedModel(log_tolerance_shift=0.5)),
    )
    expected = population.accuracy(np.random.default_rng(1))
    seen = population.draw(50, 400, np.random.default_rng(2)).mean(axis=(0, 3))
    assert seen == pytest.approx(expected, abs=0.015)
    assert (np.diff(expected, axis=1) < 0).all()
    assert expected[0, 0] == expected[1, 0]
    assert (expected[1, 1:] > expected[0, 1:]).all()


def test_half_of_what_is_above_chance_is_lost_at_the_tolerance() -> None:
    population = ParametricItems(
        levels=np.array([0.0, 0.5, 1.0]),
        mean_logit=0.0,
        sd_logit=0.0,
        sd_log_tolerance=0.0,
        guess_rate=0.2,
    )
    # g + (1 - g) / 2 = 0.6; half of the lead of 0.4; 1 / (1 + 2^4)
    assert population.accuracy(np.random.default_rng(1))[0] == pytest.approx(
        [0.6, 0.4, 0.2 + 0.4 / 17]
    )


def test_infinite_steepness_is_a_step() -> None:
    population = ParametricItems(
        levels=np.array([0.0, 0.4, 0.6]), mean_logit=40.0, sd_logit=0.0, steepness=math.inf,
        sd_log_tolerance=0.0,
    )  # fmt: skip
    assert population.accuracy(np.random.default_rng(1))[0].tolist() == [1.0, 1.0, 0.0]


def test_less_noise_means_fewer_discordant_answers_at_the_same_accuracy() -> None:
    means, gains = [], []
    for noise in (0.0, 0.5, 1.0):
        population = ParametricItems(levels=LEVELS, answer_noise=noise)
        answers = population.draw(50, 200, np.random.default_rng(3))
        means.append(answers.mean(axis=(0, 1, 3)))
        gains.append((answers[:, 0, 1] > answers[:, 0, 0]).mean())
    assert gains[0] == 0  # nothing comes back that was lost
    assert gains[0] < gains[1] < gains[2]
    assert means[0] == pytest.approx(means[2], abs=0.02)


def test_pilot_items_stay_whole() -> None:
    drawn = PilotItems(levels=LEVELS, answers=PILOT).draw(3, 200, np.random.default_rng(4))
    known = {tuple(item) for item in PILOT.reshape(8, 30).T}
    for run in drawn:
        assert {tuple(item) for item in run.reshape(8, 200).T} <= known


@pytest.mark.parametrize(
    "numbers",
    [
        {"levels": [0.1, 0.5]},
        {"levels": [0.0]},
        {"levels": [0.0, 50.0]},
        {"sd_logit": -1.0},
        {"models": ()},
        {"median_tolerance": 0.0},
        {"guess_rate": 1.0},
        {"answer_noise": 1.5},
    ],
)
def test_numbers_out_of_range_are_refused(numbers: dict) -> None:
    with pytest.raises(ValueError, match=r"level|least|above|guess"):
        ParametricItems(**{"levels": LEVELS, **numbers})


@pytest.mark.parametrize(
    "answers", [PILOT[:, :3], PILOT[..., :0], PILOT[0], PILOT + 0.5, np.full((1, 4, 2), math.nan)]
)
def test_pilots_that_do_not_fit_are_refused(answers: np.ndarray) -> None:
    with pytest.raises(ValueError, match="answers"):
        PilotItems(levels=LEVELS, answers=answers)

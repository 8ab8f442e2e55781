"""Golden numbers carry the R call that made them."""

import json
import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics import Interval, mean_t, wilson

SHARED = Path(
    os.environ.get("SCRAMBLEBENCH_SHARED", Path(__file__).resolve().parents[2].parent / "shared")
)
CASES = SHARED / "statistics-reference" / "open" / "cases"


def bounds(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


@pytest.mark.parametrize("name", ["binom-ci-o1", "binom-ci-o2"])
def test_wilson_equals_the_reference_case(name: str) -> None:
    path = CASES / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no reference cases at {CASES}")
    case = json.loads(path.read_text())
    given = case["input"]
    result = wilson(given["k"], given["n"], given["conf"])
    tolerance = case["tolerance"]
    assert result.estimate == pytest.approx(case["expected"]["estimate"], rel=1e-15)
    assert bounds(result) == pytest.approx(
        case["expected"]["wilson"], rel=tolerance["rel"], abs=tolerance["abs"]
    )


@pytest.mark.parametrize(
    ("successes", "n", "confidence_level", "low", "high"),
    [
        # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E,
        # table I, method 3, printed to four digits.
        (81, 263, 0.95, 0.2553, 0.3662),
        (15, 148, 0.95, 0.0624, 0.1605),
        (0, 20, 0.95, 0.0000, 0.1611),
        (1, 29, 0.95, 0.0061, 0.1718),
    ],
)
def test_wilson_equals_the_textbook(
    successes: int, n: int, confidence_level: float, low: float, high: float
) -> None:
    assert bounds(wilson(successes, n, confidence_level)) == pytest.approx((low, high), abs=5e-5)


@given(n=st.integers(1, 10_000), data=st.data(), level=st.floats(0.5, 0.999))
def test_wilson_limits_solve_the_score_equation(n: int, data: st.DataObject, level: float) -> None:
    """The definition itself: (p - limit)^2 = z^2 limit (1 - limit) / n, with z from erfc."""
    k = data.draw(st.integers(0, n))
    result = wilson(k, n, level)
    assert 0 <= result.low <= k / n <= result.high <= 1
    for limit in bounds(result):
        if 0 < limit < 1:
            z = abs(k / n - limit) / math.sqrt(limit * (1 - limit) / n)
            assert math.erfc(z / math.sqrt(2)) == pytest.approx(1 - level, rel=1e-6)


@given(n=st.integers(1, 500), data=st.data())
def test_wilson_is_symmetric_in_right_and_wrong(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    right, wrong = wilson(k, n), wilson(n - k, n)
    assert bounds(right) == pytest.approx((1 - wrong.high, 1 - wrong.low), abs=1e-12)


def test_nothing_answered_has_no_interval() -> None:
    assert all(math.isnan(value) for value in (*bounds(wilson(0, 0)), wilson(0, 0).estimate))
    assert all(math.isnan(value) for value in (*bounds(mean_t([])), mean_t([]).estimate))


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a share"):
        wilson(successes, n)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_impossible_confidence_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="confidence level"):
        wilson(1, 2, level)
    with pytest.raises(ValueError, match="confidence level"):
        mean_t([0.5, 1.0], level)


def test_mean_t_equals_the_textbook() -> None:
    """Student's sleep data, R: t.test(sleep$extra[1:10])$conf.int, as printed in ?t.test examples."""
    sleep = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    result = mean_t(sleep)
    assert result.estimate == pytest.approx(0.75)
    assert bounds(result) == pytest.approx((-0.5297804, 2.0297804), abs=5e-8)


def test_mean_t_of_two_values_has_a_closed_form() -> None:
    """df = 1 is Cauchy: qt(0.975, 1) = tan(0.475 pi); sd / sqrt(2) of two values is half their gap."""
    result = mean_t([0.25, 0.75])
    half = math.tan(0.475 * math.pi) * 0.25
    assert bounds(result) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-12)


@given(
    st.lists(st.fractions(0, 1, max_denominator=8), min_size=2, max_size=30).filter(
        lambda v: len(set(v)) > 1
    )
)
def test_mean_t_is_centred_on_the_exact_mean(values: list[Fraction]) -> None:
    result = mean_t([float(value) for value in values])
    assert result.estimate == pytest.approx(float(sum(values) / len(values)), rel=1e-12)
    assert (result.low + result.high) / 2 == pytest.approx(result.estimate, abs=1e-12)
    assert result.low < result.estimate < result.high


@pytest.mark.parametrize(("value", "successes"), [(1.0, 12), (0.0, 0)])
def test_no_variance_of_all_right_or_wrong_is_wilson(value: float, successes: int) -> None:
    assert mean_t([value] * 12) == wilson(successes, 12)


def test_no_variance_between_has_an_estimate_and_no_limits() -> None:
    for values in ([0.5], [0.5] * 9):
        result = mean_t(values)
        assert result.estimate == 0.5
        assert math.isnan(result.low)
        assert math.isnan(result.high)


def test_importing_does_not_load_scipy() -> None:
    code = "import sys, scramblebench.statistics; sys.exit('scipy' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

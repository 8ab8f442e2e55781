"""When a failed attempt is tried again."""

from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind
from scramblebench.core.trials import Failure
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.settings import parse_spec

POLICY = RetryPolicy(max_retries=3, first_wait_s=1.0, max_wait_s=60.0)


@given(st.sampled_from(ErrorKind), st.integers(1, 10))
def test_only_passing_errors_are_tried_again_and_not_for_ever(kind: ErrorKind, n_failed: int):
    wait = POLICY.wait_s(Failure(kind, "x"), n_failed, "key")
    assert (wait is not None) == (kind.is_retryable and n_failed <= 3)


@given(st.floats(0, 1e9), st.integers(1, 3))
def test_a_retry_after_is_honoured_up_to_the_cap(asked: float, n_failed: int):
    failure = Failure(ErrorKind.RATE_LIMIT, "x", retry_after_s=asked)
    wait = POLICY.wait_s(failure, n_failed, "key")
    assert wait is not None
    assert min(asked, 60.0) <= wait <= 60.0


def test_waits_double_and_are_spread():
    failure = Failure(ErrorKind.SERVER, "x")
    waits = [POLICY.wait_s(failure, n, f"key{k}") or 0 for n in (1, 2, 3) for k in range(50)]
    for n, low in ((0, 0.5), (1, 1.0), (2, 2.0)):
        group = waits[50 * n : 50 * n + 50]
        assert low <= min(group)
        assert max(group) < 2 * low
        assert len(set(group)) > 40


def test_retries_can_be_switched_off():
    spec = parse_spec("tracking: {auto_retry_failures: false}\nexecution: {retry_attempts: 9}")
    assert RetryPolicy.of(spec).wait_s(Failure(ErrorKind.SERVER, "x"), 1, "k") is None

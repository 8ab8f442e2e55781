"""When a failed experiment is tried again."""

FIRST_WAIT_S = 60.0
MAX_RETRIES = 3


def retry_wait_s(n_retries: int) -> float | None:
    """Return the seconds until the next retry, doubling each time; None when there have been enough."""
    return None if n_retries >= MAX_RETRIES else FIRST_WAIT_S * 2**n_retries

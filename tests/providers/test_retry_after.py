"""Waits in every form that providers ask for them."""

from datetime import timedelta
from email.utils import format_datetime
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind
from scramblebench.providers.retry_after import retry_after_s

from .support import NOW, error_of, json_reply


def http_date(seconds_ahead: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds_ahead), usegmt=True)


ROWS = [
    ({"Retry-After": "20"}, 20.0),
    ({"Retry-After": "0.5"}, 0.5),
    ({"Retry-After": " 3 "}, 3.0),
    ({"Retry-After": "0"}, 0.0),
    ({"Retry-After": "-5"}, 0.0),
    ({"Retry-After": "1000000000"}, 1e9),
    ({"Retry-After": "9" * 400}, None),
    ({"Retry-After": "nan"}, None),
    ({"Retry-After": "inf"}, None),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": ""}, None),
    ({"Retry-After": http_date(90)}, 90.0),
    ({"Retry-After": http_date(-90)}, 0.0),
    ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 2_912_209 * 86400 + 43199),
    ({"Retry-After": "Fri, 99 Foo 2026 23:59:59 GMT"}, None),
    ({"Retry-After": "Sat, 22 Aug 2026 12:01:00 -0000"}, 60.0),
    # the server's clock is an hour ahead of ours: its own Date counts
    ({"Date": http_date(3600), "Retry-After": http_date(3630)}, 30.0),
    ({"Retry-After-Ms": "1500"}, 1.5),
    ({"X-RateLimit-Reset": str(int((NOW.timestamp() + 12) * 1000))}, 12.0),
    ({"X-RateLimit-Reset": str(int(NOW.timestamp() + 12))}, 12.0),
    ({"X-RateLimit-Reset": "12"}, 12.0),
    ({"X-RateLimit-Reset": "1000"}, 1000.0),
    ({"Retry-After": "1", "X-RateLimit-Reset": "99"}, 1.0),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "wait_s"), ROWS)
def test_forms(headers, wait_s):
    assert retry_after_s({name.lower(): text for name, text in headers.items()}, NOW) == wait_s


@given(
    st.text(max_size=30), st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset"])
)
def test_any_text_is_a_wait_or_none(text, header):
    wait_s = retry_after_s({header: text}, NOW)
    assert wait_s is None or (wait_s >= 0 and isfinite(wait_s))


@pytest.mark.parametrize("status", [429, 503])
def test_the_header_reaches_the_error(status):
    reply = json_reply({"error": {"code": status, "message": "x"}}, status, {"Retry-After": "2.5"})
    error = error_of("openrouter", reply)
    assert error.retry_after_s == 2.5
    assert error.kind in (ErrorKind.RATE_LIMIT, ErrorKind.OVERLOADED)

"""Faults turned into replies."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Final

from scramblebench.testing.fake_provider.chats import ChatAnswer, ChatCall
from scramblebench.testing.fake_provider.dialects import Body, Dialect
from scramblebench.testing.fake_provider.faults import Fault
from scramblebench.testing.fake_provider.http import Reply, encoded_json

UNCHARGED: Final = frozenset(
    {"drop-before", "200-error", "partial", "empty-choices", "null-content"}
)
_MEGABYTE: Final = 1_000_000
_CAPACITY_WAIT_S: Final = 40.0


def faulty_reply(
    fault: Fault, dialect: Dialect, call: ChatCall, answer: ChatAnswer, now: datetime
) -> Reply:
    """Return what the server does when ``fault`` strikes instead of giving ``answer``."""
    name = fault.name
    if name.isdigit():
        headers = (("Retry-After", fault.argument),) if fault.argument else ()
        return _error(dialect.error_body(int(name)), int(name), headers)
    if name.startswith("429-"):
        return _rate_limited(fault, dialect, now)
    if make := _BROKEN.get(name):
        return make(fault, _reply(dialect.answer_body(call, answer)))
    body = dialect.answer_body(
        call, replace(answer, finish_reason="length") if name == "length" else answer
    )
    return _reply(dialect.spoil(body, name))


def is_charged(fault: Fault) -> bool:
    """Whether the provider charges for an answer that this fault spoils."""
    name = fault.name
    return not (name[:3] == "429" or name.isdigit() or name in UNCHARGED)


def asked_wait_s(fault: Fault) -> float | None:
    """Return the wait in seconds that the reply of a fault asks for; None where it asks for none."""
    name = fault.name
    if name == "429-availability":
        return fault.number(_CAPACITY_WAIT_S)
    if not (name.isdigit() or name.startswith("429-")) or not fault.argument:
        return None
    try:
        return max(0.0, fault.number())
    except ValueError:  # a text that is no time
        return None


def _reply(body: Body) -> Reply:
    return Reply(encoded_json(body))


def _error(body: Body, status: int, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(encoded_json(body), status, headers)


def _rate_limited(fault: Fault, dialect: Dialect, now: datetime) -> Reply:
    body = dialect.error_body(429)
    if fault.name == "429-date":
        moment = now + timedelta(seconds=fault.number())
        dates = (("Date", _http_date(now)), ("Retry-After", _http_date(moment)))
        return _error(body, 429, dates)
    if fault.name == "429-text":
        return _error(body, 429, (("Retry-After", fault.argument),))
    if isinstance(body["error"], str):  # Ollama has no other place for a wait
        return _error(body, 429)
    if fault.name == "429-metadata":
        reset_ms = int((now.timestamp() + fault.number()) * 1000)
        body["error"]["metadata"] = {"headers": {"X-RateLimit-Reset": str(reset_ms)}}
    else:
        body["error"] = {
            "message": "No capacity",
            "error_type": "provider_overloaded",
            "http_status": 429,
            "availability": {
                "code": "capacity_exhausted",
                "retryable": True,
                "retry_after": fault.number(_CAPACITY_WAIT_S),
            },
        }
    return _error(body, 429)


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@cache
def _bomb(megabytes: int) -> bytes:
    return gzip.compress(bytes(megabytes * _MEGABYTE), 9)


def _packed_bomb(fault: Fault, _: Reply) -> Reply:
    return Reply(_bomb(int(fault.number(64))), headers=(("Content-Encoding", "gzip"),))


_BROKEN: Final[Mapping[str, Callable[[Fault, Reply], Reply]]] = {
    "truncated-json": lambda _, reply: Reply(reply.body[: len(reply.body) // 2]),
    "garbage": lambda _, reply: Reply(b"\x00\xff\xfe<html>not json" + reply.body[:8]),
    "nan": lambda _, reply: Reply(reply.body[:-1] + b',"x":NaN}'),
    "invalid-utf8": lambda _, reply: Reply(
        reply.body.replace(b"The answer", b"The \xff\xc3(answer")
    ),
    "lone-surrogate": lambda _, reply: Reply(
        reply.body.replace(b"The answer", b"The \\ud800answer")
    ),
    "drop-before": lambda _, reply: replace(reply, cut_after=0),
    "drop-after": lambda fault, reply: replace(reply, cut_after=int(fault.number(64))),
    "slow": lambda fault, reply: replace(reply, delay_s=fault.number(1)),
    "hang": lambda _, reply: replace(reply, is_silent=True),
    "gzip-bomb": _packed_bomb,
    "endless": lambda _, __: Reply(b" " * (9 * _MEGABYTE)),
    "redirect": lambda _, __: Reply(
        status=307, headers=(("Location", "http://203.0.113.1/elsewhere"),)
    ),
    "huge-header": lambda _, reply: replace(reply, headers=(("X-Huge", "x" * 65536),)),
}

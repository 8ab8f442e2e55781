"""Packed bodies: whole, cut, damaged and too large."""

import gzip
import json
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind
from scramblebench.providers.connection import MAX_BODY_BYTES
from scramblebench.testing.fake_provider.http import Reply

from .support import chat_body, complete_once, error_of


def packed_reply(packed: bytes, encoding: str = "gzip") -> Reply:
    return Reply(packed, headers=(("Content-Encoding", encoding),))


def body_of(n_bytes: int, *, is_random: bool) -> bytes:
    letters = (
        "".join(random.Random(1).choices("abcdefghij", k=n_bytes)) if is_random else "a" * n_bytes
    )
    return json.dumps(chat_body(message={"content": letters})).encode()


@pytest.mark.parametrize("n_bytes", [0, 65_000, 65_536, 131_072, 1 << 20, MAX_BODY_BYTES - 1000])
@pytest.mark.parametrize("is_random", [True, False])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_packed_body_of_any_size_is_read(n_bytes, is_random, encoding):
    body = body_of(n_bytes, is_random=is_random)
    packed = gzip.compress(body, 1) if encoding == "gzip" else zlib.compress(body, 1)
    response = complete_once("openrouter", packed_reply(packed, encoding))
    assert response.raw == body
    assert len(response.text) == n_bytes


def test_one_byte_too_many():
    spaces = MAX_BODY_BYTES - len(json.dumps(chat_body()))
    body = json.dumps(chat_body()).encode() + b" " * spaces
    assert complete_once("openrouter", packed_reply(gzip.compress(body))).text == "Paris"
    error = error_of("openrouter", packed_reply(gzip.compress(body + b" ")))
    assert error.kind is ErrorKind.BAD_RESPONSE
    assert str(MAX_BODY_BYTES) in str(error)


PACKED = gzip.compress(body_of(3000, is_random=True))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(PACKED) - 1))
def test_a_packed_body_that_is_cut_off_is_no_answer(n_bytes):
    assert error_of("openrouter", packed_reply(PACKED[:n_bytes])).kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_error_whose_words_cannot_be_read_is_told_by_its_status(encoding: str):
    headers = (("Content-Encoding", encoding), ("Retry-After", "7"))
    error = error_of("openrouter", Reply(PACKED[:50], status=429, headers=headers))
    assert error.kind is ErrorKind.RATE_LIMIT
    assert error.retry_after_s == 7

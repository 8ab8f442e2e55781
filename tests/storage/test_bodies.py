"""Providers' bodies come back as they came, and take little room."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import StorageError
from scramblebench.storage.bodies import pack_body, sample_of, seal, unpack_body, unseal

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.binary(), TEXTS, st.none() | TEXTS)
def test_any_body_comes_back(body: bytes, text: str, response_id: str | None):
    packed = pack_body(body, text, response_id)
    assert unpack_body(packed, text, response_id) == body
    assert len(packed or b"") <= len(body) + 1


@pytest.mark.parametrize("length", [0, 100, 2_000, 3_000, 5_000, 40_000, 200_000])
def test_a_long_answer_is_stored_once(length: int):
    text = "".join(chr(97 + i * i % 23) if i % 7 else " " for i in range(length))
    body = chat_body(text)
    packed = pack_body(body, text, "chatcmpl-1") or b""
    assert unpack_body(packed, text, "chatcmpl-1") == body
    assert len(packed) < 130 + length / 20


def test_a_body_that_begins_like_a_packed_one():
    for body in (b"\0", b"\1", b"\2", b"\1abc", b"\0{}"):
        assert unpack_body(pack_body(body, "", None), "", None) == body


@pytest.mark.parametrize("body", [None, b""])
def test_none_is_none_and_empty_is_empty(body: bytes | None):
    assert unpack_body(pack_body(body, "text", "id"), "text", "id") == body


def test_what_was_stored_as_it_came_is_still_read():
    assert unpack_body(b'{"id": "1"}', "text", "1") == b'{"id": "1"}'


def test_a_damaged_one_is_named():
    packed = pack_body(chat_body("An answer."), "An answer.", "chatcmpl-1") or b""
    with pytest.raises(StorageError, match="damaged"):
        unpack_body(packed[:1] + b"\xff" + packed[2:], "An answer.", "chatcmpl-1")


def chat_body(text: str) -> bytes:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 49, "completion_tokens": 5, "total_tokens": 54}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1787338102, "model": "m",
            "choices": [choice], "usage": usage}  # fmt: skip
    return json.dumps(body).encode()


@given(st.binary(), st.binary(), TEXTS, st.none() | TEXTS)
def test_any_body_comes_back_beside_any_sample(
    body: bytes, other: bytes, text: str, response_id: str | None
):
    sample = sample_of(other, text, response_id)
    packed = pack_body(body, text, response_id, sample)
    assert unpack_body(packed, text, response_id, sample) == body


def test_of_a_body_like_the_one_before_next_to_nothing_is_kept():
    sample = sample_of(chat_body('The first "answer".\n'), 'The first "answer".\n', "chatcmpl-1")
    assert sample is not None
    assert b"first" not in sample
    assert b"chatcmpl-1" not in sample
    body = chat_body("Another one.").replace(b"102", b"977").replace(b"49", b"51")
    packed = pack_body(body, "Another one.", "chatcmpl-1", sample)
    assert unpack_body(packed, "Another one.", "chatcmpl-1", sample) == body
    assert len(packed or b"") < 50


def test_a_body_that_was_cut_is_damage():
    packed = pack_body(chat_body("An answer."), "An answer.", "chatcmpl-1") or b""
    for cut in (packed[:-3], packed + b"1"):
        with pytest.raises(StorageError, match="damaged"):
            unpack_body(cut, "An answer.", "chatcmpl-1")


def test_a_sample_that_was_altered_or_lost_is_damage():
    sample = sample_of(chat_body("First"), "First", "chatcmpl-1") or b""
    sealed = seal(sample)
    assert unseal(sealed) == sample
    for place in range(len(sealed)):
        altered = sealed[:place] + bytes([sealed[place] ^ 4]) + sealed[place + 1 :]
        with pytest.raises(StorageError, match="sample"):
            unseal(altered)
    packed = pack_body(chat_body("Second"), "Second", "chatcmpl-1", sample)
    with pytest.raises(StorageError, match="sample"):
        unpack_body(packed, "Second", "chatcmpl-1", None)

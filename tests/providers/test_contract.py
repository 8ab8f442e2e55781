"""What every provider promises, whoever it speaks to."""

import asyncio
import json
import subprocess
import sys

import pytest

from scramblebench.core.errors import ErrorKind, ProviderError, UsageError
from scramblebench.core.trials import Response
from scramblebench.providers import Message, ModelIdentity
from scramblebench.testing.fake_provider import FakeProviderServer

from .support import NAMES, make_provider, model_request, raised_by

KINDS = ["ollama", "openrouter", "openai", "simulated", "replay"]


def open_against(kind, server, tmp_path, **changes):
    if kind == "replay":
        line = {"trial_key": "a" * 64, "text": "The answer is Paris.", "finish_reason": "stop"}
        (tmp_path / "stored.jsonl").write_text(json.dumps(line) + "\n")
        return make_provider(kind, path="stored.jsonl", base_dir=tmp_path, **changes)
    url = {"ollama": server.url_ollama}.get(kind, server.url_openrouter)
    return make_provider(kind, None if kind == "simulated" else url, **changes)


def on_fake(kind, tmp_path, act, **server_changes):
    async def run():
        async with FakeProviderServer(**server_changes) as server:
            provider = open_against(kind, server, tmp_path)
            try:
                return await act(provider, server)
            finally:
                await provider.close()

    return asyncio.run(run())


@pytest.mark.parametrize("kind", KINDS)
def test_identify_then_complete(kind, tmp_path):
    async def act(provider, server):
        return await provider.identify(), await provider.complete(model_request())

    identity, response = on_fake(kind, tmp_path, act)
    assert isinstance(identity, ModelIdentity)
    assert identity.served_name == NAMES[kind]
    assert identity.is_simulated is (kind == "simulated")
    assert isinstance(response, Response)
    assert response.text.startswith("The answer is")
    assert response.finish_reason == "stop"
    assert not response.is_truncated
    assert not response.is_prompt_cut
    assert response.served_provider
    assert response.cost_microusd is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_request_has_the_same_answer_however_many_at_once(kind, tmp_path):
    async def act(provider, server):
        requests = [provider.complete(model_request()) for _ in range(20)]
        return {response.text for response in await asyncio.gather(*requests)}

    assert len(on_fake(kind, tmp_path, act)) == 1


@pytest.mark.parametrize("kind", ["ollama", "openrouter", "openai", "replay"])
def test_calls_after_close(kind, tmp_path):
    async def act(provider, server):
        await provider.complete(model_request())
        await provider.close()
        await provider.close()
        if kind == "replay":
            return await provider.complete(model_request())
        try:
            return await provider.complete(model_request())
        except ProviderError as error:
            return error

    result = on_fake(kind, tmp_path, act)
    if kind != "replay":
        assert isinstance(result, ProviderError)


@pytest.mark.parametrize("kind", ["ollama", "openrouter", "openai"])
def test_one_call_is_one_request_with_its_idempotency_key(kind, tmp_path):
    async def act(provider, server):
        await provider.complete(model_request(idempotency_key="mine"))
        return list(server.ledger.entries)

    (entry,) = on_fake(kind, tmp_path, act)
    assert entry.idempotency_key == "mine"
    assert entry.status == 200
    assert entry.model == NAMES[kind]


@pytest.mark.parametrize("kind", ["ollama", "openrouter", "openai"])
def test_half_a_character_is_refused_and_not_sent(kind, tmp_path):
    async def act(provider, server):
        try:
            await provider.complete(model_request("half \ud83d of a pair"))
        except ProviderError as error:
            return error, len(server.ledger.entries)

    error, n_sent = on_fake(kind, tmp_path, act)
    assert error.kind is ErrorKind.INVALID_REQUEST
    assert n_sent == 0


@pytest.mark.parametrize("kind", ["ollama", "openrouter", "openai"])
def test_nobody_listens(kind, unused_tcp_address):
    async def act():
        provider = make_provider(kind, unused_tcp_address)
        try:
            await provider.identify()
        finally:
            await provider.close()

    error = raised_by(act)
    assert error.kind is ErrorKind.CONNECTION
    assert unused_tcp_address in str(error)
    if kind == "ollama":
        assert "ollama serve" in str(error)


@pytest.mark.parametrize("kind", ["ollama", "openrouter", "openai"])
@pytest.mark.parametrize(
    "base_url", ["localhost:11434", "ftp://a/", "http://", "http://a:99999", "http://u:p@a/", "x"]
)
def test_a_base_url_that_is_none(kind, base_url):
    with pytest.raises(ValueError, match="base_url"):
        make_provider(kind, base_url)


@pytest.mark.parametrize("kind", ["openrouter", "openai"])
def test_without_a_key_nothing_is_sent_to_strangers(kind):
    async def act():
        await make_provider(kind, api_key_env="MY_KEY").complete(model_request())

    error = raised_by(act)
    assert error.kind is ErrorKind.AUTHENTICATION
    assert "export MY_KEY" in str(error)


@pytest.mark.parametrize("key", ["sk\nInjected: yes", "schlüssel"])
def test_a_key_that_no_header_can_carry(key):
    async def act():
        await make_provider("openai", environment={"OPENAI_API_KEY": key}).identify()

    error = raised_by(act)
    assert error.kind is ErrorKind.AUTHENTICATION
    assert key not in str(error)


@pytest.mark.parametrize("kind", ["openrouter", "openai"])
def test_a_wrong_key_is_said_so_without_showing_it(kind):
    async def act():
        variable = "OPENROUTER_API_KEY" if kind == "openrouter" else "OPENAI_API_KEY"
        async with FakeProviderServer(api_key="right") as server:
            provider = make_provider(
                kind, server.url_openrouter, environment={variable: "wrong-secret-key"}
            )
            try:
                await provider.identify()
            finally:
                await provider.close()

    error = raised_by(act)
    assert error.kind is ErrorKind.AUTHENTICATION
    assert "wrong-secret-key" not in str(error)


@pytest.mark.parametrize("kind", ["openrouter", "openai"])
def test_the_right_key_opens_and_shows_in_no_repr(kind):
    async def act():
        variable = "OPENROUTER_API_KEY" if kind == "openrouter" else "OPENAI_API_KEY"
        async with FakeProviderServer(api_key="right-secret") as server:
            provider = make_provider(
                kind, server.url_openrouter, environment={variable: "right-secret"}
            )
            identity = await provider.identify()
            await provider.complete(model_request())
            shown = repr(provider) + repr(vars(provider))
            await provider.close()
            return identity, shown

    identity, shown = asyncio.run(act())
    assert identity.context_length == 8192
    assert "right-secret" not in shown


def test_a_model_that_ollama_has_not():
    async def act():
        async with FakeProviderServer() as server:
            provider = make_provider("ollama", server.url_ollama, name="gemma3:7b")
            try:
                await provider.identify()
            finally:
                await provider.close()

    error = raised_by(act)
    assert error.kind is ErrorKind.MODEL_MISSING
    assert "ollama pull gemma3:7b" in str(error)
    assert "did you mean gemma3:4b?" in str(error)


def test_a_model_that_openrouter_has_not():
    async def act():
        async with FakeProviderServer() as server:
            provider = make_provider("openrouter", server.url_openrouter, name="openai/gpt-4o-mimi")
            try:
                await provider.identify()
            finally:
                await provider.close()

    error = raised_by(act)
    assert error.kind is ErrorKind.MODEL_MISSING
    assert "did you mean openai/gpt-4o-mini?" in str(error)


def test_ollama_says_what_it_serves(tmp_path):
    async def act(provider, server):
        return await provider.identify(), await provider.complete(model_request())

    identity, response = on_fake("ollama", tmp_path, act)
    assert len(identity.digest) == 64
    assert identity.quantization == "Q4_0"
    assert identity.context_length == 8192
    assert identity.parameter_size == "8.0B"
    assert identity.provider_version == "0.12.6"
    assert response.model_digest == identity.digest


def test_a_name_without_a_tag_is_the_latest(tmp_path):
    async def act():
        async with FakeProviderServer() as server:
            provider = make_provider("ollama", server.url_ollama, name="mistral")
            identity = await provider.identify()
            response = await provider.complete(model_request())
            await provider.close()
            return identity, response

    identity, response = asyncio.run(act())
    assert identity.served_name == "mistral:latest"
    assert response.served_model == "mistral"


@pytest.mark.parametrize("kind", ["ollama", "openrouter"])
def test_a_prompt_too_long_is_an_error_of_its_own(kind, tmp_path):
    async def act(provider, server):
        messages = (Message("user", "word " * 20_000),)
        await provider.complete(model_request(messages=messages))

    error = raised_by(lambda: asyncio.to_thread(on_fake, kind, tmp_path, act))
    assert error.kind is ErrorKind.CONTEXT_LENGTH


def test_importing_the_room_imports_no_heavy_library():
    heavy = ["httptools", "genai_prices", "pydantic", "xllamacpp", "orjson"]
    code = f"import sys, scramblebench.providers; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_replay_without_a_file():
    with pytest.raises(UsageError, match="path"):
        make_provider("replay")

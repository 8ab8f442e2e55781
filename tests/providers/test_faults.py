"""The faults of a provider, each met by a real client over a real connection."""

import asyncio
import tracemalloc

import pytest

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.testing.fake_provider import FAULT_NAMES, FakeProviderServer, Fault

from .support import make_provider, model_request

K = ErrorKind
ANSWERED = None
BOTH = ["ollama", "openrouter"]

# what each kind of fault becomes: (ollama, openrouter, wait on openrouter)
EXPECTED = {
    "429:2.5": (K.RATE_LIMIT, K.RATE_LIMIT, 2.5),
    "429-date:30": (K.RATE_LIMIT, K.RATE_LIMIT, 30.0),
    "429-date:-30": (K.RATE_LIMIT, K.RATE_LIMIT, 0.0),
    "429-text:-5": (K.RATE_LIMIT, K.RATE_LIMIT, 0.0),
    "429-text:1000000000": (K.RATE_LIMIT, K.RATE_LIMIT, 1e9),
    "429-text:soon": (K.RATE_LIMIT, K.RATE_LIMIT, None),
    "429": (K.RATE_LIMIT, K.RATE_LIMIT, None),
    "429-availability:40": (K.RATE_LIMIT, K.RATE_LIMIT, 40.0),
    "500": (K.SERVER, K.SERVER, None),
    "502": (K.SERVER, K.SERVER, None),
    "503:1": (K.OVERLOADED, K.OVERLOADED, 1.0),
    "529": (K.OVERLOADED, K.OVERLOADED, None),
    "401": (K.AUTHENTICATION, K.AUTHENTICATION, None),
    "402": (K.CREDITS, K.CREDITS, None),
    "200-error": (K.SERVER, K.SERVER, None),
    "partial": (K.BAD_RESPONSE, K.SERVER, None),
    "empty-choices": (K.BAD_RESPONSE, K.NO_CONTENT, None),
    "null-content": (K.NO_CONTENT, K.NO_CONTENT, None),
    "content-filter": (K.NO_CONTENT, K.CONTENT_FILTER, None),
    "truncated-json": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
    "garbage": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
    "nan": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
    "invalid-utf8": (ANSWERED, ANSWERED, None),
    "lone-surrogate": (ANSWERED, ANSWERED, None),
    "drop-before": (K.CONNECTION, K.CONNECTION, None),
    "drop-after:0": (K.CONNECTION, K.CONNECTION, None),
    "drop-after:40": (K.CONNECTION, K.CONNECTION, None),
    "drop-after:200": (K.CONNECTION, K.CONNECTION, None),
    "slow:0.01": (ANSWERED, ANSWERED, None),
    "missing-usage": (ANSWERED, ANSWERED, None),
    "negative-usage": (ANSWERED, ANSWERED, None),
    "wrong-model": (ANSWERED, ANSWERED, None),
    "length": (ANSWERED, ANSWERED, None),
    "gzip-bomb": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
    "endless": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
    "redirect": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
    "huge-header": (K.BAD_RESPONSE, K.BAD_RESPONSE, None),
}
ELSEWHERE = {"hang", "429-metadata"}  # below, and in test_wire_errors


def meet(kind: str, fault: str):
    """Return what comes of a request that meets a fault, and of the same request after it."""

    async def run():
        async with FakeProviderServer(faults=[Fault(fault, limit=1)]) as server:
            url = server.url_ollama if kind == "ollama" else server.url_openrouter
            provider = make_provider(kind, url)
            try:
                first = await provider.complete(model_request())
            except ProviderError as error:
                first = error
            second = await provider.complete(model_request())
            await provider.close()
            return first, second, list(server.ledger.entries)

    return asyncio.run(run())


def test_every_fault_has_its_row():
    named = {fault.partition(":")[0] for fault in EXPECTED}
    assert named | ELSEWHERE >= FAULT_NAMES


@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_harms_one_request_only(provider, fault):
    ollama, openrouter, wait_s = EXPECTED[fault]
    expected = ollama if provider == "ollama" else openrouter
    first, second, ledger = meet(provider, fault)
    if expected is ANSWERED:
        assert first.text.startswith("The")
    else:
        assert first.kind is expected
    if provider == "openrouter" and isinstance(first, ProviderError):
        assert first.retry_after_s == wait_s
    assert second.text.startswith("The answer is")
    assert [entry.fault for entry in ledger] == [fault, None]


def test_odd_answers_are_read_for_what_they_are():
    assert meet("openrouter", "missing-usage")[0].prompt_tokens is None
    negative = meet("openrouter", "negative-usage")[0]
    assert negative.completion_tokens is None
    assert negative.cost_microusd is None
    assert meet("openrouter", "wrong-model")[0].served_model == "acme/another-model"
    assert meet("ollama", "wrong-model")[0].served_model == "another-model:1b"
    assert meet("ollama", "length")[0].is_truncated
    assert meet("openrouter", "length")[0].is_truncated


def test_the_ledger_and_the_client_agree_on_the_bill():
    _, second, ledger = meet("openrouter", "502")
    assert [entry.cost_microusd for entry in ledger] == [0, second.cost_microusd]
    assert second.cost_microusd > 0


@pytest.mark.parametrize("fault", ["gzip-bomb:400", "endless"])
def test_a_bomb_is_bounded_in_memory(fault):
    meet("openrouter", fault)  # makes the bomb and imports what it needs
    tracemalloc.start()
    try:
        first, _, _ = meet("openrouter", fault)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first.kind is K.BAD_RESPONSE
    assert "8388608 bytes" in str(first)
    assert peak_bytes < 48 * 1024 * 1024


def test_a_hanging_server_is_left_by_the_callers_deadline():
    async def run():
        async with FakeProviderServer(faults=[Fault("hang", limit=1)]) as server:
            provider = make_provider("openrouter", server.url_openrouter)
            call = asyncio.create_task(provider.complete(model_request()))
            while not server.ledger.entries:
                await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            response = await provider.complete(model_request())
            await provider.close()
            return response

    assert asyncio.run(run()).text.startswith("The answer is")

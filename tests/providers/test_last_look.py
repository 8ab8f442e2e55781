"""Nothing leaves when the right to send ends while a request waits for its connection."""

import asyncio

import pytest

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.sending import MAY_SEND
from scramblebench.testing.fake_provider import FakeProviderServer

from .support import make_provider, model_request


def test_nothing_leaves_when_the_right_to_send_has_ended():
    async def ask() -> ProviderError:
        async with FakeProviderServer() as server:
            provider = make_provider("openrouter", base_url=server.url_openrouter)
            answers = iter([True, False])
            MAY_SEND.set(lambda: next(answers))
            await provider.complete(model_request())
            with pytest.raises(ProviderError) as refused:
                await provider.complete(model_request())
            await provider.close()
            assert len(server.ledger.entries) == 1
            return refused.value

    error = asyncio.run(ask())
    assert error.kind is ErrorKind.CONNECTION
    assert not error.may_be_charged

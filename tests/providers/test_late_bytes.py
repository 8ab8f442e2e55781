"""What comes on a connection that nobody asks on is never taken for an answer."""

import asyncio

from scramblebench.testing.chaos_proxy import ChaosProxy, WireFault
from scramblebench.testing.fake_provider import FakeProviderServer

from .support import make_provider, model_request

ANSWER_BYTES_LATER_S = 0.02


def test_a_late_duplicate_is_not_the_next_answer():
    async def run():
        async with FakeProviderServer() as server:
            port = int(server.url.rpartition(":")[2])
            late = [WireFault(f"duplicate:{ANSWER_BYTES_LATER_S}", skip=1, limit=1)]
            async with ChaosProxy("127.0.0.1", port, late) as proxy:
                provider = make_provider("openrouter", f"http://127.0.0.1:{proxy.port}/api/v1")
                warm_up = await provider.complete(model_request("How long is a head?"))
                n_before = proxy.counts.n_answer_bytes
                n_head = n_before - len(warm_up.raw)
                first = await provider.complete(model_request("What is the first answer?"))
                n_twice = n_before + 2 * (n_head + len(first.raw))
                while proxy.counts.n_answer_bytes < n_twice:
                    await asyncio.sleep(0)
                # a whole exchange elsewhere: what was sent before it has arrived by then
                other = make_provider("openrouter", server.url_openrouter)
                await other.complete(model_request())
                second = await provider.complete(model_request("What is the second answer?"))
                expected = await other.complete(model_request("What is the second answer?"))
                await provider.close()
                await other.close()
                return first, second, expected

    first, second, expected = asyncio.run(asyncio.wait_for(run(), 20))
    assert second.text == expected.text
    assert second.text != first.text

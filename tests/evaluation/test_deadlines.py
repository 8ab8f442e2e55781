"""One time limit for many requests: those that take too long end in time, and only those."""

import asyncio

import pytest

from scramblebench.evaluation.deadlines import Deadlines


def test_what_takes_too_long_ends_and_the_rest_does_not():
    async def go() -> list[object]:
        deadlines = Deadlines(0.05)
        never = asyncio.Event()
        done = asyncio.Event()
        done.set()
        return await asyncio.gather(
            deadlines.limited(done.wait()),
            deadlines.limited(never.wait()),
            deadlines.limited(asyncio.sleep(0.001, "slept")),
            deadlines.limited(never.wait()),
            return_exceptions=True,
        )

    first, second, third, fourth = asyncio.run(go())
    assert (first, third) == (True, "slept")
    assert isinstance(second, TimeoutError)
    assert isinstance(fourth, TimeoutError)


def test_a_task_goes_on_after_its_time_is_over_and_gets_it_anew():
    async def go() -> list[str]:
        deadlines = Deadlines(0.02)
        ends: list[str] = []
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await deadlines.limited(asyncio.Event().wait())
            ends.append(await deadlines.limited(asyncio.sleep(0, "went on")))
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return ends

    assert asyncio.run(go()) == ["went on"] * 3


def test_whoever_cancels_is_heard():
    async def go() -> None:
        deadlines = Deadlines(60)
        task = asyncio.create_task(deadlines.limited(asyncio.Event().wait()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())


def test_an_error_of_the_request_is_its_own():
    async def fail() -> None:
        raise ValueError("broken")

    async def go() -> None:
        deadlines = Deadlines(60)
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                await deadlines.limited(fail())

    asyncio.run(go())


def test_later_requests_have_their_whole_time():
    async def go() -> tuple[object, object, float]:
        loop = asyncio.get_running_loop()
        deadlines = Deadlines(0.2)
        first = asyncio.create_task(deadlines.limited(asyncio.Event().wait()))
        await asyncio.sleep(0.1)
        began_s = loop.time()
        results = await asyncio.gather(
            first, deadlines.limited(asyncio.Event().wait()), return_exceptions=True
        )
        return results[0], results[1], loop.time() - began_s

    first, second, waited_s = asyncio.run(go())
    assert isinstance(first, TimeoutError)
    assert isinstance(second, TimeoutError)
    assert waited_s >= 0.2

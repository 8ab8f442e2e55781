"""The gate: never more inside than are allowed, first come first served, nobody forgotten."""

import asyncio

from scramblebench.evaluation.concurrency import Concurrency
from scramblebench.evaluation.gate import Gate


def arrived(gate: Gate) -> asyncio.Future[None]:
    turn = asyncio.get_running_loop().create_future()
    gate.arrive(turn)
    return turn


def test_no_more_are_inside_than_allowed_and_all_get_through():
    gate = Gate(Concurrency(3))
    most, order = 0, list[int]()

    async def pass_through(number: int) -> None:
        nonlocal most
        assert await gate.passed(arrived(gate)) is None
        order.append(number)
        most = max(most, gate.n_inside)
        await asyncio.sleep(0)
        gate.leave()

    async def all_of_them() -> None:
        await asyncio.gather(*map(pass_through, range(50)))

    asyncio.run(all_of_them())
    assert (most, gate.n_inside, order) == (3, 0, list(range(50)))


def test_more_enter_when_more_are_allowed():
    concurrency = Concurrency(1)
    gate = Gate(concurrency)

    async def grow() -> list[bool]:
        turns = [arrived(gate) for _ in range(6)]
        assert [turn.done() for turn in turns] == [True] + [False] * 5
        concurrency.set_maximum(4)
        for _ in range(3):
            concurrency.succeeded(0.1)
        gate.leave()
        return [turn.done() for turn in turns]

    assert asyncio.run(grow()) == [True] * 5 + [False]
    assert gate.n_inside == 4


def test_who_gives_up_waiting_takes_no_place():
    gate = Gate(Concurrency(1))

    async def give_up() -> None:
        arrived(gate)
        waiting, called = (asyncio.create_task(gate.passed(arrived(gate))) for _ in range(2))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        gate.leave()  # the second has its turn now, and is cancelled before it takes it
        called.cancel()
        await asyncio.gather(waiting, called, return_exceptions=True)
        assert gate.n_inside == 0
        assert arrived(gate).done()

    asyncio.run(give_up())
    assert gate.n_inside == 1

from __future__ import annotations

import asyncio

import pytest

from shared.engine.slots import Slots
from shared.model.severity import Severity
from shared.wire.urgency import urgent


async def test_no_more_work_at_once_than_there_are_slots_and_the_most_urgent_is_next() -> None:
    slots, inside, order = Slots(2), 0, []

    async def work(severity: Severity) -> None:
        nonlocal inside
        with urgent(severity):
            async with slots:
                inside += 1
                assert inside <= 2
                order.append(severity)
                await asyncio.sleep(1)
                inside -= 1

    await asyncio.gather(*map(work, [*Severity, *Severity]))

    assert order[2:] == sorted(order[2:], reverse=True)
    assert len(order) == 2 * len(Severity)


async def test_whoever_is_cancelled_while_it_waits_keeps_no_slot() -> None:
    slots = Slots(1)

    async def work() -> None:
        async with slots:
            await asyncio.sleep(1)

    tasks = [asyncio.create_task(work()) for _ in range(4)]
    await asyncio.sleep(0.5)
    tasks[1].cancel()
    await asyncio.sleep(0.5)  # the first gives its slot to the third at this very moment
    tasks[2].cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks, return_exceptions=True)
        await work_again(slots)


async def work_again(slots: Slots) -> None:
    async with slots:
        pass


async def test_a_slot_is_given_back_when_the_work_fails() -> None:
    slots = Slots(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with slots:
                1 / 0  # noqa: B018

    await work_again(slots)

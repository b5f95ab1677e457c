from __future__ import annotations

import asyncio

import pytest

from shared.model.severity import Severity
from shared.wire.message import Response, Throttled
from shared.wire.throttle import SETTLING, Throttle
from shared.wire.urgency import YIELDING, urgent
from tests.wire.services import GET, Service, by, now, slow


async def test_under_pressure_the_most_urgent_goes_first_and_among_equals_who_came_first() -> None:
    service = Service(slow())
    throttle = Throttle(service.send)
    await throttle.send(by("first"))

    async def later(severity: Severity, number: int) -> None:
        with urgent(severity):
            await throttle.send(by(f"{severity.word} {number}"))

    await asyncio.gather(*(later(severity, number) for number in (1, 2) for severity in Severity))

    wanted = [f"{severity.word} {number}" for severity in reversed(Severity) for number in (1, 2)]
    assert service.who[1:] == wanted


async def test_what_is_less_urgent_than_high_waits_a_while_and_no_longer() -> None:
    service = Service(slow(f"{YIELDING + 10:.0f}"))
    throttle = Throttle(service.send)
    await throttle.send(GET)

    with urgent(Severity.MEDIUM), pytest.raises(Throttled):
        await throttle.send(GET)
    assert now() == 0
    with urgent(Severity.HIGH):
        await throttle.send(GET)

    assert service.at == [0, YIELDING + 10 + SETTLING]


async def test_when_a_gate_opens_one_goes_ahead_and_the_others_only_if_azure_takes_it() -> None:
    service = Service(slow("10"), slow("10"), takes=1.0)
    throttle = Throttle(service.send)
    await throttle.send(GET)

    await asyncio.gather(*(throttle.send(GET) for _ in range(3)))

    first = 1 + 10 + SETTLING
    second = first + 1 + 10 + SETTLING
    assert service.at == pytest.approx([0, first, second, second + 1])


async def test_whoever_was_called_before_the_gate_closed_again_waits_again() -> None:
    service = Service(slow("10"), Response(200), slow("10"))
    throttle = Throttle(service.send)
    await throttle.send(GET)

    await asyncio.gather(*(throttle.send(GET) for _ in range(3)))

    first = 10 + SETTLING
    assert service.at == pytest.approx([0, first, first, first + 10 + SETTLING])


@pytest.mark.parametrize("cancelled", [False, True], ids=["no answer", "cancelled"])
async def test_if_the_one_ahead_has_no_answer_another_goes_ahead(cancelled: bool) -> None:
    service = Service(slow("10"), ConnectionError(), takes=1.0)
    throttle = Throttle(service.send)
    await throttle.send(GET)

    tasks = [asyncio.create_task(throttle.send(GET)) for _ in range(3)]
    await asyncio.sleep(10.6)
    if cancelled:
        tasks[0].cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)

    assert len(service.came) == 4
    assert [isinstance(end, Response) for end in ends] == [False, True, True]


async def test_whoever_leaves_the_line_takes_nothing_along() -> None:
    service = Service(slow("10"))
    throttle = Throttle(service.send)
    await throttle.send(GET)

    tasks = [asyncio.create_task(throttle.send(by(f"{i}"))) for i in range(3)]
    await asyncio.sleep(5)
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await throttle.send(by("3"))

    assert service.who == ["GET", "1", "2", "3"]


async def test_the_answer_to_an_earlier_request_does_not_open_the_gate() -> None:
    service = Service(Response(200), slow("10"))
    throttle = Throttle(service.send)
    service.takes = 5.0
    early = asyncio.create_task(throttle.send(by("early")))
    await asyncio.sleep(1)
    service.takes = 0.0
    await throttle.send(by("closes"))

    await asyncio.gather(early, throttle.send(by("waits")))

    assert service.at == pytest.approx([0, 1, 11 + SETTLING])

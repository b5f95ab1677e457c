"""The throttle below the retries: who waits for what, and how it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from azure.core.exceptions import ServiceRequestError
from httpx import ConnectError

from azsim.clock import Clock
from shared.azure.faults import told_apart
from shared.model.errors import Temporary
from shared.model.severity import Severity
from shared.wire.chance import SystemChance
from shared.wire.message import Request, Response, Send, Throttled, Unanswered
from shared.wire.retry import Policy, retrying
from shared.wire.tape import Player, Recorder
from shared.wire.throttle import SETTLING, Throttle
from shared.wire.urgency import urgent
from tests.wire.services import GET, PUT, Service, by, now, slow

Work = Callable[[Request], Awaitable[Response]]


def patient(send: Send, seconds: float = 240) -> Work:
    clock = Clock()
    return retrying(send, clock, SystemChance(), clock.now() + timedelta(seconds=seconds), Policy(answer=30))


async def test_the_time_for_an_answer_begins_when_the_request_is_sent() -> None:
    service = Service(slow("100"))
    throttle = Throttle(service.send)
    await throttle.send(PUT)
    service.takes = 20.0

    with urgent(Severity.HIGH):
        assert (await patient(throttle.send)(PUT)).status == 200

    assert now() == pytest.approx(100 + SETTLING + 20)


async def test_no_answer_is_waited_for_longer_after_a_wait_in_line_either() -> None:
    service = Service(slow("100"))
    throttle = Throttle(service.send)
    await throttle.send(PUT)
    service.takes = 1000.0

    with urgent(Severity.HIGH), pytest.raises(Unanswered):
        await patient(throttle.send)(PUT)

    assert now() == pytest.approx(100 + SETTLING + 30)


async def test_a_request_that_would_be_too_late_is_tried_once_and_not_sent() -> None:
    service = Service(slow("300"))
    throttle = Throttle(service.send)
    await throttle.send(GET)

    with urgent(Severity.CRITICAL), pytest.raises(Throttled) as told:
        await patient(throttle.send)(GET)

    assert (len(service.came), now(), round(told.value.retry_after)) == (1, 0, 300)


@pytest.mark.parametrize(("urgency", "came"), [(Severity.MEDIUM, 1), (Severity.HIGH, 2)])
async def test_what_is_less_urgent_does_not_wait_long_for_its_own_429_either(urgency: Severity, came: int) -> None:
    service = Service(slow("100"))

    with urgent(urgency):
        await patient(Throttle(service.send).send)(GET)

    assert len(service.came) == came


async def test_many_that_got_a_429_themselves_come_again_in_order() -> None:
    service = Service(*[slow("10")] * 3, takes=0.5)
    throttle = Throttle(service.send)

    async def ask(urgency: Severity) -> None:
        with urgent(urgency):
            await patient(throttle.send)(by(urgency.word))

    await asyncio.gather(*map(ask, (Severity.LOW, Severity.CRITICAL, Severity.MEDIUM)))

    assert service.who[3:] == ["critical", "medium", "low"]


async def test_that_a_request_was_not_let_through_is_on_the_tape() -> None:
    async def no(_: Request) -> Response:
        raise Throttled("arm reads are at their limit", 12.5)

    recorder = Recorder(Clock(), SystemChance())
    with pytest.raises(Throttled):
        await recorder.sending(no)(GET)

    with pytest.raises(Throttled, match="arm reads are at their limit") as told:
        await Player(recorder.dump()).send(GET)
    assert told.value.retry_after == 12.5


@pytest.mark.parametrize("kind", [ServiceRequestError, ConnectError])
@pytest.mark.parametrize("wrote", [True, False])
def test_in_our_words_it_is_temporary_whatever_sdk_it_came_through(kind: type[Exception], wrote: bool) -> None:
    error = kind("not sent")
    error.__cause__ = Throttled("arm writes are at their limit", 12.5)

    told = told_apart(error, wrote=wrote)

    assert isinstance(told, Temporary)
    assert (told.throttled, told.retry_after) == (True, 12.5)


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        (Temporary("x", 429), True),
        (Temporary("x", 503, retry_after=3.0), True),
        (Temporary("x", 503), False),
        (Temporary("x", 0, "Unreachable"), False),
    ],
    ids=["429", "503 with a time", "503", "unreachable"],
)
def test_what_counts_as_throttling(error: Temporary, throttled: bool) -> None:
    assert error.throttled is throttled

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from shared.model.severity import Severity
from shared.wire.limits import BUCKETS
from shared.wire.message import Request, Response, Throttled
from shared.wire.throttle import LONGEST, SETTLING, Throttle
from shared.wire.urgency import urgent
from tests.wire.services import ARM, DELETE, GET, PUT, Service, by, now, slow


async def test_a_gate_that_one_request_closed_is_closed_to_all_of_that_api_until_azure_wants_them() -> None:
    service = Service(slow())
    throttle = Throttle(service.send)
    assert (await throttle.send(GET)).status == 429

    await asyncio.gather(*(throttle.send(GET) for _ in range(3)))

    assert service.at == [0, *[20 + SETTLING] * 3]


@pytest.mark.parametrize(
    "other",
    [PUT, DELETE, Request("GET", ARM.replace("3c1f", "4d2e") + "/x"), Request("GET", "https://management.azure.com/x")],
    ids=["writes", "deletes", "another subscription", "the tenant"],
)
async def test_what_azure_counts_apart_goes_on(other: Request) -> None:
    service = Service(slow())
    throttle = Throttle(service.send)
    await throttle.send(GET)

    await throttle.send(other)

    assert service.at == [0, 0]


async def test_a_503_closes_the_gate_only_if_it_says_for_how_long() -> None:
    service = Service(Response(503), slow(status=503))
    throttle = Throttle(service.send)

    for _ in range(3):
        await throttle.send(GET)

    assert service.at == [0, 0, 20 + SETTLING]


@pytest.mark.parametrize(
    ("headers", "opens"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:20 GMT", "date": "Mon, 02 Mar 2026 09:00:05 GMT"}, 15.0),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:20 GMT"}, 0.0),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "nan"}, 0.0),
        ({}, 0.0),
    ],
    ids=["seconds", "milliseconds", "date", "date without now", "no time", "no number", "nothing"],
)
async def test_retry_after_is_understood_in_all_its_forms(headers: Mapping[str, str], opens: float) -> None:
    service = Service(Response(429, headers))
    throttle = Throttle(service.send)

    with urgent(Severity.HIGH):
        for _ in range(2):
            await throttle.send(GET)

    assert service.at == [0, opens + SETTLING if opens else 0]


async def test_a_broken_header_does_not_close_a_gate_for_ever() -> None:
    service = Service(slow("inf"))
    throttle = Throttle(service.send)
    with urgent(Severity.HIGH):
        for _ in range(2):
            await throttle.send(GET)

    assert service.at == [0, LONGEST + SETTLING]


async def test_a_resource_that_another_operation_has_locked_closes_no_gate() -> None:
    body = b'{"error": {"code": "RetryableErrorDueToAnotherOperation"}}'
    service = Service(Response(429, {"retry-after": "10"}, body))
    throttle = Throttle(service.send)

    for _ in range(2):
        await throttle.send(PUT)

    assert service.at == [0, 0]


async def test_a_request_whose_wait_would_end_too_late_is_not_sent_and_told_at_once_when_there_is_room() -> None:
    service = Service(slow("100"))
    throttle = Throttle(service.send)
    await throttle.send(GET)
    await asyncio.sleep(40)

    with urgent(Severity.HIGH), pytest.raises(Throttled, match="arm reads of 3c1f5a60") as told:
        await throttle.send(by("late", until=now() + 50))

    assert told.value.retry_after == pytest.approx(60 + SETTLING)
    assert (now(), len(service.came)) == (40, 1)


async def test_whoever_waits_is_told_as_soon_as_it_will_be_too_late_for_them() -> None:
    service = Service(slow("10"), slow("100"))
    throttle = Throttle(service.send)
    await throttle.send(GET)

    with urgent(Severity.HIGH):
        waiting = [asyncio.create_task(throttle.send(by(f"{i}", until=60.0))) for i in range(3)]
        ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(end) for end in ends] == [Response, Throttled, Throttled]
    assert now() == pytest.approx(10 + SETTLING)


@pytest.mark.parametrize("kind", ["GET", "PUT", "DELETE"])
async def test_no_more_are_sent_than_the_bucket_holds_and_gets_back(kind: str) -> None:
    bucket = BUCKETS[{"GET": "arm reads", "PUT": "arm writes", "DELETE": "arm deletes"}[kind]]
    size, more = int(bucket.size), 40
    service = Service()
    throttle = Throttle(service.send)

    await asyncio.gather(*(throttle.send(Request(kind, f"{ARM}/x")) for _ in range(size + more)))

    assert service.at[:size] == [0] * size
    assert service.at[size:] == pytest.approx([(i + 1) / bucket.rate for i in range(more)], abs=0.01)


async def test_what_azure_says_is_left_counts_too_for_there_are_other_instances() -> None:
    service = Service(Response(200, {"x-ms-ratelimit-remaining-subscription-reads": "0"}))
    throttle = Throttle(service.send)

    for _ in range(2):
        await throttle.send(GET)

    assert service.at == [0, pytest.approx(1 / 25, abs=0.002)]

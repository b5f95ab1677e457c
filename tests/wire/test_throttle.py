from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from shared.model.severity import Severity
from shared.wire.limits import BUCKETS
from shared.wire.message import Request, Response, Throttled
from shared.wire.throttle import LONGEST, SETTLING, Throttle
from shared.wire.urgency import YIELDING, urgent

ARM = "https://management.azure.com/subscriptions/3c1f5a60"
GET, PUT, DELETE = (Request(method, f"{ARM}/x") for method in ("GET", "PUT", "DELETE"))
GRAPH = Request("GET", "https://graph.microsoft.com/v1.0/users/1")


class Service:
    """Answers what it is told, once for each request, and then 200; remembers who came when.

    Args:
        answers: What it is told.
        takes: Seconds that each answer takes.
    """

    def __init__(self, *answers: Response | Exception, takes: float = 0.0) -> None:
        self.answers = list(answers)
        self.takes = takes
        self.came: list[tuple[float, str]] = []

    async def send(self, request: Request) -> Response:
        self.came.append((now(), request.headers.get("who", request.method)))
        answer = self.answers.pop(0) if self.answers else Response(200)
        if self.takes:
            await asyncio.sleep(self.takes)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def at(self) -> list[float]:
        return [round(time, 3) for time, _ in self.came]

    @property
    def who(self) -> list[str]:
        return [who for _, who in self.came]


def now() -> float:
    return asyncio.get_running_loop().time()


def slow(seconds: str = "20", status: int = 429, **other: str) -> Response:
    return Response(status, {"retry-after": seconds, **other})


def by(who: str, of: Request = GET, until: float | None = None) -> Request:
    return Request(of.method, of.url, {"who": who}, until=until)


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

"""The dead-letter hub, read to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from azsim.eventhubs import Broker
from shared.azure import dead_letter_reader
from shared.azure.dead_letter_reader import Reading
from shared.model.dead_letter import Letter
from shared.model.errors import Forbidden, Temporary
from shared.model.ids import content_digest
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.azsim.eventhubs.given import Clock
from tests.azure.test_dead_letter_hub import HUB, KEY, deliver, letters_to
from tests.azure.test_dead_letter_hub import letter as plain

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]


def letter(number: int, size: int = 10) -> Letter:
    made = plain(number, size)
    return replace(made, id=f"{number:032x}", digest=content_digest(made.body))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def broker(clock: Clock) -> AsyncIterator[Broker]:
    made = Broker({HUB: 3}, now=clock, key=KEY)
    async with made.serve():
        yield made


async def read(broker: Broker, since: datetime | None = None, most: int = 10_000) -> tuple[list[Letter], Reading]:
    found: list[Letter] = []

    def take(letter: Letter) -> bool:
        found.append(letter)
        return len(found) < most

    reading = await letters_to(broker.connection_string).read(take, since)
    return sorted(found, key=lambda letter: letter.id), reading


def publish(broker: Broker, letters: list[Letter]) -> None:
    for number, each in enumerate(letters):
        broker.publish(HUB, msgspec.json.encode(each), partition_id=str(number % 3))


async def test_a_hub_with_nothing_in_it_is_read_at_once(broker: Broker) -> None:
    assert await read(broker) == ([], Reading())


async def test_every_letter_of_every_partition_comes_back_whole(broker: Broker) -> None:
    sent = [letter(number, 40_000 if number % 5 == 0 else 10) for number in range(70)]
    publish(broker, sent)

    found, reading = await read(broker)

    assert (found, reading) == (sent, Reading(seen=70))


async def test_what_was_delivered_is_what_is_read(broker: Broker) -> None:
    sent = [letter(number) for number in range(4)]
    await deliver(broker.connection_string, sent)

    assert (await read(broker))[0] == sent


async def test_what_comes_while_it_is_read_is_left_for_the_next_time(broker: Broker) -> None:
    publish(broker, [letter(1)])
    found: list[Letter] = []

    def take(each: Letter) -> bool:
        found.append(each)
        publish(broker, [letter(2)])
        return True

    await letters_to(broker.connection_string).read(take)

    assert found == [letter(1)]


async def test_it_is_left_as_soon_as_no_more_is_wanted(broker: Broker) -> None:
    for number in range(60):
        broker.publish(HUB, msgspec.json.encode(letter(number)), partition_id="0")

    assert await read(broker, most=3) == ([letter(number) for number in range(3)], Reading(seen=3))


async def test_it_goes_back_to_a_time_and_no_further(broker: Broker, clock: Clock) -> None:
    publish(broker, [letter(number) for number in range(6)])
    clock.pass_(hours=3)
    publish(broker, [letter(number) for number in range(10, 12)])  # none in the third partition

    found, reading = await read(broker, clock() - timedelta(hours=1))

    assert (found, reading.seen) == ([letter(10), letter(11)], 2)


async def test_of_a_partition_with_very_many_the_newest_are_read(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letter_reader, "MOST", 2)
    for number in range(5):
        broker.publish(HUB, msgspec.json.encode(letter(number)), partition_id="1")

    found, reading = await read(broker)

    assert (found, reading.left) == ([letter(3), letter(4)], ["partition 1: 3 older messages; ask for a time"])


async def test_a_hub_that_goes_on_and_on_is_left_after_a_time(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter_reader, "SECONDS", 0.0)
    publish(broker, [letter(1)])

    _, reading = await read(broker)

    assert reading.left == ["the hub was not read to its end within 0 s"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"id": "1"}',
        msgspec.json.encode(replace(letter(1), id="../../kill_switch")),
        msgspec.json.encode(replace(letter(1), digest="")),
        msgspec.json.encode(replace(letter(1), blob="another")),
        msgspec.json.encode(replace(letter(1), received="yesterday")),
        msgspec.json.encode(replace(letter(1), received="2026-03-02T12:00:00")),
        msgspec.json.encode(replace(letter(1), first="me")),
    ],
    ids=["empty", "cut", "binary", "a list", "too little", "id", "digest", "blob", "no time", "no zone", "first"],
)
async def test_a_message_of_somebody_else_is_counted_and_keeps_no_letter_back(broker: Broker, body: bytes) -> None:
    for content in (body, msgspec.json.encode(letter(2))):
        broker.publish(HUB, content, partition_id="0")

    assert await read(broker) == ([letter(2)], Reading(seen=2, foreign=1))


async def test_a_hub_that_is_away_is_an_error_that_passes(broker: Broker) -> None:
    publish(broker, [letter(1)])
    async with broker.outage():
        with pytest.raises(Temporary, match="the dead-letter hub cannot be read"):
            await read(broker)

    assert (await read(broker))[0] == [letter(1)]


async def test_a_hub_that_goes_away_while_it_is_read_is_an_error(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letter_reader, "AHEAD", 2)
    publish(broker, [letter(number, 200_000) for number in range(60)])
    some = asyncio.Event()

    def take(_: Letter) -> bool:
        some.set()
        return True

    reading = asyncio.create_task(letters_to(broker.connection_string).read(take))
    await some.wait()
    async with broker.outage():
        with pytest.raises(Temporary, match="the dead-letter hub cannot be read"):
            await reading


async def test_without_the_right_it_says_which_is_missing(broker: Broker) -> None:
    elsewhere = broker.connection_string.replace("SharedAccessKey=", "SharedAccessKey=b3RoZXI")

    with pytest.raises(Forbidden, match=r"Microsoft\.EventHub/namespaces/messages/receive/action"):
        await letters_to(elsewhere).read(lambda _: True)


def test_a_time_is_utc() -> None:
    assert letter(1).time == datetime(2026, 3, 2, 12, tzinfo=UTC)

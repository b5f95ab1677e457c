from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec
import pytest

from azsim.clock import Clock
from azsim.eventhubs import Broker
from shared.azure.credential import Credential
from shared.azure.dead_letters import DeadLetters
from shared.model.dead_letter import Letter
from shared.model.errors import AzureError, Permanent, Temporary
from shared.wire.message import Request, Response, Unreachable
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.azsim.eventhubs.raw_client import until

pytestmark = pytest.mark.real_time

HUB = "dead-letters"
KEY = "bm90IGEgc2VjcmV0"


def letter(number: int, size: int = 10) -> Letter:
    return Letter(
        id=f"{number:08}",
        reason="not JSON" * 100,
        where="offset 3",
        source="",
        door="event_hub",
        received="2026-03-02T12:00:00+00:00",
        attempts=1,
        digest="d" * 64,
        size=size,
        body=bytes(range(256)) * (size // 256) + b"x" * (size % 256),
    )


def letters_to(connection: str) -> DeadLetters:
    async def send(_: Request) -> Response:
        raise Unreachable("there is nothing but the hub")

    clock = Clock()
    where = {"blobs": "https://blobs.example", "container": "c", "hub": HUB}
    return DeadLetters(send, Credential(send, clock, "client"), clock, connection=connection, **where)


async def deliver(connection: str, letters: Sequence[Letter]) -> list[AzureError | None]:
    async with letters_to(connection).hub() as hub:
        return await hub.deliver(letters)


def away(error: AzureError | None) -> bool:
    return isinstance(error, Temporary) and "the dead-letter hub does not take messages" in str(error)


def delivered(broker: Broker) -> list[Letter]:
    return [msgspec.json.decode(event.body, type=Letter) for event in broker.events(HUB)]


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    made = Broker({HUB: 1}, now=Clock().now, key=KEY, max_message_size=300_000)
    async with made.serve():
        yield made


async def test_letters_come_in_order_and_whole_and_say_in_their_properties_what_they_are(broker: Broker) -> None:
    sent = [letter(number) for number in range(20)]

    kept = await deliver(broker.connection_string, sent)

    assert (delivered(broker), kept) == (sent, [None] * 20)
    properties = broker.events(HUB)[3].properties
    assert properties == {"reason": ("not JSON" * 100)[:500], "door": "event_hub", "id": "00000003"}


async def test_letters_that_do_not_fit_into_one_batch_are_sent_in_several(broker: Broker) -> None:
    sent = [letter(number, 180_000) for number in range(4)]

    kept = await deliver(broker.connection_string, sent)

    assert (delivered(broker), kept) == (sent, [None] * 4)


async def test_one_connection_serves_for_all_that_is_sent_and_is_closed_at_the_end(broker: Broker) -> None:
    sent = [letter(number, 100_000) for number in range(6)]

    async with letters_to(broker.connection_string).hub() as hub:
        for some in (sent[:3], sent[3:]):
            await hub.deliver(some)

    assert (delivered(broker), broker.accepted) == (sent, 1)
    await until(lambda: not broker.connected)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_letter_that_the_hub_never_takes_is_named_and_keeps_no_other(broker: Broker, place: int) -> None:
    others = [letter(number) for number in range(2)]

    kept = await deliver(broker.connection_string, [*others[:place], letter(9, 250_000), *others[place:]])

    error = kept.pop(place)
    assert isinstance(error, Permanent)
    assert "dead letter 00000009 is larger than the hub takes" in str(error)
    assert (delivered(broker), kept) == (others, [None] * 2)


async def test_what_a_hub_took_before_it_failed_is_told_from_what_it_did_not_take() -> None:
    sent = [letter(number, 180_000) for number in range(4)]  # each is a batch

    def now() -> datetime:
        if serving and len(delivered(serving[0])) == 2:
            raise OSError("the disk is full")
        return Clock().now()

    serving: list[Broker] = []
    broker = Broker({HUB: 1}, now=now, key=KEY, max_message_size=300_000)
    serving.append(broker)
    async with broker.serve():
        kept = await deliver(broker.connection_string, sent)

    assert delivered(broker) == sent[:2]
    assert [away(error) for error in kept] == [False, False, True, True]
    assert kept[:2] == [None, None]


@pytest.mark.usefixtures("sdk")
async def test_a_connection_that_was_cut_between_two_deliveries_is_an_error_that_passes(broker: Broker) -> None:
    async with letters_to(broker.connection_string).hub() as hub:
        first = await hub.deliver([letter(1)])
        async with broker.outage():
            second = await hub.deliver([letter(2)])

    assert (first, [away(error) for error in second]) == ([None], [True])
    assert delivered(broker) == [letter(1)]


async def test_a_hub_that_does_not_answer_keeps_every_letter_until_it_is_back(broker: Broker) -> None:
    async with broker.outage():
        kept = await deliver(broker.connection_string, [letter(1), letter(2)])
    assert [away(error) for error in kept] == [True, True]

    assert await deliver(broker.connection_string, [letter(1)]) == [None]
    assert delivered(broker) == [letter(1)]


async def test_a_hub_that_does_not_know_our_key_is_an_error_that_passes(broker: Broker) -> None:
    elsewhere = broker.connection_string.replace("SharedAccessKey=", "SharedAccessKey=b3RoZXI")

    (error,) = await deliver(elsewhere, [letter(1)])

    assert away(error)


async def test_a_namespace_that_is_away_is_an_error_that_passes() -> None:
    (error,) = await deliver("127.0.0.1", [letter(1)])

    assert away(error)

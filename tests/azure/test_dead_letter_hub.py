from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from azsim.clock import Clock
from azsim.eventhubs import Broker
from shared.azure.credential import Credential
from shared.azure.dead_letters import DeadLetters
from shared.model.dead_letter import Letter
from shared.model.errors import Permanent, Temporary
from shared.wire.message import Request, Response, Unreachable

pytestmark = pytest.mark.real_time

HUB = "dead-letters"


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


def delivered(broker: Broker) -> list[Letter]:
    return [msgspec.json.decode(event.body, type=Letter) for event in broker.events(HUB)]


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    made = Broker({HUB: 1}, now=Clock().now, key="bm90IGEgc2VjcmV0", max_message_size=300_000)
    async with made.serve():
        yield made


async def test_letters_come_in_order_and_whole_and_say_in_their_properties_what_they_are(broker: Broker) -> None:
    sent = [letter(number) for number in range(20)]

    await letters_to(broker.connection_string).deliver(sent)

    assert delivered(broker) == sent
    properties = broker.events(HUB)[3].properties
    assert properties == {"reason": ("not JSON" * 100)[:500], "door": "event_hub", "id": "00000003"}


async def test_letters_that_do_not_fit_into_one_batch_are_sent_in_several(broker: Broker) -> None:
    sent = [letter(number, 180_000) for number in range(4)]

    await letters_to(broker.connection_string).deliver(sent)

    assert delivered(broker) == sent


@pytest.mark.parametrize("place", [0, 1])
async def test_a_letter_that_the_hub_never_takes_is_an_error_that_names_it(broker: Broker, place: int) -> None:
    sent = [letter(number) for number in range(place)]

    with pytest.raises(Permanent, match="dead letter 00000009 is larger than the hub takes"):
        await letters_to(broker.connection_string).deliver([*sent, letter(9, 250_000)])

    assert delivered(broker) == sent


async def test_a_hub_that_does_not_answer_is_an_error_that_passes(broker: Broker) -> None:
    letters = letters_to(broker.connection_string)

    async with broker.outage():
        with pytest.raises(Temporary, match="the dead-letter hub does not take messages"):
            await letters.deliver([letter(1)])
    await letters.deliver([letter(1)])

    assert delivered(broker) == [letter(1)]


async def test_a_hub_that_does_not_know_our_key_is_an_error_that_passes(broker: Broker) -> None:
    elsewhere = broker.connection_string.replace("SharedAccessKey=", "SharedAccessKey=b3RoZXI")

    with pytest.raises(Temporary, match="the dead-letter hub does not take messages"):
        await letters_to(elsewhere).deliver([letter(1)])


async def test_a_namespace_that_is_away_is_an_error_that_passes() -> None:
    with pytest.raises(Temporary, match="the dead-letter hub does not take messages"):
        await letters_to("127.0.0.1").deliver([letter(1)])

"""The SDK's consumer."""

import asyncio
from typing import Any

import pytest
from azure.eventhub import EventData

from azsim.eventhubs import Broker
from tests.azsim.eventhubs.given import Clock
from tests.azsim.eventhubs.raw_client import until
from tests.azsim.eventhubs.sdk import body_of, consumer, producer, receiving

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("address", "sdk")]


async def test_everything_about_an_event_comes_back(broker: Broker, clock: Clock) -> None:
    event = EventData(b"body")
    event.properties = {"source": "defender", "attempt": 3}
    event.content_type, event.correlation_id, event.message_id = "application/json", "case-1", "event-1"
    async with producer(broker, "alerts") as client:
        await client.send_batch([event], partition_key="host-1")
    (stored,) = broker.events("alerts")
    clock.pass_(days=1)

    async with receiving(consumer(broker, "alerts")) as received:
        await received.until(lambda got: got.events)

    (back,) = received.events
    assert body_of(back) == b"body"
    assert back.properties == {b"source": b"defender", b"attempt": 3}
    assert (back.content_type, back.correlation_id, back.message_id) == ("application/json", "case-1", "event-1")
    assert (back.partition_key, back.sequence_number, back.offset) == (b"host-1", 0, "0")
    assert back.enqueued_time == stored.enqueued
    assert received.partitions == [stored.partition]


async def test_an_event_of_700_kb_passes_both_ways(broker: Broker) -> None:
    body = bytes(range(256)) * 2800
    async with producer(broker, "dead-letters") as client:
        await client.send_event(EventData(body))
    async with receiving(consumer(broker, "dead-letters")) as received:
        await received.until(lambda got: got.events)
    assert received.bodies == [body]


async def test_events_arrive_as_they_are_published_and_in_order(broker: Broker) -> None:
    broker.publish("dead-letters", b"old")
    async with receiving(consumer(broker, "dead-letters", prefetch=20)) as received:
        await received.until(lambda got: got.events)
        for number in range(1000):
            broker.publish("dead-letters", b"%d" % number, {"number": str(number)})
        await received.until(lambda got: len(got.events) > 1000)
    assert received.bodies == [b"old", *(b"%d" % number for number in range(1000))]
    assert [event.sequence_number for event in received.events] == list(range(1001))


async def test_a_consumer_resumes_at_an_offset_a_sequence_number_or_a_time(broker: Broker, clock: Clock) -> None:
    stored = []
    for body in (b"a", b"b", b"c"):
        clock.pass_(seconds=1)
        stored.append(broker.publish("dead-letters", body))
    second = stored[1]

    async def rest(*, inclusive: bool, position: object) -> list[bytes]:
        options: dict[str, Any] = {"starting_position": position, "starting_position_inclusive": inclusive}
        async with receiving(consumer(broker, "dead-letters"), partition_id="0", **options) as received:
            await received.until(lambda got: b"c" in got.bodies)
        return received.bodies

    places = (second.offset, second.sequence, second.enqueued)
    # One at a time they would take a minute, and six at once are refused.
    after = await asyncio.gather(*(rest(inclusive=False, position=place) for place in places))
    at = await asyncio.gather(*(rest(inclusive=True, position=place) for place in places))
    assert after == [[b"c"]] * 3
    assert at == [[b"b", b"c"]] * 3


async def test_a_consumer_that_starts_at_the_end_gets_what_comes_next(broker: Broker) -> None:
    broker.publish("dead-letters", b"old")
    async with receiving(consumer(broker, "dead-letters"), starting_position="@latest") as received:
        # There is no sign of when the SDK listens but the broker's.
        await until(lambda: broker._namespace.hub("dead-letters").partition("0").readers)
        broker.publish("dead-letters", b"new")
        await received.until(lambda got: got.events)
    assert received.bodies == [b"new"]

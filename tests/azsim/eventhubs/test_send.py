"""The SDK's producer."""

import pytest
from azure.eventhub import EventData
from azure.eventhub.exceptions import ConnectError, EventDataSendError

from azsim.eventhubs import Broker
from azsim.eventhubs.partition_key import partition_of
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.sdk import producer

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("address", "sdk")]


async def test_an_event_is_stored_with_its_properties_and_the_time(broker: Broker, clock: Clock) -> None:
    event = EventData(b"body")
    event.properties = {"source": "defender", "attempt": 3}
    async with producer(broker, "alerts") as client:
        await client.send_event(event)
    (stored,) = broker.events("alerts")
    assert (stored.body, stored.properties) == (b"body", {"source": "defender", "attempt": 3})
    assert (stored.sequence, stored.offset, stored.enqueued) == (0, "0", clock())
    assert stored.partition_key is None


async def test_a_batch_is_stored_in_order_in_the_partition_it_names(broker: Broker) -> None:
    async with producer(broker, "alerts") as client:
        batch = await client.create_batch(partition_id="3")
        for number in range(10):
            batch.add(EventData(f"{number}"))
        await client.send_batch(batch)
    stored = broker.events("alerts")
    assert [event.body for event in stored] == [b"%d" % number for number in range(10)]
    assert [event.sequence for event in stored] == list(range(10))
    assert {event.partition for event in stored} == {"3"}


async def test_events_with_a_partition_key_go_to_its_partition(broker: Broker) -> None:
    keys = ["host-1", "host-2", "host-3", "host-4"]
    async with producer(broker, "alerts") as client:
        for key in keys:
            await client.send_event(EventData(b"single"), partition_key=key)
            await client.send_batch([EventData(b"batched")], partition_key=key)
    stored = [(event.partition_key, event.body, event.partition) for event in broker.events("alerts")]
    assert sorted(stored) == [
        (key, body, str(partition_of(key, 4))) for key in keys for body in (b"batched", b"single")
    ]


async def test_a_message_over_the_limit_is_refused_and_the_next_one_is_not(broker: Broker) -> None:
    async with producer(broker, "alerts") as client:
        with pytest.raises(EventDataSendError, match=r"exceeds the limit \(1048576 bytes\)") as caught:
            await client.send_event(EventData(bytes(1024 * 1024)))
        await client.send_event(EventData(bytes(1024 * 1000)))
    assert "LinkMessageSizeExceeded" in str(caught.value)
    assert [len(event.body) for event in broker.events("alerts")] == [1024 * 1000]


async def test_a_batch_is_full_at_the_limit_that_the_broker_announces(clock: Clock) -> None:
    small = Broker({"alerts": 1}, now=clock, key=KEY, max_message_size=10_000)
    async with small.serve(), producer(small, "alerts") as client:
        batch = await client.create_batch()
        for _ in range(9):
            batch.add(EventData(bytes(1000)))
        with pytest.raises(ValueError, match="size limit"):
            batch.add(EventData(bytes(1000)))
        await client.send_batch(batch)
    assert len(small.events("alerts")) == 9


async def test_an_event_hub_that_does_not_exist_is_an_error(broker: Broker) -> None:
    async with producer(broker, "unknown") as client:
        with pytest.raises(ConnectError, match="404"):
            await client.get_eventhub_properties()
        with pytest.raises(ConnectError, match="404"):
            await client.send_event(EventData(b""))


async def test_the_properties_of_a_hub_and_of_its_partitions_are_told(broker: Broker, clock: Clock) -> None:
    created = clock()
    clock.pass_(hours=1)
    stored = [broker.publish("alerts", b"1", partition_id="1") for _ in range(2)][-1]
    async with producer(broker, "ALERTS") as client:
        hub = await client.get_eventhub_properties()
        full = await client.get_partition_properties("1")
        empty = await client.get_partition_properties("0")
    assert hub == {"eventhub_name": "alerts", "created_at": created, "partition_ids": ["0", "1", "2", "3"]}
    assert full == {
        "eventhub_name": "alerts",
        "id": "1",
        "beginning_sequence_number": 0,
        "last_enqueued_sequence_number": 1,
        "last_enqueued_offset": stored.offset,
        "is_empty": False,
        "last_enqueued_time_utc": clock(),
    }
    assert (empty["is_empty"], empty["last_enqueued_sequence_number"]) == (True, -1)
    assert (empty["last_enqueued_offset"], empty["last_enqueued_time_utc"].year) == ("-1", 1)

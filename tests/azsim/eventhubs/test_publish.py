"""Events put in and looked at from Python."""

import dataclasses

import pytest

from azsim.eventhubs import Broker
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.partition_key import partition_of
from tests.azsim.eventhubs.given import KEY, Clock


def test_an_event_is_returned_as_it_is_stored(broker: Broker, clock: Clock) -> None:
    stored = broker.publish("alerts", b"body", {"source": "defender"}, partition_id="2")
    assert broker.events("alerts") == [stored]
    assert (stored.partition, stored.sequence, stored.offset, stored.enqueued) == ("2", 0, "0", clock())
    assert (stored.body, stored.properties, stored.partition_key) == (b"body", {"source": "defender"}, None)


def test_what_is_stored_cannot_be_changed(broker: Broker) -> None:
    properties = {"source": "defender"}
    stored = broker.publish("alerts", b"body", properties)
    properties["source"] = "another"
    assert stored.properties == {"source": "defender"}
    with pytest.raises(TypeError):
        stored.properties["source"] = "another"  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        stored.body = b""  # type: ignore[misc]


def test_a_partition_key_chooses_the_partition(broker: Broker) -> None:
    stored = broker.publish("alerts", b"", partition_key="host-1")
    assert (stored.partition_key, stored.partition) == ("host-1", str(partition_of("host-1", 4)))


def test_events_are_listed_by_partition_and_sequence_number(broker: Broker) -> None:
    for body in (b"a", b"b", b"c", b"d", b"e"):
        broker.publish("ALERTS", body)
    assert [event.body for event in broker.events("alerts")] == [b"a", b"e", b"b", b"c", b"d"]
    assert [event.sequence for event in broker.events("alerts")] == [0, 1, 0, 0, 0]


def test_a_key_and_an_id_together_are_an_error(broker: Broker) -> None:
    with pytest.raises(ValueError, match="not both"):
        broker.publish("alerts", b"", partition_key="host-1", partition_id="0")


@pytest.mark.parametrize(
    ("hub", "partition", "body", "condition"),
    [
        ("unknown", None, b"", Condition.NOT_FOUND),
        ("alerts", "4", b"", Condition.ARGUMENT_OUT_OF_RANGE),
        ("alerts", None, bytes(1000), Condition.MESSAGE_SIZE_EXCEEDED),
    ],
)
def test_what_azure_would_refuse_is_refused(
    clock: Clock, hub: str, partition: str | None, body: bytes, condition: Condition
) -> None:
    broker = Broker({"alerts": 4}, now=clock, key=KEY, max_message_size=1000)
    with pytest.raises(AmqpError) as caught:
        broker.publish(hub, body, partition_id=partition)
    assert caught.value.condition == condition
    assert broker.events("alerts") == []

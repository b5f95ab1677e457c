"""Messages taken apart and stamped, and the places of a partition, without a network."""

from typing import Any

import pytest

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.hub import Hub
from azsim.eventhubs.message import (
    ANNOTATIONS,
    APPLICATION_PROPERTIES,
    BATCH_FORMAT,
    DATA,
    HEADER,
    PARTITION_KEY,
    PROPERTIES,
    VALUE,
    read,
    section,
)
from azsim.eventhubs.partition import Partition
from azsim.eventhubs.partition_key import partition_of
from azsim.eventhubs.values import Symbol
from tests.azsim.eventhubs.given import Clock

DELIVERY_ANNOTATIONS, SEQUENCE, FOOTER = 0x71, 0x76, 0x78


def event(body: bytes, **annotations: Any) -> bytes:
    named = {Symbol(f"x-opt-{name.replace('_', '-')}"): value for name, value in annotations.items()}
    return section(ANNOTATIONS, named) + section(DATA, body)


@pytest.fixture
def hub(clock: Clock) -> Hub:
    return Hub("alerts", 4, clock())


@pytest.fixture
def three(hub: Hub, clock: Clock) -> Partition:
    """A partition with three events, a second apart."""
    partition = hub.partition("2")
    for body in (b"a", b"b", b"c"):
        hub.publish(event(body), clock(), partition=partition)
        clock.pass_(seconds=1)
    return partition


def test_a_consumer_gets_what_was_sent_with_the_place_and_time_in_the_annotations(hub: Hub, clock: Clock) -> None:
    clock.pass_(microseconds=1999)
    header, bare = section(HEADER, [True]), section(PROPERTIES, ["id"]) + section(DATA, b"body") + section(FOOTER, {})
    annotations = {Symbol("x-mine"): 1, Symbol("x-opt-offset"): "forged"}
    sent = header + section(DELIVERY_ANNOTATIONS, {}) + section(ANNOTATIONS, annotations) + bare

    (stored,) = hub.publish(sent, clock())

    message = read(stored.octets)
    assert stored.octets.startswith(header)
    assert stored.octets.endswith(bare)
    assert message.annotations == {
        "x-mine": 1,
        "x-opt-offset": "0",
        "x-opt-sequence-number": 0,
        "x-opt-enqueued-time": 1_704_067_200_001,
    }
    assert stored.enqueued.microsecond == 1000


def test_a_message_without_annotations_gets_them(hub: Hub, clock: Clock) -> None:
    sent = section(APPLICATION_PROPERTIES, {"kind": "alert"}) + section(DATA, b"bo") + section(DATA, b"dy")
    (stored,) = hub.publish(sent, clock())
    assert (stored.body, stored.properties) == (b"body", {"kind": "alert"})
    assert stored.octets.endswith(sent)
    assert len(read(stored.octets).annotations) == 3


@pytest.mark.parametrize("body", [section(VALUE, {"a": [1]}), section(SEQUENCE, [1]) + section(SEQUENCE, [2])])
def test_a_value_or_sequence_body_is_passed_on(hub: Hub, clock: Clock, body: bytes) -> None:
    (stored,) = hub.publish(body, clock())
    assert stored.body == b""
    assert stored.octets.endswith(body)


def test_events_without_a_key_take_turns(hub: Hub, clock: Clock) -> None:
    stored = [hub.publish(event(b""), clock())[0].partition for _ in range(5)]
    assert stored == ["0", "1", "2", "3", "0"]


def test_the_events_of_a_batch_go_to_one_partition_with_the_key_of_the_batch(hub: Hub, clock: Clock) -> None:
    batch = section(ANNOTATIONS, {PARTITION_KEY: "host-1"}) + section(DATA, event(b"a")) + section(DATA, event(b"b"))
    stored = hub.publish(batch, clock(), message_format=BATCH_FORMAT)
    assert [(one.body, one.partition_key, one.sequence) for one in stored] == [
        (b"a", "host-1", 0),
        (b"b", "host-1", 1),
    ]
    assert {one.partition for one in stored} == {str(partition_of("host-1", 4))}
    assert read(stored[1].octets).partition_key == "host-1"


def test_the_events_of_a_batch_may_bring_the_key_themselves(hub: Hub, clock: Clock) -> None:
    batch = section(DATA, event(b"a", partition_key="host-1"))
    (stored,) = hub.publish(batch, clock(), message_format=BATCH_FORMAT)
    assert (stored.partition_key, stored.partition) == ("host-1", str(partition_of("host-1", 4)))


def test_an_empty_batch_stores_nothing(hub: Hub, clock: Clock) -> None:
    assert hub.publish(b"", clock(), message_format=BATCH_FORMAT) == []


@pytest.mark.parametrize(
    "octets",
    [
        section(DATA, b"a") + section(ANNOTATIONS, {}),
        section(DATA, "text"),
        section(ANNOTATIONS, []),
        section(0x79, b""),
        section(DATA, b"whole")[:-1],
        b"\x40",
        bytes.fromhex("0045a000"),
        event(b"a", partition_key=7),
    ],
    ids=["order", "type", "map", "code", "short", "no section", "descriptor", "key"],
)
def test_a_malformed_message_is_refused_and_with_it_its_batch(hub: Hub, clock: Clock, octets: bytes) -> None:
    batch = section(DATA, event(b"good")) + section(DATA, octets)
    for sent, message_format in ((octets, 0), (batch, BATCH_FORMAT)):
        with pytest.raises(AmqpError) as caught:
            hub.publish(sent, clock(), message_format=message_format)
        assert caught.value.condition == Condition.DECODE_ERROR
    assert [partition.events for partition in hub.partitions] == [[], [], [], []]


# Of three events; "@b" stands for the second one's place.
@pytest.mark.parametrize(
    ("selector", "first"),
    [
        (None, 0),
        ("offset > '-1'", 0),
        ("offset >= '-1'", 0),
        ("offset > '@latest'", 3),
        ("offset >= '@latest'", 3),
        ("offset > '@b'", 2),
        ("offset >= '@b'", 1),
        ("offset >= '1'", 1),
        ("sequence-number > '-1'", 0),
        ("sequence-number > '@b'", 2),
        ("sequence-number >= '@b'", 1),
        ("sequence-number > 1", 2),
        ("sequence-number > '2'", 3),
        ("enqueued-time > '0'", 0),
        ("enqueued-time > '@b'", 2),
        ("enqueued-time >= '@b'", 1),
        ("enqueued-time >= '9704067203000'", 3),
    ],
)
def test_a_consumer_starts_where_its_filter_says(three: Partition, selector: str | None, first: int) -> None:
    if selector is not None:
        name = selector.split()[0]
        place = read(three.events[1].octets).annotations[f"x-opt-{name}"]
        selector = f"amqp.annotation.x-opt-{selector.replace('@b', str(place))}"
    assert three.seek(selector) == first


@pytest.mark.parametrize(
    ("selector", "complaint"),
    [
        ("amqp.annotation.x-opt-sequence-number > '3'", r"sequence number '3' is invalid. .* in the system is '2'"),
        ("amqp.annotation.x-opt-offset > '99999'", r"offset '99999' is invalid. The last offset .* is '\d+'"),
        ("amqp.annotation.x-opt-offset > 'first'", "offset 'first' is invalid"),
        ("amqp.annotation.x-opt-publisher > '1'", "filter .* is invalid"),
        ("", "filter '' is invalid"),
    ],
)
def test_a_filter_for_no_place_in_the_partition_is_refused(three: Partition, selector: str, complaint: str) -> None:
    with pytest.raises(AmqpError, match=complaint) as caught:
        three.seek(selector)
    assert caught.value.condition == Condition.ARGUMENT_ERROR


def test_in_an_empty_partition_even_the_first_offset_is_too_late(hub: Hub) -> None:
    partition = hub.partition("0")
    assert partition.seek("amqp.annotation.x-opt-offset > '-1'") == 0
    with pytest.raises(AmqpError, match="The last offset in the system is '-1'"):
        partition.seek("amqp.annotation.x-opt-offset >= '0'")


def test_an_event_hub_has_a_partition(clock: Clock) -> None:
    with pytest.raises(ValueError, match="needs a partition"):
        Hub("alerts", 0, clock())

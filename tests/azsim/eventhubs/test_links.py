"""Credit, windows and frame sizes, and the ways a message can go wrong."""

import asyncio
from typing import Any

import pytest

from azsim.eventhubs import Broker
from azsim.eventhubs.broker import Address
from azsim.eventhubs.errors import Condition
from azsim.eventhubs.links import IncomingLink
from azsim.eventhubs.message import BATCH_FORMAT, DATA, read, section
from azsim.eventhubs.performatives import Begin, Detach, Disposition, Flow, Open, Transfer
from azsim.eventhubs.values import UInt, ULong
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.raw_client import RawClient, condition_of, connected, opened, rejection, sender

pytestmark = pytest.mark.real_time

PARTITION = "dead-letters/ConsumerGroups/$Default/Partitions/0"
ACCEPTED = ULong(0x24)
REJECTED = ULong(0x25)


async def bodies(client: RawClient, count: int) -> list[bytes]:
    return [b"".join((await client.expect_message()).data) for _ in range(count)]


async def test_a_consumer_gets_as_many_events_as_it_gives_credit_for(broker: Broker, address: Address) -> None:
    for number in range(5):
        broker.publish("dead-letters", b"%d" % number)
    async with opened(address) as client:
        await client.attach_receiver(PARTITION, credit=2)
        assert await bodies(client, 2) == [b"0", b"1"]
        await client.expect_silence()
        # The credit counts from the delivery-count that the client gives: one more, not three.
        client.flow(1, credit=3)
        assert await bodies(client, 1) == [b"2"]
        client.flow(1, credit=10, delivery_count=UInt(3))
        assert await bodies(client, 2) == [b"3", b"4"]
        broker.publish("dead-letters", b"5")
        assert await bodies(client, 1) == [b"5"]


async def test_a_consumer_that_drains_gets_its_credit_back(broker: Broker, address: Address) -> None:
    broker.publish("dead-letters", b"0")
    async with opened(address) as client:
        await client.attach_receiver(PARTITION, credit=10, drain=True)
        assert await bodies(client, 1) == [b"0"]
        flow = await client.expect(Flow)
        assert (flow.handle, flow.delivery_count, flow.link_credit) == (1, 10, 0)
        broker.publish("dead-letters", b"1")
        await client.expect_silence()


async def test_a_flow_is_echoed_on_request(broker: Broker, address: Address) -> None:
    broker.publish("dead-letters", b"0")
    async with opened(address) as client:
        await client.attach_receiver(PARTITION, credit=3)
        await bodies(client, 1)
        client.flow(1, credit=3, echo=True)
        flow = await client.expect(Flow)
        assert (flow.handle, flow.delivery_count, flow.link_credit) == (1, 1, 2)


async def test_a_producer_has_new_credit_before_the_old_is_used_up(broker: Broker, address: Address) -> None:
    async with opened(address) as client:
        await client.attach_sender("dead-letters")
        for number in range(150):
            client.transfer(section(DATA, b""), delivery_id=UInt(number), settled=True)
        flow = await client.expect(Flow)
        assert (flow.delivery_count, flow.link_credit) == (150, 300)
        assert len(broker.events("dead-letters")) == 150


async def test_no_frame_is_larger_than_the_client_takes(broker: Broker, address: Address) -> None:
    body = bytes(range(256)) * 8
    broker.publish("dead-letters", body)
    async with connected(address) as client:
        await client.open(Open("small", max_frame_size=UInt(512)))
        await client.put_token("sb://localhost/")
        await client.attach_receiver(PARTITION)
        parts, more = [], True
        while more:
            received = await client.receive()
            assert isinstance(received.performative, Transfer)
            more = bool(received.performative.more)
            parts.append(received.payload)
    assert max(map(len, parts)) < 512 - 8
    assert len(parts) == 5
    assert read(b"".join(parts)).data == [body]


async def test_a_client_gets_no_more_frames_than_its_window_has_room_for(broker: Broker, address: Address) -> None:
    broker.publish("dead-letters", bytes(200_000))
    async with opened(address) as client:
        await client.attach_receiver(PARTITION, incoming_window=UInt(3))
        # The answer to put-token was the first frame of the session.
        sizes = [len((await client.receive()).payload) for _ in range(2)]
        await client.expect_silence()
        client.flow(None, next_incoming_id=UInt(3), incoming_window=UInt(10))
        sizes += [len((await client.receive()).payload) for _ in range(2)]
        await client.expect_silence()
    assert sum(sizes) > 200_000


async def test_a_client_may_shrink_its_window_and_its_credit(broker: Broker, address: Address) -> None:
    for number in range(4):
        broker.publish("dead-letters", b"%d" % number)
    async with opened(address) as client:
        await client.attach_receiver(PARTITION, credit=3)
        assert await bodies(client, 3) == [b"0", b"1", b"2"]
        # Written before the client saw any of them.
        client.flow(1, credit=2)
        client.flow(1, credit=10, delivery_count=UInt(3), next_incoming_id=UInt(1), incoming_window=UInt(2))
        await client.expect_silence()
        client.flow(None, next_incoming_id=UInt(4), incoming_window=UInt(1))
        assert await bodies(client, 1) == [b"3"]


async def test_a_message_in_many_frames_is_put_together(broker: Broker, address: Address) -> None:
    message = section(DATA, b"in three parts")
    async with opened(address) as client:
        await client.attach_sender("dead-letters")
        for start, more in ((0, True), (5, True), (10, False)):
            end = start + 5 if more else None
            client.transfer(message[start:end], more=more, delivery_id=None if start else UInt(9))
        disposition = await client.expect(Disposition)
    assert (disposition.role, disposition.first, disposition.settled) == (True, 9, True)
    assert [event.body for event in broker.events("dead-letters")] == [b"in three parts"]


async def test_a_message_that_is_aborted_is_forgotten(broker: Broker, address: Address) -> None:
    async with opened(address) as client:
        await client.attach_sender("dead-letters")
        client.transfer(b"half a mess", more=True)
        client.transfer(b"", aborted=True)
        client.transfer(section(DATA, b"whole"), delivery_id=UInt(1))
        assert (await client.expect_outcome()).descriptor == ACCEPTED
    assert [event.body for event in broker.events("dead-letters")] == [b"whole"]


@pytest.mark.parametrize("message_format", [0, BATCH_FORMAT])
async def test_a_malformed_message_is_rejected_and_the_link_lives(
    broker: Broker, address: Address, message_format: int
) -> None:
    async with opened(address) as client:
        await client.attach_sender("dead-letters")
        client.transfer(section(DATA, b"not a message")[:-1], message_format=UInt(message_format))
        assert rejection(await client.expect_outcome())[0] == Condition.DECODE_ERROR
        client.transfer(section(DATA, section(DATA, b"good")), delivery_id=UInt(1), message_format=UInt(BATCH_FORMAT))
        assert (await client.expect_outcome()).descriptor == ACCEPTED
    assert [event.body for event in broker.events("dead-letters")] == [b"good"]


@pytest.fixture
def small(clock: Clock) -> Broker:
    return Broker({"alerts": 1}, now=clock, key=KEY, authorize=lambda _: True, max_message_size=1000)


async def test_the_limit_of_the_message_size_is_exact(small: Broker) -> None:
    async with small.serve() as address, opened(address) as client:
        assert (await client.attach_sender("alerts")).max_message_size == 1000
        overhead = len(section(DATA, bytes(900))) - 900
        for delivery_id, size in enumerate((1000, 1001, 1000)):
            client.transfer(section(DATA, bytes(size - overhead)), delivery_id=UInt(delivery_id))
        assert (await client.expect_outcome()).descriptor == ACCEPTED
        refused = await client.expect_outcome()
        condition, description = rejection(refused)
        assert (refused.descriptor, condition) == (REJECTED, Condition.MESSAGE_SIZE_EXCEEDED)
        assert "(delivery-id:1, size:1001 bytes) exceeds the limit (1000 bytes)" in description
        assert (await client.expect_outcome()).descriptor == ACCEPTED
    assert len(small.events("alerts")) == 2


def test_of_a_message_over_the_limit_no_more_than_the_limit_is_kept() -> None:
    link = IncomingLink(UInt(0), lambda *_: None, max_message_size=1000)
    first = Transfer(UInt(0), UInt(0), more=True)
    for _ in range(100):
        assert link.add(first, bytes(300)) is None
    delivery = link.add(first._replace(more=False), bytes(300))
    assert delivery is not None
    assert (delivery.size, sum(map(len, delivery.parts))) == (30_300, 900)


async def test_small_frames_are_not_held_back(address: Address) -> None:
    clock = asyncio.get_running_loop().time
    async with opened(address) as client:
        start = clock()
        for handle in range(50):
            await client.attach_sender("alerts", handle)
        # Each takes 40 ms if the kernel waits for more to send.
        assert clock() - start < 1


async def test_a_producer_that_does_not_wait_for_outcomes_loses_its_link_instead(small: Broker) -> None:
    async with small.serve() as address, opened(address) as client:
        await client.attach_sender("alerts")
        client.transfer(bytes(600), settled=True, more=True)
        client.transfer(bytes(600))
        # Under way before the client knows.
        client.transfer(section(DATA, b"late"), delivery_id=UInt(1), settled=True)
        detach = await client.expect(Detach)
        assert (detach.closed, condition_of(detach.error)) == (True, Condition.MESSAGE_SIZE_EXCEEDED)
        client.send(Detach(UInt(0), closed=True))
        await client.attach_sender("alerts")
    assert small.events("alerts") == []


async def test_a_link_that_was_refused_may_be_attached_again_at_once(address: Address) -> None:
    async with opened(address) as client:
        client.send(sender("unknown"))
        client.send(sender("alerts"))
        kinds: list[Any] = [type((await client.receive()).performative).__name__ for _ in range(4)]
        assert kinds == ["Attach", "Detach", "Attach", "Flow"]


async def test_detach_is_answered_in_kind_and_frees_the_place(broker: Broker, address: Address) -> None:
    partition = broker._namespace.hub("dead-letters").partition("0")
    async with opened(address) as client:
        for closed in (True, False):
            await client.attach_receiver(PARTITION)
            assert len(partition.readers) == 1
            client.send(Detach(UInt(1), closed=closed))
            assert (await client.expect(Detach)).closed is closed
            assert partition.readers == []


async def test_sessions_of_a_connection_are_apart(broker: Broker, address: Address) -> None:
    broker.publish("dead-letters", b"event")
    async with opened(address) as client:
        client.send(Begin(None, UInt(0), UInt(100), UInt(100)), channel=7)
        received = await client.receive()
        assert (received.channel, type(received.performative)) == (7, Begin)
        # The same handle as on channel 0 below.
        client.send(sender("dead-letters"), channel=7)
        assert [(await client.receive()).channel for _ in range(2)] == [7, 7]
        await client.attach_receiver(PARTITION, handle=0)
        received = await client.receive()
        assert (received.channel, read(received.payload).data) == (0, [b"event"])

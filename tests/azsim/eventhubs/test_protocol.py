"""What the broker makes of frames that no proper client sends."""

import asyncio
import struct
from collections.abc import Callable

import pytest

from azsim.eventhubs import Broker
from azsim.eventhubs.broker import Address
from azsim.eventhubs.encode import encode
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.frames import AMQP_HEADER, MAX_FRAME_SIZE, SASL_HEADER
from azsim.eventhubs.message import APPLICATION_PROPERTIES, VALUE, section
from azsim.eventhubs.performatives import (
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Open,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
)
from azsim.eventhubs.values import Described, Symbol, UInt, ULong
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.raw_client import JWT, RawClient, connected, opened, receiver, until

pytestmark = pytest.mark.real_time


def raw(body: bytes, *, size: int | None = None, offset: int = 2, kind: int = 0) -> bytes:
    return struct.pack(">IBBH", 8 + len(body) if size is None else size, offset, kind, 0) + body


def fields(code: int, values: list[object]) -> bytes:
    return raw(encode(Described(ULong(code), values)))


# What a client sends after it has opened the connection and begun a session on channel 0.
MISDEEDS: dict[str, tuple[Callable[[RawClient], None], Condition]] = {
    "frame too small": (lambda c: c.write(raw(b"", size=7)), Condition.FRAMING_ERROR),
    "frame too large": (lambda c: c.write(raw(b"", size=MAX_FRAME_SIZE + 1)), Condition.FRAMING_ERROR),
    "data before the header's end": (lambda c: c.write(raw(b"", offset=1)), Condition.FRAMING_ERROR),
    "data after the frame's end": (lambda c: c.write(raw(b"", offset=3)), Condition.FRAMING_ERROR),
    "unknown kind of frame": (lambda c: c.write(raw(b"", kind=2)), Condition.FRAMING_ERROR),
    "HTTP": (lambda c: c.write(b"GET / HTTP/1.1\r\n\r\n"), Condition.FRAMING_ERROR),
    "body that cannot be decoded": (lambda c: c.write(raw(b"\x00\x53")), Condition.DECODE_ERROR),
    "body without a descriptor": (lambda c: c.write(raw(encode([]))), Condition.DECODE_ERROR),
    "unknown performative": (lambda c: c.write(fields(0x19, [])), Condition.DECODE_ERROR),
    "performative that is no list": (
        lambda c: c.write(raw(encode(Described(ULong(0x18), {})))),
        Condition.DECODE_ERROR,
    ),
    "mandatory field missing": (lambda c: c.write(fields(0x12, ["name"])), Condition.DECODE_ERROR),
    "field of a wrong type": (lambda c: c.write(fields(0x16, ["handle"])), Condition.DECODE_ERROR),
    "too many fields": (lambda c: c.write(fields(0x18, [None, None])), Condition.DECODE_ERROR),
    "second open": (lambda c: c.send(Open("again")), Condition.NOT_ALLOWED),
    "second begin": (lambda c: c.send(Begin(None, UInt(0), UInt(1), UInt(1))), Condition.NOT_ALLOWED),
    "end of no session": (lambda c: c.send(End(), channel=5), Condition.NOT_ALLOWED),
    "frame for no session": (lambda c: c.send(Detach(UInt(0)), channel=5), Condition.NOT_ALLOWED),
    "transfer on no link": (lambda c: c.transfer(b"", 7), Condition.UNATTACHED_HANDLE),
    "flow on no link": (lambda c: c.flow(7), Condition.UNATTACHED_HANDLE),
    "detach of no link": (lambda c: c.send(Detach(UInt(7))), Condition.UNATTACHED_HANDLE),
}


@pytest.mark.parametrize("name", MISDEEDS)
async def test_a_malformed_or_misplaced_frame_closes_its_connection_and_no_other(
    broker: Broker, address: Address, name: str
) -> None:
    misdeed, condition = MISDEEDS[name]
    async with opened(address) as bystander, connected(address) as client:
        await client.open()
        misdeed(client)
        await client.expect_close(condition)
        await until(lambda: len(broker._connections) == 1)
        await bystander.attach_sender("alerts")
    (failure,) = broker.failures
    assert isinstance(failure, AmqpError)
    assert failure.condition == condition


# What a client sends on links that are attached.
LINK_MISDEEDS: dict[str, tuple[Callable[[RawClient], None], Condition]] = {
    "handle in use": (lambda c: c.send(receiver("alerts", 0)), Condition.HANDLE_IN_USE),
    "delivery without an id": (lambda c: c.transfer(b"", delivery_id=None), Condition.NOT_ALLOWED),
    "transfer to a sender": (lambda c: c.transfer(b"", 1), Condition.NOT_ALLOWED),
}


@pytest.mark.parametrize("name", LINK_MISDEEDS)
async def test_a_misuse_of_a_link_closes_the_connection(address: Address, name: str) -> None:
    misdeed, condition = LINK_MISDEEDS[name]
    async with opened(address) as client:
        await client.attach_sender("alerts")
        await client.attach_receiver("alerts/ConsumerGroups/$Default/Partitions/0")
        misdeed(client)
        await client.expect_close(condition)


@pytest.mark.parametrize("header", [AMQP_HEADER, b"AMQP\x02\x01\x00\x00", b"GET / HT"])
async def test_another_protocol_header_is_answered_with_the_right_one(
    broker: Broker, address: Address, header: bytes
) -> None:
    async with connected(address) as client:
        client.write(header)
        assert await client._reader.readexactly(8) == SASL_HEADER
        client._writer.write_eof()
        await client.expect_end()
    await until(lambda: broker.failures)


async def test_another_sasl_mechanism_is_refused(broker: Broker, address: Address) -> None:
    async with connected(address) as client:
        client.write(SASL_HEADER)
        await client._reader.readexactly(8)
        assert (await client.expect(SaslMechanisms)).mechanisms == [Symbol("ANONYMOUS")]
        client.send(SaslInit(Symbol("PLAIN"), b"\0user\0password"))
        assert (await client.expect(SaslOutcome)).code == 1
        client._writer.write_eof()
        await client.expect_end()
    await until(lambda: broker.failures)
    assert "amqp:unauthorized-access" in str(broker.failures[0])


async def test_a_connection_that_does_not_begin_with_open_is_opened_and_closed(address: Address) -> None:
    async with connected(address) as client:
        await client.shake_hands()
        client.send(Begin(None, UInt(0), UInt(1), UInt(1)))
        await client.expect(Open)
        await client.expect_close(Condition.NOT_ALLOWED)


@pytest.mark.parametrize("part", [b"\x00\x00\x00", raw(encode(Described(ULong(0x18), [None])))[:-1]])
async def test_a_connection_that_ends_within_a_frame_is_a_failure(
    broker: Broker, address: Address, part: bytes
) -> None:
    async with connected(address) as client:
        await client.open()
        client.write(part)
    await until(lambda: broker.failures)
    assert "ended within a frame" in str(broker.failures[0])


async def test_clients_that_leave_without_a_word_are_no_failure(broker: Broker, address: Address) -> None:
    async with connected(address):
        await until(lambda: broker._connections)
    async with connected(address) as client:
        client.write(SASL_HEADER)
        await client._reader.readexactly(8)
    async with opened(address):
        pass
    async with opened(address) as client:
        client._writer.transport.abort()
    await until(lambda: not broker._connections)
    assert broker.failures == []


async def test_close_is_answered(broker: Broker, address: Address) -> None:
    async with opened(address) as client:
        client.send(Close())
        assert (await client.expect(Close)).error is None
        await client.expect_end()
    assert broker.failures == []


async def test_frames_for_a_session_that_the_client_has_ended_are_ignored(address: Address) -> None:
    async with opened(address) as client:
        await client.attach_sender("alerts")
        client.send(End())
        # The SDK does this.
        client.send(Detach(UInt(0), closed=True))
        await client.expect(End)
        client.send(Begin(None, UInt(0), UInt(1), UInt(1)))
        assert (await client.expect(Begin)).remote_channel == 0
        await client.attach_sender("alerts")


async def test_dispositions_are_accepted_and_mean_nothing(address: Address) -> None:
    async with opened(address) as client:
        client.send(Disposition(role=True, first=UInt(0)))
        client.flow(None, echo=True)
        await client.expect(Flow)


@pytest.mark.parametrize("fault", [ZeroDivisionError(), ConnectionResetError()])
async def test_a_fault_of_the_broker_closes_the_connection_and_is_kept(clock: Clock, fault: Exception) -> None:
    def authorize(_: str) -> bool:
        raise fault

    broker = Broker({"alerts": 1}, now=clock, key=KEY, authorize=authorize)
    async with broker.serve() as address, connected(address) as client:
        await client.open()
        await client.attach_sender("$cbs")
        asked = {"operation": "put-token", "type": "jwt", "name": "sb://localhost/"}
        client.transfer(section(APPLICATION_PROPERTIES, asked) + section(VALUE, JWT))
        await client.expect_close(Condition.INTERNAL_ERROR)
    assert broker.failures == [fault]


async def test_a_client_that_does_not_hang_up_is_hung_up_on(broker: Broker, address: Address) -> None:
    async with connected(address) as client:
        await client.open()
        client.write(raw(b"", size=7))
        await client.expect(Close)
        client.send(Close())
        assert broker._connections
        await client.expect_end()
        await until(lambda: not broker._connections)


async def test_attach_answers_with_what_the_client_asked_for(address: Address) -> None:
    async with opened(address) as client:
        asked = Attach("my link", UInt(3), role=False, target=Described(ULong(0x29), ["amqps://host/Alerts"]))
        reply = await client.attach(asked._replace(properties={Symbol("a"): 1}))
        assert (reply.name, reply.handle, reply.role) == ("my link", 3, True)
        assert (reply.target, reply.properties) == (asked.target, {"a": 1})
        assert reply.max_message_size == 1024 * 1024
        flow = await client.expect(Flow)
        assert (flow.handle, flow.link_credit) == (3, 300)


async def test_a_slow_reader_does_not_make_the_broker_buffer_everything(broker: Broker, address: Address) -> None:
    for _ in range(100):
        broker.publish("dead-letters", bytes(500_000))
    async with opened(address) as client:
        await client.attach_receiver("dead-letters/ConsumerGroups/$Default/Partitions/0")
        (reader,) = broker._namespace.hub("dead-letters").partition("0").readers
        await until(lambda: reader.position)
        await asyncio.sleep(0.2)
        assert reader.position < 50

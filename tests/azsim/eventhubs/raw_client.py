"""An AMQP client that does as it is told, for what the SDK would never send."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from azsim.eventhubs.errors import Condition
from azsim.eventhubs.frames import AMQP_HEADER, SASL_HEADER, Frame, frame, read_frame
from azsim.eventhubs.message import APPLICATION_PROPERTIES, PROPERTIES, VALUE, Message, read, section
from azsim.eventhubs.performatives import (
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    Flow,
    Open,
    Performative,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    Transfer,
)
from azsim.eventhubs.values import Described, Symbol, UInt, ULong

PATIENCE = 5.0
JWT = "header.claims.signature"
FILTER = Symbol("apache.org:selector-filter:string")
WINDOW = UInt(5000)

P = TypeVar("P", bound=Performative)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that another task does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


class RawClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.heartbeats = 0

    def write(self, octets: bytes) -> None:
        self._writer.write(octets)

    def send(self, performative: Performative, payload: bytes = b"", channel: int = 0) -> None:
        self.write(frame(performative, channel=channel, payload=payload))

    async def receive(self) -> Frame:
        async with asyncio.timeout(PATIENCE):
            while True:
                received = await read_frame(self._reader)
                if received:
                    return received
                self.heartbeats += 1

    async def expect(self, kind: type[P]) -> P:
        performative = (await self.receive()).performative
        assert isinstance(performative, kind), performative
        return performative

    async def expect_close(self, condition: Condition) -> None:
        """The broker closes the connection, and says why."""
        close = await self.expect(Close)
        assert condition_of(close.error) == condition
        self._writer.write_eof()
        await self.expect_end()

    async def expect_end(self) -> None:
        async with asyncio.timeout(PATIENCE):
            assert await self._reader.read() == b""

    async def expect_silence(self, seconds: float = 0.1) -> None:
        try:
            async with asyncio.timeout(seconds):
                received = await read_frame(self._reader)
        except TimeoutError:
            return
        raise AssertionError(received)

    async def shake_hands(self) -> None:
        self.write(SASL_HEADER)
        async with asyncio.timeout(PATIENCE):
            assert await self._reader.readexactly(8) == SASL_HEADER
            await self.expect(SaslMechanisms)
            self.send(SaslInit(Symbol("ANONYMOUS")))
            assert (await self.expect(SaslOutcome)).code == 0
            self.write(AMQP_HEADER)
            assert await self._reader.readexactly(8) == AMQP_HEADER

    async def open(self, performative: Open | None = None, window: UInt = WINDOW) -> Open:
        """Shake hands, open the connection, and begin a session on channel 0."""
        await self.shake_hands()
        self.send(performative or Open("raw"))
        opened = await self.expect(Open)
        self.send(Begin(None, UInt(0), window, window))
        await self.expect(Begin)
        return opened

    async def attach(self, attach: Attach) -> Attach:
        self.send(attach)
        return await self.expect(Attach)

    async def attach_sender(self, address: str, handle: int = 0) -> Attach:
        reply = await self.attach(sender(address, handle))
        await self.expect(Flow)
        return reply

    async def attach_receiver(
        self, address: str, handle: int = 1, *, properties: Any = None, credit: int = 100, **flow: Any
    ) -> Attach:
        reply = await self.attach(receiver(address, handle, properties=properties))
        self.flow(handle, credit, **flow)
        return reply

    async def expect_refusal(self, attach: Attach, condition: Condition) -> None:
        """The link is refused: attached to nothing, and detached with the reason."""
        reply = await self.attach(attach)
        detach = await self.expect(Detach)
        assert (reply.source, reply.target) == (None, None)
        assert (detach.handle, condition_of(detach.error)) == (attach.handle, condition)
        self.send(Detach(attach.handle, closed=True))

    def flow(self, handle: int | None, credit: int = 0, **fields: Any) -> None:
        window = {"next_incoming_id": UInt(0), "incoming_window": WINDOW, **fields}
        link = {} if handle is None else {"handle": UInt(handle), "link_credit": UInt(credit)}
        count = {"delivery_count": UInt(0)} | window
        self.send(Flow(**{"next_outgoing_id": UInt(0), "outgoing_window": WINDOW, **link, **count}))

    def transfer(self, octets: bytes, handle: int = 0, **fields: Any) -> None:
        self.send(Transfer(**{"handle": UInt(handle), "delivery_id": UInt(0), "delivery_tag": b"0", **fields}), octets)

    async def expect_outcome(self) -> Described:
        outcome = (await self.expect(Disposition)).state
        assert isinstance(outcome, Described)
        return outcome

    async def expect_message(self) -> Message:
        """The next message, which is one frame."""
        received = await self.receive()
        assert isinstance(received.performative, Transfer), received.performative
        return read(received.payload)

    async def ask(self, address: str, properties: dict[str, Any], value: Any = None) -> Message:
        """Ask a request-response node, on links of their own that are detached again."""
        await self.attach_sender(address, handle=8)
        await self.attach_receiver(address, handle=9)
        body = b"" if value is None else section(VALUE, value)
        self.transfer(
            section(PROPERTIES, ["question"]) + section(APPLICATION_PROPERTIES, properties) + body, 8, settled=True
        )
        answer = await self.expect_message()
        assert answer.properties[5] == "question"
        for handle in (8, 9):
            self.send(Detach(UInt(handle), closed=True))
            await self.expect(Detach)
        return answer

    async def put_token(self, audience: str, token: str = JWT, kind: str = "jwt") -> tuple[int, str]:
        asked = {"operation": "put-token", "type": kind, "name": audience}
        answer = (await self.ask("$cbs", asked, token)).application_properties
        return answer["status-code"], answer["status-description"]


@asynccontextmanager
async def connected(address: tuple[str, int]) -> AsyncIterator[RawClient]:
    """A client with a TCP connection, and nothing else yet."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@asynccontextmanager
async def opened(address: tuple[str, int], audience: str | None = "sb://localhost/") -> AsyncIterator[RawClient]:
    """A client with a session on channel 0, and with a token for `audience`."""
    async with connected(address) as client:
        await client.open()
        if audience is not None:
            assert await client.put_token(audience) == (202, "Accepted")
        yield client


def sender(address: str, handle: int = 0, **fields: Any) -> Attach:
    return Attach(f"sender-{handle}", UInt(handle), role=False, target=Described(ULong(0x29), [address]), **fields)


def receiver(address: str, handle: int = 1, selector: object = None, **fields: Any) -> Attach:
    filters = None if selector is None else {FILTER: Described(FILTER, selector)}
    source = Described(ULong(0x28), [address, None, None, None, None, None, None, filters])
    return Attach(f"receiver-{handle}", UInt(handle), role=True, source=source, **fields)


def condition_of(error: Described | None) -> Condition:
    assert error is not None
    return Condition(error.value[0])


def rejection(outcome: Described) -> tuple[Condition, str]:
    """The condition and description of the outcome `rejected`."""
    (error,) = outcome.value
    return condition_of(error), error.value[1]

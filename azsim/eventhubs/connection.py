"""Connections: section 2.4 of AMQP 1.0."""

import asyncio
from contextlib import suppress

from azsim.eventhubs.composites import described
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.frames import (
    HEARTBEAT,
    MAX_FRAME_SIZE,
    MIN_FRAME_SIZE,
    ClientLeft,
    Frame,
    frame,
    read_frame,
)
from azsim.eventhubs.handshake import shake_hands
from azsim.eventhubs.namespace import Namespace
from azsim.eventhubs.nodes import Nodes
from azsim.eventhubs.performatives import Begin, Close, End, Open, Performative
from azsim.eventhubs.session import Session
from azsim.eventhubs.values import UInt, UShort

# How long a client may take to read why it was cut off, in seconds.
_FAREWELL = 1.0


class Connection:
    """The broker's end of a connection with one client.

    Args:
        namespace: what is served.
        reader: from the client.
        writer: to the client.
    """

    def __init__(self, namespace: Namespace, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._namespace = namespace
        self._reader = reader
        self._writer = writer
        self._nodes = Nodes(namespace)
        self._sessions: dict[int, Session] = {}
        # Channels whose session the client ended: the SDK detaches links after it has ended their session.
        self._ended: set[int] = set()
        self._frame_size = MAX_FRAME_SIZE
        self._negotiated = self._opened = False
        self._sendable = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._heard = self._clock()

    async def run(self) -> list[Exception]:
        """Serve until the client leaves; otherwise the errors why the connection was closed."""
        failures: list[Exception] = []
        try:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._enforce_idle_time_out())
                    tasks.create_task(self._deliver())
                    await self._converse(tasks)
            except* ClientLeft:
                pass  # That is no failure.
            except* Exception as group:  # noqa: BLE001 - whatever it is, the client is told and the caller gets it
                failures.extend(group.exceptions)
            if failures:
                await self._say_goodbye(failures[0])
            await self._hang_up()
        finally:
            for session in self._sessions.values():
                session.close()
        return failures

    async def _converse(self, tasks: asyncio.TaskGroup) -> None:
        await shake_hands(self._reader, self._writer)
        self._negotiated = True
        await self._open(tasks)
        while self._obey(await self._receive()):
            await self._drain()
        raise ClientLeft

    async def _open(self, tasks: asyncio.TaskGroup) -> None:
        client = (await self._receive()).performative
        if not isinstance(client, Open):
            raise AmqpError(Condition.NOT_ALLOWED, "the first frame is not open")
        self._frame_size = max(MIN_FRAME_SIZE, min(client.max_frame_size or MAX_FRAME_SIZE, MAX_FRAME_SIZE))
        self._send_open()
        if client.idle_time_out:
            tasks.create_task(self._beat(client.idle_time_out / 1000))

    def _send_open(self) -> None:
        self._opened = True
        idle_time_out = UInt(round(self._namespace.idle_time_out * 1000))
        self._send(Open("azsim", None, UInt(MAX_FRAME_SIZE), UShort(0xFFFF), idle_time_out))

    async def _receive(self) -> Frame:
        """The next frame that is no heartbeat."""
        while True:
            received = await read_frame(self._reader)
            self._heard = self._clock()
            if received:
                return received

    def _obey(self, received: Frame) -> bool:
        """Do what a frame says; whether the connection goes on."""
        channel, performative, payload = received
        match performative:
            case Close():
                self._send(Close())
                return False
            case Begin():
                self._begin(channel, performative)
            case End():
                self._session(channel).close()
                del self._sessions[channel]
                self._ended.add(channel)
                self._send(End(), channel)
            case _ if channel not in self._ended:
                self._session(channel).handle(performative, payload)
        return True

    def _begin(self, channel: int, begin: Begin) -> None:
        if channel in self._sessions:
            raise AmqpError(Condition.NOT_ALLOWED, f"channel {channel} has a session")
        self._ended.discard(channel)
        self._sessions[channel] = Session(
            channel,
            begin,
            self._nodes,
            max_frame_size=self._frame_size,
            max_message_size=self._namespace.max_message_size,
            send=self._writer.write,
            wake=self._sendable.set,
        )

    def _session(self, channel: int) -> Session:
        if channel not in self._sessions:
            raise AmqpError(Condition.NOT_ALLOWED, f"channel {channel} has no session")
        return self._sessions[channel]

    def _send(self, performative: Performative, channel: int = 0) -> None:
        self._writer.write(frame(performative, channel=channel))

    async def _deliver(self) -> None:
        """Send messages to the client as they come, at the pace it reads them."""
        while True:
            await self._sendable.wait()
            self._sendable.clear()
            while sum(session.send_some() for session in list(self._sessions.values())):
                await self._drain()

    async def _drain(self) -> None:
        """Wait until the client has read enough."""
        try:
            await self._writer.drain()
        except OSError as broken:
            raise ClientLeft from broken

    async def _beat(self, idle_time_out: float) -> None:
        """Keep the client from taking a quiet connection for a dead one (section 2.4.5)."""
        while True:
            await asyncio.sleep(idle_time_out / 2)
            self._writer.write(HEARTBEAT)

    async def _enforce_idle_time_out(self) -> None:
        limit = self._namespace.idle_time_out
        while (left := self._heard + limit - self._clock()) > 0:  # noqa: ASYNC110 - time is what it waits for
            await asyncio.sleep(left)
        raise AmqpError(
            Condition.CONNECTION_FORCED,
            f"The connection was inactive for more than the allowed {limit * 1000:.0f} milliseconds and is closed by "
            "container 'azsim'.",
        )

    async def _say_goodbye(self, failure: Exception) -> None:
        """Tell the client why, and give it the time to read it: what it sends meanwhile is dropped (section 2.4.3)."""
        if not isinstance(failure, AmqpError):
            failure = AmqpError(Condition.INTERNAL_ERROR, "The broker failed.")
        if self._negotiated:
            if not self._opened:
                self._send_open()
            self._send(Close(described(failure)))
        # If it leaves, or the time is over, there is nobody to tell.
        with suppress(OSError):
            async with asyncio.timeout(_FAREWELL):
                while await self._reader.read(MAX_FRAME_SIZE):
                    pass

    async def _hang_up(self) -> None:
        """Close the connection once the client has read everything, or the time for it is over."""
        self._writer.close()
        with suppress(OSError):
            async with asyncio.timeout(_FAREWELL):
                await self._writer.wait_closed()

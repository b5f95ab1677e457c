"""The server: a namespace of event hubs on a port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from azsim.eventhubs.connection import Connection
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.hub import Hub
from azsim.eventhubs.message import ANNOTATIONS, APPLICATION_PROPERTIES, DATA, PARTITION_KEY, section
from azsim.eventhubs.namespace import Moment, Namespace
from azsim.eventhubs.partition import Stored
from azsim.eventhubs.tokens import KEY_NAME

HOST = "127.0.0.1"
_TURNS = 5
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Address(NamedTuple):
    """Where a broker listens."""

    host: str
    port: int


class Broker:
    """An Event Hubs namespace in memory, for clients that speak AMQP 1.0 without TLS.

    The log outlives `serve` and `outage`.

    Args:
        hubs: the number of partitions of each event hub, by name.
        now: the time, aware; stamps events and decides whether a shared access signature has expired. Time-outs of
            connections go by the event loop's clock.
        key: the shared access key of the policy "Root".
        authorize: decides whether a JWT opens the entity it is put for; without it JWTs are refused.
        consumer_groups: of every event hub. Receivers in another one are refused, as in Azure.
        max_message_size: the largest message or batch, in octets.
        idle_time_out: connections over which nothing came for longer are closed.
        cuts: is asked before a message or batch is stored and again after, when the client has not been told yet:
            whether the connection ends there, without a word.

    Attributes:
        accepted: how many connections clients have made.
        failures: why connections were closed by the broker, oldest first: an `AmqpError` where the client was at
            fault, another exception where the broker was.

    Raises:
        ValueError: an event hub without partitions.
    """

    def __init__(
        self,
        hubs: Mapping[str, int],
        *,
        now: Callable[[], datetime],
        key: str,
        authorize: Callable[[str], bool] | None = None,
        consumer_groups: Collection[str] = ("$Default",),
        max_message_size: int = 1024 * 1024,
        idle_time_out: timedelta = timedelta(minutes=4),
        cuts: Callable[[Moment], bool] = lambda _: False,
    ) -> None:
        self.accepted = 0
        self.failures: list[Exception] = []
        self._namespace = Namespace(
            hubs={name.lower(): Hub(name, partitions, now()) for name, partitions in hubs.items()},
            consumer_groups=frozenset(group.lower() for group in consumer_groups),
            now=now,
            key=key,
            authorize=authorize,
            max_message_size=max_message_size,
            idle_time_out=idle_time_out.total_seconds(),
            cuts=cuts,
        )
        self._address: Address | None = None
        self._server: asyncio.Server
        self._accepting = False
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[Address]:
        """Listen on 127.0.0.1 within the block; port 0 is any free one. Open connections are cut at its end.

        Raises:
            RuntimeError: it listens already.
            OSError: the port is not free.
        """
        if self._address is not None:
            raise RuntimeError("the broker is serving already")
        listener = _bind(port)
        self._address = address = Address(*listener.getsockname())
        await self._listen(listener)
        try:
            yield address
        finally:
            self._address = None
            await self._stop_listening()
            await self._cut()

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Be gone within the block: open connections are cut without a word, new ones refused.

        Raises:
            RuntimeError: it is not serving.
        """
        _, port = self._serving()
        await self._stop_listening()
        # A socket that is bound but does not listen refuses connections, and keeps the port for the return.
        placeholder = _bind(port)
        await self._cut()
        try:
            yield
        finally:
            await self._listen(placeholder)

    @property
    def connection_string(self) -> str:
        """For `from_connection_string` of the SDK's clients; the emulator's flag is what turns TLS off.

        Raises:
            RuntimeError: it is not serving.
        """
        host, port = self._serving()
        return (
            f"Endpoint=sb://{host}:{port};SharedAccessKeyName={KEY_NAME};"
            f"SharedAccessKey={self._namespace.key};UseDevelopmentEmulator=true;"
        )

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def publish(
        self,
        hub: str,
        body: bytes,
        properties: Mapping[str, str] = _NOTHING,
        partition_key: str | None = None,
        partition_id: str | None = None,
    ) -> Stored:
        """Put an event into an event hub, as a client would, and return it as it is stored.

        Args:
            hub: its name, in any case.
            body: the one data section.
            properties: application properties.
            partition_key: chooses the partition as Azure does.
            partition_id: chooses the partition; without either they take turns.

        Raises:
            AmqpError: `amqp:not-found` for the hub, `com.microsoft:argument-out-of-range` for the partition, or
                `amqp:link:message-size-exceeded`.
            ValueError: both a key and an id.
        """
        if partition_key is not None and partition_id is not None:
            raise ValueError("an event goes to a partition by key or by id, not both")
        target = self._namespace.hub(hub)
        annotations = {} if partition_key is None else {PARTITION_KEY: partition_key}
        message = (
            section(ANNOTATIONS, annotations) + section(APPLICATION_PROPERTIES, dict(properties)) + section(DATA, body)
        )
        if len(message) > self._namespace.max_message_size:
            raise AmqpError(Condition.MESSAGE_SIZE_EXCEEDED, f"The message has {len(message)} bytes.")
        partition = None if partition_id is None else target.partition(partition_id)
        return target.publish(message, self._namespace.now(), partition=partition)[0]

    def events(self, hub: str) -> list[Stored]:
        """What is stored in an event hub, by partition and sequence number.

        Raises:
            AmqpError: `amqp:not-found`.
        """
        return [event for partition in self._namespace.hub(hub).partitions for event in partition.events]

    def _serving(self) -> Address:
        if self._address is None:
            raise RuntimeError("the broker is not serving")
        return self._address

    async def _listen(self, listener: socket.socket) -> None:
        self._accepting = True
        self._server = await asyncio.start_server(self._accept, sock=listener)

    async def _stop_listening(self) -> None:
        self._accepting = False
        # asyncio hands a connection over some turns of its loop after it came in, and forgets those that are on their
        # way when the listener closes: they would be neither served nor cut.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._server.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._accepting:
            writer.transport.abort()
            return
        self.accepted += 1
        task = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # Not by the task: one that is cancelled before its first step does nothing at all.
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.failures += await Connection(self._namespace, reader, writer).run()

    async def _cut(self) -> None:
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        if connections:
            await asyncio.wait(connections)
        await self._server.wait_closed()


def _bind(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off for sockets that name their protocol only; it costs 40 ms a round trip.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    try:
        # Without this the port of a broker that just ended could not be used again for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener

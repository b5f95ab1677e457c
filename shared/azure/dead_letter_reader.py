"""The dead-letter hub, read from one end to the other: what lies there now, and no waiting for more.

Nothing is taken out of an event hub by reading it, and no checkpoint is kept: every reading begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from shared.azure.faults import told_apart
from shared.model.dead_letter import Letter, sound
from shared.model.errors import AzureError, Forbidden, Temporary
from shared.wire.load import load

if TYPE_CHECKING:
    from azure.eventhub import EventData
    from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

    from shared.azure.credential import Credential

GROUP = "$Default"
"""The consumer group. Reading takes none of its places for longer than it lasts."""

MOST = 10_000
"""Messages of a partition that are looked at: the newest."""

SECONDS = 60.0
"""That a reading may take."""

AHEAD = 50
"""Messages that are fetched before they are asked for; each may have a quarter of a megabyte."""

Take = Callable[[Letter], bool]
"""Is told of every letter, and says whether more are wanted."""


@dataclass(slots=True)
class Reading:
    """How far a reading came.

    Args:
        seen: How many messages were looked at.
        foreign: How many of them are no dead letters.
        left: Why not all were looked at, in words; empty if all were.
    """

    seen: int = 0
    foreign: int = 0
    left: list[str] = field(default_factory=list)


async def read(connection: str, hub: str, credential: Credential, take: Take, since: datetime | None) -> Reading:
    """Look at every letter in the hub, partition by partition, oldest first.

    Args:
        connection: The event hubs namespace, or a connection string.
        hub: The event hub.
        credential: The identity, unless the connection string names a key.
        take: Is told of every letter.
        since: When the oldest message that matters was sent; None to go back as far as `MOST` reaches.

    Raises:
        Forbidden: If the identity may not read the hub.
        Temporary: If the hub cannot be read now.
    """
    await load("azure.eventhub.aio")
    from azure.eventhub.aio import EventHubConsumerClient
    from azure.eventhub.exceptions import EventHubError

    options: dict[str, Any] = {"eventhub_name": hub, "consumer_group": GROUP, "retry_total": 0, "auth_timeout": 10}
    if "Endpoint=" in connection:
        client = EventHubConsumerClient.from_connection_string(connection, **options)
    else:
        client = EventHubConsumerClient(connection, credential=credential, **options)
    try:
        return await _Reader(client, take, since).read()
    finally:
        with suppress(EventHubError, OSError):  # what was read is read
            await client.close()


class _Reader:
    """Reads the hub once.

    Args:
        client: The SDK's client.
        take: Is told of every letter.
        since: When the oldest message that matters was sent; None to go back as far as `MOST` reaches.
    """

    def __init__(self, client: EventHubConsumerClient, take: Take, since: datetime | None) -> None:
        self._client = client
        self._take = take
        self._since = since
        self._open: dict[str, int] = {}
        self._over = asyncio.Event()
        self._failed: BaseException | None = None
        self.reading = Reading()

    async def read(self) -> Reading:
        """Read every partition to the end that it has now."""
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(SECONDS):
                starts = await self._starts()
                tasks = [asyncio.create_task(self._partition(name, at)) for name, at in starts.items()]
                if tasks:
                    await self._over.wait()
        except TimeoutError:
            self.reading.left.append(f"the hub was not read to its end within {SECONDS:.0f} s")
        except Exception as error:
            raise _told(error) from error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # the SDK takes a second to let a partition go
        if self._failed is not None:
            raise _told(self._failed) from self._failed
        return self.reading

    async def _starts(self) -> dict[str, Any]:
        """Where to begin in each partition that holds anything."""
        starts: dict[str, Any] = {}
        for name in await self._client.get_partition_ids():
            told = await self._client.get_partition_properties(name)
            first, last = int(told["beginning_sequence_number"]), int(told["last_enqueued_sequence_number"])
            if told["is_empty"] or (self._since is not None and told["last_enqueued_time_utc"] < self._since):
                continue
            self._open[name] = last
            starts[name] = self._since if self._since is not None else max(first, last - MOST + 1)
            if self._since is None and last - MOST + 1 > first:
                self.reading.left.append(f"partition {name}: {last - MOST + 1 - first} older messages; ask for a time")
        return starts

    async def _partition(self, name: str, start: Any) -> None:
        await self._client.receive_batch(
            self._came,
            on_error=self._broke,
            partition_id=name,
            starting_position=start,
            starting_position_inclusive=True,
            prefetch=AHEAD,
            max_batch_size=AHEAD,
        )

    async def _came(self, context: PartitionContext, events: Sequence[EventData]) -> None:
        name = context.partition_id
        if self._over.is_set() or name not in self._open:
            return
        last = self._open[name]
        for event in events:
            number = int(event.sequence_number or 0)
            if not self._one(event):
                self._over.set()
                return
            if number >= last:
                del self._open[name]
                break
        if not self._open:
            self._over.set()

    def _one(self, event: EventData) -> bool:
        """Look at a message; whether more are wanted."""
        self.reading.seen += 1
        letter = _letter(event)
        if letter is None:
            self.reading.foreign += 1
            return True
        return self._take(letter)

    async def _broke(self, _: PartitionContext | None, error: Exception) -> None:
        """The SDK would try again for ever."""
        self._failed = self._failed or error
        self._over.set()


def _letter(event: EventData) -> Letter | None:
    """The letter in a message; None if there is none."""
    try:
        body: Any = event.body
        content = body if isinstance(body, bytes) else b"".join(_pieces(body))
        letter = msgspec.json.decode(content, type=Letter)
    except (TypeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return letter if sound(letter) else None


def _pieces(body: Iterable[Any]) -> Iterable[bytes]:
    return (piece if isinstance(piece, bytes) else b"\0" for piece in body)


def _told(error: BaseException) -> AzureError:
    """Why the hub cannot be read, in our words."""
    from azure.eventhub.exceptions import AuthenticationError

    told = told_apart(error, wrote=False)
    if isinstance(told, AzureError):
        return told
    if isinstance(error, AuthenticationError):
        needed = "Microsoft.EventHub/namespaces/messages/receive/action"
        return Forbidden(f"the dead-letter hub cannot be read: {error}; it takes {needed}")
    return Temporary(f"the dead-letter hub cannot be read: {str(error) or type(error).__name__}")

"""Dead letters to their event hub, and from there again; bodies too large for a message in a blob.

The only connection that is not HTTP, and so not on the wire's seam: AMQP, by azure-eventhub.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from shared.azure.clients import pipeline
from shared.azure.dead_letter_reader import Reading, Take, read
from shared.azure.faults import told_apart
from shared.model.dead_letter import Letter
from shared.model.errors import AzureError, Changed, Permanent, Refused, Temporary, Uncertain
from shared.model.ids import content_digest
from shared.model.permission import data
from shared.wire.clock import Clock
from shared.wire.load import load
from shared.wire.message import Send

if TYPE_CHECKING:
    from azure.eventhub import EventData, EventDataBatch
    from azure.eventhub.aio import EventHubProducerClient
    from azure.storage.blob.aio import BlobServiceClient

    from shared.azure.credential import Credential

PERMISSIONS = (
    data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"),
    data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"),
    data("Microsoft.EventHub/namespaces/messages/receive/action"),
    data("Microsoft.EventHub/namespaces/messages/send/action"),
)
"""What they ask of the container and the hub."""

ATTEMPTS = 4
"""To store a body when it is not known whether it was."""

THERE = "BlobAlreadyExists"
"""Azure's code for a blob that is stored; every other conflict means that the body is not stored."""


MOST_BYTES = 32 * 1024 * 1024
"""Of a body that is fetched: more than an event hub or an HTTP request carries."""


class DeadLetters:
    """Where dead letters go.

    Args:
        send: The transport for blobs, retries included.
        credential: The identity.
        clock: Time.
        blobs: The blob endpoint.
        container: The container.
        connection: The event hubs namespace (`name.servicebus.windows.net`), or a connection string.
        hub: The event hub.
    """

    def __init__(
        self,
        send: Send,
        credential: Credential,
        clock: Clock,
        *,
        blobs: str,
        container: str,
        connection: str,
        hub: str,
    ) -> None:
        self._send = send
        self._credential = credential
        self._clock = clock
        self._blobs = blobs
        self._container = container
        self._connection = connection
        self._hub = hub
        self._service: BlobServiceClient | None = None

    async def store(self, name: str, body: bytes) -> None:
        """Put a body into a blob, unless it is there.

        Raises:
            AzureError: If that does not work.
        """
        lost: Uncertain | None = None
        for _ in range(ATTEMPTS):  # a blob is never written over, so what got no answer may be sent again
            try:
                return await self._upload(name, body)
            except Uncertain as error:
                lost = error
        assert lost is not None
        raise lost

    async def body(self, letter: Letter) -> bytes:
        """The body of a letter, wherever it is.

        Raises:
            Refused: If it is not the body that the letter was written for, or too large.
            AzureError: If its blob cannot be read.
        """
        if letter.size > MOST_BYTES:
            raise Refused(f"the body of dead letter {letter.id} has {letter.size} bytes; at most {MOST_BYTES} are read")
        found = await self._download(letter) if letter.blob else letter.body
        if len(found) != letter.size or content_digest(found) != letter.digest:
            place = f"blob {letter.blob}" if letter.blob else "the letter"
            raise Refused(f"what is in {place} is not the body of dead letter {letter.id}: its SHA-256 is another")
        return found

    async def read(self, take: Take, since: datetime | None = None) -> Reading:
        """Look at every letter in the hub, partition by partition, oldest first.

        Args:
            take: Is told of every letter, and says whether more are wanted.
            since: When the oldest message that matters was sent.

        Raises:
            AzureError: If the hub cannot be read.
        """
        return await read(self._connection, self._hub, self._credential, take, since)

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[Hub]:
        """The event hub, over one connection for all that is sent: to open one costs more than many letters."""
        producer = await self._producer()
        from azure.eventhub.exceptions import EventHubError

        try:
            yield Hub(producer)
        finally:
            with suppress(EventHubError, OSError):  # what was taken is taken, however the connection ends
                await producer.close()

    async def _upload(self, name: str, body: bytes) -> None:
        container = (await self._open()).get_container_client(self._container)
        try:
            await container.upload_blob(name, body, overwrite=False)
        except Exception as error:
            told = told_apart(error)
            if told is None:
                raise
            if not isinstance(told, Changed) or told.code != THERE:
                raise told from error

    async def _download(self, letter: Letter) -> bytes:
        container = (await self._open()).get_container_client(self._container)
        try:
            stream = await container.download_blob(letter.blob)
            if stream.size != letter.size:
                return b""  # not it, and perhaps without an end
            content: bytes = await stream.readall()
        except Exception as error:
            told = told_apart(error, wrote=False)
            if told is None:
                raise
            raise told from error
        return content

    async def _open(self) -> BlobServiceClient:
        if self._service is None:
            await load("azure.storage.blob.aio")
            from azure.storage.blob.aio import BlobServiceClient

            options = pipeline(self._send, self._clock)
            del options["retry_policy"]  # a download needs storage's own one, which has no retries left, either
            self._service = BlobServiceClient(self._blobs, self._credential, **options)
        return self._service

    async def _producer(self) -> EventHubProducerClient:
        await load("azure.eventhub.aio")
        from azure.eventhub.aio import EventHubProducerClient

        if "Endpoint=" in self._connection:
            return EventHubProducerClient.from_connection_string(
                self._connection, eventhub_name=self._hub, retry_total=0, auth_timeout=10
            )
        return EventHubProducerClient(self._connection, self._hub, self._credential, retry_total=0, auth_timeout=10)


class Hub:
    """The event hub while a connection to it is open.

    Args:
        producer: The SDK's client.
    """

    def __init__(self, producer: EventHubProducerClient) -> None:
        self._producer = producer

    async def deliver(self, letters: Sequence[Letter]) -> list[AzureError | None]:
        """Send letters, in order, at least once each, as many in a batch as the hub takes.

        Returns:
            What keeps each of them from the hub, if anything does: `Temporary` if the hub does not take it now,
            `Permanent` if it is larger than the hub ever takes.
        """
        from azure.eventhub.exceptions import EventHubError

        kept: list[AzureError | None] = [None] * len(letters)
        sent = 0
        try:
            batch = await self._producer.create_batch()
            for place, letter in enumerate(letters):
                event = _event(letter)
                if _added(event, batch):
                    continue
                await self._producer.send_batch(batch)
                sent = place
                batch = await self._producer.create_batch()
                if not _added(event, batch):
                    kept[place] = Permanent(f"dead letter {letter.id} is larger than the hub takes")
            await self._producer.send_batch(batch)
        except (EventHubError, OSError) as error:
            away = Temporary(f"the dead-letter hub does not take messages: {error}")
            return [*kept[:sent], *(found or away for found in kept[sent:])]
        return kept


def _event(letter: Letter) -> EventData:
    """A letter as a message."""
    from azure.eventhub import EventData

    event = EventData(msgspec.json.encode(letter))
    event.content_type = "application/json"
    event.properties = {"reason": letter.reason[:500], "door": letter.door, "id": letter.id}
    return event


def _added(event: EventData, batch: EventDataBatch) -> bool:
    """Whether there was room for it."""
    try:
        batch.add(event)
    except ValueError:
        return False
    return True

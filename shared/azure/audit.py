"""Audit records to Log Analytics, through the Logs Ingestion API.

https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from shared.azure.clients import pipeline
from shared.azure.faults import told_apart
from shared.model.permission import data
from shared.model.record import Record
from shared.wire.clock import Clock
from shared.wire.load import load
from shared.wire.message import Send

if TYPE_CHECKING:
    from azure.monitor.ingestion.aio import LogsIngestionClient

    from shared.azure.credential import Credential

PERMISSIONS = (data("Microsoft.Insights/DataCollectionRules/Data/Write"),)
"""What it asks of the data collection rule."""

MOST_BYTES = 700_000
"""Of one upload before compression: Azure takes 1 MB, and the ledger as much in a row."""


class Audit:
    """Where records go.

    Args:
        send: The transport, retries included.
        credential: The identity.
        clock: Time.
        endpoint: The ingestion endpoint.
        rule: The data collection rule's immutable id.
        stream: The stream.
    """

    def __init__(self, send: Send, credential: Credential, clock: Clock, endpoint: str, rule: str, stream: str) -> None:
        self._send = send
        self._credential = credential
        self._clock = clock
        self._endpoint = endpoint
        self._rule = rule
        self._stream = stream
        self._client: LogsIngestionClient | None = None

    async def deliver(self, records: Sequence[Record]) -> None:
        """Upload records, in order, at least once each.

        Raises:
            AzureError: If they could not be delivered, all or some.
        """
        for upload in uploads(records):
            await self.send(upload)

    async def send(self, upload: bytes) -> None:
        """Upload records that `uploads` has put together.

        Raises:
            AzureError: If they could not be delivered.
        """
        client = await self._open()
        try:
            await client.upload(self._rule, self._stream, io.BytesIO(upload))
        except Exception as error:
            told = told_apart(error)
            if told is None:
                raise
            raise told from error

    async def _open(self) -> LogsIngestionClient:
        if self._client is None:
            await load("azure.monitor.ingestion.aio")
            from azure.monitor.ingestion.aio import LogsIngestionClient

            options = pipeline(self._send, self._clock)
            self._client = LogsIngestionClient(self._endpoint, self._credential, **options)
        return self._client


def uploads(records: Sequence[Record]) -> Iterator[bytes]:
    """Records as JSON arrays of at most `MOST_BYTES` each, compressed."""
    batch: list[bytes] = []
    size = 0
    for record in records:
        row = msgspec.json.encode(record)
        if batch and size + len(row) > MOST_BYTES:
            yield _compressed(batch)
            batch, size = [], 0
        batch.append(row)
        size += len(row) + 1
    if batch:
        yield _compressed(batch)


def _compressed(rows: Sequence[bytes]) -> bytes:
    return gzip.compress(b"[" + b",".join(rows) + b"]", compresslevel=1, mtime=0)

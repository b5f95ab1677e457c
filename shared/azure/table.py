"""One Azure table: conditional writes that know whether they happened, and transactions.

An answer can be lost after the write took effect. Every row carries a drawn word of its own, so that a look at the row
tells whether the write that got no answer is the one that is there.
https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.azure.clients import pipeline
from shared.azure.clock_skew import agreed
from shared.azure.faults import told_apart
from shared.azure.row import Row, Value, Write, operation, row_of, write_one
from shared.model.errors import AzureError, Changed, NotFound, Temporary, Uncertain
from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.load import load
from shared.wire.message import Request, Response, Send
from shared.wire.retry import Policy, retrying

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

    from shared.azure.credential import Credential

__all__ = ["NONCE", "Row", "Table", "Value", "Write"]

NONCE = "Nonce"
PATIENCE = Policy(attempts=5, first=0.2, longest=4.0, answer=10.0)
SECONDS = timedelta(seconds=20)
SETTLING = 4


class Table:
    """A table.

    Args:
        send: The transport below the retries.
        credential: The identity.
        clock: Time.
        chance: Draws the words that tell writes apart.
        endpoint: The account's table endpoint.
        name: The table's name.
    """

    def __init__(
        self, send: Send, credential: Credential, clock: Clock, chance: Chance, endpoint: str, name: str
    ) -> None:
        self._send = send
        self._credential = credential
        self._clock = clock
        self.chance = chance
        self._endpoint = endpoint
        self._name = name
        self._client: TableClient | None = None

    async def insert(self, row: Row) -> Row:
        """Write a row that must not be there.

        Raises:
            Changed: It is there.
        """
        return (await self.commit([Write("insert", row)]))[0]

    async def insert_or_get(self, row: Row) -> tuple[Row, bool]:
        """Write a row unless it is there: the row that is there now, and whether it was written.

        Raises:
            Temporary: The table says that the row is there and that it is not.
        """
        told: Changed | None = None
        for _ in range(SETTLING):
            try:
                return await self.insert(row), True
            except Changed as error:
                there = await self.get(row.partition, row.key)
                if there is not None:
                    return there, False
                told = error
        raise Temporary(f"row {row.key} can neither be written nor read: {told}")

    async def replace(self, row: Row) -> Row:
        """Write a row that must be as it was read.

        Raises:
            Changed: It is not.
        """
        return (await self.commit([Write("replace", row)]))[0]

    async def put(self, row: Row) -> Row:
        """Write a row, whatever is there."""
        return (await self.commit([Write("put", row)]))[0]

    async def delete(self, row: Row) -> None:
        """Delete a row that must be as it was read, or may be gone.

        Raises:
            Changed: It is something else.
        """
        await self.commit([Write("delete", row)])

    async def commit(self, writes: Sequence[Write]) -> list[Row]:
        """Do all of these writes, in one partition, or none; returns the rows as they are now.

        Raises:
            Changed: A condition does not hold.
            AzureError: It could not be done.
        """
        nonce = self.chance.id()
        marked = [replace(w, row=replace(w.row, values={**w.row.values, NONCE: nonce})) for w in writes]
        lost: Uncertain | None = None
        for _ in range(SETTLING):
            changed: Changed | None = None
            try:
                return await self._write(marked)
            except Uncertain as error:
                lost = error
            except Changed as error:
                if lost is None:
                    raise
                changed = error  # by somebody else, or by an earlier attempt that took effect after the look
            written = await self._settled(marked, nonce, lost)
            if written is not None:
                return written
            if changed is not None:
                raise changed
        assert lost is not None
        raise lost

    async def get(self, partition: str, key: str) -> Row | None:
        """A row; None if there is none."""
        client = await self._open()
        try:
            return row_of(await client.get_entity(partition, key))
        except Exception as error:
            told = told_apart(error, wrote=False)
            if isinstance(told, NotFound) and told.code != "TableNotFound":
                return None
            if told is None:
                raise
            raise told from error

    async def query(self, partition: str, first: str = "", last: str = "", most: int | None = None) -> list[Row]:
        """The rows of a partition in order of their keys, from `first` up to but not including `last`; `most` at most."""
        condition = "PartitionKey eq @partition"
        values = {"partition": partition}
        if first:
            condition, values = f"{condition} and RowKey ge @first", {**values, "first": first}
        if last:
            condition, values = f"{condition} and RowKey lt @last", {**values, "last": last}
        found: list[Row] = []
        async for row in self._query(condition, values):
            if len(found) == most:
                break
            found.append(row)
        return found

    async def everywhere(self, key: str) -> list[Row]:
        """The rows with this key in all partitions; Azure reads the whole table for it."""
        return [row async for row in self._query("RowKey eq @key", {"key": key})]

    async def _query(self, condition: str, values: dict[str, str]) -> AsyncIterator[Row]:
        client = await self._open()
        try:
            async for entity in client.query_entities(condition, parameters=values):
                yield row_of(entity)
        except Exception as error:
            told = told_apart(error, wrote=False)
            if told is None:
                raise
            raise told from error

    async def _write(self, writes: list[Write]) -> list[Row]:
        client = await self._open()
        try:
            if len(writes) == 1:
                return [await write_one(client, writes[0])]
            answers = await client.submit_transaction([operation(write) for write in writes])
        except Exception as error:
            told = told_apart(error)
            gone = isinstance(told, NotFound) and told.code != "TableNotFound"
            if gone and any(write.verb in ("replace", "delete") for write in writes):
                raise Changed(str(told), 404, "Gone") from error
            if told is None:
                raise
            raise told from error
        return [replace(w.row, etag=str(a.get("etag") or "")) for w, a in zip(writes, answers, strict=True)]

    async def _settled(self, writes: list[Write], nonce: str, lost: Uncertain) -> list[Row] | None:
        """The rows, if a write that got no answer took effect. A transaction did so wholly or not at all."""
        witness = next((w for w in writes if w.verb != "delete"), None)
        if witness is None:
            return None  # deleting again tells
        try:
            there = await self.get(witness.row.partition, witness.row.key)
            if there is None or there.values.get(NONCE) != nonce:
                return None
            if len(writes) == 1:
                return [there]
            rows = {row.key: row for row in await self.query(witness.row.partition)}
        except AzureError as error:
            raise lost from error
        return [rows.get(w.row.key, w.row) for w in writes]

    async def _open(self) -> TableClient:
        if self._client is None:
            await load("azure.data.tables.aio")
            from azure.data.tables.aio import TableClient

            self._client = TableClient(
                endpoint=self._endpoint,
                table_name=self._name,
                credential=self._credential,
                **pipeline(self._patient, self._clock),
            )
        return self._client

    async def _patient(self, request: Request) -> Response:
        asked = self._clock.now()
        response = await retrying(self._send, self._clock, self.chance, asked + SECONDS, PATIENCE)(request)
        agreed(response.headers.get("date", ""), asked, SECONDS)
        return response

"""One Azure table: conditional writes that know whether they happened, and transactions.

An answer can be lost after the write took effect. Every row carries a drawn word of its own, so that a look at the row
tells whether the write that got no answer is the one that is there.
https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from shared.azure.clients import pipeline
from shared.azure.faults import told_apart
from shared.model.errors import AzureError, Changed, NotFound, Temporary, Uncertain
from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.load import load
from shared.wire.message import Request, Response, Send
from shared.wire.retry import Policy, retrying

if TYPE_CHECKING:
    from azure.data.tables import TableEntity
    from azure.data.tables.aio import TableClient

    from shared.azure.credential import Credential

Value = str | int | bool | bytes
Verb = Literal["insert", "replace", "put", "delete"]

NONCE = "Nonce"
PATIENCE = Policy(attempts=5, first=0.2, longest=4.0, answer=10.0)
SECONDS = timedelta(seconds=20)
SETTLING = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A row.

    Args:
        partition: Its partition key.
        key: Its row key.
        values: Its other columns.
        etag: The version that was read or written; empty for one that has not been.
    """

    partition: str
    key: str
    values: Mapping[str, Value] = field(default_factory=dict)
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a transaction.

    `insert` holds only if there is no such row, `replace` and `delete` only if it is still at its etag; `put` always.
    """

    verb: Verb
    row: Row


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
        self._chance = chance
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
        nonce = self._chance.id()
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
            return _row(await client.get_entity(partition, key))
        except Exception as error:
            told = told_apart(error, wrote=False)
            if isinstance(told, NotFound) and told.code != "TableNotFound":
                return None
            if told is None:
                raise
            raise told from error

    async def query(self, partition: str, first: str = "", last: str = "") -> list[Row]:
        """The rows of a partition in order of their keys, from `first` up to but not including `last`."""
        condition = "PartitionKey eq @partition"
        values = {"partition": partition}
        if first:
            condition, values = f"{condition} and RowKey ge @first", {**values, "first": first}
        if last:
            condition, values = f"{condition} and RowKey lt @last", {**values, "last": last}
        return [row async for row in self._query(condition, values)]

    async def _query(self, condition: str, values: dict[str, str]) -> AsyncIterator[Row]:
        client = await self._open()
        try:
            async for entity in client.query_entities(condition, parameters=values):
                yield _row(entity)
        except Exception as error:
            told = told_apart(error, wrote=False)
            if told is None:
                raise
            raise told from error

    async def _write(self, writes: list[Write]) -> list[Row]:
        client = await self._open()
        try:
            if len(writes) == 1:
                return [await _one(client, writes[0])]
            answers = await client.submit_transaction([_operation(write) for write in writes])
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
        deadline = self._clock.now() + SECONDS
        return await retrying(self._send, self._clock, self._chance, deadline, PATIENCE)(request)


async def _one(client: TableClient, write: Write) -> Row:
    from azure.core import MatchConditions
    from azure.data.tables import UpdateMode

    if write.verb == "insert":
        answer = await client.create_entity(_entity(write.row))
    elif write.verb == "replace":
        answer = await client.update_entity(
            _entity(write.row),
            mode=UpdateMode.REPLACE,
            etag=write.row.etag,
            match_condition=MatchConditions.IfNotModified,
        )
    elif write.verb == "put":
        answer = await client.upsert_entity(_entity(write.row), mode=UpdateMode.REPLACE)
    else:
        await client.delete_entity(
            _entity(write.row), etag=write.row.etag, match_condition=MatchConditions.IfNotModified
        )
        return write.row
    return replace(write.row, etag=str(answer.get("etag") or ""))


def _operation(write: Write) -> Any:
    from azure.core import MatchConditions
    from azure.data.tables import UpdateMode

    if write.verb == "insert":
        return ("create", _entity(write.row))
    if write.verb == "put":
        return ("upsert", _entity(write.row), {"mode": UpdateMode.REPLACE})
    condition = {"etag": write.row.etag, "match_condition": MatchConditions.IfNotModified}
    if write.verb == "replace":
        return ("update", _entity(write.row), {**condition, "mode": UpdateMode.REPLACE})
    return ("delete", _entity(write.row), condition)


def _entity(row: Row) -> dict[str, Value]:
    return {"PartitionKey": row.partition, "RowKey": row.key, **row.values}


def _row(entity: TableEntity) -> Row:
    values = {key: value for key, value in entity.items() if key not in ("PartitionKey", "RowKey")}
    return Row(entity["PartitionKey"], entity["RowKey"], values, str(entity.metadata.get("etag") or ""))

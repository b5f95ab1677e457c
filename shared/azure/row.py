"""A row, a write of one, and both as azure-data-tables has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from azure.data.tables import TableEntity
    from azure.data.tables.aio import TableClient

Value = str | int | bool | bytes
Verb = Literal["insert", "replace", "put", "delete"]


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


async def write_one(client: TableClient, write: Write) -> Row:
    """Do one write; the row with its new version."""
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


def operation(write: Write) -> Any:
    """A write, as a part of a transaction."""
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


def row_of(entity: TableEntity) -> Row:
    """The row that was read."""
    values = {key: value for key, value in entity.items() if key not in ("PartitionKey", "RowKey")}
    return Row(entity["PartitionKey"], entity["RowKey"], values, str(entity.metadata.get("etag") or ""))

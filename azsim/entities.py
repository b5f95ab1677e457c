"""The store behind Table storage: entities with etags, their limits, and conditional writes."""

from __future__ import annotations

import base64
import json
import re
from collections import UserDict
from collections.abc import Callable, Collection, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from azsim.odata import instant
from azsim.problem import Problem, bad_request, precondition_failed

if TYPE_CHECKING:
    from azsim.world import World

MAX_ENTITY = 1024 * 1024
MAX_VALUE = 64 * 1024
MAX_KEY = 1024
MAX_PROPERTIES = 252

_TYPED: dict[str, Callable[[Any], Any]] = {
    "Edm.Binary": base64.b64decode,
    "Edm.DateTime": instant,
    "Edm.Double": float,
    "Edm.Guid": UUID,
    "Edm.Int64": int,
}
"""What values that travel as text stand for."""
_SIZES = {bool: 1, int: 8, float: 8, UUID: 16}

_KEY = re.compile(r"(?P<table>[A-Za-z]\w{2,62})\(PartitionKey='(?P<pk>(?:[^']|'')*)',RowKey='(?P<rk>(?:[^']|'')*)'\)")
_FORBIDDEN_IN_KEY = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_WRITE = {"POST": "insert", "PUT": "replace", "PATCH": "merge", "MERGE": "merge", "DELETE": "delete"}


@dataclass(slots=True)
class Entity:
    """A row.

    Args:
        properties: Its properties as they travel, type annotations included.
        etag: Its version.

    Attributes:
        values: What the properties stand for, without annotations.

    Raises:
        ValueError, TypeError, AttributeError: If a property is not of the type that its annotation says.
    """

    properties: dict[str, Any]
    etag: str
    values: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.values = {key: self._value(key, value) for key, value in self.plain().items()}

    def plain(self) -> dict[str, Any]:
        """The values without annotations."""
        return {key: value for key, value in self.properties.items() if "@" not in key}

    def _value(self, key: str, value: Any) -> Any:
        kind = "Edm.DateTime" if key == "Timestamp" else self.properties.get(f"{key}@odata.type")
        return _TYPED[kind](value) if kind in _TYPED else value


class Rows(UserDict[tuple[str, str], Entity]):
    """The rows of a table by (partition, row key); a partition is found without a look at the others, as in Azure."""

    def __init__(self) -> None:
        self._partitions: dict[str, set[tuple[str, str]]] = {}
        super().__init__()

    def __setitem__(self, key: tuple[str, str], entity: Entity) -> None:
        self._partitions.setdefault(key[0], set()).add(key)
        super().__setitem__(key, entity)

    def __delitem__(self, key: tuple[str, str]) -> None:
        super().__delitem__(key)
        self._partitions[key[0]].discard(key)
        if not self._partitions[key[0]]:
            del self._partitions[key[0]]

    def within(self, partition: str | None) -> Collection[tuple[str, str]]:
        """The keys of a partition; of all, if it is None."""
        return self.keys() if partition is None else self._partitions.get(partition, ())


@dataclass(slots=True)
class Tables:
    """Tables by (account, table name in lower case), and the count that makes every etag unique."""

    tables: dict[tuple[str, str], Rows] = field(default_factory=dict)
    writes: int = 0

    def snapshot(self) -> dict[str, Any]:
        """Every entity's plain values."""
        return {
            f"{account}/{table}": [entity.plain() for _, entity in sorted(rows.items())]
            for (account, table), rows in sorted(self.tables.items())
        }


@dataclass(frozen=True, slots=True)
class Write:
    """One write, alone or in a transaction."""

    verb: str
    table: str
    key: tuple[str, str]
    properties: dict[str, Any]
    condition: str | None


def apply(world: World, rows: MutableMapping[tuple[str, str], Entity], write: Write) -> str:
    """Do one write; returns the new etag, empty for a deletion.

    Raises:
        Problem: If its condition does not hold, or the entity would be over a limit.
    """
    found = rows.get(write.key)
    if write.verb == "insert" and found is not None:
        raise Problem(409, "EntityAlreadyExists", "The specified entity already exists.")
    if write.condition is not None:
        if found is None:
            raise not_found()
        if write.condition not in ("*", found.etag):
            raise Problem(
                412, "UpdateConditionNotSatisfied", "The update condition specified in the request was not satisfied."
            )
    if write.verb == "delete":
        if write.condition is None:
            raise precondition_failed("A deletion needs If-Match.")
        del rows[write.key]
        return ""
    properties = {key: value for key, value in write.properties.items() if value is not None}
    if write.verb == "merge" and found is not None:
        kept = {key: value for key, value in found.properties.items() if key.partition("@")[0] not in properties}
        properties = {**kept, **properties}
    state = world.state(Tables)
    stamp = f"{world.clock.now():%Y-%m-%dT%H:%M:%S}.{state.writes + 1:07d}Z"
    properties |= {"PartitionKey": write.key[0], "RowKey": write.key[1], "Timestamp": stamp}
    try:
        entity = Entity(properties, f"W/\"datetime'{quote(stamp)}'\"")
    except (ValueError, TypeError, AttributeError) as error:
        raise bad_request("InvalidInput", f"One of the request inputs is not valid: {error}") from error
    _within_limits(entity.values)
    state.writes += 1
    rows[write.key] = entity
    return entity.etag


def _within_limits(values: dict[str, Any]) -> None:
    """https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model."""
    if len(values) > MAX_PROPERTIES + 3:
        raise bad_request("TooManyProperties", "The entity contains more properties than allowed.")
    largest = max(_size(value) for value in values.values())
    if largest > MAX_VALUE or max(_size(values[key]) for key in ("PartitionKey", "RowKey")) > MAX_KEY:
        raise bad_request("PropertyValueTooLarge", "The property value exceeds the maximum allowed size (64KB).")
    if 4 + sum(8 + _size(key) + _size(value) for key, value in values.items()) > MAX_ENTITY:
        raise bad_request("EntityTooLarge", "The entity is larger than the maximum allowed size (1MB).")


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-16-le"))
    return len(value) if isinstance(value, bytes) else _SIZES.get(type(value), 8)


def key_of(path: str) -> tuple[str, tuple[str, str]]:
    """Table and key in the path of an entity.

    Raises:
        Problem: 400 if it is none.
    """
    match = _KEY.fullmatch(path)
    if match is None:
        raise bad_request("InvalidInput", f"One of the request inputs is not valid: {path}")
    return match["table"], _checked(match["pk"].replace("''", "'"), match["rk"].replace("''", "'"))


def _checked(partition: Any, row: Any) -> tuple[str, str]:
    if not isinstance(partition, str) or not isinstance(row, str):
        raise bad_request("PropertiesNeedValue", "The values are not specified for all properties in the entity.")
    for name, value in (("PartitionKey", partition), ("RowKey", row)):
        if _FORBIDDEN_IN_KEY.search(value):
            raise bad_request("OutOfRangeInput", f"The '{name}' parameter of value '{value}' is out of range.")
    return partition, row


def write_of(method: str, path: str, headers: dict[str, str], body: bytes) -> Write:
    """The write that a request asks for.

    Raises:
        Problem: If it is none, or not whole.
    """
    verb = _WRITE.get(method)
    if verb is None:
        raise Problem(405, "MethodNotAllowed", f"The resource does not support {method}.")
    properties = _properties(body) if verb != "delete" else {}
    if verb == "insert":
        table, key = path, _checked(properties.get("PartitionKey"), properties.get("RowKey"))
    else:
        table, key = key_of(path)
    return Write(verb, table, key, properties, headers.get("if-match"))


def _properties(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise bad_request("InvalidInput", "An error occurred while processing this request.")
    return found


def not_found() -> Problem:
    """The answer to a write or a read of an entity that is not there."""
    return Problem(404, "ResourceNotFound", "The specified resource does not exist.")

"""Table storage: entities with etags, conditional writes, continuation and entity-group transactions.

https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from azsim import storage
from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.odata import compile_filter, instant
from azsim.problem import Problem, bad_request, precondition_failed
from azsim.service import Service

if TYPE_CHECKING:
    from azsim.world import World

PAGE = 1000
MAX_ENTITY = 1024 * 1024
MAX_BATCH = 4 * 1024 * 1024
MAX_CHANGES = 100
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


def envelope(problem: Problem) -> Response:
    """The error form of Table storage."""
    text = {"lang": "en-US", "value": problem.message}
    body = {"odata.error": {"code": problem.code, "message": text}}
    return json_response(body, problem.status, {**problem.headers, "x-ms-error-code": problem.code})


service = Service("*.table.core.windows.net", audiences=(storage.AUDIENCE,), envelope=envelope)


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


Rows = dict[tuple[str, str], Entity]


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


@service.route("POST", "/Tables")
def create_table(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/create-table."""
    storage.need(call, "tableServices/default", "tableServices/tables/write", data=False)
    name = str(call.json_object().get("TableName", ""))
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,62}", name):
        raise bad_request("InvalidResourceName", "The specified resource name contains invalid characters.")
    tables = call.world.state(Tables).tables
    place = (_account(call), name.lower())
    if place in tables:
        raise Problem(409, "TableAlreadyExists", "The table specified already exists.")
    tables[place] = {}
    return json_response({"TableName": name}, 201)


@service.route("POST", "/$batch")
def transaction(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions."""
    writes = _parse_batch(call)
    partitions = {(write.table, write.key[0]) for write in writes}
    if not 1 <= len(writes) <= MAX_CHANGES:
        raise bad_request("InvalidInput", f"A batch takes 1 to {MAX_CHANGES} changes.")
    if len(partitions) != 1:
        raise bad_request(
            "CommandsInBatchActOnDifferentPartitions", "All commands in a batch must operate on same entity group."
        )
    if len({write.key for write in writes}) != len(writes):
        raise bad_request("InvalidDuplicateRow", "An entity can appear only once in a batch.")
    if len(call.body) > MAX_BATCH:
        raise Problem(413, "RequestBodyTooLarge", "The request body is too large.")
    rows = _rows(call, writes[0].table)
    trial = dict(rows)
    parts: list[tuple[int, dict[str, str], bytes]] = []
    for number, write in enumerate(writes):
        _need_write(call, write)
        try:
            etag = _apply(call.world, trial, write)
        except Problem as problem:
            told = Problem(problem.status, problem.code, f"{number}:{problem.message}")
            return _batch_response([(told.status, {"content-type": "application/json"}, envelope(told).body)])
        parts.append((204, {"etag": etag} if etag else {}, b""))
    rows.clear()
    rows.update(trial)
    return _batch_response(parts)


@service.route("GET", "/{table}()")
def query(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/query-entities."""
    _need_read(call, call.params["table"])
    rows = _rows(call, call.params["table"])
    holds = compile_filter(call.query["$filter"]) if call.query.get("$filter") else lambda _: True
    after = (call.query.get("nextpartitionkey", ""), call.query.get("nextrowkey", ""))
    size = min(int(call.query.get("$top") or PAGE), PAGE)
    found: list[Entity] = []
    headers: dict[str, str] = {}
    for key, entity in sorted(rows.items()):
        if key < after or not holds(entity.values):
            continue
        if len(found) == size:
            headers = {"x-ms-continuation-nextpartitionkey": key[0], "x-ms-continuation-nextrowkey": key[1]}
            break
        found.append(entity)
    return json_response({"value": [_shown(call, entity) for entity in found]}, 200, headers)


@service.route("*", "/{path+}")
def entity_operation(call: Call) -> Response:
    """Insert, read, replace, merge, upsert and delete of one entity."""
    if call.method == "GET":
        table, key = _key(call.params["path"])
        _need_read(call, table)
        found = _rows(call, table).get(key)
        if found is None:
            raise _not_found()
        return json_response(_shown(call, found), 200, {"etag": found.etag})
    write = _write(call.method, call.params["path"], call.headers, call.body)
    _need_write(call, write)
    etag = _apply(call.world, _rows(call, write.table), write)
    return Response(204, {"etag": etag} if etag else {})


def _account(call: Call) -> str:
    return storage.account_of(call).name.lower()


def _rows(call: Call, table: str) -> Rows:
    found = call.world.state(Tables).tables.get((_account(call), table.lower()))
    if found is None:
        raise Problem(404, "TableNotFound", "The table specified does not exist.")
    return found


def _need_read(call: Call, table: str) -> None:
    storage.need(call, f"tableServices/default/tables/{table}", "tableServices/tables/entities/read")


def _need_write(call: Call, write: Write) -> None:
    entities = "tableServices/tables/entities"
    narrow = {
        "insert": f"{entities}/add/action",
        "delete": f"{entities}/delete",
    }.get(
        write.verb,
        f"{entities}/update/action" if write.condition else f"{entities}/add/action+{entities}/update/action",
    )
    storage.need(call, f"tableServices/default/tables/{write.table}", narrow, f"{entities}/write")


def _apply(world: World, rows: Rows, write: Write) -> str:
    """Do one write; returns the new etag, empty for a deletion."""
    found = rows.get(write.key)
    if write.verb == "insert" and found is not None:
        raise Problem(409, "EntityAlreadyExists", "The specified entity already exists.")
    if write.condition is not None:
        if found is None:
            raise _not_found()
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


def _shown(call: Call, entity: Entity) -> dict[str, Any]:
    selected = call.query.get("$select")
    wanted = None if not selected else {name.strip() for name in selected.split(",")}
    kept = {
        key: value
        for key, value in entity.properties.items()
        if (wanted is None or key.partition("@")[0] in wanted) and not ("@" in key and value == "Edm.String")
    }
    return {"odata.etag": entity.etag, **kept}


def _key(path: str) -> tuple[str, tuple[str, str]]:
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


def _write(method: str, path: str, headers: dict[str, str], body: bytes) -> Write:
    verb = _WRITE.get(method)
    if verb is None:
        raise Problem(405, "MethodNotAllowed", f"The resource does not support {method}.")
    properties = _properties(body) if verb != "delete" else {}
    if verb == "insert":
        table, key = path, _checked(properties.get("PartitionKey"), properties.get("RowKey"))
    else:
        table, key = _key(path)
    return Write(verb, table, key, properties, headers.get("if-match"))


def _properties(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise bad_request("InvalidInput", "An error occurred while processing this request.")
    return found


def _parse_batch(call: Call) -> list[Write]:
    boundary = re.search(rb"boundary=(changeset_[\w-]+)", call.body)
    if boundary is None:
        raise bad_request("InvalidInput", "The batch holds no change set.")
    writes = []
    for part in call.body.split(b"--" + boundary[1])[1:-1]:
        _, _, request = part.partition(b"\r\n\r\n")
        head, _, body = request.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        method, url, _ = line.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in lines)}
        writes.append(_write(method, unquote(urlsplit(url).path).lstrip("/"), headers, body.strip()))
    return writes


def _batch_response(parts: list[tuple[int, dict[str, str], bytes]]) -> Response:
    lines = [b"--batchresponse_azsim", b"Content-Type: multipart/mixed; boundary=changesetresponse_azsim", b""]
    for status, headers, body in parts:
        lines += [
            b"--changesetresponse_azsim",
            b"Content-Type: application/http",
            b"Content-Transfer-Encoding: binary",
            b"",
            f"HTTP/1.1 {status} {'No Content' if status == 204 else 'Error'}".encode(),
            *(f"{name}: {value}".encode() for name, value in headers.items()),
            b"",
            body,
        ]
    lines += [b"--changesetresponse_azsim--", b"--batchresponse_azsim--", b""]
    return Response(202, {"content-type": "multipart/mixed; boundary=batchresponse_azsim"}, b"\r\n".join(lines))


def _not_found() -> Problem:
    return Problem(404, "ResourceNotFound", "The specified resource does not exist.")

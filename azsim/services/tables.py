"""Table storage: entities with etags, conditional writes, continuation and entity-group transactions.

https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

from __future__ import annotations

import re
from typing import Any

from azsim import batches, storage
from azsim.call import Call
from azsim.entities import Entity, Rows, Tables, Write, apply, key_of, not_found, write_of
from azsim.messages import Response, json_response
from azsim.odata import compile_filter, only_partition
from azsim.problem import Problem, bad_request
from azsim.service import Service

PAGE = 1000


def envelope(problem: Problem) -> Response:
    """The error form of Table storage."""
    text = {"lang": "en-US", "value": problem.message}
    body = {"odata.error": {"code": problem.code, "message": text}}
    return json_response(body, problem.status, {**problem.headers, "x-ms-error-code": problem.code})


service = Service("*.table.core.windows.net", audiences=(storage.AUDIENCE,), envelope=envelope)


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
    tables[place] = Rows()
    return json_response({"TableName": name}, 201)


@service.route("POST", "/$batch")
def transaction(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions."""
    writes = batches.parse(call.body)
    rows = _rows(call, writes[0].table)
    trial = {write.key: rows[write.key] for write in writes if write.key in rows}
    parts: list[batches.Answer] = []
    for number, write in enumerate(writes):
        _need_write(call, write)
        try:
            etag = apply(call.world, trial, write)
        except Problem as problem:
            told = Problem(problem.status, problem.code, f"{number}:{problem.message}")
            return batches.answer([(told.status, {"content-type": "application/json"}, envelope(told).body)])
        parts.append((204, {"etag": etag} if etag else {}, b""))
    for write in writes:
        rows.pop(write.key, None)
    rows.update(trial)
    return batches.answer(parts)


@service.route("GET", "/{table}()")
def query(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/query-entities."""
    _need_read(call, call.params["table"])
    rows = _rows(call, call.params["table"])
    holds = compile_filter(call.query["$filter"]) if call.query.get("$filter") else lambda _: True
    after = (call.query.get("nextpartitionkey", ""), call.query.get("nextrowkey", ""))
    size = min(int(call.query.get("$top") or PAGE), PAGE)
    within = rows.within(only_partition(call.query.get("$filter", "")))
    found = sorted(key for key in within if key >= after and holds(rows[key].values))
    headers: dict[str, str] = {}
    if len(found) > size:
        partition, row = found[size]
        headers = {"x-ms-continuation-nextpartitionkey": partition, "x-ms-continuation-nextrowkey": row}
    return json_response({"value": [_shown(call, rows[key]) for key in found[:size]]}, 200, headers)


@service.route("*", "/{path+}")
def entity_operation(call: Call) -> Response:
    """Insert, read, replace, merge, upsert and delete of one entity."""
    if call.method == "GET":
        table, key = key_of(call.params["path"])
        _need_read(call, table)
        found = _rows(call, table).get(key)
        if found is None:
            raise not_found()
        return json_response(_shown(call, found), 200, {"etag": found.etag})
    write = write_of(call.method, call.params["path"], call.headers, call.body)
    _need_write(call, write)
    etag = apply(call.world, _rows(call, write.table), write)
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


def _shown(call: Call, entity: Entity) -> dict[str, Any]:
    selected = call.query.get("$select")
    wanted = None if not selected else {name.strip() for name in selected.split(",")}
    kept = {
        key: value
        for key, value in entity.properties.items()
        if (wanted is None or key.partition("@")[0] in wanted) and not ("@" in key and value == "Edm.String")
    }
    return {"odata.etag": entity.etag, **kept}

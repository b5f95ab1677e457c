"""Azure Monitor's Logs Ingestion API: rows into the streams of data collection rules.

Stricter than Azure, which drops a column that the stream does not declare: here the upload fails, so that a record
can never lose a field unseen. https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from azsim.arm import Arm, Resource
from azsim.call import Call
from azsim.messages import Response
from azsim.problem import Problem, bad_request
from azsim.service import Service

RULE = "Microsoft.Insights/dataCollectionRules"
MAX_CALL = 1024 * 1024
MAX_FIELD = 64 * 1024

service = Service("*.ingest.monitor.azure.com", audiences=("https://monitor.azure.com",))


@dataclass(slots=True)
class Logs:
    """Uploads by table, in the order of arrival, as they came: thousands of rows kept as objects slow a process down."""

    tables: dict[str, list[bytes]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Every row."""
        return {table: self.rows(table) for table in self.tables}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        return [row for upload in self.tables.get(table, ()) for row in msgspec.json.decode(upload)]


@service.route("POST", "/dataCollectionRules/{rule}/streams/{stream}")
def upload(call: Call) -> Response:
    """https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview#rest-api-call."""
    rule = _rule(call)
    if not call.may("Microsoft.Insights/DataCollectionRules/Data/Write", rule.id, data=True):
        raise Problem(
            403, "OperationFailed", "The authentication token provided does not have access to ingest data for the data "
            f"collection rule with immutable Id '{call.params['rule']}'."
        )  # fmt: skip
    content = call.content()
    if len(call.body) > MAX_CALL or len(content) > MAX_CALL:
        raise Problem(413, "ContentLengthLimitExceeded", "Maximum allowed content length: 1048576 bytes.")
    decode, dynamic = _reader(*_columns(rule, call.params["stream"]))
    try:
        rows = decode(content)
    except msgspec.ValidationError as error:
        kind = "InvalidPayload" if str(error).startswith(("Expected `array`", "Expected `object`")) else "InvalidRecord"
        raise bad_request(kind, f"The body does not fit stream {call.params['stream']}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request("InvalidPayload", f"The body is no JSON: {error}") from error
    if any(len(bytes(getattr(row, name) or b"")) > MAX_FIELD for row in rows for name in dynamic):
        raise bad_request("InvalidRecord", "A dynamic column is larger than 64 KB.")
    call.world.state(Logs).tables.setdefault(_table(rule, call.params["stream"]), []).append(content)
    return Response(204)


def _rule(call: Call) -> Resource:
    for rule in call.world.state(Arm).of_type(RULE):
        if rule.properties.get("immutableId") == call.params["rule"]:
            return rule
    raise Problem(404, "NotFound", f"Data collection rule with immutable Id '{call.params['rule']}' not found.")


def _columns(rule: Resource, stream: str) -> Iterator[tuple[str, str]]:
    declared = rule.properties.get("streamDeclarations", {}).get(stream)
    if declared is None:
        raise bad_request("InvalidStream", f"Stream {stream} is not declared in the data collection rule.")
    return ((column["name"], column["type"]) for column in declared["columns"])


@lru_cache
def _reader(*columns: tuple[str, str]) -> tuple[Callable[[bytes], list[Any]], list[str]]:
    """What decodes a stream's rows, and the names there of its dynamic columns.

    The fields of a row have names of their own, for a column may be called anything.
    """
    names = {f"column_{number}": column for number, (column, _) in enumerate(columns)}
    fields: list[Any] = [
        (name, datetime) if column == "TimeGenerated" else (name, _TYPES[kind], None)
        for name, (column, kind) in zip(names, columns, strict=True)
    ]
    row = msgspec.defstruct("Row", fields, rename=names, kw_only=True, forbid_unknown_fields=True)
    dynamic = [name for name, (_, kind) in zip(names, columns, strict=True) if kind == "dynamic"]
    return msgspec.json.Decoder(list[row]).decode, dynamic  # type: ignore[valid-type]


def _table(rule: Resource, stream: str) -> str:
    for flow in rule.properties["dataFlows"]:
        if stream in flow["streams"]:
            return str(flow["outputStream"]).removeprefix("Custom-")
    raise bad_request("InvalidStream", f"No data flow takes stream {stream}.")


_TYPES: dict[str, Any] = {
    "string": Annotated[str, Meta(max_length=MAX_FIELD)] | None,
    "int": Annotated[int, Meta(ge=-(2**31), lt=2**31)] | None,
    "long": Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None,
    "real": float | None,
    "boolean": bool | None,
    "datetime": Annotated[datetime, Meta(tz=True)] | None,
    "guid": UUID | None,
    "dynamic": msgspec.Raw,
}

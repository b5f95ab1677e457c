"""Azure Monitor's Logs Ingestion API: rows into the streams of data collection rules.

Stricter than Azure, which drops a column that the stream does not declare: here the upload fails, so that a record
can never lose a field unseen. https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

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
    columns = _columns(rule, call.params["stream"])
    try:
        rows = msgspec.json.decode(content, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request("InvalidPayload", "The body must be an array of objects.") from error
    for number, row in enumerate(rows):
        _check(number, row, columns)
    call.world.state(Logs).tables.setdefault(_table(rule, call.params["stream"]), []).append(content)
    return Response(204)


def _rule(call: Call) -> Resource:
    for rule in call.world.state(Arm).of_type(RULE):
        if rule.properties.get("immutableId") == call.params["rule"]:
            return rule
    raise Problem(404, "NotFound", f"Data collection rule with immutable Id '{call.params['rule']}' not found.")


def _columns(rule: Resource, stream: str) -> dict[str, str]:
    declared = rule.properties.get("streamDeclarations", {}).get(stream)
    if declared is None:
        raise bad_request("InvalidStream", f"Stream {stream} is not declared in the data collection rule.")
    return {column["name"]: column["type"] for column in declared["columns"]}


def _table(rule: Resource, stream: str) -> str:
    for flow in rule.properties["dataFlows"]:
        if stream in flow["streams"]:
            return str(flow["outputStream"]).removeprefix("Custom-")
    raise bad_request("InvalidStream", f"No data flow takes stream {stream}.")


def _check(number: int, row: dict[str, Any], columns: dict[str, str]) -> None:
    if row.get("TimeGenerated") is None:
        raise bad_request("InvalidRecord", f"Row {number} has no TimeGenerated.")
    for name, value in row.items():
        kind = columns.get(name)
        if kind is None:
            raise bad_request("InvalidRecord", f"Row {number}: column {name} is not declared in the stream.")
        if value is None or (kind == "string" and type(value) is str and len(value) <= MAX_FIELD):
            continue
        if not _FITS[kind](value):
            raise bad_request("InvalidRecord", f"Row {number}: column {name} is not a {kind}: {value!r}.")
        if len(str(value)) > MAX_FIELD:
            raise bad_request("InvalidRecord", f"Row {number}: column {name} is larger than 64 KB.")


def _is_datetime(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_guid(value: Any) -> bool:
    try:
        return bool(UUID(value))
    except (ValueError, AttributeError, TypeError):
        return False


_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31,
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63,
    "real": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "datetime": _is_datetime,
    "guid": _is_guid,
    "dynamic": lambda value: isinstance(value, (dict, list, str, int, float)),
}

"""Table storage, by the unmodified SDK and by hand."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables.aio import TableClient

from azsim.call import Call
from azsim.entities import Tables
from azsim.messages import Response
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import pipeline
from tests.azsim.caller import ACCOUNT, ask, azure

ENDPOINT = f"{ACCOUNT}.table.core.windows.net"
ENTITIES = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
KEY = f"{contoso.LEDGER_TABLE}(PartitionKey='p',RowKey='r')"


def sdk(world: World, table: str = contoso.LEDGER_TABLE) -> TableClient:
    under = azure(world)
    return TableClient(ENDPOINT, table, credential=under.credential, **pipeline(under.send, under.clock))


def entity(row: str = "r", partition: str = "p", **values: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": row, **values}


def told(error: HttpResponseError) -> tuple[int | None, str]:
    """Status and code; what is raised for an insertion does not carry the code itself."""
    found = getattr(error, "error_code", None)
    if found is None:
        response: Any = error.response
        found = response.headers["x-ms-error-code"]
    return error.status_code, str(getattr(found, "value", found))


async def refusal(doing: Awaitable[Any]) -> tuple[int | None, str]:
    """What a call is refused with."""
    with pytest.raises(HttpResponseError) as caught:
        await doing
    return told(caught.value)


def table_calls(world: World) -> list[Call]:
    return [call for call in world.calls if ".table." in call.host]


async def keys(client: TableClient, expression: str, **parameters: Any) -> list[str]:
    found = client.query_entities(expression, parameters=parameters)
    return [row["RowKey"] async for row in found]


async def raw(world: World, method: str, path: str, body: Any = None, **headers: str) -> Response:
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(world, method, f"{ENDPOINT}/{path}", body, head)


def problem(response: Response) -> tuple[int, str]:
    code = response.json()["odata.error"]["code"]
    assert response.headers["x-ms-error-code"] == code
    return response.status, code


def snapshot(world: World) -> Any:
    return world.snapshot(Tables)


def batch(*writes: tuple[str, str, Any]) -> bytes:
    """A transaction as it travels."""
    parts = [
        f"--changeset_1\r\nContent-Type: application/http\r\n\r\n{method} {ENDPOINT}/{path} HTTP/1.1\r\n"
        f"Content-Type: application/json\r\n\r\n{json.dumps(body)}\r\n"
        for method, path, body in writes
    ]
    head = "--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n"
    return f"{head}{''.join(parts)}--changeset_1--\r\n--batch_1--\r\n".encode()


def table_rows(world: World) -> list[Any]:
    rows: list[Any] = snapshot(world)["Tables"][f"{contoso.STORAGE_ACCOUNT}/{contoso.LEDGER_TABLE}"]
    return rows

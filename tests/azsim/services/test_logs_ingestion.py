"""Rows into the streams of data collection rules."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping, MutableMapping
from typing import Any

import msgspec
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.monitor.ingestion.aio import LogsIngestionClient

from azsim import arm as store
from azsim.messages import Response
from azsim.services.logs_ingestion import MAX_CALL, MAX_FIELD, Logs
from azsim.tenants import contoso
from azsim.tenants.contoso import Stream
from azsim.world import World
from shared.azure.clients import pipeline
from tests.azsim.caller import allow_data, ask, azure, error

WRITE = "Microsoft.Insights/DataCollectionRules/Data/Write"
TYPES = ("string", "int", "long", "real", "boolean", "datetime", "guid", "dynamic")
COLUMNS = [{"name": "TimeGenerated", "type": "datetime"}, *({"name": kind, "type": kind} for kind in TYPES)]
STREAM = Stream("Custom-Samples", "Samples_CL", COLUMNS)
NOW = "2026-03-02T09:00:00Z"
URL = f"https://{contoso.LOGS_HOST}/dataCollectionRules/{contoso.RULE_ID}/streams/{STREAM.name}?api-version=2023-01-01"


@pytest.fixture
def tenant() -> World:
    """Contoso, with a stream of every type of column."""
    world = contoso.build(World(tenant=contoso.TENANT), STREAM)
    allow_data(world, WRITE, at=contoso.RULE)
    return world


def sdk(world: World) -> LogsIngestionClient:
    under = azure(world)
    return LogsIngestionClient(f"https://{contoso.LOGS_HOST}", under.credential, **pipeline(under.send, under.clock))


def rows(world: World) -> list[dict[str, Any]]:
    return world.state(Logs).rows(STREAM.table)


async def upload(world: World, *given: Mapping[str, Any]) -> Response:
    return await ask(world, "POST", URL, [{"TimeGenerated": NOW, **row} for row in given])


async def test_the_sdks_rows_arrive_in_order(tenant: World) -> None:
    given: list[MutableMapping[str, Any]] = [{"TimeGenerated": NOW, "int": number} for number in range(50)]
    await sdk(tenant).upload(contoso.RULE_ID, STREAM.name, given)
    assert rows(tenant) == given
    assert tenant.calls[-1].headers["content-encoding"] == "gzip"
    await sdk(tenant).upload(contoso.RULE_ID, STREAM.name, given[:1])
    assert len(rows(tenant)) == 51
    assert tenant.state(Logs).snapshot() == {STREAM.table: rows(tenant)}


async def test_a_body_may_come_compressed_or_plain(tenant: World) -> None:
    await sdk(tenant).upload(
        contoso.RULE_ID, STREAM.name, io.BytesIO(gzip.compress(json.dumps([{"TimeGenerated": NOW}]).encode()))
    )
    assert (await upload(tenant, {})).status == 204
    assert rows(tenant) == [{"TimeGenerated": NOW}] * 2
    body = gzip.compress(b"[]")[:-4]
    refused = await ask(tenant, "POST", URL, body, {"content-encoding": "gzip"})
    assert error(refused) == (400, "InvalidContentEncoding")


async def test_the_rows_that_a_rule_does_not_take_fail_at_the_sdk(tenant: World) -> None:
    with pytest.raises(HttpResponseError, match="unknown field `colour`") as caught:
        await sdk(tenant).upload(contoso.RULE_ID, STREAM.name, [{"TimeGenerated": NOW, "colour": "red"}])
    assert caught.value.status_code == 400
    assert rows(tenant) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""),
        ("string", "x" * MAX_FIELD),
        ("int", 2**31 - 1),
        ("int", -(2**31)),
        ("long", 2**63 - 1),
        ("long", -(2**63)),
        ("real", 1),
        ("real", 1.5),
        ("boolean", False),
        ("datetime", NOW),
        ("datetime", "2026-03-02T09:00:00.123456+02:00"),
        ("guid", "c9da6455-213d-42c9-9a79-3e9149a57833"),
        ("dynamic", {"a": [1]}),
        ("dynamic", []),
        ("dynamic", "text"),
        ("dynamic", 1.5),
        *((kind, None) for kind in TYPES),
    ],
)
async def test_a_column_takes_values_of_its_type_and_null(tenant: World, kind: str, value: Any) -> None:
    assert (await upload(tenant, {kind: value})).status == 204
    assert rows(tenant) == [{"TimeGenerated": NOW, kind: value}]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 1),
        ("string", ["x"]),
        ("int", "1"),
        ("int", 1.5),
        ("int", True),
        ("int", 2**31),
        ("int", -(2**31) - 1),
        ("long", "1"),
        ("long", True),
        ("long", 2**63),
        ("real", "1.5"),
        ("real", True),
        ("boolean", 1),
        ("boolean", "true"),
        ("datetime", 1),
        ("datetime", "yesterday"),
        ("datetime", "2026-03-02T09:00:00"),
        ("guid", "x"),
        ("guid", 1),
        ("guid", ["x"]),
    ],
)
async def test_a_value_of_another_type_is_refused_and_no_row_is_kept(tenant: World, kind: str, value: Any) -> None:
    refused = await upload(tenant, {}, {kind: value})
    assert error(refused) == (400, "InvalidRecord")
    assert f"at `$[1].{kind}`" in refused.json()["error"]["message"]
    assert rows(tenant) == []


async def test_a_field_holds_64_kb(tenant: World) -> None:
    for kind, value in (("string", "x" * (MAX_FIELD + 1)), ("dynamic", ["x" * MAX_FIELD])):
        refused = await upload(tenant, {kind: value})
        assert error(refused) == (400, "InvalidRecord")


async def test_a_column_that_is_not_declared_is_refused(tenant: World) -> None:
    refused = await upload(tenant, {"String": "x"})
    assert error(refused) == (400, "InvalidRecord")
    assert "unknown field `String`" in refused.json()["error"]["message"]


@pytest.mark.parametrize("row", [{}, {"TimeGenerated": None}])
async def test_every_row_has_a_time(tenant: World, row: dict[str, Any]) -> None:
    refused = await ask(tenant, "POST", URL, [row])
    assert error(refused) == (400, "InvalidRecord")
    assert "TimeGenerated" in refused.json()["error"]["message"]


@pytest.mark.parametrize("body", [{"TimeGenerated": NOW}, "row", [NOW], [[{"TimeGenerated": NOW}]], None])
async def test_a_body_is_an_array_of_objects(tenant: World, body: Any) -> None:
    assert error(await ask(tenant, "POST", URL, msgspec.json.encode(body))) == (400, "InvalidPayload")
    assert error(await ask(tenant, "POST", URL, b"not json")) == (400, "InvalidPayload")


async def test_a_call_carries_1_mb_packed_or_not(tenant: World) -> None:
    row = json.dumps({"TimeGenerated": NOW, "string": "x" * 60_000}).encode()
    fits = b"[" + b",".join([row] * 17) + b"]"
    fits += b" " * (MAX_CALL - len(fits))
    assert (await ask(tenant, "POST", URL, fits)).status == 204
    packed = gzip.compress(fits + b" ")
    for body, head in ((fits + b" ", {}), (packed, {"content-encoding": "gzip"})):
        assert error(await ask(tenant, "POST", URL, body, head)) == (413, "ContentLengthLimitExceeded")
    assert len(rows(tenant)) == 17


async def test_the_sdk_cuts_what_is_too_large_for_one_call(tenant: World) -> None:
    given: list[MutableMapping[str, Any]] = [{"TimeGenerated": NOW, "string": "x" * 60_000} for _ in range(40)]
    await sdk(tenant).upload(contoso.RULE_ID, STREAM.name, given)
    assert rows(tenant) == given
    assert sum(call.path.startswith("/dataCollectionRules") for call in tenant.calls) > 1


async def test_a_rule_or_stream_that_there_is_not_is_refused(tenant: World) -> None:
    client = sdk(tenant)
    with pytest.raises(ResourceNotFoundError, match="immutable Id 'dcr-none' not found"):
        await client.upload("dcr-none", STREAM.name, [{"TimeGenerated": NOW}])
    unknown = await ask(tenant, "POST", URL.replace(STREAM.name, "Custom-Other"), [{"TimeGenerated": NOW}])
    assert error(unknown) == (400, "InvalidStream")


async def test_a_stream_that_no_flow_takes_is_refused(tenant: World) -> None:
    rule = tenant.state(store.Arm).find(contoso.RULE)
    assert rule is not None
    rule.properties["dataFlows"][0]["streams"] = ["Custom-Other"]
    assert error(await upload(tenant, {})) == (400, "InvalidStream")
    del rule.properties["streamDeclarations"]
    assert error(await upload(tenant, {})) == (400, "InvalidStream")


async def test_who_may_not_write_is_refused() -> None:
    tenant = contoso.build(World(tenant=contoso.TENANT), STREAM)
    refused = await upload(tenant, {})
    assert error(refused) == (403, "OperationFailed")
    assert contoso.RULE_ID in refused.json()["error"]["message"]
    with pytest.raises(HttpResponseError) as caught:
        await sdk(tenant).upload(contoso.RULE_ID, STREAM.name, [{"TimeGenerated": NOW}])
    assert caught.value.status_code == 403
    assert rows(tenant) == []
    allow_data(tenant, WRITE, at=contoso.RULE)
    assert (await upload(tenant, {})).status == 204
    assert tenant.calls[-1].permissions == [(WRITE, contoso.RULE)]

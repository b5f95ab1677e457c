"""What keys, bodies and sizes Table storage takes."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
)
from azure.data.tables import UpdateMode

from azsim.entities import Tables
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow_data, ask
from tests.azsim.services.tables import (
    ENTITIES,
    entity,
    keys,
    problem,
    raw,
    refusal,
    sdk,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, f"{ENTITIES}/*")
    return world


@pytest.mark.parametrize("key", ["it's", "a b", "ü%25", "x+y&z=1", "'", "''", "(", "a,RowKey='b", "", "@:;!$*~"])
async def test_a_key_may_hold_almost_anything(tenant: World, key: str) -> None:
    client = sdk(tenant)
    await client.create_entity(entity(key, key, a=1))
    assert {**await client.get_entity(key, key)} == entity(key, key, a=1)
    await client.update_entity(entity(key, key, a=2))
    await client.submit_transaction([("upsert", entity(key, key, b=3))])
    assert await keys(client, "PartitionKey eq @p and RowKey eq @r", p=key, r=key) == [key]
    assert {**await client.get_entity(key, key)} == entity(key, key, a=2, b=3)
    await client.delete_entity(key, key)
    assert tenant.state(Tables).tables[contoso.STORAGE_ACCOUNT, contoso.LEDGER_TABLE] == {}


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\tb", "a\nb", "a\x7fb", "a\x85b"])
async def test_a_key_with_a_forbidden_character_is_refused(tenant: World, key: str) -> None:
    client = sdk(tenant)
    out_of_range = (400, "OutOfRangeInput")
    for given in (entity(key), entity(partition=key)):
        assert await refusal(client.create_entity(given)) == out_of_range
        assert await refusal(client.upsert_entity(given)) == out_of_range
        assert await refusal(client.submit_transaction([("create", given)])) == out_of_range
    assert await refusal(client.get_entity("p", key)) == out_of_range


async def test_a_key_holds_a_kibibyte(tenant: World) -> None:
    client = sdk(tenant)
    await client.create_entity(entity("x" * 512, "y" * 512))
    for given in (entity("x" * 513), entity(partition="y" * 513), entity("\U0001f600" * 257)):
        assert await refusal(client.create_entity(given)) == (400, "PropertyValueTooLarge")


@pytest.mark.parametrize(
    ("fits", "too_large"),
    [
        ("x" * 32768, "x" * 32769),
        ("ü" * 32768, "ü" * 32769),
        ("\U0001f600" * 16384, "\U0001f600" * 16385),
        (bytes(65536), bytes(65537)),
    ],
    ids=["text", "umlauts", "emoji", "bytes"],
)
async def test_a_value_holds_64_kib(tenant: World, fits: Any, too_large: Any) -> None:
    client = sdk(tenant)
    await client.create_entity(entity(a=fits))
    assert (await client.get_entity("p", "r"))["a"] == fits
    assert await refusal(client.upsert_entity(entity(a=too_large))) == (400, "PropertyValueTooLarge")
    assert (await client.get_entity("p", "r"))["a"] == fits


async def test_an_entity_holds_a_mebibyte_as_azure_counts(tenant: World) -> None:
    client = sdk(tenant)
    # Two bytes a character: sixteen full columns of text are just too many.
    text: dict[str, Any] = {f"c{number}": "x" * 32000 for number in range(16)}
    await client.create_entity(entity(**text))
    assert await refusal(client.upsert_entity(entity(**text, c16="x" * 32000))) == (400, "EntityTooLarge")
    blobs: dict[str, Any] = {f"c{number}": bytes(65000) for number in range(16)}
    await client.upsert_entity(entity(**blobs))
    with pytest.raises(HttpResponseError):
        await client.update_entity(entity(one_more=bytes(65000)), mode=UpdateMode.MERGE)


async def test_an_entity_has_252_properties_besides_its_keys(tenant: World) -> None:
    client = sdk(tenant)
    full: dict[str, Any] = {f"c{number}": number for number in range(252)}
    await client.create_entity(entity(**full))
    too_many = (400, "TooManyProperties")
    assert await refusal(client.upsert_entity(entity(**full, more=1))) == too_many
    assert await refusal(client.update_entity(entity(more=1), mode=UpdateMode.MERGE)) == too_many


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "InvalidInput"),
        (b"[]", "InvalidInput"),
        ({"RowKey": "r"}, "PropertiesNeedValue"),
        ({"PartitionKey": "p"}, "PropertiesNeedValue"),
        ({"PartitionKey": None, "RowKey": "r"}, "PropertiesNeedValue"),
        (entity() | {"a": "x", "a@odata.type": "Edm.Int64"}, "InvalidInput"),
        (entity() | {"a": "x", "a@odata.type": "Edm.Guid"}, "InvalidInput"),
        (entity() | {"a": 1, "a@odata.type": "Edm.Guid"}, "InvalidInput"),
        (entity() | {"a": "yesterday", "a@odata.type": "Edm.DateTime"}, "InvalidInput"),
        (entity() | {"a": "x", "a@odata.type": "Edm.Binary"}, "InvalidInput"),
        (entity() | {"a": [1], "a@odata.type": "Edm.Double"}, "InvalidInput"),
    ],
)
async def test_a_body_that_is_no_entity_is_refused(tenant: World, body: Any, code: str) -> None:
    assert problem(await raw(tenant, "POST", contoso.LEDGER_TABLE, body)) == (400, code)
    assert tenant.state(Tables).tables[contoso.STORAGE_ACCOUNT, contoso.LEDGER_TABLE] == {}


async def test_a_path_or_method_that_there_is_not_is_refused(tenant: World) -> None:
    assert problem(await raw(tenant, "GET", "riposte(RowKey='r')")) == (400, "InvalidInput")
    assert problem(await raw(tenant, "PUT", "riposte", entity())) == (400, "InvalidInput")
    assert problem(await raw(tenant, "TRACE", "riposte(PartitionKey='p',RowKey='r')")) == (405, "MethodNotAllowed")
    allow_data(tenant, f"{ENTITIES}/*", at="/")
    nowhere = await ask(tenant, "GET", "https://stnowhere.table.core.windows.net/riposte()")
    assert problem(nowhere) == (404, "ResourceNotFound")

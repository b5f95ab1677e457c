"""Reads and writes of one entity of Table storage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import EdmType, UpdateMode

from azsim.entities import Tables
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow_data
from tests.azsim.services.tables import (
    ENTITIES,
    KEY,
    entity,
    keys,
    problem,
    raw,
    refusal,
    sdk,
    told,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, f"{ENTITIES}/*")
    return world


async def test_every_type_of_value_comes_back_as_it_went(tenant: World) -> None:
    values: dict[str, Any] = {
        "text": "it's ünïcode \U0001f600",
        "empty": "",
        "looks_like_a_type": "Edm.String",
        "number": -5,
        "large": (2**40, EdmType.INT64),
        "ratio": 2.5,
        "infinite": float("inf"),
        "on": True,
        "off": False,
        "at": datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC),
        "id": UUID("c9da6455-213d-42c9-9a79-3e9149a57833"),
        "raw": bytes(range(256)),
    }
    client = sdk(tenant)
    await client.create_entity(entity(**values))
    found = await client.get_entity("p", "r")
    assert {**found} == entity(**{**values, "large": found["large"]})
    assert found["large"].value == 2**40
    assert found["large"].edm_type is EdmType.INT64


async def test_an_entity_has_an_etag_and_a_time(tenant: World) -> None:
    client = sdk(tenant)
    made = await client.create_entity(entity())
    found = await client.get_entity("p", "r")
    assert found.metadata["etag"] == made["etag"]
    stamp = found.metadata["timestamp"]
    assert stamp is not None
    assert stamp.replace(microsecond=0) == tenant.clock.now()
    assert (await anext(aiter(client.list_entities()))).metadata["etag"] == made["etag"]


async def test_properties_without_a_value_are_not_kept(tenant: World) -> None:
    answer = await raw(tenant, "POST", contoso.LEDGER_TABLE, entity(a=None, b=1))
    assert answer.status == 204
    assert {**await sdk(tenant).get_entity("p", "r")} == entity(b=1)


async def test_an_entity_that_is_there_cannot_be_inserted(tenant: World) -> None:
    client = sdk(tenant)
    await client.create_entity(entity(a=1))
    with pytest.raises(ResourceExistsError) as caught:
        await client.create_entity(entity(a=2))
    assert told(caught.value) == (409, "EntityAlreadyExists")
    assert (await client.get_entity("p", "r"))["a"] == 1


async def test_an_entity_that_is_not_there_is_a_404(tenant: World) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        await sdk(tenant).get_entity("p", "r")
    assert told(caught.value) == (404, "ResourceNotFound")


async def test_a_table_that_is_not_there_is_told_apart_from_an_entity(tenant: World) -> None:
    client = sdk(tenant, "none")
    missing = (404, "TableNotFound")
    assert await refusal(client.get_entity("p", "r")) == missing
    assert await refusal(client.create_entity(entity())) == missing
    assert await refusal(keys(client, "a eq 1")) == missing
    assert await refusal(client.submit_transaction([("create", entity())])) == missing


async def test_a_replacement_takes_the_etag_that_was_read(tenant: World) -> None:
    client = sdk(tenant)
    first = await client.create_entity(entity(a=1, b=1))
    condition = {"etag": first["etag"], "match_condition": MatchConditions.IfNotModified}
    second = await client.update_entity(entity(a=2), mode=UpdateMode.REPLACE, **condition)
    assert second["etag"] != first["etag"]
    assert {**await client.get_entity("p", "r")} == entity(a=2)
    with pytest.raises(ResourceModifiedError) as caught:
        await client.update_entity(entity(a=3), mode=UpdateMode.REPLACE, **condition)
    assert told(caught.value) == (412, "UpdateConditionNotSatisfied")
    assert {**await client.get_entity("p", "r")} == entity(a=2)


async def test_every_write_has_another_etag_even_of_the_same_values_at_the_same_time(tenant: World) -> None:
    client = sdk(tenant)
    etags = [(await client.upsert_entity(entity(a=1)))["etag"] for _ in range(50)]
    assert len(set(etags)) == 50


async def test_an_update_without_an_etag_wants_the_entity_to_be_there(tenant: World) -> None:
    client = sdk(tenant)
    for mode in (UpdateMode.REPLACE, UpdateMode.MERGE):
        with pytest.raises(ResourceNotFoundError):
            await client.update_entity(entity(a=1), mode=mode)
    await client.create_entity(entity())
    await client.update_entity(entity(a=1), mode=UpdateMode.REPLACE)
    assert (await client.get_entity("p", "r"))["a"] == 1


async def test_a_merge_keeps_what_it_does_not_name(tenant: World) -> None:
    client = sdk(tenant)
    first = await client.create_entity(entity(a=1, b=1))
    condition = {"etag": first["etag"], "match_condition": MatchConditions.IfNotModified}
    await client.update_entity(entity(b=2, c=3), mode=UpdateMode.MERGE, **condition)
    assert {**await client.get_entity("p", "r")} == entity(a=1, b=2, c=3)
    with pytest.raises(ResourceModifiedError):
        await client.update_entity(entity(b=4), mode=UpdateMode.MERGE, **condition)


async def test_a_merge_may_change_the_type_of_a_value(tenant: World) -> None:
    client = sdk(tenant)
    await client.create_entity(entity(a=UUID(int=1), b=(2**40, EdmType.INT64), c=b"x"))
    await client.update_entity(entity(a=True, b=7, c="text"), mode=UpdateMode.MERGE)
    assert {**await client.get_entity("p", "r")} == entity(a=True, b=7, c="text")


@pytest.mark.parametrize(("mode", "after"), [(UpdateMode.REPLACE, {"b": 2}), (UpdateMode.MERGE, {"a": 1, "b": 2})])
async def test_an_upsert_inserts_or_writes_over(tenant: World, mode: UpdateMode, after: dict[str, Any]) -> None:
    client = sdk(tenant)
    await client.upsert_entity(entity(a=1), mode=mode)
    assert {**await client.get_entity("p", "r")} == entity(a=1)
    await client.upsert_entity(entity(b=2), mode=mode)
    assert {**await client.get_entity("p", "r")} == entity(**after)


async def test_a_deletion_with_an_etag_wants_it_to_hold(tenant: World) -> None:
    client = sdk(tenant)
    first = await client.create_entity(entity(a=1))
    second = await client.upsert_entity(entity(a=2))
    with pytest.raises(ResourceModifiedError):
        await client.delete_entity(entity(), etag=first["etag"], match_condition=MatchConditions.IfNotModified)
    await client.delete_entity(entity(), etag=second["etag"], match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceNotFoundError):
        await client.get_entity("p", "r")


async def test_a_deletion_without_an_etag_deletes_what_is_there(tenant: World) -> None:
    client = sdk(tenant)
    await client.create_entity(entity())
    await client.delete_entity("p", "r")
    assert tenant.snapshot(Tables)["Tables"] == {f"{contoso.STORAGE_ACCOUNT}/{contoso.LEDGER_TABLE}": []}
    assert problem(await raw(tenant, "DELETE", KEY, if_match="*")) == (404, "ResourceNotFound")
    await client.delete_entity("p", "r")  # the SDK takes what is gone for deleted
    assert (await raw(tenant, "DELETE", KEY)).status == 412

"""Entity-group transactions: all writes or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.data.tables import RequestTooLargeError, TableTransactionError, UpdateMode

from azsim.entities import Rows, Tables
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow_data
from tests.azsim.services.tables import (
    ENTITIES,
    batch,
    entity,
    problem,
    raw,
    refusal,
    sdk,
    snapshot,
    table_rows,
    told,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, f"{ENTITIES}/*")
    return world


async def test_a_transaction_does_all_its_writes(tenant: World) -> None:
    client = sdk(tenant)
    old = {row: (await client.create_entity(entity(row, a=1, b=1)))["etag"] for row in ("one", "two", "three")}
    condition = {"etag": old["one"], "match_condition": MatchConditions.IfNotModified}
    answers = await client.submit_transaction(
        [
            ("create", entity("new", a=1)),
            ("update", entity("one", a=2), {"mode": UpdateMode.REPLACE, **condition}),
            ("update", entity("two", a=2), {"mode": UpdateMode.MERGE}),
            ("upsert", entity("four", a=2), {"mode": UpdateMode.REPLACE}),
            ("delete", entity("three")),
        ]
    )
    found = {row["RowKey"]: row async for row in client.list_entities()}
    assert {key: {**row} for key, row in found.items()} == {
        "new": entity("new", a=1),
        "one": entity("one", a=2),
        "two": entity("two", a=2, b=1),
        "four": entity("four", a=2),
    }
    etags = [answer.get("etag") for answer in answers]
    assert etags == [*(found[key].metadata["etag"] for key in ("new", "one", "two", "four")), None]


@pytest.mark.parametrize(
    ("failing", "status", "code"),
    [
        (("create", entity("there")), 409, "EntityAlreadyExists"),
        (("update", entity("missing", a=1)), 404, "ResourceNotFound"),
        (
            ("update", entity("there"), {"etag": "stale", "match_condition": MatchConditions.IfNotModified}),
            412,
            "UpdateConditionNotSatisfied",
        ),
        (("delete", entity("missing")), 404, "ResourceNotFound"),
        (("upsert", entity("there", a="x" * 32769)), 400, "PropertyValueTooLarge"),
    ],
)
async def test_a_transaction_that_fails_says_where_and_does_nothing(
    tenant: World, failing: Any, status: int, code: str
) -> None:
    client = sdk(tenant)
    await client.create_entity(entity("there", a=1))
    before = snapshot(tenant)
    writes: Sequence[Any] = [
        ("create", entity("first")),
        ("upsert", entity("second")),
        failing,
        ("create", entity("last")),
    ]
    with pytest.raises(TableTransactionError) as caught:
        await client.submit_transaction(writes)
    assert caught.value.index == 2
    assert told(caught.value) == (status, code)
    assert snapshot(tenant) == before


async def test_a_transaction_keeps_to_one_partition(tenant: World) -> None:
    client = sdk(tenant)
    with pytest.raises(ValueError, match="must all be the same"):
        await client.submit_transaction([("create", entity(partition="a")), ("create", entity(partition="b"))])
    both = batch(("POST", "riposte", entity(partition="a")), ("POST", "riposte", entity(partition="b")))
    assert problem(await raw(tenant, "POST", "$batch", both)) == (400, "CommandsInBatchActOnDifferentPartitions")
    assert table_rows(tenant) == []


async def test_a_transaction_keeps_to_one_table(tenant: World) -> None:
    tenant.state(Tables).tables[contoso.STORAGE_ACCOUNT, "other"] = Rows()
    both = batch(("POST", "riposte", entity("one")), ("POST", "other", entity("two")))
    assert problem(await raw(tenant, "POST", "$batch", both)) == (400, "CommandsInBatchActOnDifferentPartitions")


async def test_a_transaction_writes_each_entity_once(tenant: World) -> None:
    assert await refusal(sdk(tenant).submit_transaction([("create", entity()), ("upsert", entity())])) == (
        400,
        "InvalidDuplicateRow",
    )
    assert table_rows(tenant) == []


async def test_a_transaction_has_100_writes_at_most(tenant: World) -> None:
    client = sdk(tenant)
    rows = [("create", entity(f"{number}")) for number in range(101)]
    assert await refusal(client.submit_transaction(rows)) == (400, "InvalidInput")
    assert len(await client.submit_transaction(rows[:100])) == 100


async def test_a_transaction_is_4_mib_at_most(tenant: World) -> None:
    client = sdk(tenant)
    column = bytes(60000)
    wide: dict[str, Any] = {f"c{number}": column for number in range(10)}
    with pytest.raises(RequestTooLargeError) as caught:
        await client.submit_transaction([("create", entity(f"{number}", **wide)) for number in range(6)])
    assert caught.value.status_code == 413
    assert table_rows(tenant) == []


@pytest.mark.parametrize("body", [b"", b"no change set", b"--changeset_1"])
async def test_a_batch_without_a_change_set_is_refused(tenant: World, body: bytes) -> None:
    assert problem(await raw(tenant, "POST", "$batch", body)) == (400, "InvalidInput")
    assert problem(await raw(tenant, "POST", "$batch", batch())) == (400, "InvalidInput")

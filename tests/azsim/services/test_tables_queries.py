"""Queries of Table storage: order, filters, selections and pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from azure.data.tables import EdmType

from azsim.world import World
from tests.azsim.caller import allow_data
from tests.azsim.services.tables import (
    ENTITIES,
    entity,
    keys,
    refusal,
    sdk,
    table_calls,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, f"{ENTITIES}/*")
    return world


async def test_a_query_is_answered_in_the_order_of_keys(tenant: World) -> None:
    client = sdk(tenant)
    for partition, row in (("b", "1"), ("a", "2"), ("a", "10"), ("B", "1")):
        await client.create_entity(entity(row, partition))
    found = [(row["PartitionKey"], row["RowKey"]) async for row in client.list_entities()]
    assert found == [("B", "1"), ("a", "10"), ("a", "2"), ("b", "1")]


@pytest.mark.parametrize(
    ("expression", "parameters", "wanted"),
    [
        ("n gt 1 and n le 3", {}, "cd"),
        ("n ne 2", {}, "abd"),
        ("n lt 1 or n ge 3", {}, "ad"),
        ("not (n eq 1)", {}, "acd"),
        ("(n eq 1 or n eq 2) and on eq true", {}, "b"),
        ("on eq @on", {"on": False}, "ac"),
        ("name eq @name", {"name": "it's c or d"}, "c"),
        ("name ge 'a' and name lt 'c'", {}, "ab"),
        ("ratio gt @ratio", {"ratio": 1.25}, "cd"),
        ("big eq @big", {"big": 2**40 + 3}, "d"),
        ("big gt @big", {"big": 2**40 + 1}, "cd"),
        ("id eq @id", {"id": UUID(int=2)}, "c"),
        ("at lt @at", {"at": datetime(2026, 1, 3, tzinfo=UTC)}, "ab"),
        ("raw eq @raw", {"raw": b"\x01"}, "b"),
        ("only eq 'x'", {}, "a"),
        ("nothing eq 'x'", {}, ""),
        ("name eq 2", {}, ""),
        ("PartitionKey eq 'p' and RowKey ge 'b' and RowKey lt 'd'", {}, "bc"),
        ("Timestamp ge datetime'2026-03-02T09:00:00Z' and Timestamp lt datetime'2026-03-02T09:00:01Z'", {}, "abcd"),
        ("Timestamp lt datetime'2026-03-02T09:00:00Z'", {}, ""),
    ],
)
async def test_a_query_finds_what_its_filter_says(
    tenant: World, expression: str, parameters: Mapping[str, Any], wanted: str
) -> None:
    client = sdk(tenant)
    for number, row in enumerate("abcd"):
        values: dict[str, Any] = {
            "n": number,
            "name": "it's c or d" if row == "c" else row,
            "on": number % 2 == 1,
            "ratio": number / 2 + 0.5,
            "big": (2**40 + number, EdmType.INT64),
            "id": UUID(int=number),
            "at": datetime(2026, 1, number + 1, tzinfo=UTC),
            "raw": bytes([number]),
        }
        only = {"only": "x"} if row == "a" else {}
        await client.create_entity(entity(row, **values) | only)
    assert "".join(await keys(client, expression, **parameters)) == wanted


async def test_a_filter_that_is_not_understood_is_refused(tenant: World) -> None:
    assert await refusal(keys(sdk(tenant), "n equals 1")) == (400, "InvalidInput")


async def test_a_selection_shows_the_properties_asked_for(tenant: World) -> None:
    client = sdk(tenant)
    await client.create_entity(entity(a=UUID(int=1), ab=2, c=3))
    (found,) = [row async for row in client.list_entities(select=["a", "RowKey"])]
    assert {**found} == {"a": UUID(int=1), "RowKey": "r"}
    assert {**await client.get_entity("p", "r", select=["c"])} == {"c": 3}


async def test_more_than_a_thousand_rows_come_in_pages(tenant: World) -> None:
    client = sdk(tenant)
    for hundred in range(21):
        rows = [entity(f"{hundred:02}-{number:02}", n=number) for number in range(100)]
        await client.submit_transaction([("create", row) for row in rows])
    calls = len(table_calls(tenant))
    assert len(await keys(client, "PartitionKey eq 'p'")) == 2100
    assert len(table_calls(tenant)) - calls == 3
    calls = len(table_calls(tenant))
    assert await keys(client, "n eq 99") == [f"{hundred:02}-99" for hundred in range(21)]
    assert len(table_calls(tenant)) - calls == 1


async def test_a_page_is_as_large_as_asked_and_goes_on_where_it_ended(tenant: World) -> None:
    client = sdk(tenant)
    for number in range(7):
        await client.create_entity(entity(f"r{number}", f"p{number // 3}"))
    pages: Any = client.list_entities(results_per_page=3).by_page()
    first = [row["RowKey"] async for row in await anext(pages)]
    assert first == ["r0", "r1", "r2"]
    resumed = client.list_entities(results_per_page=3).by_page(continuation_token=pages.continuation_token)
    rest = [[row["RowKey"] async for row in page] async for page in resumed]
    assert rest == [["r3", "r4", "r5"], ["r6"]]


async def test_a_continuation_holds_though_its_row_is_gone(tenant: World) -> None:
    client = sdk(tenant)
    for number in range(4):
        await client.create_entity(entity(f"r{number}"))
    pages: Any = client.list_entities(results_per_page=2).by_page()
    await anext(pages)
    await client.delete_entity("p", "r2")
    resumed = client.list_entities(results_per_page=2).by_page(continuation_token=pages.continuation_token)
    assert [[row["RowKey"] async for row in page] async for page in resumed] == [["r3"]]

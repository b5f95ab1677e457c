"""Table storage, by the unmodified SDK."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import EdmType, RequestTooLargeError, TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from azsim.call import Call
from azsim.entities import Tables
from azsim.messages import Response
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import pipeline
from tests.azsim.caller import ACCOUNT, allow, allow_data, ask, azure

ENDPOINT = f"{ACCOUNT}.table.core.windows.net"
TABLE = f"{ENDPOINT}/{contoso.LEDGER_TABLE}"
ENTITIES = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
KEY = f"{contoso.LEDGER_TABLE}(PartitionKey='p',RowKey='r')"
CREATE = "Microsoft.Storage/storageAccounts/tableServices/tables/write"


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, f"{ENTITIES}/*")
    return world


def sdk(world: World, table: str = contoso.LEDGER_TABLE) -> TableClient:
    under = azure(world)
    return TableClient(ENDPOINT, table, credential=under.credential, **pipeline(under.send, under.clock))


def entity(row: str = "r", partition: str = "p", **values: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": row, **values}


def told(error: HttpResponseError) -> tuple[int | None, str]:
    """Status and code; what is raised for an insertion does not carry the code itself."""
    found = getattr(error, "error_code", None)
    if found is None:
        assert error.response is not None
        found = error.response.headers["x-ms-error-code"]
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


# One entity


async def test_every_type_of_value_comes_back_as_it_went(tenant: World) -> None:
    values = {
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
    assert found.metadata["timestamp"].replace(microsecond=0) == tenant.clock.now()
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
async def test_an_upsert_inserts_or_writes_over(tenant: World, mode: UpdateMode, after: Mapping[str, int]) -> None:
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


# Keys, bodies and sizes


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
    text = {f"c{number}": "x" * 32000 for number in range(16)}
    await client.create_entity(entity(**text))
    assert await refusal(client.upsert_entity(entity(**text, c16="x" * 32000))) == (400, "EntityTooLarge")
    blobs = {f"c{number}": bytes(65000) for number in range(16)}
    await client.upsert_entity(entity(**blobs))
    with pytest.raises(HttpResponseError):
        await client.update_entity(entity(one_more=bytes(65000)), mode=UpdateMode.MERGE)


async def test_an_entity_has_252_properties_besides_its_keys(tenant: World) -> None:
    client = sdk(tenant)
    full = {f"c{number}": number for number in range(252)}
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
        (entity(**{"a": "x", "a@odata.type": "Edm.Int64"}), "InvalidInput"),
        (entity(**{"a": "x", "a@odata.type": "Edm.Guid"}), "InvalidInput"),
        (entity(**{"a": 1, "a@odata.type": "Edm.Guid"}), "InvalidInput"),
        (entity(**{"a": "yesterday", "a@odata.type": "Edm.DateTime"}), "InvalidInput"),
        (entity(**{"a": "x", "a@odata.type": "Edm.Binary"}), "InvalidInput"),
        (entity(**{"a": [1], "a@odata.type": "Edm.Double"}), "InvalidInput"),
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


# Queries


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
        values = {
            "n": number,
            "name": "it's c or d" if row == "c" else row,
            "on": number % 2 == 1,
            "ratio": number / 2 + 0.5,
            "big": (2**40 + number, EdmType.INT64),
            "id": UUID(int=number),
            "at": datetime(2026, 1, number + 1, tzinfo=UTC),
            "raw": bytes([number]),
        }
        await client.create_entity(entity(row, **values, **({"only": "x"} if row == "a" else {})))
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
    pages = client.list_entities(results_per_page=3).by_page()
    first = [row["RowKey"] async for row in await anext(pages)]
    assert first == ["r0", "r1", "r2"]
    resumed = client.list_entities(results_per_page=3).by_page(continuation_token=pages.continuation_token)
    rest = [[row["RowKey"] async for row in page] async for page in resumed]
    assert rest == [["r3", "r4", "r5"], ["r6"]]


async def test_a_continuation_holds_though_its_row_is_gone(tenant: World) -> None:
    client = sdk(tenant)
    for number in range(4):
        await client.create_entity(entity(f"r{number}"))
    pages = client.list_entities(results_per_page=2).by_page()
    await anext(pages)
    await client.delete_entity("p", "r2")
    resumed = client.list_entities(results_per_page=2).by_page(continuation_token=pages.continuation_token)
    assert [[row["RowKey"] async for row in page] async for page in resumed] == [["r3"]]


# Transactions


def snapshot(world: World) -> Any:
    return world.snapshot(Tables)


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
    tenant.state(Tables).tables[contoso.STORAGE_ACCOUNT, "other"] = {}
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
    wide = {f"c{number}": column for number in range(10)}
    with pytest.raises(RequestTooLargeError) as caught:
        await client.submit_transaction([("create", entity(f"{number}", **wide)) for number in range(6)])
    assert caught.value.status_code == 413
    assert table_rows(tenant) == []


@pytest.mark.parametrize("body", [b"", b"no change set", b"--changeset_1"])
async def test_a_batch_without_a_change_set_is_refused(tenant: World, body: bytes) -> None:
    assert problem(await raw(tenant, "POST", "$batch", body)) == (400, "InvalidInput")
    assert problem(await raw(tenant, "POST", "$batch", batch())) == (400, "InvalidInput")


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


# Tables and permissions


async def test_a_table_is_created_once(world: World) -> None:
    allow(world, CREATE)
    allow_data(world, f"{ENTITIES}/*")
    client = sdk(world, "Another1")
    await client.create_table()
    with pytest.raises(ResourceExistsError) as caught:
        await client.create_table()
    assert told(caught.value) == (409, "TableAlreadyExists")
    await client.create_entity(entity())
    assert await keys(sdk(world, "ANOTHER1"), "RowKey eq 'r'") == ["r"]
    under = azure(world)
    service = TableServiceClient(ENDPOINT, credential=under.credential, **pipeline(under.send, under.clock))
    await service.create_table_if_not_exists("Another1")


@pytest.mark.parametrize("name", ["ab", "1abc", "with-dash", "x" * 64, ""])
async def test_a_tables_name_is_letters_and_digits(world: World, name: str) -> None:
    allow(world, CREATE)
    assert problem(await raw(world, "POST", "Tables", {"TableName": name})) == (400, "InvalidResourceName")


REFUSED = (403, "AuthorizationPermissionMismatch")


async def test_who_may_not_create_a_table_is_refused(world: World) -> None:
    allow_data(world, "*")
    assert await refusal(sdk(world, "another").create_table()) == REFUSED


ADD, UPDATE, DELETE, WRITE, READ = (
    f"{ENTITIES}/{name}" for name in ("add/action", "update/action", "delete", "write", "read")
)
ETAG = {"if_match": "*"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "enough", "not_enough"),
    [
        ("POST", "riposte", {}, [ADD], [UPDATE, DELETE, READ]),
        ("POST", "riposte", {}, [WRITE], [UPDATE, DELETE, READ]),
        ("PUT", KEY, ETAG, [UPDATE], [ADD, DELETE, READ]),
        ("PUT", KEY, {}, [ADD, UPDATE], [UPDATE, DELETE, READ]),
        ("PATCH", KEY, {}, [ADD, UPDATE], [ADD, DELETE, READ]),
        ("MERGE", KEY, {}, [WRITE], [UPDATE, DELETE, READ]),
        ("DELETE", KEY, ETAG, [DELETE], [ADD, UPDATE, READ]),
        ("DELETE", KEY, ETAG, [WRITE], [ADD, UPDATE, READ]),
        ("GET", KEY, {}, [READ], [ADD, UPDATE, DELETE, WRITE]),
        ("GET", "riposte()", {}, [READ], [ADD, UPDATE, DELETE, WRITE]),
    ],
)
async def test_a_call_wants_its_permission(
    world: World, method: str, path: str, headers: dict[str, str], enough: list[str], not_enough: list[str]
) -> None:
    allow(world, "*")
    body = None if method in ("GET", "DELETE") else entity()
    allow_data(world, *not_enough)
    assert problem(await raw(world, method, path, body, **headers)) == REFUSED
    scope = f"{contoso.STORAGE}/tableServices/default/tables/riposte"
    allow_data(world, *enough, at=scope)
    assert (await raw(world, method, path, body, **headers)).status in (200, 204, 404)
    assert {permission for permission, _ in world.calls[-1].permissions} <= {*enough, *not_enough}
    assert {where for _, where in world.calls[-1].permissions} == {scope}


async def test_a_transaction_wants_the_permission_of_every_write(world: World) -> None:
    allow_data(world, ADD)
    client = sdk(world)
    assert await refusal(client.submit_transaction([("create", entity("one")), ("delete", entity("two"))])) == REFUSED
    assert table_rows(world) == []
    await client.submit_transaction([("create", entity("one"))])
    assert len(table_rows(world)) == 1

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from shared.azure.table import NONCE, Row, Table, Value, Write
from shared.model.errors import Changed, NotFound, Temporary
from shared.wire.message import Request, Response, Send
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time


@pytest.fixture
def table(storage: Storage, name: str) -> Table:
    return storage.table(name)


def plain(row: Row | None) -> dict[str, object]:
    """A row's own values."""
    assert row is not None
    return {key: value for key, value in row.values.items() if key != NONCE}


async def test_every_kind_of_value_comes_back_as_it_was_written(table: Table) -> None:
    values: dict[str, Value] = {
        "Text": "a \"b\" 'c' ä€😀\n\\",
        "Empty": "",
        "Number": -7,
        "Flag": False,
        "Bytes": bytes(range(256)),
    }

    written = await table.insert(Row("case", "step", values))

    assert plain(await table.get("case", "step")) == plain(written) == values
    assert await table.get("case", "step") == written


async def test_a_row_that_is_not_there_is_none(table: Table) -> None:
    assert await table.get("case", "step") is None
    assert await table.query("case") == []


async def test_a_second_insert_is_refused_and_changes_nothing(table: Table) -> None:
    first = await table.insert(Row("case", "step", {"By": "first"}))

    with pytest.raises(Changed) as caught:
        await table.insert(Row("case", "step", {"By": "second"}))

    assert (caught.value.status, caught.value.code) == (409, "EntityAlreadyExists")
    assert await table.get("case", "step") == first


async def test_insert_or_get_tells_who_was_first(table: Table) -> None:
    first, new = await table.insert_or_get(Row("case", "step", {"By": "first"}))
    there, again = await table.insert_or_get(Row("case", "step", {"By": "second"}))

    assert (new, again, there) == (True, False, first)


async def test_a_row_is_replaced_whole_as_long_as_nobody_else_was_there(table: Table) -> None:
    first = await table.insert(Row("case", "step", {"A": "1", "B": "2"}))

    second = await table.replace(replace(first, values={"A": "3"}))

    assert plain(await table.get("case", "step")) == {"A": "3"}
    assert second.etag != first.etag
    third = await table.replace(replace(second, values={"A": "4"}))
    assert await table.get("case", "step") == third


@pytest.mark.parametrize("verb", ["replace", "delete"])
async def test_a_stale_etag_is_refused_and_changes_nothing(table: Table, verb: str) -> None:
    stale = await table.insert(Row("case", "step", {"By": "first"}))
    now = await table.replace(replace(stale, values={"By": "second"}))

    with pytest.raises(Changed) as caught:
        await getattr(table, verb)(replace(stale, values={"By": "third"}))

    assert (caught.value.status, caught.value.code) == (412, "UpdateConditionNotSatisfied")
    assert await table.get("case", "step") == now


async def test_replacing_a_row_that_is_gone_is_refused_and_does_not_bring_it_back(table: Table) -> None:
    row = await table.insert(Row("case", "step"))
    await table.delete(row)

    with pytest.raises(Changed) as caught:
        await table.replace(row)

    assert (caught.value.status, await table.get("case", "step")) == (404, None)


async def test_deleting_a_row_that_is_gone_is_no_error(table: Table) -> None:
    row = await table.insert(Row("case", "step"))

    await table.delete(row)
    await table.delete(row)


async def test_a_row_is_put_whatever_is_there(table: Table) -> None:
    first = await table.put(Row("case", "step", {"A": "1", "B": "2"}))
    second = await table.put(Row("case", "step", {"A": "3"}))

    assert (plain(await table.get("case", "step")), first.etag != second.etag) == ({"A": "3"}, True)


async def test_a_transaction_writes_everything_and_tells_every_etag(table: Table) -> None:
    old, older = await table.insert(Row("case", "b")), await table.insert(Row("case", "c"))
    writes = [Write("insert", Row("case", "a", {"N": 1})), Write("replace", replace(old, values={"N": 2}))]
    writes += [Write("delete", older), Write("put", Row("case", "d", {"N": 4}))]

    done = await table.commit(writes)

    there = await table.query("case")
    assert [(row.key, row.values["N"]) for row in there] == [("a", 1), ("b", 2), ("d", 4)]
    assert [done[0], done[1], done[3]] == there


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    ("verb", "state", "status"),
    [
        ("insert", "there", 409),
        ("replace", "changed", 412),
        ("replace", "gone", 404),
        ("delete", "changed", 412),
        ("delete", "gone", 404),
    ],
)
async def test_a_transaction_of_which_one_condition_fails_writes_nothing(
    table: Table, verb: str, state: str, status: int, place: int
) -> None:
    row = await table.insert(Row("case", "step", {"By": "first"}))
    if state == "changed":
        await table.replace(replace(row, values={"By": "second"}))
    if state == "gone":
        await table.delete(row)
    before = await table.query("case")
    writes = [Write("insert", Row("case", "a")), Write("put", Row("case", "b"))]
    writes.insert(place, Write(verb, row))  # type: ignore[arg-type]

    with pytest.raises(Changed) as caught:
        await table.commit(writes)

    assert caught.value.status == status
    assert await table.query("case") == before


@pytest.mark.parametrize("count", [999, 1000, 1001, 2003])
async def test_a_partition_of_any_size_is_read_whole_and_in_order(table: Table, count: int) -> None:
    for start in range(0, count, 100):
        await table.commit([Write("insert", Row("case", f"{i:05}")) for i in range(start, min(start + 100, count))])
    await table.insert(Row("case2", "00000"))

    keys = [row.key for row in await table.query("case")]

    assert keys == [f"{i:05}" for i in range(count)]
    assert [row.key for row in await table.query("case", "00300", "00302")] == ["00300", "00301"]


async def test_a_range_begins_with_its_first_key_and_ends_before_its_last(table: Table) -> None:
    for key in ("out-1", "run-1", "step-", "step-0", "step-f", "step.", "step/"[:4] + "z"):
        await table.insert(Row("case", key))

    assert [row.key for row in await table.query("case", "step-", "step.")] == ["step-", "step-0", "step-f"]
    assert [row.key for row in await table.query("case", "", "run-1")] == ["out-1"]
    assert [row.key for row in await table.query("case", "step.")] == ["step.", "stepz"]


Act = Callable[[Table, Row], Awaitable[object]]
RACES: dict[str, Act] = {
    "insert": lambda table, row: table.insert(replace(row, key="new")),
    "replace": lambda table, row: table.replace(row),
    "transaction": lambda table, row: table.commit([Write("replace", row), Write("insert", replace(row, key="new"))]),
}


@pytest.mark.parametrize("act", RACES.values(), ids=RACES)
async def test_of_writers_at_the_same_time_exactly_one_wins(storage: Storage, name: str, act: Act) -> None:
    row = await storage.table(name).insert(Row("case", "step"))
    meeting = asyncio.Barrier(8)

    def together(send: Send) -> Send:
        async def send_together(request: Request) -> Response:
            await meeting.wait()
            return await send(request)

        return send_together

    writers = [act(storage.table(name, together), replace(row, values={"By": i})) for i in range(8)]
    ends = await asyncio.gather(*writers, return_exceptions=True)

    won = [i for i, end in enumerate(ends) if not isinstance(end, BaseException)]
    assert [type(end) for i, end in enumerate(ends) if i not in won] == [Changed] * 7
    keys = {"insert": ["new"], "replace": ["step"], "transaction": ["new", "step"]}
    there = {row.key: row.values.get("By") for row in await storage.table(name).query("case")}
    assert all(there[key] == won[0] for key in next(keys[k] for k, v in RACES.items() if v is act))


@pytest.mark.parametrize(
    "ask",
    [
        lambda table: table.get("case", "step"),
        lambda table: table.query("case"),
        lambda table: table.insert(Row("case", "step")),
        lambda table: table.put(Row("case", "step")),
        lambda table: table.replace(Row("case", "step", etag='W/"1"')),
        lambda table: table.commit([Write("delete", Row("case", k, etag='W/"1"')) for k in "ab"]),
    ],
    ids=["get", "query", "insert", "put", "replace", "transaction"],
)
async def test_a_table_that_does_not_exist_is_never_an_empty_one(
    storage: Storage, ask: Callable[[Table], Awaitable[object]]
) -> None:
    with pytest.raises(NotFound) as caught:
        await ask(storage.table("nosuchtable"))

    assert caught.value.code == "TableNotFound"


async def test_a_row_that_always_exists_and_is_never_there_is_a_temporary_error(storage: Storage, name: str) -> None:
    def contradicting(send: Send) -> Send:
        async def send_reads_elsewhere(request: Request) -> Response:
            if request.method == "GET":
                return await send(replace(request, url=request.url.replace("step", "nowhere")))
            return await send(request)

        return send_reads_elsewhere

    await storage.table(name).insert(Row("case", "step"))

    with pytest.raises(Temporary, match="step can neither be written nor read"):
        await storage.table(name, contradicting).insert_or_get(Row("case", "step"))

from __future__ import annotations

import pytest

from shared.azure.table import Row, Table, Value, Write
from shared.model.errors import NotFound, Permanent
from tests.azure.storage import Storage, on_azsim

pytestmark = pytest.mark.real_time


@pytest.fixture
def table(storage: Storage, name: str) -> Table:
    return storage.table(name)


@pytest.mark.parametrize(
    "value",
    ["a" * 32_768, "é" * 32_768, "😀" * 16_384, "\n\"\\'" * 8_192, b"\xff" * 65_536],
    ids=["ASCII", "two bytes", "two code units", "escaped", "bytes"],
)
async def test_a_column_takes_64_kib(table: Table, value: Value) -> None:
    written = await table.insert(Row("case", "step", {"Data": value}))

    assert written.values["Data"] == value
    assert await table.get("case", "step") == written


@pytest.mark.parametrize(
    "value", ["a" * 32_769, "😀" * 16_385, b"a" * 65_537], ids=["ASCII", "two code units", "bytes"]
)
async def test_a_larger_column_is_refused_and_nothing_is_written(table: Table, value: Value) -> None:
    with pytest.raises(Permanent) as caught:
        await table.commit([Write("insert", Row("case", "a")), Write("insert", Row("case", "b", {"Data": value}))])
    with pytest.raises(Permanent) as alone:
        await table.insert(Row("case", "step", {"Data": value}))

    assert {(told.status, told.code) for told in (caught.value, alone.value)} == {(400, "PropertyValueTooLarge")}
    assert await table.query("case") == []


async def test_a_row_takes_700_kb(table: Table) -> None:
    pieces = {f"Data{i:02}": b"\xff" * 60_000 for i in range(12)}

    written = await table.insert(Row("case", "step", pieces))

    assert await table.get("case", "step") == written


ONE_PIECE = pytest.mark.parametrize("piece", ["a" * 30_000, b"a" * 60_000], ids=["text", "bytes"])


@ONE_PIECE
async def test_a_row_beyond_1_mib_is_refused_and_nothing_is_written(table: Table, piece: Value) -> None:
    with pytest.raises(Permanent) as caught:
        await table.put(Row("case", "step", {f"Data{i:02}": piece for i in range(40)}))

    assert (caught.value.status, caught.value.code) == (400, "EntityTooLarge")
    assert await table.query("case") == []


@ONE_PIECE
async def test_a_new_row_beyond_1_mib_is_refused_too_which_azurite_does_not(piece: Value) -> None:
    azsim = on_azsim()
    table = azsim.table(await azsim.new_table())
    large = Write("insert", Row("case", "step", {f"Data{i:02}": piece for i in range(40)}))

    for writes in ([large], [Write("insert", Row("case", "a")), large]):
        with pytest.raises(Permanent, match="400 EntityTooLarge"):
            await table.commit(writes)

    assert await table.query("case") == []


async def test_a_transaction_takes_100_rows_and_almost_4_mib(table: Table) -> None:
    many = [Row("case", f"{i:03}", {"N": i}) for i in range(100)]
    large = [Row("other", f"{i:03}", {f"D{k}": b"\xff" * 60_000 for k in range(11)}) for i in range(4)]

    assert await table.commit([Write("insert", row) for row in many]) == await table.query("case")
    assert await table.commit([Write("insert", row) for row in large]) == await table.query("other")


KEYS = [
    "a'b",
    "''",
    "a b ",
    "a+b",
    "a%2Fb",
    "100%",
    "ä€😀",
    "a&b=c",
    "a:b;c,d",
    "(a)[b]{c}",
    "$a@b!*~",
    'a"b',
    "<a>",
    "a|b^c`d",
    "k" * 512,
    "",
]


@pytest.mark.parametrize("key", KEYS)
async def test_any_other_character_may_be_in_a_key(table: Table, key: str) -> None:
    row = await table.insert(Row(key, key, {"Key": key}))

    assert await table.get(key, key) == row
    assert await table.query(key, key) == [row]
    assert await table.query(key, key + "0") == []
    (row,) = await table.commit([Write("replace", row)])
    row = await table.replace(row)
    assert await table.get(key, key) == row
    await table.commit([Write("delete", row), Write("put", Row(key, "other"))])
    assert [row.key for row in await table.query(key)] == ["other"]


@pytest.mark.parametrize("character", ["\\", "#", "?", "\t", "\n", "\r", "\x7f", "\x9f"])
async def test_what_azure_does_not_allow_in_a_key_is_refused(table: Table, character: str) -> None:
    for key in (("case", f"a{character}b"), (f"a{character}b", "step")):
        with pytest.raises(Permanent) as caught:
            await table.insert(Row(*key))
        assert (caught.value.status, isinstance(caught.value, NotFound)) == (400, False)


async def test_keys_differ_by_case_and_by_every_character(table: Table) -> None:
    keys = ["step", "Step", "step ", "\u017ftep"]  # the last begins with a long s, whose upper case is S
    for key in keys:
        await table.insert(Row("case", key))

    assert sorted(row.key for row in await table.query("case")) == sorted(keys)

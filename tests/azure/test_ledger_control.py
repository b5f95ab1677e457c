from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from azsim.faults import Cut
from shared.azure.ledger import Ledger, unpacked
from shared.azure.table import Row
from shared.model.errors import Changed, NotFound, Permanent
from shared.model.switch import Switch
from tests.azure.given import PARTITION, entry, noise, record, run
from tests.azure.storage import Storage, on_azsim

pytestmark = pytest.mark.real_time


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


# --- runs -----------------------------------------------------------------------------------------------------------


async def test_a_run_is_accepted_once_and_comes_back_as_it_was_asked_for(ledger: Ledger) -> None:
    asked = run("1", same=("alert:1",), request="digest")

    assert await ledger.accept(PARTITION, asked)
    assert not await ledger.accept(PARTITION, replace(asked, request="other"))

    assert await ledger.run(PARTITION, "1") == asked
    assert await ledger.run(PARTITION, "2") is None


async def test_a_case_has_many_runs_beside_its_steps_and_records(ledger: Ledger) -> None:
    await ledger.begin(PARTITION, entry(), [record()])
    asked = [run(str(number)) for number in range(3)]
    for each in asked:
        await ledger.accept(PARTITION, each)

    assert await ledger.runs(PARTITION) == asked
    assert [len(await ledger.entries(PARTITION)), len(await ledger.unsent(PARTITION))] == [1, 1]
    assert await ledger.runs("other") == []


async def test_a_finished_run_says_so_and_keeps_what_a_dry_run_found(ledger: Ledger) -> None:
    asked = run()
    await ledger.accept(PARTITION, asked)
    found = [record(number, Reason=noise(4_000)) for number in range(20)]

    await ledger.finish(PARTITION, asked, found)
    await ledger.finish(PARTITION, asked, found)

    assert await ledger.run(PARTITION, asked.id) == replace(asked, finished=True, rehearsed=tuple(found))


async def test_a_run_whose_acceptance_got_no_answer_was_accepted(storage: Storage, name: str) -> None:
    storage.world.faults.on("POST", "contract", Cut("after"))

    assert await storage.ledger(name).accept(PARTITION, run())
    assert await storage.ledger(name).runs(PARTITION) == [run()]


async def test_a_name_stands_for_what_was_said_first(ledger: Ledger) -> None:
    assert await ledger.once("idempotency:a/b?c", "first") == ""
    assert await ledger.once("idempotency:a/b?c", "second") == "first"
    assert await ledger.once("idempotency:other", "second") == ""


async def test_of_many_that_say_what_a_name_stands_for_one_is_first(storage: Storage, name: str) -> None:
    said = await asyncio.gather(*(storage.ledger(name).once("key", str(i)) for i in range(6)))

    assert said.count("") == 1
    assert set(said) == {"", str(said.index(""))}


# --- packets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 59_999, 60_000, 60_001, 700_000])
async def test_a_packet_comes_back_as_it_was_packed(ledger: Ledger, size: int) -> None:
    content = noise(size).encode()

    row = await ledger.pack(content, "20260302T120000000000-0123456789abcdef")

    assert await ledger.packets() == [(content, row)]
    assert unpacked(row) == content


async def test_packets_wait_in_their_order_until_they_are_sent(ledger: Ledger) -> None:
    rows = {name: await ledger.pack(name.encode(), name) for name in ("20260302-b", "20260301-z", "20260302-a")}

    with pytest.raises(Changed):
        await ledger.pack(b"other", "20260302-a")

    assert [content for content, _ in await ledger.packets()] == [b"20260301-z", b"20260302-a", b"20260302-b"]
    await ledger.sent([rows["20260302-a"]])
    await ledger.sent([rows["20260302-a"]])
    assert [content for content, _ in await ledger.packets()] == [b"20260301-z", b"20260302-b"]


# --- the kill switch ------------------------------------------------------------------------------------------------


async def test_without_its_row_the_kill_switch_is_off(ledger: Ledger) -> None:
    assert await ledger.switch() == Switch()


@pytest.mark.parametrize(
    ("columns", "switch"),
    [
        ({"On": True, "Who": "Adele", "Why": "drill ä"}, Switch(mode="undo_only", who="Adele", why="drill ä")),
        ({"On": False, "Who": "Adele"}, Switch(who="Adele")),
        ({"On": 1}, Switch(mode="undo_only")),
        ({"On": 0}, Switch()),
        ({"Why": "the column On is missing"}, Switch(mode="undo_only", why="the column On is missing")),
        ({"On": "true"}, Switch(mode="undo_only")),
    ],
)
async def test_a_person_turns_the_kill_switch_by_its_row(
    storage: Storage, name: str, columns: dict[str, Any], switch: Switch
) -> None:
    await storage.table(name).put(Row("control", "kill_switch", columns))

    assert await storage.ledger(name).switch() == switch


async def test_a_kill_switch_that_cannot_be_read_is_not_off(storage: Storage) -> None:
    with pytest.raises(NotFound, match="TableNotFound"):
        await storage.ledger("nosuchtable").switch()


async def test_a_packet_beyond_a_row_is_refused() -> None:
    azsim = on_azsim()  # Azurite takes a new row of any size
    ledger = azsim.ledger(await azsim.new_table())

    with pytest.raises(Permanent, match="400 EntityTooLarge"):
        await ledger.pack(b"x" * 1_100_000, "large")

    assert await ledger.packets() == []

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from azsim.faults import Cut, Effect, Status
from shared.azure.ledger import TEXT, Ledger
from shared.model.chain import unlinked
from shared.model.errors import Changed, Permanent
from shared.model.ledger import Entry, Times
from tests.azure.given import NOON, PARTITION, entry, noise, record
from tests.azure.storage import Storage, on_azsim

pytestmark = pytest.mark.real_time

FULL = entry(
    state="done",
    lease=NOON,
    due=NOON + timedelta(hours=4, microseconds=1),
    due_for="again",
    before={"nsg": None, "list": [1, 2.5, True, "ä€😀"], "nested": {"a'b": {}}},
    after={"nsg": "/subscriptions/1"},
    times=Times(decided=NOON, acted=NOON, verified=NOON),
    reason="wörds\n'",
    notes=("one", "two"),
)


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


async def unsent(ledger: Ledger) -> list[str]:
    return [one.RecordId for one, _ in await ledger.unsent(PARTITION)]


async def test_a_step_comes_back_as_it_was_written(ledger: Ledger) -> None:
    begun = await ledger.begin(PARTITION, FULL, [])

    assert begun.entry == FULL
    assert await ledger.entry(PARTITION, FULL.step.key) == begun
    assert await ledger.entries(PARTITION) == [begun]
    assert await ledger.entry(PARTITION, "b" * 32) is None
    assert await ledger.entries("other") == []


async def test_a_second_begin_is_refused_and_its_records_are_not_written(ledger: Ledger) -> None:
    first = await ledger.begin(PARTITION, entry(owner="one"), [record(1)])

    with pytest.raises(Changed):
        await ledger.begin(PARTITION, entry(owner="two"), [record(2)])

    assert await ledger.entries(PARTITION) == [first]
    assert await unsent(ledger) == [record(1).RecordId]


async def test_a_move_from_a_stale_version_is_refused_and_its_records_are_not_written(ledger: Ledger) -> None:
    begun = await ledger.begin(PARTITION, entry(), [record(1)])
    moved = await ledger.move(begun, entry(state="done"), [record(2)])

    with pytest.raises(Changed):
        await ledger.move(begun, entry(state="failed"), [record(3)])

    assert await ledger.entries(PARTITION) == [moved]
    assert await unsent(ledger) == [record(1).RecordId, record(2).RecordId]
    again = await ledger.move(moved, entry(state="undone"), [])
    assert await ledger.entry(PARTITION, again.entry.step.key) == again


@pytest.mark.parametrize("verb", ["begin", "move"])
async def test_of_instances_that_take_a_step_at_once_one_has_it_with_its_record(
    storage: Storage, name: str, verb: str
) -> None:
    begun = await storage.ledger(name).begin(PARTITION, entry("b"), [])

    async def take(number: int) -> Entry:
        ledger, mine = storage.ledger(name), entry("a" if verb == "begin" else "b", owner=str(number))
        if verb == "begin":
            return (await ledger.begin(PARTITION, mine, [record(number)])).entry
        return (await ledger.move(begun, mine, [record(number)])).entry

    ends = await asyncio.gather(*(take(i) for i in range(6)), return_exceptions=True)

    won = [end for end in ends if isinstance(end, Entry)]
    assert [type(end) for end in ends].count(Changed) == 5
    assert won[0] in [noted.entry for noted in await storage.ledger(name).entries(PARTITION)]
    assert await unsent(storage.ledger(name)) == [record(int(won[0].owner)).RecordId]


@pytest.mark.parametrize("effect", [Cut("after"), Cut("before"), Status(500), Status(429, retry_after=9)], ids=str)
async def test_a_step_and_its_record_are_written_once_when_answers_are_lost(
    storage: Storage, name: str, effect: Effect
) -> None:
    ledger = storage.ledger(name)
    storage.world.faults.on("POST", "batch", effect)
    begun = await ledger.begin(PARTITION, entry(), [record(1)])
    storage.world.faults.on("POST", "batch", effect)
    moved = await ledger.move(begun, entry(state="done"), [record(2)])

    assert await ledger.entries(PARTITION) == [moved]
    assert await unsent(ledger) == [record(1).RecordId, record(2).RecordId]


# --- records on their way -------------------------------------------------------------------------------------------


async def test_records_wait_in_the_order_they_were_written_in_and_go_when_they_are_sent(ledger: Ledger) -> None:
    made = [record(number, Reason="ä€😀", Diff={"a": [None, 1]}) for number in (70, 3, 59, 60)]
    begun = await ledger.begin(PARTITION, entry(), made[:2])
    await ledger.move(begun, entry(state="done"), made[2:])

    there = await ledger.unsent(PARTITION)

    assert [unlinked(one) for one, _ in there] == made
    await ledger.sent([row for _, row in there[:3]])
    assert [unlinked(one) for one, _ in await ledger.unsent(PARTITION)] == [made[3]]
    assert await ledger.unsent("other") == []


async def fill(ledger: Ledger, count: int) -> None:
    for start in range(0, count, 90):
        records = [record(number) for number in range(start, min(start + 90, count))]
        await ledger.begin(PARTITION, entry(f"{start:032}"), records)


async def test_any_number_of_records_can_wait_and_be_sent(ledger: Ledger) -> None:
    await fill(ledger, 1100)

    rows = [row for _, row in await ledger.unsent(PARTITION)]
    assert len(rows) == 1100
    await ledger.sent(rows)

    assert await ledger.unsent(PARTITION) == []
    assert len(await ledger.entries(PARTITION)) == 13


@pytest.mark.parametrize("gone", [slice(0, 1), slice(40, 60), slice(0, 120), slice(0, 0)], ids=str)
async def test_records_that_another_instance_has_sent_too_are_forgotten_all_the_same(
    ledger: Ledger, gone: slice
) -> None:
    await fill(ledger, 120)
    rows = [row for _, row in await ledger.unsent(PARTITION)]
    await ledger.sent(rows[gone])

    await ledger.sent(rows)

    assert await ledger.unsent(PARTITION) == []


@pytest.mark.parametrize("effect", [Cut("after"), Cut("before"), Status(503)], ids=str)
async def test_records_are_forgotten_though_the_answer_is_lost(storage: Storage, name: str, effect: Effect) -> None:
    ledger = storage.ledger(name)
    await fill(ledger, 5)
    rows = [row for _, row in await ledger.unsent(PARTITION)]
    storage.world.faults.on("POST", "batch", effect)
    storage.world.faults.on("DELETE", "contract", effect)

    await ledger.sent(rows)

    assert await ledger.unsent(PARTITION) == []


# --- sizes ----------------------------------------------------------------------------------------------------------


def sized(length: int) -> Entry:
    """An entry of so many bytes."""
    bare = len(msgspec.json.encode(entry(reason="x"))) - 1
    return entry(reason="x" * (length - bare))


@pytest.mark.parametrize(
    "large",
    [
        sized(TEXT),
        sized(TEXT + 1),
        entry(reason="ä€😀" * 5_000),
        entry(before={"x": "y" * 5_000_000}),
        entry(before={"x": noise(44_900)}),
        entry(before={"x": noise(600_000)}),
    ],
    ids=["last as text", "first packed", "many bytes", "5 MB", "about one piece", "many pieces"],
)
async def test_a_step_of_any_usual_size_comes_back_as_it_was_written(ledger: Ledger, large: Entry) -> None:
    heavy = record(1, Diff=large.before, Reason=large.reason)

    begun = await ledger.begin(PARTITION, large, [heavy])

    assert await ledger.entries(PARTITION) == [begun]
    assert [unlinked(one) for one, _ in await ledger.unsent(PARTITION)] == [heavy]
    moved = await ledger.move(begun, entry(), [])
    assert await ledger.entry(PARTITION, entry().step.key) == moved


@pytest.mark.parametrize(("verb", "where"), [("begin", "step"), ("begin", "record"), ("move", "step")])
async def test_what_is_too_large_for_a_row_is_refused_with_everything_that_belongs_to_it(verb: str, where: str) -> None:
    azsim = on_azsim()  # Azurite takes a new row of any size
    ledger = azsim.ledger(await azsim.new_table())
    begun = await ledger.begin(PARTITION, entry("b"), [])
    too_large: dict[str, Any] = {"x": noise(1_500_000)}
    step = replace(entry("a" if verb == "begin" else "b"), before=too_large if where == "step" else None)
    records = [record(1), record(2, Diff=too_large if where == "record" else None)]

    with pytest.raises(Permanent, match="400 EntityTooLarge"):
        await (ledger.begin(PARTITION, step, records) if verb == "begin" else ledger.move(begun, step, records))

    assert await ledger.entries(PARTITION) == [begun]
    assert await unsent(ledger) == []

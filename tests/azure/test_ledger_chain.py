"""The records of a case form one chain, whoever writes them and whatever happens on the way."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from azsim.faults import Cut, Effect, Status
from shared.azure.ledger import Ledger
from shared.azure.ledger.chain import HEAD
from shared.model.chain import Head, linked, unlinked
from shared.model.errors import Changed, Temporary
from shared.model.record import Record
from tests.azure.given import PARTITION, entry, record
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


async def chain(ledger: Ledger) -> list[Record]:
    """The records that wait, after a look at whether they are one chain, and the head its end."""
    found = [one for one, _ in await ledger.unsent(PARTITION)]
    head = await ledger.head(PARTITION)
    assert head is not None
    at = Head(head.chain)
    for one in found:
        again, at = linked(unlinked(one), at)
        assert again == one
    assert at == head
    return found


def asked(storage: Storage, since: int = 0) -> list[str]:
    return [call.method for call in storage.world.calls[since:] if "contract" in call.path or "batch" in call.path]


async def test_the_records_of_all_that_happens_to_a_case_are_one_chain(ledger: Ledger) -> None:
    begun = await ledger.begin(PARTITION, entry(), [record(1), record(2)])
    await ledger.note(PARTITION, record(3))
    await ledger.begin(PARTITION, entry("b"), [record(4)])
    await ledger.move(begun, entry(state="done"), [record(5)], [entry("c")])

    found = await chain(ledger)

    assert [one.Sequence for one in found] == [1, 2, 3, 4, 5]
    assert [one.RecordId for one in found] == [record(number).RecordId for number in range(1, 6)]
    assert [late.PreviousHash for _, late in pairwise(found)] == [early.Hash for early, _ in pairwise(found)]
    assert found[0].PreviousHash == ""
    assert {one.Chain[:33] for one in found} == {f"{PARTITION}-"}


async def test_what_has_no_record_leaves_the_chain_alone(ledger: Ledger) -> None:
    begun = await ledger.begin(PARTITION, entry(), [])
    await ledger.move(begun, entry(state="done"), [])

    assert await ledger.head(PARTITION) is None


async def test_each_case_has_a_chain_of_its_own(ledger: Ledger) -> None:
    await ledger.begin(PARTITION, entry(), [record(1)])
    await ledger.begin("other", entry(), [record(2)])

    heads = {head.chain.partition("-")[0]: head.sequence for head in await ledger.heads()}

    assert heads == {PARTITION: 1, "other": 1}


async def test_the_head_costs_no_request_of_its_own(storage: Storage, name: str) -> None:
    ledger = storage.ledger(name)
    begun = await ledger.begin(PARTITION, entry(), [record(1)])
    moved = await ledger.move(begun, entry(state="done"), [record(2)])
    await ledger.note(PARTITION, record(3))
    assert asked(storage) == ["POST", "POST", "POST"]

    late, since = storage.ledger(name), len(storage.world.calls)
    (there,) = await late.entries(PARTITION)
    await late.move(there, entry(state="undoing"), [record(4)])

    assert there == moved
    assert asked(storage, since) == ["GET", "POST"]


@pytest.mark.parametrize("verb", ["begin", "move", "note"])
async def test_an_instance_that_knows_nothing_of_the_chain_goes_on_with_it(
    storage: Storage, name: str, verb: str
) -> None:
    begun = await storage.ledger(name).begin(PARTITION, entry(), [record(1)])
    late = storage.ledger(name)

    if verb == "begin":
        await late.begin(PARTITION, entry("b"), [record(2)])
    elif verb == "move":
        await late.move(begun, entry(state="done"), [record(2)])
    else:
        await late.note(PARTITION, record(2))

    assert [one.Sequence for one in await chain(late)] == [1, 2]


async def test_a_head_that_has_moved_is_not_a_step_that_has_changed(storage: Storage, name: str) -> None:
    one, two = storage.ledger(name), storage.ledger(name)
    begun = await one.begin(PARTITION, entry(), [record(1)])
    await two.note(PARTITION, record(2))

    moved = await one.move(begun, entry(state="done"), [record(3)])

    assert [found.RecordId for found in await chain(one)] == [record(number).RecordId for number in (1, 2, 3)]
    with pytest.raises(Changed):
        await two.move(begun, entry(state="failed"), [record(4)])
    assert await two.entries(PARTITION) == [moved]
    assert len(await chain(two)) == 3


async def test_a_step_that_has_changed_is_told_at_the_price_of_one_look(storage: Storage, name: str) -> None:
    await storage.ledger(name).begin(PARTITION, entry(), [record(1)])
    late, since = storage.ledger(name), len(storage.world.calls)

    with pytest.raises(Changed):
        await late.begin(PARTITION, entry(), [record(2)])

    assert asked(storage, since) == ["POST", "GET"]


async def test_a_step_that_begins_with_another_and_is_there_is_told_as_such(storage: Storage, name: str) -> None:
    one, two = storage.ledger(name), storage.ledger(name)
    begun = await one.begin(PARTITION, entry(), [record(1)])
    await two.begin(PARTITION, entry("b"), [record(2)])

    with pytest.raises(Changed):
        await one.move(begun, entry(state="done"), [record(3)], [entry("b")])

    assert len(await chain(one)) == 2


@pytest.mark.parametrize("instances", [1, 8])
async def test_all_that_write_at_once_get_their_record_in(storage: Storage, name: str, instances: int) -> None:
    ledgers = [storage.ledger(name) for _ in range(instances)]

    async def work(number: int) -> None:
        ledger = ledgers[number % instances]
        begun = await ledger.begin(PARTITION, entry(f"{number:032}"), [record(3 * number)])
        await ledger.move(begun, entry(f"{number:032}", state="done"), [record(3 * number + 1)])
        await ledger.note(PARTITION, record(3 * number + 2))

    await asyncio.gather(*(work(number) for number in range(16)))

    found = await chain(ledgers[0])
    assert {one.RecordId for one in found} == {record(number).RecordId for number in range(48)}
    assert len(found) == 48
    place = {one.RecordId: one.Sequence for one in found}
    assert all(place[record(3 * n).RecordId] < place[record(3 * n + 1).RecordId] for n in range(16))


@pytest.mark.parametrize("effect", [Cut("after"), Cut("before"), Status(500), Status(429, retry_after=9)], ids=str)
async def test_a_lost_answer_neither_breaks_the_chain_nor_writes_twice(
    storage: Storage, name: str, effect: Effect
) -> None:
    ledger, other = storage.ledger(name), storage.ledger(name)
    begun = await ledger.begin(PARTITION, entry(), [record(1)])
    storage.world.faults.on("POST", "batch", effect)
    begun = await ledger.move(begun, entry(owner="two"), [record(2)])
    storage.world.faults.on("POST", "batch", effect)
    await ledger.note(PARTITION, record(3))
    await other.note(PARTITION, record(4))
    storage.world.faults.on("POST", "batch", effect)

    await ledger.move(begun, entry(state="done"), [record(5)])

    assert [one.RecordId for one in await chain(ledger)] == [record(number).RecordId for number in range(1, 6)]


async def test_the_chain_goes_on_when_its_records_have_been_delivered(ledger: Ledger) -> None:
    await ledger.begin(PARTITION, entry(), [record(1), record(2)])
    await ledger.sent([row for _, row in await ledger.unsent(PARTITION)])

    await ledger.note(PARTITION, record(3))

    assert [one.Sequence for one, _ in await ledger.unsent(PARTITION)] == [3]


async def test_a_case_that_was_deleted_begins_another_chain(storage: Storage, name: str) -> None:
    ledger = storage.ledger(name)
    await ledger.begin(PARTITION, entry(), [record(1)])
    first = await ledger.head(PARTITION)
    await ledger.sent([row for _, row in await ledger.unsent(PARTITION)])
    for row in await storage.table(name).query(PARTITION):
        await storage.table(name).delete(row)
    await storage.world.clock.sleep(60)

    await ledger.note(PARTITION, record(2))
    await ledger.begin(PARTITION, entry(), [record(3)])

    assert first is not None
    assert [(one.Sequence, one.Chain != first.chain) for one in await chain(ledger)] == [(1, True), (2, True)]


async def test_whoever_never_gets_the_head_says_so(storage: Storage, name: str) -> None:
    ledger, other = storage.ledger(name), storage.ledger(name)
    begun = await ledger.begin(PARTITION, entry(), [record(1)])
    number = 1

    original = ledger._table.commit

    async def overtaken(writes: object) -> object:
        nonlocal number
        number += 1
        await other.note(PARTITION, record(number))
        return await original(writes)  # type: ignore[arg-type]

    ledger._table.commit = overtaken  # type: ignore[assignment, method-assign]
    with pytest.raises(Temporary, match="others wrote records of case") as raised:
        await ledger.move(begun, entry(state="done"), [record(0)])

    assert not isinstance(raised.value, Changed)
    assert (await storage.table(name).get(PARTITION, HEAD)) is not None

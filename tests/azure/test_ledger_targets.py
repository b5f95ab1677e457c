from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from azsim.faults import Cut, Effect, Status
from shared.azure.ledger import LEASE, Ledger, Locked
from shared.model.errors import Changed, Temporary
from shared.model.ledger import Hold, Holds
from shared.wire.message import Request, Response, Send
from tests.azure.given import noise
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time

NIC = "/subscriptions/1/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-'ä'#?\\"
FIRST = Hold("a" * 32, "alert:1", "network.isolate_nic", {"nsg": None, "text": "ä€😀"})
SECOND = Hold("b" * 32, "alert:2", "network.isolate_nic", {"nsg": "/subscriptions/1"})


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


@pytest.fixture
def soon(storage: Storage) -> datetime:
    return storage.world.clock.now() + timedelta(seconds=60)


async def test_a_target_is_locked_for_a_lease_and_free_again_afterwards(
    storage: Storage, ledger: Ledger, soon: datetime
) -> None:
    locked = await ledger.lock(NIC, "one", soon)

    assert locked.holds.owner == "one"
    assert locked.holds.until is not None
    assert abs(locked.holds.until - storage.world.clock.now() - LEASE) < timedelta(seconds=5)
    await ledger.unlock(locked)
    assert (await ledger.lock(NIC, "two", soon)).holds.owner == "two"


@pytest.mark.parametrize("owner", ["one", "two"])
async def test_a_locked_target_is_waited_for_until_the_deadline_by_its_own_instance_too(
    storage: Storage, ledger: Ledger, soon: datetime, owner: str
) -> None:
    await ledger.lock(NIC, "one", soon)

    with pytest.raises(Temporary, match="is being worked on by another step"):
        await ledger.lock(NIC, owner, soon)

    assert timedelta() <= soon - storage.world.clock.now() < timedelta(seconds=6)
    assert (await ledger.lock(f"{NIC}2", "two", soon)).holds.owner == "two"


async def test_a_lock_is_had_as_soon_as_it_is_given_free(storage: Storage, name: str, soon: datetime) -> None:
    """Instances that all want a target have it one after the other."""
    at_work: list[str] = []
    worked: list[str] = []

    async def work(owner: str) -> None:
        ledger = storage.ledger(name)
        locked = await ledger.lock(NIC, owner, soon + timedelta(hours=1))
        at_work.append(owner)
        assert at_work == [owner]
        await asyncio.sleep(0.01)
        worked.append(at_work.pop())
        await ledger.unlock(locked)

    await asyncio.gather(*(work(f"instance {i}") for i in range(4)))

    assert sorted(worked) == [f"instance {i}" for i in range(4)]


async def test_a_lock_that_has_ended_is_taken_over_with_its_holds(
    storage: Storage, ledger: Ledger, soon: datetime
) -> None:
    dead = await ledger.keep(await ledger.lock(NIC, "dead", soon), (FIRST,))
    await storage.world.clock.sleep(LEASE.total_seconds())

    taken = await ledger.lock(NIC, "two", soon + LEASE)

    assert (taken.holds.owner, taken.holds.holds) == ("two", (FIRST,))
    with pytest.raises(Changed):
        await ledger.keep(dead, (FIRST, SECOND))
    await ledger.unlock(dead)
    with pytest.raises(Temporary):
        await ledger.lock(NIC, "three", storage.world.clock.now())
    assert (await ledger.keep(taken, (FIRST, SECOND))).holds.holds == (FIRST, SECOND)


async def test_a_lock_without_holds_that_was_taken_over_is_not_given_free_by_its_old_owner(
    storage: Storage, ledger: Ledger, soon: datetime
) -> None:
    dead = await ledger.lock(NIC, "dead", soon)
    await storage.world.clock.sleep(LEASE.total_seconds())
    await ledger.lock(NIC, "two", soon + LEASE)

    await ledger.unlock(dead)

    with pytest.raises(Temporary):
        await ledger.lock(NIC, "three", storage.world.clock.now())


async def test_of_instances_that_take_over_a_lock_at_once_one_has_it(
    storage: Storage, name: str, soon: datetime
) -> None:
    await storage.ledger(name).lock(NIC, "dead", soon)
    await storage.world.clock.sleep(LEASE.total_seconds())
    now = storage.world.clock.now()

    ends = await asyncio.gather(
        *(storage.ledger(name).lock(NIC, f"{i}", now) for i in range(5)), return_exceptions=True
    )

    assert sorted(type(end).__name__ for end in ends) == ["Locked", *["Temporary"] * 4]


async def test_a_lock_that_somebody_takes_over_first_is_theirs(storage: Storage, name: str, soon: datetime) -> None:
    await storage.ledger(name).lock(NIC, "dead", soon)
    await storage.world.clock.sleep(LEASE.total_seconds())
    others: list[Locked] = []

    def overtaken(send: Send) -> Send:
        async def send_late(request: Request) -> Response:
            if request.method == "PUT" and not others:
                others.append(await storage.ledger(name).lock(NIC, "first", soon + LEASE))
            return await send(request)

        return send_late

    clock = storage.world.clock
    with pytest.raises(Temporary, match="is being worked on by another step"):
        await Ledger(storage.table(name, overtaken), clock).lock(NIC, "late", clock.now())

    (first,) = others
    assert (await storage.ledger(name).keep(first, (FIRST,))).holds.owner == "first"


async def test_holds_stay_in_their_order_when_the_lock_is_given_free(ledger: Ledger, soon: datetime) -> None:
    await ledger.unlock(await ledger.keep(await ledger.lock(NIC, "one", soon), (SECOND,)))
    again = await ledger.lock(NIC, "two", soon)
    assert again.holds.holds == (SECOND,)

    await ledger.unlock(await ledger.keep(again, (SECOND, FIRST)))
    last = await ledger.lock(NIC, "three", soon)
    assert last.holds.holds == (SECOND, FIRST)

    await ledger.unlock(await ledger.keep(last, ()))
    assert (await ledger.lock(NIC, "four", soon)).holds.holds == ()


async def test_a_target_that_nobody_holds_leaves_no_row(storage: Storage, name: str, soon: datetime) -> None:
    ledger = storage.ledger(name)
    locked = await ledger.lock(NIC, "one", soon)
    await ledger.unlock(locked)
    await ledger.unlock(locked)

    assert await storage.table(name).query(locked.row.partition) == []


async def test_a_hold_may_be_large(ledger: Ledger, soon: datetime) -> None:
    large = (Hold("a" * 32, "alert:1", "r", {"x": noise(200_000)}), FIRST)

    await ledger.unlock(await ledger.keep(await ledger.lock(NIC, "one", soon), large))

    assert (await ledger.lock(NIC, "two", soon)).holds.holds == large


@pytest.mark.parametrize("effect", [Cut("after"), Cut("before"), Status(500), Status(503, retry_after=2)], ids=str)
async def test_locks_and_holds_are_right_though_every_answer_is_lost_once(
    storage: Storage, name: str, soon: datetime, effect: Effect
) -> None:
    ledger = storage.ledger(name)

    def lose() -> None:
        for method in ("POST", "PUT", "DELETE"):
            storage.world.faults.on(method, "contract", effect)

    lose()
    locked = await ledger.lock(NIC, "one", soon)
    lose()
    await ledger.unlock(await ledger.keep(locked, (FIRST,)))
    storage.world.faults.clear()
    free = await ledger.lock(NIC, "two", soon)
    assert free.holds == Holds("two", free.holds.until, (FIRST,))
    lose()
    await ledger.unlock(await ledger.keep(free, ()))
    storage.world.faults.clear()
    assert (await ledger.lock(NIC, "three", soon)).holds.holds == ()

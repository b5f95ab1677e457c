from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from azsim.faults import Cut
from shared.azure.ledger import Ledger
from shared.model.budget import MOST, Allowed, Spend, Spent, read_budgets
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time

NAME = "network.isolate_nic"
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


async def spend(
    ledger: Ledger,
    target: str,
    storage: Storage,
    *,
    most: int = 2,
    window: str = "1h",
    approved: bool = False,
    responder: str = NAME,
) -> list[str]:
    """What one more target goes beyond."""
    now = storage.world.clock.now()
    (limit,) = read_budgets(f"*={most}/{window}")["*"]
    spending = Spend(int(now.timestamp()), target)
    since = now - limit.window
    beyond, _ = await ledger.spend(responder, spending, [Allowed(limit, most)], since, approved=approved)
    return beyond


async def targets(ledger: Ledger, since: datetime) -> list[str]:
    return [each.target for each in (await ledger.spent(NAME, since)).targets]


async def test_it_is_spent_target_by_target_and_each_but_once(ledger: Ledger, storage: Storage) -> None:
    since = storage.world.clock.now() - HOUR
    assert await ledger.spent(NAME, since) == Spent()

    assert [await spend(ledger, target, storage) for target in ("a", "b", "a", "b")] == [[], [], [], []]
    assert await spend(ledger, "c", storage) == ["2 of 2 targets (2/1h)"]

    assert sorted(await targets(ledger, since)) == ["a", "b"]


async def test_what_is_approved_is_spent_all_the_same(ledger: Ledger, storage: Storage) -> None:
    since = storage.world.clock.now() - HOUR

    assert await spend(ledger, "a", storage, most=1) == []
    assert await spend(ledger, "b", storage, most=1, approved=True) == ["1 of 1 targets (1/1h)"]

    assert sorted(await targets(ledger, since)) == ["a", "b"]


async def test_what_is_old_is_forgotten(ledger: Ledger, storage: Storage) -> None:
    await spend(ledger, "a", storage, most=1, window="5m")

    await storage.world.clock.sleep(302)

    assert await spend(ledger, "b", storage, most=1, window="5m") == []
    assert await targets(ledger, storage.world.clock.now() - HOUR) == ["b"]


async def test_each_responder_has_a_budget_of_its_own(ledger: Ledger, storage: Storage) -> None:
    assert await spend(ledger, "a", storage, most=1) == []
    assert await spend(ledger, "a", storage, most=1, responder="entra.revoke_user_sessions") == []


async def test_of_64_at_once_on_four_instances_no_more_than_the_budget_pass(storage: Storage, name: str) -> None:
    instances = [storage.ledger(name) for _ in range(4)]
    storage.world.latency = 0.01  # azsim, too, lets others come in between reading and writing
    since = storage.world.clock.now() - HOUR

    ends = await asyncio.gather(
        *(spend(instances[number % 4], f"target-{number}", storage, most=10) for number in range(64))
    )

    assert ends.count([]) == 10
    assert len(await targets(instances[0], since)) == 10


async def test_a_spending_that_got_no_answer_was_spent_once(storage: Storage, name: str) -> None:
    ledger, since = storage.ledger(name), storage.world.clock.now() - HOUR
    await spend(ledger, "a", storage)
    storage.world.faults.on("PUT", "contract", Cut("after"))

    assert await spend(ledger, "b", storage) == []

    assert await targets(ledger, since) == ["a", "b"]


async def test_as_many_as_are_remembered_fit_into_a_row(ledger: Ledger, storage: Storage) -> None:
    now = storage.world.clock.now()
    for number in (1, MOST):
        full = Spent(tuple(Spend(int(now.timestamp()), f"{i:016x}", f"{i:016x}") for i in range(number)))
        row = await ledger._table.get("control", f"budget-{NAME}")
        await ledger._write(row, NAME, full)

    assert len(await targets(ledger, now - HOUR)) == MOST
    assert await spend(ledger, "new", storage, most=MOST, approved=True) != []
    assert len(await targets(ledger, now - HOUR)) == MOST

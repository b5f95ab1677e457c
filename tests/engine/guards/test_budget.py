"""Blast-radius budgets on the way through the walk."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.engine.population import FRESH
from shared.model.errors import Mistakes
from shared.model.step import Actor
from tests import lab
from tests.engine.cases import (
    ISOLATE,
    NICS,
    REVOKE,
    account,
    acting,
    alert,
    delivered,
    ends,
    isolated,
    states,
    steps,
    swept,
)
from tests.engine.guards.verdicts import ADELE, settings, verdict
from tests.lab import Lab

BOB = Actor("user", "bob@contoso.example", "1b9f2c3d-4e5f-4061-8273-948576a6b7c8")
ALEX = "alex.wilber@contoso.example"


def limited(folder: Path, text: str, *responders: str, **given: Any) -> Lab:
    return acting(folder, *(responders or (ISOLATE,)), settings=settings(budgets=text), **given)


def spent(made: Lab) -> int:
    """Rows of budgets."""
    return len([row for row in made.ledger_rows() if row["RowKey"].startswith("budget-")])


async def approve(made: Lab, body: bytes) -> None:
    """A second person approves what is held."""
    from shared.engine import decide

    for noted in await steps(made, body):
        if noted.entry.approval is not None and noted.entry.state == "held":
            asked = await decide.find(noted.entry.approval.id, made.app)
            assert asked is not None
            await decide.decide(asked, BOB, "it is right", made.app, approved=True)


async def test_what_goes_beyond_is_held_and_not_dropped_and_an_approval_lets_it_pass(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=1/1h")

    await delivered(made, alert())

    assert sorted(await states(made, alert())) == ["done", "held"]
    held = made.record(Decision="held")
    assert held["Reason"] == f"the budget of {ISOLATE} is spent: 1 of 1 targets (1/1h)"
    assert held["Plan"]["target"]["id"] == held["Target"]
    await approve(made, alert())
    await swept(made, 60)
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    done = [row for row in made.records if row["Decision"] == "intent"][-1]
    assert done["Guard"][-1] == "budget: 1 of 1 targets (1/1h): spent, but approved"


async def test_what_was_approved_is_spent_as_well(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=1/1h")
    start = made.world.clock.now() - timedelta(hours=1)
    await delivered(made, alert())
    assert len((await made.app.ledger.spent(ISOLATE, start)).targets) == 1

    await approve(made, alert())
    await swept(made, 60)

    assert len((await made.app.ledger.spent(ISOLATE, start)).targets) == 2


async def test_when_its_time_is_over_there_is_a_budget_again(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=1/1h", REVOKE)
    await delivered(made, account(ADELE, "1"))
    await delivered(made, account(ALEX, "2"))
    assert [await states(made, account(ADELE, "1")), await states(made, account(ALEX, "2"))] == [["done"], ["held"]]

    await asyncio.sleep(3602)
    await delivered(made, account(ALEX, "3"))

    assert await states(made, account(ALEX, "3")) == ["done"]


async def test_instances_share_a_budget(tmp_path: Path) -> None:
    one = limited(tmp_path, "*=1/1h")
    two = limited(tmp_path, "*=1/1h", world=one.world)
    one.world.latency = 0.05

    await asyncio.gather(delivered(one, alert("1")), delivered(two, alert("2")))

    held = [row for row in one.records if row["Decision"] == "held"]
    assert len(isolated(one)) == 1
    assert {row["Target"] for row in held} == set(NICS) - {
        f"{contoso.NETWORK}/networkInterfaces/{isolated(one)[0]}".lower()
    }


async def test_a_step_that_is_tried_again_costs_nothing_more(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=2/1h")
    made.world.faults.on("PUT", "networkInterfaces", Status(503), times=8)

    await delivered(made, alert())
    made.world.faults.clear()
    for _ in range(3):
        await swept(made, 300)

    assert await states(made, alert()) == ["done", "done"]


async def test_a_dry_run_looks_and_spends_nothing(tmp_path: Path) -> None:
    acted = limited(tmp_path / "act", "*=1/1h")
    made = limited(tmp_path / "dry", "*=1/1h", mode="dry_run", world=acted.world)
    await delivered(made, alert("1"))
    assert {row["Decision"] for row in made.records} == {"dry_run"}
    assert spent(made) == 0

    await delivered(acted, alert("2"))
    await asyncio.sleep(61)
    await delivered(made, alert("3"))

    told = [row for row in made.records if row["Decision"] == "dry_run"][-2:]
    assert {row.get("Reason", "") for row in told} == {
        "the target is as wanted already: nothing would be done",
        f"somebody would have to approve it: the budget of {ISOLATE} is spent: 1 of 1 targets (1/1h)",
    }


async def test_a_step_that_another_guard_refuses_spends_nothing(tmp_path: Path) -> None:
    made = acting(tmp_path, settings=settings(budgets="*=1/1h", protected_ids=contoso.WEB_VM))

    await delivered(made, alert())

    assert (set(ends(made).values()), spent(made)) == ({"refused"}, 0)


# --- per cent -------------------------------------------------------------------------------------------------------


async def test_of_few_one_may_always_be_acted_on(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=10%/1h")

    await delivered(made, alert())

    assert sorted(await states(made, alert())) == ["done", "held"]
    reason = made.record(Decision="held")["Reason"]
    assert "1 of 1 targets (10%/1h of " in reason
    assert f"network interfaces of subscription {contoso.SUBSCRIPTION.rpartition('/')[2]})" in reason


async def test_of_many_a_part_may(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=100%/1h")

    await delivered(made, alert())

    assert await states(made, alert()) == ["done", "done"]


async def test_they_are_counted_once_an_hour_for_all_who_ask(tmp_path: Path) -> None:
    made = limited(tmp_path, "*=100%/1h", REVOKE)
    people = account(ADELE)

    await asyncio.gather(*(verdict(made, people) for _ in range(5)))
    assert counts(made) == 1
    await asyncio.sleep(FRESH.total_seconds())
    found = await verdict(made, people)

    assert counts(made) == 2
    assert found.end is None
    assert found.said[-1].endswith("users of the tenant)")


def counts(made: Lab) -> int:
    return len([call for call in made.world.calls if call.path.endswith("$count")])


@pytest.mark.parametrize(("status", "state"), [(503, "planned"), (403, "refused")])
async def test_what_cannot_be_counted_is_not_done(status: int, state: str, tmp_path: Path) -> None:
    made = limited(tmp_path, "*=100%/1h", REVOKE)
    made.world.faults.on("GET", r"users/\$count", Status(status, "No"), times=math.inf)
    people = account(ADELE)

    found = await verdict(made, people)

    assert found.end is not None
    assert (found.end.state, found.end.reason.startswith("a guard cannot be asked: ")) == (state, True)
    assert spent(made) == 0


@pytest.mark.parametrize(("status", "state"), [(503, "planned"), (403, "refused")])
async def test_a_budget_that_cannot_be_read_is_not_there(status: int, state: str, tmp_path: Path) -> None:
    made = limited(tmp_path, "*=5/1h")
    made.world.faults.on("GET", "budget-", Status(status, "No"), times=math.inf)

    found = await verdict(made, alert())

    assert found.end is not None
    assert found.end.state == state


def test_a_budget_for_a_responder_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(Mistakes, match=r"there is no 'network.isolate_nick'; did you mean 'network.isolate_nic'"):
        lab.make(settings=settings(budgets="*=none;network.isolate_nick=1/1h"))


async def test_by_default_there_is_one() -> None:
    from shared.model.settings import read

    given = {name: value for name, value in lab.environment().items() if name != "RIPOSTE_BUDGETS"}

    assert [str(limit) for limit in read(given).budgets["*"]] == ["30/1h", "10%/1h"]

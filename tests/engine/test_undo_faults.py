"""What goes wrong on the way back: it is told, recorded, and may be tried again."""

from __future__ import annotations

import asyncio
from dataclasses import replace as changed
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.faults import Cut, Effect, Hang, Status
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.engine.undo import Undone
from tests.engine.cases import (
    ANALYST,
    ISOLATE,
    REVOKE,
    acting,
    alert,
    delivered,
    holds,
    isolated,
    locked,
    states,
    steps,
    swept,
    undone,
    writes,
)
from tests.lab import Lab


def told(ends: list[Undone]) -> list[tuple[str, str]]:
    return sorted((end.decision, end.reason) for end in ends)


async def contained(folder: Path) -> Lab:
    """A machine that an alert has cut off."""
    made = acting(folder)
    await delivered(made, alert())
    assert await states(made, alert()) == ["done", "done"]
    return made


@pytest.mark.parametrize("state", ["done", "already", "unverified", "uncertain"])
@pytest.mark.parametrize("code", ["AuthorizationFailed", "InternalServerError"])
async def test_an_undo_that_fails_leaves_the_step_as_it_was_and_may_be_asked_again(
    state: str, code: str, tmp_path: Path
) -> None:
    made = await contained(tmp_path)
    for noted in await steps(made, alert()):
        await made.app.ledger.move(noted, replace(noted.entry, state=state), [])
    made.world.faults.always("PUT", "networkInterfaces", Status(403 if code == "AuthorizationFailed" else 500, code))

    ends = await undone(made, alert())

    assert {end.decision for end in ends} == {"undo_failed"}
    assert all(code in end.reason for end in ends)
    assert (await states(made, alert()), locked(made)) == ([state, state], [])
    assert holds(made) == {"None": ["1"], "nsg-web": ["1"]}
    made.world.faults.clear()
    assert {end.decision for end in await undone(made, alert())} == {"undone"}
    assert isolated(made) == []


@pytest.mark.parametrize("effect", [Cut("after"), Hang("after"), Status(500)], ids=["cut", "hang", "500"])
async def test_a_lost_answer_is_settled_by_a_look(effect: Effect, tmp_path: Path) -> None:
    made = await contained(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", effect, times=2)

    assert told(await undone(made, alert())) == [("undone", ""), ("undone", "")]
    assert isolated(made) == []


async def test_an_effect_that_does_not_show_is_no_undo(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces/nic-web-01$", Status(200))

    failed, back = sorted(await undone(made, alert()), key=lambda end: end.decision)

    assert (failed.decision, back.decision) == ("undo_failed", "undone")
    assert failed.reason


async def test_two_who_undo_at_once_undo_once(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    made.world.latency = 0.05
    done = len([call for call in writes(made) if "networkInterfaces" in call.path])

    first, second = await asyncio.gather(undone(made, alert()), undone(made, alert()))

    decided = [end.decision for end in (*first, *second)]
    assert sorted(decided) == ["undo_refused", "undo_refused", "undone", "undone"]
    assert {end.reason for end in (*first, *second)} == {"", "somebody else works on this step now"}
    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == done + 2


async def test_an_undo_whose_instance_died_is_gone_on_with_by_the_sweep(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Hang())
    dying = asyncio.create_task(undone(made, alert()))
    await asyncio.sleep(10)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert sorted(await states(made, alert())) == ["done", "undoing"]

    await swept(made, LEASE.total_seconds() - 60)
    assert sorted(await states(made, alert())) == ["done", "undoing"]
    await swept(made, 120)

    assert sorted(await states(made, alert())) == ["done", "undone"]
    (row,) = [row for row in made.records if row["Decision"] == "undone"]
    assert (row["ActorName"], row["Attempt"]) == (ANALYST.name, 3)
    assert await made.app.ledger.waiting() == 0


async def test_an_undo_that_another_instance_has_taken_over_is_concluded_by_that_one(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces/nic-web-01-backend", Hang("after"))
    slow = asyncio.create_task(undone(made, alert()))
    await asyncio.sleep(5)
    mine = (await steps(made, alert()))[1]
    await made.app.ledger.move(mine, replace(mine.entry, owner="another"), [])

    ends = await slow

    assert ("undo_failed", "another instance has taken the step over") in told(ends)
    assert (await states(made, alert()))[1] == "undoing"
    await swept(made, LEASE.total_seconds())
    assert await states(made, alert()) == ["undone", "undone"]


async def test_a_step_whose_responder_is_gone_is_told_and_the_others_are_undone(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, ISOLATE)
    account_entity = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    body = alert(Entities=[{"Type": "host", "AzureID": contoso.WEB_VM}, account_entity], CompromisedEntity="")
    await delivered(made, body)
    less = {name: found for name, found in made.app.responders.items() if name != REVOKE}
    made.app = changed(made.app, responders=less)

    ends = await undone(made, body)

    assert told(ends) == [("undo_refused", f"{REVOKE} is not there any more"), ("undone", ""), ("undone", "")]


async def test_a_step_of_another_version_that_does_not_fit_is_refused_and_leaves_no_lock(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    for noted in await steps(made, alert()):
        aim = replace(noted.entry.step.aim, params={"gone_since": 1})
        step = replace(noted.entry.step, aim=aim)
        await made.app.ledger.move(noted, replace(noted.entry, step=step), [])

    ends = await undone(made, alert())

    assert {end.decision for end in ends} == {"undo_refused"}
    assert all(f"does not fit {ISOLATE} as it is in this version" in end.reason for end in ends)
    assert (await states(made, alert()), locked(made)) == (["done", "done"], [])

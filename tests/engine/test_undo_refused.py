"""An undo that is not begun leaves a record, and the step as it is for whoever works on it."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest

from azsim.call import Call
from azsim.faults import Fault, Hang, Status
from shared.model.errors import Forbidden
from shared.model.step import Actor
from tests import lab
from tests.engine.cases import ANALYST, REVOKE, ROTATE, account, acting, alert, delivered, steps, swept, undone
from tests.lab import Lab

SECRET = lab.recording("keyvault_secret_near_expiry")
DAY = 86_400
BEN = Actor("user", "ben@contoso.example", "1a2b2d3c-4b5a-4697-8877-665544332211")
GONE = f"{REVOKE} is not there any more"
UNDER_WAY = "its second half is under way: ask again in a few minutes"


async def forgotten(folder: Path) -> Lab:
    """A step that was done by a responder which this version does not have."""
    made = acting(folder, REVOKE)
    await delivered(made, account())
    less = {name: found for name, found in made.app.responders.items() if name != REVOKE}
    made.app = changed(made.app, responders=less)
    return made


async def under_way(folder: Path) -> tuple[Lab, asyncio.Task[None]]:
    """A rotation whose second half is being done."""
    made = acting(folder, ROTATE)
    await delivered(made, SECRET)
    made.world.faults.on("PATCH", "secrets", Hang("before"))
    sweeping = asyncio.create_task(swept(made, DAY + 60))
    await asyncio.sleep(DAY + 65)
    return made, sweeping


def refused(made: Lab) -> list[dict[str, Any]]:
    return [row for row in made.records if row["Decision"] == "undo_refused"]


async def test_a_responder_that_is_gone_is_a_record_of_who_asked_and_why_not(tmp_path: Path) -> None:
    made = await forgotten(tmp_path)
    (before,) = await steps(made, account())

    (end,) = await undone(made, account())

    row = made.record(Decision="undo_refused")
    assert (end.decision, end.reason, row["Reason"]) == ("undo_refused", GONE, GONE)
    assert (row["ActorKind"], row["ActorName"], row["ActorId"]) == ("user", ANALYST.name, ANALYST.id)
    assert (row["StepId"], row["Target"], row["Responder"]) == (end.step, end.target, REVOKE)
    assert (row["CaseId"], row["RunId"]) == (before.entry.step.event.case, before.entry.step.run)
    assert await steps(made, account()) == [before]
    assert await made.app.ledger.waiting() == 0


async def test_a_second_half_under_way_is_a_record_and_ends_as_if_nobody_had_asked(tmp_path: Path) -> None:
    made, sweeping = await under_way(tmp_path)
    (before,) = await steps(made, SECRET)

    (end,) = await undone(made, SECRET)

    row = made.record(Decision="undo_refused")
    assert (end.reason, row["Reason"], row["ActorName"]) == (UNDER_WAY, UNDER_WAY, ANALYST.name)
    assert row["Mitigations"] == list(made.app.responders[ROTATE].facts.attack)
    assert await steps(made, SECRET) == [before]
    await sweeping
    await swept(made, 600)
    assert made.record(Decision="finished")["ActorKind"] == "system"


async def test_whoever_comes_second_to_an_undo_is_in_a_record(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())
    made.world.latency = 0.05

    await asyncio.gather(undone(made, alert(), BEN), undone(made, alert()))

    back = {row["StepId"]: row["ActorName"] for row in made.records if row["Decision"] == "undone"}
    no = {row["StepId"]: row["ActorName"] for row in refused(made)}
    assert back.keys() == no.keys()
    assert {frozenset((back[step], no[step])) for step in back} == {frozenset((ANALYST.name, BEN.name))}
    assert {row["Reason"] for row in refused(made)} == {"somebody else works on this step now"}


async def test_each_refusal_is_a_record_of_its_own(tmp_path: Path) -> None:
    made = await forgotten(tmp_path)

    await undone(made, account())
    await undone(made, account(), BEN)  # in the same moment
    await asyncio.sleep(1)
    await undone(made, account())

    assert [row["ActorName"] for row in refused(made)].count(ANALYST.name) == 2
    assert len({row["RecordId"] for row in refused(made)}) == len(refused(made)) == 3


async def test_the_same_refusal_twice_in_one_moment_has_one_id(tmp_path: Path) -> None:
    made = await forgotten(tmp_path)
    made.world.faults.on("POST", "dataCollectionRules", Status(503), times=math.inf)

    first, second = await undone(made, account()), await undone(made, account())

    assert first == second
    made.world.faults.clear()
    await swept(made, 60)
    assert len({row["RecordId"] for row in refused(made)}) == 1


async def test_without_a_stored_record_nobody_is_told_that_it_was_refused(tmp_path: Path) -> None:
    made = await forgotten(tmp_path)

    def of_the_refusal(call: Call) -> bool:
        return ".table." in call.host and b"undo_refused" in call.body

    made.world.faults.script.append(Fault(Status(403, "AuthorizationFailure"), of_the_refusal, times=math.inf))

    with pytest.raises(Forbidden, match="AuthorizationFailure"):
        await undone(made, account())

    assert refused(made) == []


async def test_a_refusal_that_cannot_be_delivered_now_waits_in_the_ledger(tmp_path: Path) -> None:
    made = await forgotten(tmp_path)
    made.world.faults.on("POST", "dataCollectionRules", Status(503), times=math.inf)

    await undone(made, account())
    assert (refused(made), await made.app.ledger.waiting()) == ([], 1)
    made.world.faults.clear()
    await swept(made, 60)

    assert [row["Reason"] for row in refused(made)] == [GONE]
    assert await made.app.ledger.waiting() == 0

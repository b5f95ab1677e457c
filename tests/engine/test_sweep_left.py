"""Steps that another version wrote, or that another instance went on with meanwhile."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.call import Call
from azsim.faults import Fault, Hang, Status
from shared.azure.ledger import LEASE
from tests.engine.cases import (
    NICS,
    acting,
    alert,
    claimed,
    delivered,
    group_of,
    holds,
    isolated,
    locked,
    states,
    steps,
    swept,
    undone,
)
from tests.lab import Lab


async def put_off(folder: Path) -> Lab:
    """Two steps that are to be tried again."""
    made = acting(folder)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()
    assert await states(made, alert()) == ["planned", "planned"]
    return made


@pytest.mark.parametrize("field", ["params", "target"])
async def test_a_step_that_does_not_fit_this_version_ends_with_a_record_and_the_others_go_on(
    field: str, tmp_path: Path
) -> None:
    made = await put_off(tmp_path)
    noted, _ = await steps(made, alert())
    step = noted.entry.step
    if field == "params":
        step = replace(step, aim=replace(step.aim, params={"gone_since": 1}))
    else:
        step = replace(step, target={"id": NICS[0]})
    await made.app.ledger.move(noted, replace(noted.entry, step=step), [])

    await swept(made, 700)

    assert sorted(await states(made, alert())) == ["done", "refused"]
    assert "does not fit network.isolate_nic as it is in this version" in made.record(Decision="refused")["Reason"]
    assert (isolated(made), locked(made), await made.app.ledger.waiting()) == (["nic-web-01-backend"], [], 0)


async def test_a_step_that_may_have_been_done_and_does_not_fit_any_more_is_uncertain(tmp_path: Path) -> None:
    made = await put_off(tmp_path)
    for noted in await steps(made, alert()):
        step = replace(noted.entry.step, aim=replace(noted.entry.step.aim, params={"gone_since": 1}))
        await made.app.ledger.move(noted, replace(noted.entry, step=step, otherwise="uncertain"), [])

    await swept(made, 700)

    assert await states(made, alert()) == ["uncertain", "uncertain"]


async def test_two_instances_that_look_again_for_one_target_have_one_effect(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.script.append(Fault(Status(503), lambda call: "virtualMachines" in call.path, times=math.inf))
    await delivered(made, alert())
    made.world.faults.clear()
    made.world.latency = 0.05

    await asyncio.sleep(60)
    await asyncio.gather(made.host.timer("sweep"), made.host.timer("sweep"))
    await swept(made, LEASE.total_seconds())

    assert sorted(await states(made, alert())) == ["done", "done", "resolved", "resolved"]
    assert [row["Decision"] for row in made.records].count("done") == 2
    assert len({row["RecordId"] for row in made.records}) == len(made.records)


def of_an_interface(call: Call) -> bool:
    return call.method == "GET" and "networkInterfaces" in call.path


async def dead_after_the_deed(folder: Path) -> Lab:
    """Two steps that were done by an instance which died before it could say so."""
    made = acting(folder)
    made.world.faults.on("PUT", "networkInterfaces", Hang("after"), times=2)
    dying = asyncio.create_task(delivered(made, alert()))
    await asyncio.sleep(20)  # less than the wait for an answer
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert (await states(made, alert()), len(isolated(made))) == (["claimed", "claimed"], 2)
    return made


@pytest.mark.parametrize("redelivered", [False, True])
async def test_where_nobody_can_look_what_a_dead_instance_did_is_uncertain_and_can_still_be_undone(
    *, redelivered: bool, tmp_path: Path
) -> None:
    made = await dead_after_the_deed(tmp_path)

    def once_taken_over(call: Call) -> bool:
        again = any('"attempts":2' in str(row.get("Data")) for row in made.ledger_rows())
        return again and of_an_interface(call)

    made.world.faults.script.append(Fault(Status(403, "AuthorizationFailed"), once_taken_over, times=math.inf))
    await asyncio.sleep(LEASE.total_seconds())

    await (delivered(made, alert()) if redelivered else swept(made, 0))

    assert (await states(made, alert()), len(holds(made))) == (["uncertain", "uncertain"], 2)
    made.world.faults.clear()
    assert {end.decision for end in await undone(made, alert())} == {"undone"}
    assert [group_of(made, nic) for nic in NICS] == ["nsg-web", ""]


async def test_a_guard_that_cannot_be_asked_does_not_make_a_dead_instances_deed_a_failed_one(tmp_path: Path) -> None:
    made = await dead_after_the_deed(tmp_path)
    made.world.faults.on("GET", "kill_switch", Status(503), times=math.inf)
    await swept(made, LEASE.total_seconds())
    assert await states(made, alert()) == ["planned", "planned"]
    made.world.faults.clear()
    made.world.faults.script.append(Fault(Status(403, "AuthorizationFailed"), of_an_interface, times=math.inf))

    await swept(made, 700)

    assert await states(made, alert()) == ["uncertain", "uncertain"]


async def test_a_step_whose_claim_is_young_is_left_to_its_owner(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await claimed(made, alert())

    await swept(made, LEASE.total_seconds() - 60)
    assert await states(made, alert()) == ["claimed"]
    await swept(made, 120)

    assert await states(made, alert()) == ["done"]

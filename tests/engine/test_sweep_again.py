"""What did not work is tried again by the sweep, within limits and guards."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from azsim.faults import Cut, Status
from azsim.tenants import contoso
from shared.engine.outcome import MOST_ATTEMPTS
from shared.model.states import State
from tests.engine.cases import NICS, REVOKE, acting, alert, delivered, ends, isolated, states, swept, turn, writes


async def test_what_did_not_work_is_tried_again_until_it_does(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    assert await states(made, alert()) == ["planned", "planned"]

    await swept(made, 600)
    assert await states(made, alert()) == ["planned", "planned"]
    made.world.faults.clear()
    await swept(made, 600)

    assert await states(made, alert()) == ["done", "done"]
    decided = [row["Decision"] for row in made.records if row["Target"] == NICS[0]]
    assert decided == ["intent", "deferred", "intent", "deferred", "intent", "done"]
    assert [row["Attempt"] for row in made.records if row["Target"] == NICS[0]] == [1, 1, 2, 2, 3, 3]


async def test_it_is_not_tried_before_azure_allows_it(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(429, retry_after=3000))
    await delivered(made, alert())
    tried = len(writes(made))

    await swept(made, 2900)
    assert len(writes(made)) == tried
    await swept(made, 100)
    assert len(writes(made)) > tried


async def test_it_is_given_up_after_some_attempts_and_says_so(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Cut())

    await delivered(made, alert())
    for _ in range(MOST_ATTEMPTS + 2):
        await swept(made, 700)

    assert await states(made, alert()) == ["failed", "failed"]
    failed = [row for row in made.records if row["Decision"] == "failed"]
    assert len(failed) == 2
    assert all(row["Reason"].startswith(f"given up after {MOST_ATTEMPTS} attempts: ") for row in failed)
    assert await made.app.ledger.waiting() == 0


@pytest.mark.parametrize(
    ("reads", "state"),
    [(1, "uncertain"), (2, "unverified")],
    ids=["nobody could look", "it was seen, then nobody could look"],
)
async def test_a_deed_whose_answer_was_lost_does_not_end_as_failed(reads: int, state: State, tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    made.world.faults.always("POST", "revokeSignInSessions", Cut("after"))
    made.world.faults.on("GET", r"graph.microsoft.com/v1.0/users/[^/]+$", Status(500), skip=reads, times=math.inf)
    account = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    body = alert(Entities=[account], CompromisedEntity="", AzureResourceId="", ResourceIdentifiers=[])

    await delivered(made, body)
    for _ in range(MOST_ATTEMPTS + 2):
        await swept(made, 700)

    assert await states(made, body) == [state]
    assert made.records[-1]["Decision"] == state
    assert await made.app.ledger.waiting() == 0


async def test_a_target_that_could_not_be_looked_for_is_looked_for_again(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("GET", "virtualMachines", Status(503))
    await delivered(made, alert())
    assert set(await states(made, alert())) == {"planned"}
    await swept(made, 60)
    assert {row["Decision"] for row in made.records} == {"deferred"}

    made.world.faults.clear()
    await swept(made, 120)

    assert sorted(await states(made, alert())) == ["done", "done", "resolved", "resolved"]
    assert ends(made) == dict.fromkeys(NICS, "done")
    assert await made.app.ledger.waiting() == 0


async def test_a_target_that_turns_out_not_to_be_there_is_refused(tmp_path: Path) -> None:
    made = acting(tmp_path)
    gone = alert(vm=f"{contoso.WEB_VM}-gone")
    made.world.faults.always("GET", "virtualMachines", Status(503))
    await delivered(made, gone)

    made.world.faults.clear()
    await swept(made, 60)

    assert set(await states(made, gone)) == {"refused"}


async def test_the_kill_switch_stops_what_waits_as_well(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()

    turn(made, On=True, Who="Megan", Why="wrong rule")
    await swept(made, 700)

    assert await states(made, alert()) == ["refused", "refused"]
    assert isolated(made) == []
    assert {row["Reason"] for row in made.records if row["Decision"] == "refused"} == {
        "the kill switch is on (undo_only): wrong rule (Megan)"
    }


async def test_a_guard_that_cannot_be_asked_puts_a_waiting_step_off(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()
    made.world.faults.on("GET", "kill_switch", Status(503), times=math.inf)

    await swept(made, 700)

    assert await states(made, alert()) == ["planned", "planned"]
    assert made.records[-1]["Reason"].startswith("a guard cannot be asked")
    assert isolated(made) == []

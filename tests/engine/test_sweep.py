from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import replace as changed
from pathlib import Path

import pytest

from azsim.arm import Arm
from azsim.faults import Cut, Fault, Hang, Status
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.engine.outcome import MOST_ATTEMPTS
from shared.engine.sweep import sweep
from shared.model.ids import partition
from shared.model.ledger import Entry, State
from tests.engine.cases import ISOLATE, NICS, REVOKE, acting, alert, delivered, ends, event, isolated, turn, writes
from tests.lab import Lab

GONE = "playbook only is not there any more"


async def entries(made: Lab, body: bytes) -> list[Entry]:
    """The steps of a delivery's case."""
    return [noted.entry for noted in await made.app.ledger.entries(partition(event(made, body).case))]


async def states(made: Lab, body: bytes) -> list[State]:
    return [entry.state for entry in await entries(made, body)]


async def after(seconds: float, made: Lab) -> None:
    """Wait, then sweep, as the timer does."""
    await asyncio.sleep(seconds)
    done = await made.host.timer("sweep")
    assert done.error is None


async def test_when_nothing_is_left_nothing_is_done(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())
    records, calls = len(made.records), len(writes(made))

    assert await sweep(made.app) == 0
    await asyncio.sleep(86_400)
    assert await sweep(made.app) == 0

    assert (len(made.records), len(writes(made))) == (records, calls)


async def test_what_did_not_work_is_tried_again_until_it_does(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    assert await states(made, alert()) == ["planned", "planned"]

    await after(600, made)
    assert await states(made, alert()) == ["planned", "planned"]
    made.world.faults.clear()
    await after(600, made)

    assert await states(made, alert()) == ["done", "done"]
    decided = [row["Decision"] for row in made.records if row["Target"] == NICS[0]]
    assert decided == ["intent", "deferred", "intent", "deferred", "intent", "done"]
    assert [row["Attempt"] for row in made.records if row["Target"] == NICS[0]] == [1, 1, 2, 2, 3, 3]


async def test_it_is_not_tried_before_azure_allows_it(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(429, retry_after=3000))
    await delivered(made, alert())
    tried = len(writes(made))

    await after(2900, made)
    assert len(writes(made)) == tried
    await after(100, made)
    assert len(writes(made)) > tried


async def test_it_is_given_up_after_some_attempts_and_says_so(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=400))

    await delivered(made, alert())
    for _ in range(MOST_ATTEMPTS + 2):
        await after(700, made)

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
    made.world.faults.on("GET", "graph.microsoft.com/v1.0/users/", Status(500), skip=reads, times=math.inf)
    account = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    body = alert(Entities=[account], CompromisedEntity="", AzureResourceId="", ResourceIdentifiers=[])

    await delivered(made, body)
    for _ in range(MOST_ATTEMPTS + 2):
        await after(700, made)

    assert await states(made, body) == [state]
    assert made.records[-1]["Decision"] == state
    assert await made.app.ledger.waiting() == 0


async def test_what_a_dead_instance_left_is_taken_over_when_its_lease_ends(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Hang())
    dying = asyncio.create_task(delivered(made, alert()))
    await asyncio.sleep(20)  # less than the wait for an answer
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert "claimed" in await states(made, alert())

    await after(LEASE.total_seconds() - 60, made)
    assert "claimed" in await states(made, alert())
    await after(120, made)
    await after(LEASE.total_seconds(), made)

    assert await states(made, alert()) == ["done", "done"]
    assert sorted(isolated(made)) == ["nic-web-01", "nic-web-01-backend"]


async def test_a_target_that_could_not_be_looked_for_is_looked_for_again(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("GET", "virtualMachines", Status(503))
    await delivered(made, alert())
    assert set(await states(made, alert())) == {"planned"}
    await after(60, made)
    assert {row["Decision"] for row in made.records} == {"deferred"}

    made.world.faults.clear()
    await after(120, made)

    assert sorted(await states(made, alert())) == ["done", "done", "resolved", "resolved"]
    assert ends(made) == dict.fromkeys(NICS, "done")
    assert await made.app.ledger.waiting() == 0


async def test_a_target_that_turns_out_not_to_be_there_is_refused(tmp_path: Path) -> None:
    made = acting(tmp_path)
    gone = alert(vm=f"{contoso.WEB_VM}-gone")
    made.world.faults.always("GET", "virtualMachines", Status(503))
    await delivered(made, gone)

    made.world.faults.clear()
    await after(60, made)

    assert set(await states(made, gone)) == {"refused"}


async def test_the_kill_switch_stops_what_waits_as_well(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()

    turn(made, On=True, Who="Megan", Why="wrong rule")
    await after(700, made)

    assert await states(made, alert()) == ["refused", "refused"]
    assert isolated(made) == []
    assert {row["Reason"] for row in made.records if row["Decision"] == "refused"} == {
        "the kill switch is on: wrong rule (Megan)"
    }


async def test_a_guard_that_cannot_be_asked_puts_a_waiting_step_off(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()
    made.world.faults.on("GET", "kill_switch", Status(503), times=math.inf)

    await after(700, made)

    assert await states(made, alert()) == ["planned", "planned"]
    assert made.records[-1]["Reason"].startswith("a guard cannot be asked")
    assert isolated(made) == []


async def test_a_responder_that_is_gone_is_told_and_the_other_steps_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert(), alert("2", vm=contoso.DC_VM))
    less = changed(made.app, responders={name: r for name, r in made.app.responders.items() if name != ISOLATE})
    await asyncio.sleep(700)

    with caplog.at_level(logging.ERROR):
        await sweep(less)

    assert f"calls {ISOLATE}, which is not there any more" in caplog.text
    assert await made.app.ledger.waiting() == 1


async def test_one_case_that_cannot_be_swept_does_not_keep_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    made.world.state(Arm).resources[contoso.DC_VM.lower()].body["tags"] = {}
    first, second = alert("1"), alert("2", vm=contoso.DC_VM)
    await delivered(made, first, second)
    made.world.faults.clear()
    place = partition(event(made, first).case)
    made.world.faults.script.append(
        Fault(Status(403), lambda call: place in call.path or place.encode() in call.body, times=math.inf)
    )

    with caplog.at_level(logging.ERROR):
        await after(700, made)

    assert isolated(made) == ["nic-dc-01"]
    assert f"case {place} could not be swept" in caplog.text


async def test_two_sweeps_at_once_do_nothing_twice(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()
    tried = len(writes(made))
    await asyncio.sleep(700)

    await asyncio.gather(sweep(made.app), sweep(made.app), sweep(made.app))

    assert await states(made, alert()) == ["done", "done"]
    assert len([call for call in writes(made)[tried:] if "networkInterfaces" in call.path]) == 2
    assert [row["Decision"] for row in made.records].count("done") == 2


@pytest.mark.parametrize("there", [True, False])
async def test_a_run_that_broke_off_is_taken_up_again_if_its_playbook_is_still_there(
    *, there: bool, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    body = {"entities": [{"kind": "azure_resource", "resource_id": contoso.WEB_VM}]}
    _, answer = await made.post("/api/playbooks/only/runs", body, prefer="respond-async")
    for task in list(made.app.tasks):
        task.cancel()
    await asyncio.sleep(0)
    assert not [row for row in made.records if row["Decision"] == "done"]
    made.app.playbooks.all = made.app.playbooks.all if there else ()

    await after(LEASE.total_seconds(), made)
    await after(LEASE.total_seconds(), made)

    assert bool(isolated(made)) is there
    _, shown = await made.get(f"/api/runs/{answer['run']}")
    assert shown["state"] == "finished"
    assert [found["Reason"] for found in shown["rehearsed"]] == ([] if there else [GONE])
    assert [row["Reason"] for row in made.records if row["Decision"] == "refused"] == ([] if there else [GONE])
    assert await made.app.ledger.waiting() == 0

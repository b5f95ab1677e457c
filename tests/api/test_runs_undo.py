from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from azsim import arm
from azsim.tenants import contoso
from tests import lab
from tests.api.asking import ADELE, ANALYST, CONTAIN, CUT, MACHINE, acting, answered, signed_in, told
from tests.lab import Lab

NICS = [f"{contoso.NETWORK}/networkInterfaces/{name}" for name in ("nic-web-01", "nic-web-01-backend")]
OTHER_GROUP = f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet"


def groups(made: Lab) -> list[str]:
    """The name of each interface's security group."""
    found = [made.world.state(arm.Arm).resources[nic.lower()].properties for nic in NICS]
    return [(each.get("networkSecurityGroup") or {"id": ""})["id"].rpartition("/")[2] for each in found]


async def undo(made: Lab, run: str, **headers: str) -> tuple[int, Any]:
    answer: func.HttpResponse = await answered(made, f"/api/runs/{run}/undo", **headers)
    return answer.status_code, told(answer)


async def contained(folder: Path, **given: Any) -> tuple[Lab, str]:
    """Contoso with its machine cut off by a run, and the run's id."""
    made = lab.make(playbooks=acting(folder), **given)
    head = {"x_ms_client_principal": signed_in("Riposte.Operator")} if given else {}
    run = told(await answered(made, CONTAIN, {"entities": [MACHINE]}, **head))["run"]
    assert all(name.startswith("nsg-riposte-quarantine") for name in groups(made))
    return made, run


async def test_undo_puts_back_what_was_there_last_step_first_and_tells_of_each(tmp_path: Path) -> None:
    made, run = await contained(tmp_path)

    status, body = await undo(made, run)

    assert (status, body["run"], body["left"]) == (200, run, [])
    assert {(step["decision"], step["target"]) for step in body["steps"]} == {("undone", nic.lower()) for nic in NICS}
    assert groups(made) == ["nsg-web", ""]
    shown = told(await answered(made, f"/api/runs/{run}", method="GET"))
    assert (shown["state"], {step["state"] for step in shown["steps"]}) == ("finished", {"undone"})


async def test_who_undid_it_is_in_the_records(tmp_path: Path) -> None:
    made, run = await contained(tmp_path, settings={"RIPOSTE_EASY_AUTH": "true"})
    other = ANALYST.replace("0f1e", "1a2b")
    first = len(made.records)

    await undo(
        made, run, x_ms_client_principal=signed_in("Riposte.Operator", object_id=other, name="ben@contoso.example")
    )

    assert {(row["ActorName"], row["ActorId"]) for row in made.records[first:]} == {("ben@contoso.example", other)}
    assert {row["ActorId"] for row in made.records[:first]} == {ANALYST}


async def test_undoing_twice_changes_nothing_more(tmp_path: Path) -> None:
    made, run = await contained(tmp_path)
    await undo(made, run)
    records = made.records

    assert await undo(made, run) == (200, {"run": run, "steps": [], "left": []})
    assert made.records == records


async def test_two_undo_at_once_and_it_is_undone_once(tmp_path: Path) -> None:
    made, run = await contained(tmp_path)
    made.world.latency = 0.05

    answers = await asyncio.gather(undo(made, run), undo(made, run))

    assert groups(made) == ["nsg-web", ""]
    assert len({row["RecordId"] for row in made.records if row["Decision"] == "undone"}) == 2
    decisions = sorted(step["decision"] for _, body in answers for step in body["steps"])
    assert decisions == ["undo_refused", "undo_refused", "undone", "undone"]


async def test_what_somebody_changed_since_is_left_alone_and_told(tmp_path: Path) -> None:
    made, run = await contained(tmp_path)
    nic = made.world.state(arm.Arm).resources[NICS[1].lower()]
    nic.properties["networkSecurityGroup"] = {"id": OTHER_GROUP}

    status, body = await undo(made, run)

    assert (status, groups(made)) == (200, ["nsg-web", "nsg-subnet"])
    (refused,) = [step for step in body["steps"] if step["decision"] == "undo_refused"]
    assert "has been changed since" in refused["reason"]


async def test_what_has_no_way_back_says_so(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    run = told(await answered(made, CUT, {"entities": [ADELE]}))["run"]

    status, body = await undo(made, run)

    assert (status, [step["decision"] for step in body["steps"]]) == (200, ["undo_refused"])
    assert body["steps"][0]["reason"] == "entra.revoke_user_sessions has no way back"


async def test_there_is_nothing_to_undo_in_a_dry_run() -> None:
    made = lab.make()
    run = told(await answered(made, CONTAIN, {"entities": [MACHINE]}))["run"]

    status, body = await undo(made, run)

    assert (status, body["title"], body["detail"]) == (409, "Nothing to undo", "It was a dry run.")


async def test_there_is_nothing_to_undo_where_nothing_was_done(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    entity = {"kind": "azure_resource", "resource_id": contoso.DC_VM}
    run = told(await answered(made, CONTAIN, {"entities": [entity]}))["run"]

    status, body = await undo(made, run)

    nic = f"{contoso.NETWORK}/networkInterfaces/nic-dc-01".lower()
    assert (status, body["errors"]) == (409, [f"network.isolate_nic on {nic} is refused"])


async def test_a_run_under_way_is_not_taken_for_undone(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.latency = 1.0
    run = told(await answered(made, CONTAIN, {"entities": [MACHINE]}, prefer="respond-async"))["run"]

    status, body = await undo(made, run)

    assert (status, "running" in body["detail"]) == (409, True)
    await asyncio.sleep(300)
    assert (await undo(made, run))[0] == 200
    assert groups(made) == ["nsg-web", ""]


async def test_what_another_run_did_is_undone_by_that_runs_id(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    await made.deliver("defender_vm_bruteforce")
    (doer,) = {row["RunId"] for row in made.records}
    event = json.loads(lab.recording("defender_vm_bruteforce"))
    run = told(await answered(made, CONTAIN, {"event": event}))["run"]

    status, body = await undo(made, run)

    assert (status, len(body["errors"])) == (409, 2)
    assert all(f"is done by run {doer}: undo that one" in error for error in body["errors"])
    assert groups(made)[0].startswith("nsg-riposte-quarantine")
    assert (await undo(made, doer))[0] == 200
    assert groups(made) == ["nsg-web", ""]


@pytest.mark.parametrize("code", ["AuthorizationFailed", "Conflict"])
async def test_an_undo_that_does_not_work_says_why_and_may_be_asked_again(code: str, tmp_path: Path) -> None:
    from azsim.faults import Status

    made, run = await contained(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(403 if code == "AuthorizationFailed" else 409, code))

    status, body = await undo(made, run)

    assert (status, {step["decision"] for step in body["steps"]}) == (200, {"undo_failed"})
    assert all(code in step["reason"] for step in body["steps"])
    made.world.faults.clear()
    assert {step["decision"] for step in (await undo(made, run))[1]["steps"]} == {"undone"}
    assert groups(made) == ["nsg-web", ""]

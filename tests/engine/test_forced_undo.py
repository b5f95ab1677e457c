from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from shared.engine import decide
from shared.model.step import Actor
from tests import lab
from tests.api.asking import signed_in
from tests.engine.cases import ISOLATE, NICS, ROTATE, acting, alert, delivered, ends, group_of, resource, steps, swept
from tests.lab import Lab

ANN = {"x_ms_client_principal": signed_in("Riposte.Operator", "Riposte.Approver")}
BOB = {
    "x_ms_client_principal": signed_in(
        "Riposte.Operator", "Riposte.Approver", object_id="11111111-2222-3333-4444-555555555555", name="bob"
    )
}
FORCE = {"force": True, "reason": "the subnet's owner agrees"}
YES = {"decision": "approve", "reason": "so do I"}
OTHER = {"id": f"{NICS[0].rpartition('/networkinterfaces')[0]}/networkSecurityGroups/nsg-other"}


async def drifted(folder: Path) -> tuple[Lab, str]:
    """An interface that was cut off, and that somebody has given another group since; and its run."""
    made = acting(folder, ISOLATE, settings={"RIPOSTE_EASY_AUTH": "true"})
    await delivered(made, alert())
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = dict(OTHER)
    return made, made.records[0]["RunId"]


async def asked(made: Lab, run: str) -> dict[str, Any]:
    status, body = await made.post(f"/api/runs/{run}/undo", FORCE, **ANN)
    assert status == 200, body
    (held,) = [step for step in body["steps"] if step["decision"] == "held"]
    assert held["target"] == NICS[0]
    _, request = await made.get(f"/api/approvals/{held['approval']}", **ANN)
    found: dict[str, Any] = request
    return found


async def test_without_force_it_is_refused_and_the_difference_is_shown(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)

    _, body = await made.post(f"/api/runs/{run}/undo", None, **ANN)

    told = {step["target"]: (step["decision"], step["reason"]) for step in body["steps"]}
    assert told[NICS[1]] == ("undone", "")
    assert told[NICS[0]][0] == "undo_refused"
    assert "has been changed since: network_security_group" in told[NICS[0]][1]
    assert "nsg-other" in told[NICS[0]][1]
    assert group_of(made, NICS[0]) == "nsg-other"


async def test_by_force_it_waits_for_a_second_person_who_sees_what_is_written_over(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)

    request = await asked(made, run)

    assert (request["state"], request["why"]) == ("waits", FORCE["reason"])
    plan = request["plan"]
    assert (plan["deed"], plan["before"]["network_security_group"].rpartition("/")[2]) == ("forced_undo", "nsg-other")
    assert plan["after"]["network_security_group"].endswith("/nsg-web")
    assert group_of(made, NICS[0]) == "nsg-other"
    _, listed = await made.get("/api/approvals", **ANN)
    assert [found["approval"] for found in listed["approvals"]] == [request["approval"]]
    status, problem = await made.post(f"/api/approvals/{request['approval']}", YES, **ANN)
    assert (status, problem["detail"]) == (403, "whoever asked for it cannot approve it: somebody else must")

    status, body = await made.post(f"/api/approvals/{request['approval']}", YES, **BOB)

    assert (status, body["state"]) == (200, "undone")
    assert group_of(made, NICS[0]) == "nsg-web"
    record = made.record(Decision="undone", Target=NICS[0])
    assert (record["ActorName"], record["ApproverName"]) == ("ann@contoso.example", "bob")
    assert (await made.post(f"/api/approvals/{request['approval']}", YES, **BOB))[0] in (404, 409)


async def test_it_dies_when_the_target_is_changed_once_more(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)
    request = await asked(made, run)
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = None

    _, body = await made.post(f"/api/approvals/{request['approval']}", YES, **BOB)

    assert body["state"] == "done"
    assert "has been changed once more since that was approved" in body["reason"]
    assert group_of(made, NICS[0]) == ""
    assert ends(made)[NICS[0]] == "undo_refused"


async def test_it_dies_with_its_time(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)
    request = await asked(made, run)
    await asyncio.sleep(4 * 3600 + 1)

    status, _ = await made.post(f"/api/approvals/{request['approval']}", YES, **BOB)
    await swept(made, 1)

    assert status == 409
    assert group_of(made, NICS[0]) == "nsg-other"
    assert made.record(Decision="lapsed", Target=NICS[0])["ApprovalId"] == request["approval"]
    assert await made.app.ledger.waiting() == 0


async def test_it_can_be_denied_and_asked_for_again(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)
    request = await asked(made, run)

    status, body = await made.post(f"/api/approvals/{request['approval']}", YES | {"decision": "deny"}, **BOB)
    assert (status, body["state"]) == (200, "done")
    await asyncio.sleep(1)
    again = await asked(made, run)

    assert again["approval"] != request["approval"]
    assert made.record(Decision="denied")["ApproverName"] == "bob"


async def test_an_instance_that_died_after_the_approval_is_relieved(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)
    request = await asked(made, run)
    found = await decide.find(request["approval"], made.app)
    assert found is not None
    bob = Actor("user", "bob", "11111111-2222-3333-4444-555555555555")
    await decide.decide(found, bob, "yes", made.app, approved=True)

    for _ in range(7):
        await swept(made, 60)

    assert group_of(made, NICS[0]) == "nsg-web"


@pytest.mark.parametrize(
    ("body", "who", "status"),
    [
        ({"force": True}, ANN, 400),
        ({"force": "yes", "reason": "x"}, ANN, 400),
        ({"forced": True}, ANN, 400),
    ],
    ids=["no reason", "not a flag", "misspelt"],
)
async def test_a_request_that_makes_no_sense_is_refused(
    body: dict[str, Any], who: dict[str, str], status: int, tmp_path: Path
) -> None:
    made, run = await drifted(tmp_path)

    assert (await made.post(f"/api/runs/{run}/undo", body, **who))[0] == status


async def test_whoever_is_not_known_cannot_force(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())

    status, problem = await made.post(f"/api/runs/{made.records[0]['RunId']}/undo", FORCE)

    assert status == 403
    assert "the first must be known" in problem["detail"]


async def test_an_operation_knows_no_force(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE, settings={"RIPOSTE_EASY_AUTH": "true"})
    await delivered(made, lab.recording("keyvault_secret_near_expiry"))
    vaults = made.world.state(Vaults)
    newest = vaults.versions(contoso.VAULT_HOST, contoso.SECRET)[-1]
    later = {**newest.attributes, "created": newest.attributes["created"] + 60}
    vaults.add(contoso.VAULT_HOST, contoso.SECRET, replace(newest, id="c" * 32, tags={}, attributes=later))

    _, body = await made.post(f"/api/runs/{made.records[0]['RunId']}/undo", FORCE, **ANN)

    assert [step["decision"] for step in body["steps"]] == ["undo_refused"]
    assert "somebody rotated it since" in body["steps"][0]["reason"]


async def test_a_step_of_which_nobody_knows_whether_it_was_done_can_be_forced_back(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)
    noted = next(each for each in await steps(made, alert()) if each.entry.step.target_id == NICS[0])
    left = structs.replace(noted.entry, state="uncertain", before=None, after=None)
    await made.app.ledger.move(noted, left, [])

    request = await asked(made, run)
    _, body = await made.post(f"/api/approvals/{request['approval']}", YES, **BOB)

    assert body["state"] == "undone"
    assert group_of(made, NICS[0]) == "nsg-web"


async def test_another_attempt_leaves_a_request_that_waits(tmp_path: Path) -> None:
    made, run = await drifted(tmp_path)
    request = await asked(made, run)

    await made.post(f"/api/runs/{run}/undo", None, **ANN)
    status, body = await made.post(f"/api/approvals/{request['approval']}", YES, **BOB)

    assert (status, body.get("state")) == (200, "undone")

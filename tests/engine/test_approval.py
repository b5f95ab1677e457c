from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.engine import decide
from shared.model.approval import Plan
from tests import lab
from tests.api.asking import signed_in
from tests.engine.cases import (
    ANALYST,
    ISOLATE,
    NICS,
    REVOKE,
    ROTATE,
    account,
    acting,
    alert,
    delivered,
    ends,
    isolated,
    resource,
    states,
    steps,
    swept,
    writes,
)
from tests.lab import Lab

SIGNED_IN = {"RIPOSTE_EASY_AUTH": "true"}
BOB = {"x_ms_client_principal": signed_in("Riposte.Approver", object_id="1" * 8 + "-2222-3333-4444-" + "5" * 12)}
ANN = {"x_ms_client_principal": signed_in("Riposte.Approver", "Riposte.Operator")}
YES = {"decision": "approve", "reason": "it is an attack"}
NO = {"decision": "deny", "reason": "it is a test"}


def asking(folder: Path, *names: str, approval: str = "required", **given: Any) -> Lab:
    options = {"approval": approval, **given.pop("options", {})}
    return acting(folder, *(names or [ISOLATE]), options=options, settings=SIGNED_IN, **given)


async def requests(made: Lab) -> list[dict[str, Any]]:
    status, body = await made.get("/api/approvals", **BOB)
    assert status == 200, body
    found: list[dict[str, Any]] = body["approvals"]
    return sorted(found, key=lambda request: str(request["plan"]["target"]["name"]))


async def answered(made: Lab, request: dict[str, Any], reply: dict[str, Any], **who: str) -> tuple[int, Any]:
    return await made.post(f"/api/approvals/{request['approval']}", reply, **(who or BOB))


async def test_a_step_that_needs_approval_is_held_with_its_plan_and_nothing_is_changed(tmp_path: Path) -> None:
    made = asking(tmp_path, options={"expires": "4h"})

    await delivered(made, alert())

    assert await states(made, alert()) == ["held", "held"]
    assert writes(made) == []
    first, _ = await requests(made)
    plan = first["plan"]
    assert plan["target"]["name"] == "nic-web-01"
    assert plan["before"]["network_security_group"].endswith("/nsg-web")
    assert plan["after"]["network_security_group"].endswith("quarantine-westeurope")
    assert any("nsg-web" in change for change in plan["changes"])
    assert any(write.startswith("PUT") for write in plan["would_send"])
    assert (plan["blast_radius"], plan["expires"]) == (2, "4h")
    assert plan["undo"].startswith("It can be undone; what stays behind:")
    assert first["hash"] == msgspec.convert(plan, Plan).hash
    assert first["why"] == "somebody must approve it: it is required"
    record = made.record(Decision="held", Target=NICS[0])
    assert (record["PlanHash"], record["ApprovalId"]) == (first["hash"], first["approval"])


async def test_what_is_approved_is_done_once_and_the_records_say_by_whom(tmp_path: Path) -> None:
    made = asking(tmp_path)
    await delivered(made, alert())
    first, _ = await requests(made)

    status, body = await answered(made, first, YES)

    assert (status, body["state"]) == (200, "done")
    assert isolated(made) == ["nic-web-01"]
    status, body = await answered(made, first, YES)
    assert (status, body["title"]) == (409, "It cannot be answered any more")
    for decision in ("approved", "done"):
        record = made.record(Decision=decision, Target=NICS[0])
        assert record["ApproverName"] == "ann@contoso.example"
        assert record["ApproverId"].startswith("11111111-")
    assert made.record(Decision="approved", Target=NICS[0])["Reason"] == "it is an attack"
    assert len(await requests(made)) == 1


async def test_what_is_denied_is_not_done_and_stays_so(tmp_path: Path) -> None:
    made = asking(tmp_path)
    await delivered(made, alert())
    first, _ = await requests(made)

    status, body = await answered(made, first, NO)
    await delivered(made, alert())
    await swept(made, 100)

    assert (status, body["state"], body["reason"]) == (200, "denied", "it is a test")
    assert sorted(await states(made, alert())) == ["denied", "held"]
    assert writes(made) == []


async def test_whoever_asked_cannot_approve_but_may_deny(tmp_path: Path) -> None:
    made = asking(tmp_path, REVOKE)
    body = {"entities": [{"kind": "account", "upn": "adele.vance@contoso.example"}], "reason": "lost phone"}
    status, _ = await made.post("/api/playbooks/only/runs", body, **ANN)
    assert status == 202
    (first,) = await requests(made)

    status, problem = await answered(made, first, YES, **ANN)
    assert (status, problem["detail"]) == (403, "whoever asked for it cannot approve it: somebody else must")
    assert (await answered(made, first, NO, **ANN))[0] == 200


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ({"x_ms_client_principal": signed_in("Riposte.Operator", object_id="1" * 8 + "-2222-3333-4444-" + "5" * 12)},
         "Approving plans takes the app role Riposte.Approver."),
        ({"x_ms_client_principal": signed_in()}, "Approving plans takes the app role Riposte.Approver."),
    ],
    ids=["an operator", "anybody"],
)  # fmt: skip
async def test_it_takes_the_role_of_an_approver(who: dict[str, str], told: str, tmp_path: Path) -> None:
    made = asking(tmp_path)
    await delivered(made, alert())
    first, _ = await requests(made)

    status, problem = await answered(made, first, YES, **who)

    assert (status, problem["detail"]) == (403, told)
    assert writes(made) == []


async def test_nobody_can_approve_who_has_not_signed_in(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"approval": "required"})
    await delivered(made, alert())
    _, body = await made.get("/api/approvals")

    status, problem = await made.post(f"/api/approvals/{body['approvals'][0]['approval']}", YES)

    assert (status, problem["detail"]) == (403, "only somebody who has signed in can answer: set RIPOSTE_EASY_AUTH")


async def test_an_approval_dies_when_the_target_changes(tmp_path: Path) -> None:
    made = asking(tmp_path)
    await delivered(made, alert())
    first, _ = await requests(made)
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = None

    status, body = await answered(made, first, YES)

    assert (status, body["state"]) == (200, "lapsed")
    assert "has changed since the plan was made" in body["reason"]
    assert writes(made) == []
    assert ends(made)[NICS[0]] == "lapsed"


@pytest.mark.parametrize("changed", [False, True], ids=["in time", "as its target was"])
async def test_an_approval_dies_and_the_playbook_goes_on_otherwise_once(changed: bool, tmp_path: Path) -> None:
    found = [{"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}]
    body = alert(Entities=found)
    made = asking(
        tmp_path,
        options={"within": "30m"},
        more={
            "when": {"source": "defender_for_cloud", "entity": ["virtual_machine", "account"]},
            "lapsed": [{REVOKE: None}],
        },
    )
    await delivered(made, body)
    first, _ = await requests(made)

    if changed:
        resource(made, NICS[0])["properties"]["networkSecurityGroup"] = None
        await answered(made, first, YES)
    await swept(made, 31 * 60)
    await swept(made, 60)

    assert sorted(await states(made, body)) == ["done", "lapsed", "lapsed", "resolved"]
    assert (await answered(made, first, YES))[0] == 409
    assert await requests(made) == []
    (revoked,) = [row for row in made.records if row["Decision"] == "done"]
    assert revoked["Responder"] == REVOKE
    assert writes(made) == []


async def test_a_late_answer_lapses_the_step_itself(tmp_path: Path) -> None:
    made = asking(tmp_path, REVOKE, options={"within": "30m"})
    await delivered(made, account())
    (first,) = await requests(made)
    await asyncio.sleep(31 * 60)

    status, problem = await answered(made, first, YES)

    assert status == 409
    assert problem["detail"].endswith("the step is lapsed")
    assert await states(made, account()) == ["lapsed"]


async def test_where_nothing_would_be_done_nobody_is_asked(tmp_path: Path) -> None:
    made = asking(tmp_path)
    await delivered(made, alert("1"))
    for request in await requests(made):
        await answered(made, request, YES)

    await delivered(made, alert("2"))

    assert await requests(made) == []
    assert await states(made, alert("2")) == ["already", "already"]


async def test_what_cannot_be_foreseen_cannot_be_approved(tmp_path: Path) -> None:
    made = asking(tmp_path, ROTATE)
    await delivered(made, lab.recording("keyvault_certificate_password"))

    assert await states(made, lab.recording("keyvault_certificate_password")) == ["refused"]
    assert await requests(made) == []


@pytest.mark.parametrize(
    ("approval", "held"),
    [
        ("when impact is high", True),
        ("when severity is critical", False),
        ("when severity is high", True),
        ("when targets > 2", False),
        ("when targets > 1", True),
        ("when event.severity == 'low'", False),
        ("when impact == 'high' && targets == 2", True),
        ("when event.nothing.of.it", True),
    ],
)
async def test_the_playbook_says_when(approval: str, held: bool, tmp_path: Path) -> None:
    made = asking(tmp_path, approval=approval)

    await delivered(made, alert())

    assert await states(made, alert()) == (["held", "held"] if held else ["done", "done"])


async def test_a_redelivery_and_the_sweep_leave_what_waits_alone(tmp_path: Path) -> None:
    made = asking(tmp_path)
    await delivered(made, alert())
    before = [noted.row for noted in await steps(made, alert())]

    await delivered(made, alert(), alert())
    await swept(made, 3600)

    assert [noted.row for noted in await steps(made, alert())] == before
    assert made.decisions() == ["held", "held"]


async def test_an_approval_whose_instance_died_is_gone_on_with_by_the_sweep(tmp_path: Path) -> None:
    made = asking(tmp_path, REVOKE)
    await delivered(made, account())
    (first,) = await requests(made)
    asked = await decide.find(first["approval"], made.app)
    assert asked is not None
    await decide.decide(asked, ANALYST, "yes", made.app, approved=True)

    await swept(made, 60)

    assert await states(made, account()) == ["done"]


async def test_of_two_who_answer_at_once_one_is_heard(tmp_path: Path) -> None:
    made = asking(tmp_path, REVOKE)
    await delivered(made, account())
    (first,) = await requests(made)

    answers = await asyncio.gather(*(answered(made, first, reply) for reply in (YES, NO, YES)))

    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert len([row for row in made.records if row["Decision"] in ("approved", "denied")]) == 1

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared.engine import decide
from tests.api.asking import signed_in
from tests.engine.approvals import ANN, NO, YES, answered, asking, requests
from tests.engine.cases import (
    ANALYST,
    NICS,
    REVOKE,
    account,
    acting,
    alert,
    delivered,
    ends,
    resource,
    states,
    swept,
    writes,
)


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

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.model.approval import Plan
from tests import lab
from tests.engine.approvals import BOB, NO, YES, answered, asking, requests
from tests.engine.cases import (
    NICS,
    ROTATE,
    alert,
    delivered,
    isolated,
    states,
    steps,
    swept,
    writes,
)


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


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ({"decision": "maybe", "reason": "x"}, 400),
        ({"decision": "approve"}, 400),
        ({"decision": "approve", "reason": ""}, 400),
        ({"decision": "approve", "reason": "x", "hash": "0" * 64}, 409),
    ],
    ids=["no decision", "no reason", "an empty one", "another plan"],
)
async def test_an_answer_that_makes_no_sense_changes_nothing(
    reply: dict[str, Any], status: int, tmp_path: Path
) -> None:
    made = asking(tmp_path)
    await delivered(made, alert())
    first, _ = await requests(made)

    answer, problem = await answered(made, first, reply)

    assert answer == status, problem
    assert await states(made, alert()) == ["held", "held"]
    status, _ = await answered(made, first, YES | {"hash": first["hash"]})
    assert status == 200


@pytest.mark.parametrize("name", ["x", "0" * 32 + "-" + "0" * 12])
async def test_what_nobody_asked_for_cannot_be_answered(name: str, tmp_path: Path) -> None:
    made = asking(tmp_path)

    assert (await made.post(f"/api/approvals/{name}", YES, **BOB))[0] == 404

from __future__ import annotations

from pathlib import Path

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.engine.plan import Ask, Planned, aims, brief, in_order, planned
from shared.model.entity import Account
from tests.engine.cases import ISOLATE, NICS, REVOKE, acting, alert, delivery, event
from tests.lab import Lab


async def plans(made: Lab, body: bytes) -> list[Planned]:
    """The steps that a delivery leads to."""
    found = event(made, body)
    (match,), _ = made.app.playbooks.match(found)
    return await planned(match, brief(found, delivery(made, body)), Ask("act"), made.app)


async def test_a_machine_becomes_a_step_for_each_of_its_interfaces(tmp_path: Path) -> None:
    found = await plans(acting(tmp_path), alert())

    assert [plan.step.target_id for plan in found] == NICS
    assert [plan.target.id for plan in found if plan.target] == NICS


async def test_two_entities_that_stand_for_one_target_are_one_step(tmp_path: Path) -> None:
    made = acting(tmp_path)
    body = alert(Entities=[{"Type": "host", "AzureID": contoso.WEB_VM.upper()}], CompromisedEntity=NICS[0])
    (match,), _ = made.app.playbooks.match(event(made, body))

    assert len(list(aims(match, made.app))) == 3  # the host, the machine it is, and one of its interfaces
    assert [plan.step.target_id for plan in await plans(made, body)] == NICS


async def test_a_step_has_the_same_key_however_the_machine_is_spelled(tmp_path: Path) -> None:
    made = acting(tmp_path)

    first, second = await plans(made, alert()), await plans(made, alert(vm=contoso.WEB_VM.upper()))

    assert [plan.step.key for plan in first] == [plan.step.key for plan in second]


async def test_another_case_or_target_is_another_step(tmp_path: Path) -> None:
    made = acting(tmp_path)

    found = [*await plans(made, alert("1")), *await plans(made, alert("2"))]

    assert len({plan.step.key for plan in found}) == 4


async def test_steps_come_in_the_order_of_the_playbook(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, ISOLATE)
    account = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    host = {"Type": "host", "AzureID": contoso.WEB_VM}

    found = await plans(made, alert(Entities=[host, account], CompromisedEntity=""))

    assert [[plan.step.aim.responder for plan in group] for group in in_order(found)] == [[REVOKE], [ISOLATE, ISOLATE]]


async def test_a_step_without_a_target_says_why_and_has_a_key_of_its_own(tmp_path: Path) -> None:
    made = acting(tmp_path)
    gone = [alert(vm=contoso.WEB_VM + suffix) for suffix in ("-gone", "-away")]

    first, second = [(await plans(made, body))[0] for body in gone]

    assert first.target is None
    assert first.end is not None
    assert first.end.state == "refused"
    assert first.step.target == {}
    assert first.step.target_id == f"entity:{contoso.WEB_VM}-gone"
    assert first.step.key != second.step.key


@pytest.mark.parametrize(
    ("status", "state"), [(403, "failed"), (404, "refused"), (503, "planned")], ids=["forbidden", "gone", "down"]
)
async def test_a_target_that_cannot_be_looked_up_ends_the_step_or_puts_it_off(
    status: int, state: str, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    made.world.faults.always("GET", "virtualMachines", Status(status, "Told"))

    found = await plans(made, alert())

    assert {plan.end.state for plan in found if plan.end} == {state}
    assert all(plan.target is None and plan.journal for plan in found)


async def test_what_a_responder_cannot_act_on_is_no_aim_of_it(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, ISOLATE)
    (match,), _ = made.app.playbooks.match(event(made, alert()))

    assert {(aim.responder, type(aim.entity)) for aim in aims(match, made.app) if aim.responder == REVOKE} == {
        (REVOKE, Account)
    }
    assert {aim.responder for aim in aims(match, made.app)} == {REVOKE, ISOLATE}

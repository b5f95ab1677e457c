from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from azsim.arm import Arm
from azsim.faults import Fault, Status
from azsim.tenants import contoso
from tests import lab
from tests.engine.cases import acting, isolated, writes
from tests.engine.listed import (
    NAME,
    defender_alert,
    graph_alert,
    incident,
    lost,
    mark_of,
    reconciled,
    reconciling,
)
from tests.engine.test_reconcile import EVERY, ONLY

WEB = ["nic-web-01", "nic-web-01-backend"]


async def test_the_mark_stays_before_what_could_not_be_read_and_the_others_are_handled(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made, contoso.DC_VM, name="a0000000-0000-4000-8000-000000000000")
    at = made.world.clock.now()
    await asyncio.sleep(60)
    incident(made)
    made.world.faults.always("POST", "/a0000000[^/]*/entities", Status(400, "BadRequest", "Odd."))

    await reconciled(made)

    assert isolated(made) == WEB
    stuck = await mark_of(made)
    assert stuck.until == at
    assert "Odd." in stuck.error
    made.world.faults.clear()
    await reconciled(made, 300)
    assert sorted(isolated(made)) == ["nic-dc-01", *WEB]
    assert (await mark_of(made)).error == ""
    assert len(lost(made)) == 2


async def test_a_service_that_is_down_is_not_asked_for_each_incident(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    for number in range(20):
        incident(made, name=f"a0000000-0000-4000-8000-0000000000{number:02d}")
    made.world.faults.always("POST", "/entities", Status(403, "AuthorizationFailed"))

    await reconciled(made)

    assert len([call for call in made.world.calls if call.path.endswith("/entities")]) == 2  # with a fresh token, too


async def test_an_incident_that_was_deleted_meanwhile_holds_up_nothing(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    made.world.faults.always("GET", f"{NAME}$", Status(404, "NotFound"))

    await reconciled(made)

    assert (await mark_of(made)).error == ""
    assert made.records == []


async def test_what_nobody_can_read_is_one_dead_letter(tmp_path: Path) -> None:
    made = await reconciling(tmp_path, settings=ONLY)
    defender_alert(made, systemAlertId="")
    made.world.state(Arm).of_type("Microsoft.Security/locations/alerts")[0].name = "-"

    for _ in range(3):
        await reconciled(made)

    (letter,) = [row for row in made.records if row["Decision"] == "dead_letter"]
    assert (letter["Door"], letter["EventSource"]) == ("reconcile", "defender_for_cloud")


async def test_a_provider_that_may_not_be_asked_does_not_stop_the_others(tmp_path: Path) -> None:
    granted = [
        p for p in lab.all_permissions(acting(tmp_path).app.responders.values()) if "SecurityAlert" not in p.name
    ]
    made = await reconciling(tmp_path, settings=EVERY, granted=[*lab.ENGINE, *granted])
    defender_alert(made)
    graph_alert(made, "2")

    await reconciled(made)

    assert isolated(made) == WEB
    assert "Insufficient privileges" in (await mark_of(made, "graph_alerts", "tenant")).error
    assert (await mark_of(made)).error == ""


async def test_without_the_permission_that_a_provider_declares_it_is_not_asked(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    lacking = lab.make(playbooks=tmp_path, granted=lab.ENGINE)
    await reconciled(lacking, 0)
    incident(lacking)

    await reconciled(lacking)

    assert "microsoft.securityinsights/incidents/read" in (await mark_of(lacking)).error.lower()
    assert (await mark_of(lacking)).last is None
    assert made.records == []


async def test_the_ledger_being_down_is_an_error_of_the_timer_and_nothing_is_forgotten(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    made.world.faults.always("*", "table.core.windows.net", Status(503))
    with pytest.raises(Exception, match=r".+"):
        await reconciled(made)
    made.world.faults.clear()

    await reconciled(made, 300)

    assert isolated(made) == WEB


async def test_a_crash_between_the_loss_and_the_deed_is_made_up_for_and_told_once(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    no_step = Fault(Status(403, "AuthorizationFailure"), lambda call: b"step-" in call.body, times=math.inf)
    made.world.faults.script.append(no_step)
    await reconciled(made)
    assert isolated(made) == []
    made.world.faults.clear()

    await reconciled(made, 600)
    await made.host.timer("sweep")

    assert isolated(made) == WEB
    assert len(lost(made)) == 1
    assert len([call for call in writes(made) if "networkInterfaces" in call.path and call.status == 200]) == 2

from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest

from azsim.arm import Arm
from azsim.faults import Fault, Status
from azsim.tenants import contoso
from shared.engine.pipeline import handle
from shared.model import ids
from tests import lab
from tests.engine.cases import ISOLATE, NICS, REVOKE, acting, alert, delivered, delivery, ends, event, isolated, writes


async def test_a_step_leaves_its_intent_and_its_end(tmp_path: Path) -> None:
    made = acting(tmp_path)

    await delivered(made, alert())

    for nic in NICS:
        assert [row["Decision"] for row in made.records if row["Target"] == nic] == ["intent", "done"]
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]


async def test_the_intent_is_stored_before_the_first_write(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("*", "table.core.windows.net", Status(503))

    with pytest.raises(Exception, match=r".+"):
        await delivered(made, alert())

    assert writes(made) == []


async def test_every_event_of_a_batch_has_its_own_end(tmp_path: Path) -> None:
    made = acting(tmp_path)

    await delivered(made, b"{", alert("1", Severity="High"), lab.recording("keyvault_secret_near_expiry"), b"[]", b"7")

    decided = [row["Decision"] for row in made.records]
    assert decided.count("dead_letter") == 2
    assert decided.count("no_match") == 1
    assert decided.count("done") == 2


async def test_steps_of_one_place_in_the_playbook_go_side_by_side_and_others_one_after_the_other(
    tmp_path: Path,
) -> None:
    made = acting(tmp_path, REVOKE, ISOLATE)
    account = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    host = {"Type": "host", "AzureID": contoso.WEB_VM}

    await delivered(made, alert(Entities=[host, account], CompromisedEntity=""))

    acted = {
        row["Target"]: (row["DecidedTime"], row["VerifiedTime"]) for row in made.records if row["Decision"] == "done"
    }
    user, *nics = acted.values()
    assert len(nics) == 2
    assert user[1] <= min(begin for begin, _ in nics)
    assert max(begin for begin, _ in nics) < min(end for _, end in nics)


async def test_a_step_that_fails_does_not_keep_the_next_from_being_done(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, ISOLATE)
    made.world.faults.always("POST", "revokeSignInSessions", Status(403, "Authorization_RequestDenied"))
    account = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    host = {"Type": "host", "AzureID": contoso.WEB_VM}

    await delivered(made, alert(Entities=[host, account], CompromisedEntity=""))

    assert ends(made) == {f"user:{contoso.ADELE}": "failed", **dict.fromkeys(NICS, "done")}


async def test_the_same_alert_in_one_batch_twice_is_one_deed(tmp_path: Path) -> None:
    made = acting(tmp_path)

    await delivered(made, alert(), alert(), alert())

    assert [row["Decision"] for row in made.records].count("done") == 2
    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 2


async def test_two_cases_on_one_target_wait_for_each_other(tmp_path: Path) -> None:
    made = acting(tmp_path)

    await delivered(made, alert("1"), alert("2"))

    decided = [row["Decision"] for row in made.records if row["Decision"] != "intent"]
    assert sorted(decided) == ["already", "already", "done", "done"]
    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 2


async def test_no_more_steps_run_at_a_time_than_the_settings_allow(tmp_path: Path) -> None:
    made = acting(tmp_path, settings={"RIPOSTE_CONCURRENCY": "1"})

    await delivered(made, alert())

    first, second = [(row["DecidedTime"], row["VerifiedTime"]) for row in made.records if row["Decision"] == "done"]
    assert first[1] <= second[0]


async def test_an_exception_keeps_the_batch_from_counting_as_handled_but_not_its_neighbours_from_being_done(
    tmp_path: Path,
) -> None:
    made = acting(tmp_path)
    web, dc = alert("1"), alert("2", vm=contoso.DC_VM)
    made.world.state(Arm).resources[contoso.DC_VM.lower()].body["tags"] = {}
    place = ids.partition(event(made, web).case)
    made.world.faults.script.append(
        Fault(Status(503), lambda call: place in call.path or place.encode() in call.body, times=math.inf)
    )

    with pytest.raises(Exception, match=r".+"):
        await handle([delivery(made, web), delivery(made, dc)], made.app)

    assert isolated(made) == ["nic-dc-01"]
    made.world.faults.clear()
    await delivered(made, web, dc)
    assert sorted(isolated(made)) == ["nic-dc-01", "nic-web-01", "nic-web-01-backend"]


async def test_the_line_for_the_log_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = acting(tmp_path)

    with caplog.at_level(logging.INFO):
        await delivered(made, alert(), b"{", lab.recording("keyvault_secret_near_expiry"))

    assert "deliveries=3 matches=1 dead_letters=1 records=2" in caplog.text


async def test_a_step_that_is_done_is_not_guarded_anew(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())
    before = len(made.world.calls)

    await delivered(made, alert())

    asked = [call.line for call in made.world.calls[before:]]
    assert [line for line in asked if "/locks" in line or "budget-" in line] == []

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from azsim.tenants import contoso
from shared.azure.table import Row
from tests import lab
from tests.api.asking import ADELE, ALEX, CONTAIN, CUT, MACHINE, acting, answered, sessions, told

LOW, CLOSED = "defender_low_severity", "sentinel_incident_closed"


async def test_a_run_is_accepted_with_its_address_and_the_address_tells_how_it_ended(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    answer = await answered(made, CUT, {"entities": [ADELE], "reason": "reported by phone"})

    accepted = told(answer)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    assert answer.headers["Location"] == accepted["status"] == f"/api/runs/{accepted['run']}"
    assert (accepted["playbook"], accepted["mode"]) == ("cut_stolen_session", "act")
    shown = await answered(made, accepted["status"], method="GET")
    body = told(shown)
    assert (shown.status_code, "Retry-After" in shown.headers) == (200, False)
    assert {name: body[name] for name in ("run", "playbook", "mode", "case", "state", "rehearsed")} == {
        "run": accepted["run"],
        "playbook": "cut_stolen_session",
        "mode": "act",
        "case": accepted["case"],
        "state": "finished",
        "rehearsed": [],
    }
    (step,) = body["steps"]
    assert (step["responder"], step["target"], step["state"]) == (
        "entra.revoke_user_sessions",
        f"user:{contoso.ADELE}",
        "done",
    )
    assert (step["run"], step["actor"]["kind"], step["attempts"]) == (accepted["run"], "function_key", 1)
    assert step["changed"][0].startswith("sessions_valid_from: 2026-01-15T08:00:00Z -> ")
    assert step["verified"]
    assert {"decided", "acted", "verified"} <= step["times"].keys()


@pytest.mark.parametrize(
    ("mode", "asked", "status", "acts"),
    [
        ("dry_run", None, 202, False),
        ("dry_run", True, 202, False),
        ("dry_run", False, 409, False),
        ("act", None, 202, True),
        ("act", True, 202, False),
        ("act", False, 202, True),
    ],
)
async def test_a_request_may_be_more_careful_than_the_playbook_but_not_less(
    mode: str, asked: bool | None, status: int, acts: bool, tmp_path: Path
) -> None:
    made = lab.make(playbooks=acting(tmp_path) if mode == "act" else lab.PLAYBOOKS)
    before = made.tenant()

    answer = await answered(made, CUT, {"entities": [ADELE], "dry_run": asked})

    assert (answer.status_code, made.tenant() != before) == (status, acts)
    if status == 409:
        assert "`mode: dry_run`" in told(answer)["detail"]
        assert (made.records, made.world.calls) == ([], [])
    elif not acts:
        shown = told(await answered(made, told(answer)["status"], method="GET"))
        assert (shown["mode"], shown["state"], shown["steps"]) == ("dry_run", "finished", [])
        assert [row["Decision"] for row in shown["rehearsed"]] == ["dry_run"]
        assert shown["rehearsed"][0]["WouldSend"] == made.records[0]["WouldSend"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("contain_compromised_vms", "did you mean 'contain_compromised_vm'?"),
        ("CUT_STOLEN_SESSION", "there is"),
        ("%C3%A9%2F..%2F", "there is"),
        ("x" * 5000, "there is"),
    ],
)
async def test_a_playbook_that_is_not_there_is_told_with_the_nearest_name(name: str, words: str) -> None:
    answer = await answered(lab.make(), f"/api/playbooks/{name}/runs", {"entities": [ADELE]})

    assert (answer.status_code, words in told(answer)["detail"]) == (404, True)


@pytest.mark.parametrize(
    "kind", ["", "application/x-www-form-urlencoded", "text/plain", "application/cloudevents+json"]
)
async def test_the_content_type_does_not_matter_for_curl_sends_the_wrong_one(kind: str) -> None:
    answer = await answered(lab.make(), CUT, {"entities": [ADELE]}, content_type=kind)

    assert answer.status_code == 202


@pytest.mark.parametrize("name", [LOW, CLOSED])
async def test_whoever_asks_has_judged_the_case_so_severity_and_status_do_not_count(name: str, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    await made.deliver(name)
    assert made.decisions() == ["no_match"]

    answer = await answered(made, CONTAIN, {"event": json.loads(lab.recording(name)), "reason": "seen by hand"})

    assert answer.status_code == 202
    done = [row for row in made.records if row["Decision"] == "done"]
    assert {row["Target"].rpartition("/")[2] for row in done} == {"nic-web-01", "nic-web-01-backend"}
    assert {tuple(row["Match"]) for row in done} == {("asked for by function_key",)}


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ({"entities": [MACHINE]}, "reported by phone"),
        ({"event": json.loads(lab.recording(LOW))}, "Suspicious activity detected; asked for: reported by phone"),
    ],
)
async def test_the_reason_is_in_the_records_beside_the_events_own_title(subject: Any, title: str) -> None:
    made = lab.make()

    await answered(made, CONTAIN, {**subject, "reason": "reported by phone"})

    assert {row["EventTitle"] for row in made.records} == {title}


@pytest.mark.parametrize(
    ("url", "entities", "errors"),
    [
        (CONTAIN, [ADELE], ["entities[0]: adele.vance@contoso.example is of kind account"]),
        (CUT, [ADELE, MACHINE], [f"entities[1]: {contoso.WEB_VM} is of kind azure_resource and virtual_machine"]),
        (CONTAIN, [{"kind": "host", "name": "vm-web-01"}], ["entities[0]: vm-web-01 is of kind host"]),
        (CONTAIN, [{"kind": "ip", "address": "192.0.2.1"}, ADELE], ["entities[0]", "entities[1]"]),
    ],
)
async def test_an_entity_that_no_step_acts_on_is_refused_and_not_left_out(
    url: str, entities: list[Any], errors: list[str], tmp_path: Path
) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    answer = await answered(made, url, {"entities": entities})

    body = told(answer)
    assert (answer.status_code, body["title"]) == (422, "Nothing to act on")
    assert all(found.startswith(wanted) for found, wanted in zip(body["errors"], errors, strict=True))
    assert " alone." in body["detail"]
    assert made.world.calls == []


async def test_an_event_without_anything_to_act_on_is_refused() -> None:
    answer = await answered(lab.make(), CUT, {"event": json.loads(lab.recording("keyvault_secret_near_expiry"))})

    assert (answer.status_code, told(answer)["detail"]) == (422, "cut_stolen_session acts on account alone.")


@pytest.mark.parametrize(
    ("url", "entities", "reason"),
    [
        (CONTAIN, [{"kind": "azure_resource", "resource_id": contoso.DC_VM}], "is protected by its tag"),
        (CUT, [{"kind": "account", "object_id": contoso.BREAK_GLASS}], "is a member of protected group"),
        (CUT, [{**ADELE, "mail": "alex.wilber@contoso.example"}], "nobody is acted on"),
        (CUT, [{"kind": "account", "upn": "nobody@contoso.example"}], "0 users have"),
    ],
)
async def test_the_guards_hold_whoever_asks(url: str, entities: list[Any], reason: str, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    before = made.tenant()

    accepted = told(await answered(made, url, {"entities": entities}))

    shown = told(await answered(made, accepted["status"], method="GET"))
    assert [(step["state"], reason in step["reason"]) for step in shown["steps"]] == [("refused", True)]
    assert (made.tenant(), made.decisions()) == (before, ["refused"])


async def test_the_kill_switch_and_the_limit_of_targets_hold_whoever_asks(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings={"RIPOSTE_MAX_TARGETS": "1"})
    before = sessions(made)
    await answered(made, CUT, {"entities": [ADELE, ALEX]})
    await made.app.ledger._table.put(Row("control", "kill_switch", {"On": True, "Who": "ann", "Why": "exercise"}))
    await asyncio.sleep(10)
    await answered(made, CUT, {"entities": [ADELE]})

    assert sessions(made) == before
    reasons = [row["Reason"] for row in made.records if row["Decision"] == "refused"]
    assert ["2 targets" in reason for reason in reasons] == [True, True, False]
    assert reasons[2] == "the kill switch is on (undo_only): exercise (ann)"

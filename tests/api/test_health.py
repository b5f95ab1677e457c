from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from azsim.faults import Hang, Status
from azsim.functions.host import FunctionsHost
from function_app import create
from shared.api.health import LATE, SECONDS
from shared.azure.table import Row
from shared.engine.app import App
from shared.model.errors import Mistakes
from shared.model.settings import read
from tests import lab
from tests.api.asking import ALEX, CUT, LEDGER, LOGS, acting, answered, told
from tests.lab import Lab

IDENTITY = "/msi/token"
DOWN = Status(503, "OutOfOrder", "Out of order.")


async def ready(made: Lab) -> tuple[int, dict[str, Any]]:
    """The status and the state of each dependency."""
    status, body = await made.get("/api/health/ready")
    found: dict[str, Any] = body["dependencies"]
    return status, found


def broken(found: dict[str, Any]) -> set[str]:
    return {name for name, state in found.items() if not state["ok"]}


async def test_liveness_is_for_anybody_says_one_word_and_touches_nothing() -> None:
    async def never() -> App:
        raise AssertionError("it was started")

    made = lab.make()
    host = FunctionsHost(create(never), made.world.clock, made.world.chance, settings={"RIPOSTE_ALERTS_HUB": "alerts"})

    answer: func.HttpResponse = await host.http("GET", "/api/health")

    assert (answer.status_code, told(answer)) == (200, {"status": "alive"})
    assert made.world.calls == []


async def test_readiness_takes_the_key_and_shows_each_dependency() -> None:
    made = lab.make()

    assert (await made.host.http("GET", "/api/health/ready")).status_code == 401
    answer = await answered(made, "/api/health/ready", method="GET")

    assert (answer.status_code, answer.mimetype, told(answer)["status"]) == (200, "application/json", "ready")
    assert told(answer)["dependencies"] == {
        "identity": {"ok": True},
        "ledger": {"ok": True, "open_cases": 0},
        "audit": {"ok": True, "waiting": 0},
        "dead_letters": {"ok": True, "waiting": 0},
        "kill_switch": {"ok": True, "on": False, "mode": "off", "who": "", "why": ""},
        "reconciliation": {"ok": True, "lists": [], "lost": 0},
        "playbooks": {"ok": True, "playbooks": 3},
    }


BY_LEDGER = {"ledger", "audit", "dead_letters", "kill_switch"}


@pytest.mark.parametrize(
    ("place", "fault", "names", "words"),
    [
        (IDENTITY, DOWN, {"identity", *BY_LEDGER}, {"identity": "OutOfOrder"}),
        (IDENTITY, Hang(), {"identity", *BY_LEDGER}, {"identity": f"no answer within {SECONDS:.0f} s"}),
        (LEDGER, DOWN, BY_LEDGER, {"ledger": "OutOfOrder"}),
        (LEDGER, Hang(), BY_LEDGER, {"ledger": f"no answer within {SECONDS:.0f} s"}),
        (
            LEDGER,
            Status(403, "AuthorizationPermissionMismatch"),
            BY_LEDGER,
            {"ledger": "AuthorizationPermissionMismatch"},
        ),
    ],
)
async def test_readiness_names_what_is_broken(place: str, fault: Any, names: set[str], words: dict[str, str]) -> None:
    made = lab.make()
    made.world.faults.always("*", place, fault)

    answer = await answered(made, "/api/health/ready", method="GET")

    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    found = told(answer)["dependencies"]
    assert (broken(found), told(answer)["status"]) == (names, 503)
    assert all(word in found[name]["error"] for name, word in words.items())
    assert "azsim-identity-header" not in answer.get_body().decode()


async def test_readiness_says_that_the_ledgers_table_is_missing() -> None:
    made = lab.make(settings={"RIPOSTE_LEDGER_TABLE": "elsewhere"})

    status, found = await ready(made)

    assert (status, "TableNotFound" in found["ledger"]["error"]) == (503, True)


async def test_readiness_is_back_as_soon_as_what_was_broken_is() -> None:
    made = lab.make()
    made.world.faults.always("*", LEDGER, DOWN)
    assert (await ready(made))[0] == 503

    made.world.faults.clear()

    assert (await ready(made))[0] == 200


@pytest.mark.parametrize("mode", ["dry_run", "act"])
async def test_the_audit_is_broken_when_records_have_waited_for_long(mode: str, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path) if mode == "act" else lab.PLAYBOOKS)
    made.world.faults.always("*", LOGS, DOWN)
    await made.post(CUT, {"entities": [ALEX]})
    status, found = await ready(made)
    assert (status, found["audit"]["waiting"]) == (200, 1 if mode == "dry_run" else 2)

    await asyncio.sleep((LATE + timedelta(seconds=1)).total_seconds())
    await made.host.timer("sweep")

    status, found = await ready(made)
    assert (status, broken(found)) == (503, {"audit"})
    assert found["audit"]["error"].startswith("not delivered since 2026-03-02T09:00:00")
    made.world.faults.clear()
    await made.host.timer("sweep")
    assert (await ready(made))[1]["audit"] == {"ok": True, "waiting": 0}


async def test_dead_letters_are_broken_when_they_have_waited_for_long() -> None:
    made = lab.make(settings={"RIPOSTE_EVENTHUB__fullyQualifiedNamespace": "127.0.0.1"})
    await made.host.event_hub("alerts", [b"nonsense"])
    assert (await ready(made))[1]["dead_letters"] == {"ok": True, "waiting": 1}

    await asyncio.sleep((LATE + timedelta(seconds=1)).total_seconds())

    assert broken((await ready(made))[1]) == {"dead_letters"}


async def test_the_kill_switch_is_shown_with_who_turned_it_and_why() -> None:
    made = lab.make()
    row = Row("control", "kill_switch", {"On": True, "Who": "ann", "Why": "exercise"})
    await made.app.ledger._table.put(row)

    status, found = await ready(made)

    assert (status, found["kill_switch"]) == (
        200,
        {"ok": True, "on": True, "mode": "undo_only", "who": "ann", "why": "exercise"},
    )


async def test_with_wrong_settings_only_liveness_answers_well_and_every_mistake_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    made = lab.make()
    given = {**lab.environment(), "RIPOSTE_LEGER": "x", "AZURE_CLIENT_ID": "not-a-guid", "RIPOSTE_LOGS": ""}

    async def start() -> App:
        read(given)
        raise AssertionError("the settings are wrong")

    host = FunctionsHost(create(start), made.world.clock, made.world.chance, settings={"RIPOSTE_ALERTS_HUB": "alerts"})
    key = {"x-functions-key": host.key}
    assert (await host.http("GET", "/api/health")).status_code == 200
    for method, url in (
        ("GET", "/api/health/ready"),
        ("GET", "/api/playbooks"),
        ("GET", f"/api/runs/{'0' * 32}-{'0' * 12}"),
        ("POST", CUT),
    ):
        answer = await host.http(method, url, headers=key)
        names = [error.partition(":")[0] for error in told(answer)["errors"]]
        assert (answer.status_code, names) == (503, ["AZURE_CLIENT_ID", "RIPOSTE_LEGER", "RIPOSTE_LOGS"])
        assert "did you mean RIPOSTE_LEDGER?" in answer.get_body().decode()
    done = await host.event_hub("alerts", [lab.recording("defender_vm_bruteforce")])
    assert (type(done.error), done.attempts) == (Mistakes, 5)  # the host would repeat it for ever: nothing is lost
    assert type((await host.timer("sweep")).error) is Mistakes

"""Runs that go on after their request was answered, and runs that break off."""

from __future__ import annotations

import asyncio
import logging
import math
from pathlib import Path

import pytest

from azsim.faults import Cut, Status
from shared.api.runs import WAIT
from shared.azure.ledger import LEASE
from tests import lab
from tests.api.asking import ADELE, CUT, LEDGER, LOGS, acting, answered, sessions, told
from tests.lab import Lab

START = "2026-01-15T08:00:00Z"
UPN = ADELE["upn"]


async def state(made: Lab, address: str) -> tuple[str, str | None]:
    """How far a run is, and when to look again."""
    answer = await answered(made, address, method="GET")
    return told(answer)["state"], answer.headers.get("Retry-After")


async def test_a_request_may_ask_not_to_wait(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    answer = await answered(made, CUT, {"entities": [ADELE]}, prefer="wait=5, Respond-Async")

    assert (answer.status_code, sessions(made)[UPN]) == (202, START)
    address = told(answer)["status"]
    assert await state(made, address) == ("running", "2")
    await asyncio.sleep(60)
    assert await state(made, address) == ("finished", None)
    assert sessions(made)[UPN] != START
    assert made.app.tasks == set()


async def test_a_long_run_goes_on_after_its_request_was_answered(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.latency = 3.0
    began = made.world.clock.now()

    answer = await answered(made, CUT, {"entities": [ADELE]})

    waited = (made.world.clock.now() - began).total_seconds()
    assert (answer.status_code, WAIT <= waited < WAIT + 60) == (202, True)
    assert (await state(made, told(answer)["status"]))[0] == "running"
    await asyncio.sleep(300)
    assert (await state(made, told(answer)["status"]))[0] == "finished"
    assert sessions(made)[UPN] != START


async def test_a_run_that_breaks_off_says_so_in_the_log_and_is_taken_up_by_the_sweep(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    answer = await answered(made, CUT, {"entities": [ADELE]}, prefer="respond-async")
    made.world.faults.always("*", LEDGER, Status(503, "OutOfOrder"))
    await asyncio.sleep(120)
    made.world.faults.clear()
    (line,) = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert line.startswith("a run broke off; the sweep takes it up: 503 OutOfOrder")
    assert await state(made, told(answer)["status"]) == ("running", "2")
    assert sessions(made)[UPN] == START

    await asyncio.sleep(LEASE.total_seconds())
    await made.host.timer("sweep")

    assert (await state(made, told(answer)["status"]))[0] == "finished"
    assert sessions(made)[UPN] != START
    assert [row["Decision"] for row in made.records] == ["intent", "done"]


@pytest.mark.parametrize("effect", [Cut("after"), Status(503, "OutOfOrder")])
async def test_an_outage_that_begins_at_any_moment_leaves_one_effect_once_it_is_over(
    effect: Cut | Status, tmp_path: Path
) -> None:
    folder, number, statuses = acting(tmp_path), 0, set()
    while True:
        made = lab.make(playbooks=folder)
        made.world.faults.on("*", LEDGER, effect, skip=number, times=math.inf)
        answer = await answered(made, CUT, {"entities": [ADELE]}, idempotency_key="one")
        struck = effect in (fault.effect for fault in made.world.faults.script if fault.skip == 0)
        if not struck:
            break
        statuses.add(answer.status_code)
        if answer.status_code == 503:
            assert sessions(made)[UPN] == START, "what was not accepted was done"
        made.world.faults.clear()
        again = await answered(made, CUT, {"entities": [ADELE]}, idempotency_key="one")
        assert again.status_code == 202
        await _swept(made)
        assert (await state(made, told(again)["status"]))[0] == "finished", number
        revoked = [call for call in made.world.calls if call.path.endswith("revokeSignInSessions")]
        assert (len(revoked), sessions(made)[UPN] != START) == (1, True), number
        number += 2
    assert (statuses, number > 10) == ({202, 503}, True)


async def _swept(made: Lab) -> None:
    while await made.app.ledger.waiting():
        await asyncio.sleep(LEASE.total_seconds())
        await made.host.timer("sweep")


async def test_an_outage_of_log_analytics_holds_up_no_run(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.always("*", LOGS, Status(503, "OutOfOrder"))

    answer = await answered(made, CUT, {"entities": [ADELE]})

    assert (answer.status_code, sessions(made)[UPN] != START, made.records) == (202, True, [])
    made.world.faults.clear()
    await asyncio.sleep(60)
    await made.host.timer("sweep")
    assert made.decisions() == ["intent", "done"]


async def test_the_records_carry_the_trace_of_the_request(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    await answered(made, CUT, {"entities": [ADELE]})

    (trace,) = {row["TraceParent"] for row in made.records}
    assert trace.startswith("00-")
    assert trace.endswith("-01")


async def test_a_run_that_an_event_began_is_shown_by_the_id_in_its_records(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    await made.deliver("graph_alert_token_theft")
    (run,) = {row["RunId"] for row in made.records}

    shown = told(await answered(made, f"/api/runs/{run}", method="GET"))

    assert (shown["playbook"], shown["mode"], shown["state"]) == ("cut_stolen_session", "act", "finished")
    assert [(step["state"], step["actor"]["kind"]) for step in shown["steps"]] == [("done", "system")]


async def test_the_dry_run_of_an_event_is_in_the_audit_alone() -> None:
    made = lab.make()
    await made.deliver("graph_alert_token_theft")

    answer = await answered(made, f"/api/runs/{made.records[0]['RunId']}", method="GET")

    assert (answer.status_code, "audit" in told(answer)["detail"]) == (404, True)


@pytest.mark.parametrize("run", ["x", "0" * 45, f"{'0' * 32}-{'0' * 12}", f"{'A' * 32}-{'B' * 12}", "..%2F..", "%00"])
async def test_a_run_that_never_was_is_not_found(run: str) -> None:
    for method, url in (("GET", f"/api/runs/{run}"), ("POST", f"/api/runs/{run}/undo")):
        assert (await answered(lab.make(), url, method=method)).status_code == 404

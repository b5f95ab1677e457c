"""What every responder survives, present and future: each fault at each request that a run makes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from azsim.faults import Cut, Effect, Hang, Status
from shared.azure.ledger import LEASE
from shared.model.ids import partition
from shared.model.states import ENDS
from tests import lab
from tests.lab import Lab
from tests.promises import each
from tests.scenario import SCENARIOS, ends, playbook, run

FAULTS: dict[str, Effect] = {
    "401": Status(401, "InvalidAuthenticationToken"),
    "403": Status(403, "AuthorizationFailed"),
    "404": Status(404, "NotFound"),
    "409": Status(409, "Conflict"),
    "412": Status(412, "PreconditionFailed"),
    "429": Status(429, "TooManyRequests", retry_after=7),
    "500": Status(500, "InternalServerError"),
    "503": Status(503, "ServiceUnavailable"),
    "timeout": Hang("before"),
    "no connection": Cut("before"),
    "lost response": Cut("after"),
}


@pytest.mark.parametrize("fault", FAULTS)
@each
async def test_every_fault_at_every_request_ends_in_an_outcome_with_a_record(
    name: str, fault: str, tmp_path: Path
) -> None:
    folder = playbook(tmp_path, name)
    number = 0
    while True:
        made = lab.make(playbooks=folder)
        SCENARIOS[name].arrange(made.world)
        made.world.faults.at(number, FAULTS[fault])
        if not await _survived(made, name, f"{fault} at request {number}"):
            break
        number += 1

    assert number > 20


async def _survived(made: Lab, name: str, what: str) -> bool:
    """Ask for the run until it is accepted, let the sweep do its work, and look at what is left.

    False if the fault did not strike: the run makes fewer requests.
    """
    status, body = await run(made, name)
    if made.world.faults.script[0].times > 0:
        return False
    for _ in range(5):
        if status == 202:
            break
        await asyncio.sleep(60)
        status, body = await run(made, name)
    assert status == 202, (what, body)
    for _ in range(12):
        if not await made.app.ledger.waiting() and not await made.app.ledger.packets():
            break
        await asyncio.sleep(LEASE.total_seconds())
        await made.host.timer("sweep")
    place = partition(body["case"])
    entries = [noted.entry for noted in await made.app.ledger.entries(place)]
    assert entries, what
    assert all(entry.state in ENDS for entry in entries), (what, [entry.state for entry in entries])
    recorded = {(row["StepId"], row["Decision"]) for row in ends(made)}
    acted = [entry for entry in entries if entry.state != "resolved"]
    assert all((entry.step.key, entry.state) in recorded for entry in acted), (what, recorded)
    if all(entry.state in ("done", "already") for entry in acted):
        assert SCENARIOS[name].effect(made.world), what
    else:
        assert all(entry.reason for entry in acted if entry.state not in ("done", "already")), what
    rows = made.ledger_rows()
    assert not [row for row in rows if row["PartitionKey"] == "packet" or row["RowKey"].startswith("out-")], what
    await asyncio.sleep(LEASE.total_seconds())  # a lock that could not be given up ends by itself
    now = made.world.clock.now().isoformat()
    locks = [json.loads(row["Data"]) for row in rows if row["RowKey"] == "target"]
    assert not [lock for lock in locks if lock.get("until", "") > now], what
    return True

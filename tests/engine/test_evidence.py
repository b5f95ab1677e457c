from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Hang, Status
from shared.engine.evidence import collected
from shared.engine.plan import Ask, Planned, brief, planned
from tests.engine.cases import ISOLATE, NICS, REVOKE, acting, alert, delivered, delivery, event, isolated, states, swept
from tests.lab import Lab

ADELE = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
BODY = alert(Entities=[ADELE])
REVOKING = "revokeSignInSessions"


def collecting(folder: Path, within: str = "1m", **given: Any) -> Lab:
    """Sessions are revoked first, which stands for evidence here, and then machines are cut off."""
    more = {
        "when": {"source": "defender_for_cloud", "entity": ["virtual_machine", "account"]},
        "first": {"within": within, "steps": [{REVOKE: None}]},
    }
    return acting(folder, ISOLATE, more=more, **given)


def contained(made: Lab) -> dict[str, Any]:
    return made.record(Decision="done", Target=NICS[0])


def order(made: Lab) -> list[str]:
    """Which calls changed the tenant, in order."""
    changing = [
        c for c in made.world.calls if REVOKING in c.path or (c.method == "PUT" and "networkInterfaces" in c.path)
    ]
    return ["evidence" if REVOKING in call.path else "containment" for call in changing]


async def test_evidence_is_collected_first(tmp_path: Path) -> None:
    made = collecting(tmp_path)

    await delivered(made, BODY)

    assert order(made) == ["evidence", "containment", "containment"]
    assert "MissingEvidence" not in contained(made)
    assert sorted(await states(made, BODY)) == ["done", "done", "done"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Status(403, "Authorization_RequestDenied"), "failed, "),
        (Status(429, "TooManyRequests", retry_after=600), "planned, "),
        (Hang(), "under way"),
    ],
    ids=["failed", "put off", "slow"],
)
async def test_containment_goes_ahead_without_and_says_what_is_missing(
    fault: Status | Hang, told: str, tmp_path: Path
) -> None:
    made = collecting(tmp_path)
    made.world.faults.on("POST", REVOKING, fault, times=9)

    began = made.world.clock.now()
    await delivered(made, BODY)
    took = (made.world.clock.now() - began).total_seconds()

    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    (missing,) = contained(made)["MissingEvidence"]
    assert missing.startswith(f"{REVOKE} on ")
    assert f": {told}" in missing
    assert took < 100


async def test_evidence_that_was_put_off_is_collected_afterwards(tmp_path: Path) -> None:
    made = collecting(tmp_path)
    made.world.faults.on("POST", REVOKING, Status(429, "TooManyRequests", retry_after=300), times=1)

    await delivered(made, BODY)
    early = order(made)
    for _ in range(8):
        await swept(made, 60)

    assert early[-2:] == ["containment", "containment"]
    assert order(made)[-1] == "evidence"
    assert sorted(await states(made, BODY)) == ["done", "done", "done"]


async def test_evidence_that_takes_longer_goes_on_beside_containment(tmp_path: Path) -> None:
    made = collecting(tmp_path, within="5s")
    made.world.faults.on("POST", REVOKING, Hang(), times=1)

    await delivered(made, BODY)
    behind = order(made)
    await asyncio.gather(*made.app.tasks)

    assert contained(made)["MissingEvidence"][0].endswith(": under way")
    assert behind == ["evidence", "containment", "containment"]  # the first of these was never answered
    assert order(made) == [*behind, "evidence"]
    await swept(made, 60)
    assert sorted(await states(made, BODY)) == ["done", "done", "done"]


async def test_a_redelivery_waits_for_evidence_that_another_instance_collects_until_the_deadline(
    tmp_path: Path,
) -> None:
    made = collecting(tmp_path)
    made.world.faults.on("POST", REVOKING, Hang(), times=9)
    first = asyncio.create_task(delivered(made, BODY))
    await asyncio.sleep(20)
    first.cancel()  # its instance dies

    began = made.world.clock.now()
    await delivered(made, BODY)

    assert 30 < (made.world.clock.now() - began).total_seconds() < 60
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    assert contained(made)["MissingEvidence"][0].endswith("under way")


async def test_evidence_alone_is_just_done(tmp_path: Path) -> None:
    made = collecting(tmp_path)
    body = alert(Entities=[ADELE], CompromisedEntity="", AzureResourceId="", ResourceIdentifiers=[])

    await delivered(made, body)

    assert await states(made, body) == ["done"]


async def test_a_fault_of_ours_in_collecting_it_is_no_reason_not_to_contain(tmp_path: Path) -> None:
    made = collecting(tmp_path)
    found = event(made, BODY)
    (match,), _ = made.app.playbooks.match(found)
    opened = await made.app.ledger.open(found.case, found.same)
    plans = await planned(match, brief(found, delivery(made, BODY)), Ask("act"), made.app)

    async def breaks(_: Planned) -> None:
        raise KeyError("a fault of ours")

    then = await collected(plans, timedelta(seconds=2), opened.partition, breaks, made.app)

    assert [plan.step.target_id for plan in then] == NICS
    assert [plan.step.lacking for plan in then] == [(f"{REVOKE} on {plans[0].step.target_id}: not begun",)] * 2

"""Log Analytics is away for hours: nothing is lost, containment goes on as fast, health says so, and all goes in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Cut, Effect, Hang, Status
from shared.engine import outbox
from shared.engine.audit.verify import verify
from shared.engine.sweep import sweep
from shared.model.ids import partition
from tests import lab
from tests.engine.cases import acting, alert, delivered, event, isolated, swept, undone
from tests.engine.test_outbox import waiting
from tests.lab import Lab

LOGS = r"\.ingest\.monitor"
AWAY: dict[str, Effect] = {"503": Status(503), "refused": Cut(), "silent": Hang()}


def first_of_each(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows less those that came before, as `RiposteAudit()` has them."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["RecordId"], row)
    return list(found.values())


def arrived(made: Lab) -> dict[str, list[int]]:
    """The places of the records in each chain, in the order in which they first arrived."""
    places: dict[str, list[int]] = defaultdict(list)
    for row in made.records:
        if row["Sequence"] not in places[row["Chain"]]:
            places[row["Chain"]].append(row["Sequence"])
    return places


async def acted_after(made: Lab) -> list[float]:
    """Seconds from each delivery to its deeds, from the steps in the ledger."""
    rows = [row for row in await made.app.ledger._table.query("open") if row.key]
    entries = [one.entry for row in rows for one in await made.app.ledger.entries(row.key)]
    begun = [(one.started, one.times.acted) for one in entries]
    return [(acted - started).total_seconds() for started, acted in begun if acted is not None]


@pytest.mark.parametrize("how", AWAY)
async def test_hours_without_log_analytics_lose_nothing_and_hold_up_nothing(how: str, tmp_path: Path) -> None:
    well = acting(tmp_path)
    well.world.faults.always("POST", LOGS, Status(403))  # at once, so that the case stays open to be looked at
    await delivered(well, alert("1"))
    made = acting(tmp_path)
    made.world.faults.always("POST", LOGS, AWAY[how])
    await delivered(made, alert("1"))
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    assert await acted_after(made) == await acted_after(well) != []
    await undone(made, alert("1"))
    for hour in range(4):
        await swept(made, 3600)
        await delivered(made, alert(f"case-{hour}"))
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]

    status, health = await made.get("/api/health/ready")
    assert (status, made.records) == (503, [])
    assert health["dependencies"]["audit"]["ok"] is False
    assert health["dependencies"]["audit"]["waiting"] == waiting(made) > 10
    assert "2026-03-02T09:" in health["dependencies"]["audit"]["error"]

    made.world.faults.clear()
    for _ in range(3):
        await swept(made, 600)

    report = verify(made.records, await made.app.ledger.heads(), in_order=True, whole=True)
    assert report.findings == []
    assert len(report.chains) == 5
    assert waiting(made) == 0
    status, health = await made.get("/api/health/ready")
    assert (status, health["dependencies"]["audit"]) == (200, {"ok": True, "waiting": 0})


async def test_what_arrived_before_its_answer_was_lost_comes_twice_and_counts_once(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("POST", LOGS, Cut("after"), times=3)

    await delivered(made, alert())
    for _ in range(4):
        await swept(made, 600)

    assert len(made.records) > len(first_of_each(made.records)) == 4
    assert verify(made.records, await made.app.ledger.heads(), in_order=False, whole=True).findings == []
    assert list(arrived(made).values()) == [[1, 2, 3, 4]]


async def test_records_of_no_case_wait_as_well_and_keep_their_order(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")
    made.world.faults.always("POST", LOGS, Status(503))
    for number in range(4):
        await delivered(made, alert(str(number)))
        await swept(made, 3600)
    assert (made.records, waiting(made)) == ([], 4)

    made.world.faults.clear()
    await swept(made, 60)

    assert list(arrived(made).values()) == [[1, 2, 3, 4, 5, 6, 7, 8]]
    assert verify(made.records, in_order=True, whole=True).findings == []


async def test_two_instances_that_deliver_a_case_at_once_deliver_all_of_it_in_order(tmp_path: Path) -> None:
    made = acting(tmp_path)
    other = lab.make(playbooks=tmp_path, world=made.world)
    made.world.faults.always("POST", LOGS, Status(503))
    await delivered(made, alert())
    await undone(other, alert())
    made.world.faults.clear()
    place = partition(event(made, alert()).case)

    await asyncio.gather(*(outbox.post_case(place, each.app) for each in (made, other, made)))

    assert waiting(made) == 0
    (places,) = arrived(made).values()
    assert places == sorted(places) == list(range(1, len(places) + 1))
    assert len(places) == len(first_of_each(made.records)) >= 6
    assert verify(made.records, await made.app.ledger.heads(), whole=True).findings == []


async def test_two_instances_that_work_on_a_case_at_once_write_one_chain(tmp_path: Path) -> None:
    made = acting(tmp_path)
    other = lab.make(playbooks=tmp_path, world=made.world)

    await asyncio.gather(delivered(made, alert()), delivered(other, alert()), sweep(made.app), sweep(other.app))
    await asyncio.gather(undone(made, alert()), undone(other, alert()))
    await swept(made, 600)

    report = verify(made.records, await made.app.ledger.heads(), in_order=True, whole=True)
    assert (len(report.chains), report.findings) == (1, [])


async def test_a_packet_that_could_not_be_stored_leaves_no_gap_behind() -> None:
    made = lab.make()
    await delivered(made, lab.recording("defender_low_severity"))
    made.world.faults.always("POST", r"\.table\.core", Status(403, "AuthorizationFailure"))
    with pytest.raises(Exception, match="AuthorizationFailure"):
        await delivered(made, lab.recording("defender_low_severity"))
    made.world.faults.clear()
    await delivered(made, lab.recording("defender_low_severity"))

    assert sorted(arrived(made).values()) == [[1], [1]]
    assert verify(made.records, whole=True).findings == []
    times = [datetime.fromisoformat(row["RecordedTime"]) for row in made.records]
    assert times == sorted(times)

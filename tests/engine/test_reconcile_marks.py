from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from azsim.tenants import contoso
from shared.azure.ledger import Ledger
from shared.engine import reconcile as station
from tests import lab
from tests.engine.cases import REVOKE, acting, delivered, isolated
from tests.engine.listed import (
    incident,
    listing_calls,
    lost,
    mark_of,
    minutes,
    reconciled,
    reconciling,
    text,
)

ADELE = {"kind": "Account", "properties": {"accountName": "adele.vance", "upnSuffix": "contoso.example"}}


def revoked(made: lab.Lab) -> list[str]:
    return [call.path for call in made.world.calls if call.path.endswith("/revokeSignInSessions")]


WEB = ["nic-web-01", "nic-web-01-backend"]


async def test_the_mark_begins_now_and_moves_to_what_must_have_been_delivered(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    began = await mark_of(made)
    assert began.since == began.until == made.world.clock.now()

    await reconciled(made, 1800)

    moved = await mark_of(made)
    assert moved.until == made.world.clock.now() - station.GRACE
    assert (moved.last, moved.error, moved.since) == (made.world.clock.now(), "", began.since)


async def test_the_work_of_one_go_is_bounded_and_the_rest_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station, "MOST", 3)
    made = await reconciling(tmp_path)
    for number in range(7):
        incident(made, name=f"a0000000-0000-4000-8000-00000000000{number}")
        await asyncio.sleep(30)

    counts = []
    for _ in range(3):
        await reconciled(made)
        counts.append(len(lost(made)))

    assert counts == [3, 6, 7]
    assert (await mark_of(made)).until == made.world.clock.now() - station.GRACE


async def test_when_the_time_is_over_the_rest_follows_in_the_next_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station, "BUDGET", minutes(0.05))
    made = await reconciling(tmp_path)
    for number in range(3):
        incident(made, name=f"a0000000-0000-4000-8000-00000000000{number}")

    counts = []
    for _ in range(3):
        await reconciled(made)
        counts.append(len(lost(made)))
        assert (await mark_of(made)).error == ""
    assert counts[0] < 3
    assert counts == sorted(counts)
    assert counts[-1] == 3


async def test_while_no_playbook_acts_nothing_is_asked(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")
    incident(made)

    await reconciled(made)

    assert (listing_calls(made), made.ledger_rows()) == ([], [])


async def test_what_came_while_the_playbook_was_in_dry_run_is_not_done_when_it_acts(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    await reconciled(made)
    file = tmp_path / "only.yaml"
    file.write_text(file.read_text().replace("mode: act", "mode: dry_run"))
    rehearsing = lab.make(playbooks=tmp_path, world=made.world)
    await asyncio.sleep(60)
    await delivered(rehearsing, incident(rehearsing))
    file.write_text(file.read_text().replace("mode: dry_run", "mode: act"))
    other = (tmp_path / "other.yaml").write_text(file.read_text().replace("name: only", "name: other"))
    assert other
    file.write_text(file.read_text().replace("mode: act", "mode: dry_run"))
    again = lab.make(playbooks=tmp_path, world=made.world)

    for _ in range(4):
        await reconciled(again, 300)

    assert (isolated(again), lost(again)) == ([], [])


async def test_what_is_older_than_a_week_is_left_alone(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    await asyncio.sleep(8 * 86400)
    incident(made)  # somebody comments on it

    await reconciled(made)

    assert (isolated(made), lost(made)) == ([], [])


async def test_what_the_ledger_may_have_forgotten_is_not_done_again(tmp_path: Path) -> None:
    made = await reconciling(tmp_path, REVOKE, settings={"RIPOSTE_RETENTION": "1h"})
    body = incident(made, given=[ADELE])
    await delivered(made, body)
    assert len(revoked(made)) == 1
    await asyncio.sleep(3700)
    await made.host.timer("sweep")
    assert [row for row in made.ledger_rows() if row["RowKey"].startswith("step-")] == []
    incident(made, given=[ADELE])  # somebody comments on it

    await reconciled(made)

    assert (len(revoked(made)), lost(made)) == (1, [])


async def test_a_loss_is_forgotten_with_its_case(tmp_path: Path) -> None:
    made = await reconciling(tmp_path, REVOKE, settings={"RIPOSTE_RETENTION": "1h"})
    incident(made, given=[ADELE])
    await reconciled(made)
    assert len(revoked(made)) == 1

    await asyncio.sleep(3700)
    await made.host.timer("sweep")

    assert {row["PartitionKey"] for row in made.ledger_rows() if row["PartitionKey"].startswith("same-")} == set()


async def test_an_outage_of_a_day_is_made_up_for(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)

    await reconciled(made, 86400)

    assert isolated(made) == WEB
    assert "found after 1440 minutes" in lost(made)[0]


async def test_losses_are_counted_for_a_day(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    await reconciled(made)
    assert len((await mark_of(made)).losses) == 1

    await reconciled(made, 86401)

    assert (await mark_of(made)).losses == ()


async def test_a_mark_that_another_instance_moved_meanwhile_stays(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    ledger: Ledger = made.app.ledger
    there = await ledger.mark("sentinel_incidents", contoso.WORKSPACE)
    assert there is not None
    await reconciled(made)
    now = await mark_of(made)
    with pytest.raises(Exception, match=r".+"):
        await ledger.move_mark(there[1], there[0])
    with pytest.raises(Exception, match=r".+"):
        await ledger.begin_mark(there[0])

    assert await mark_of(made) == now


async def test_what_is_listed_late_under_an_earlier_time_is_found(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    at = text(made.world.clock.now() + minutes(18))
    await reconciled(made, 1800)
    assert (await mark_of(made)).until == made.world.clock.now() - minutes(10)
    incident(made, createdTimeUtc=at, lastModifiedTimeUtc=at)  # two minutes before the mark

    await reconciled(made, 300)

    assert isolated(made) == WEB


async def test_what_may_still_be_delivered_is_not_even_read(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)

    await reconciled(made, 300)

    assert len(listing_calls(made)) == 1

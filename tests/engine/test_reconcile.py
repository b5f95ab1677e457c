from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from azsim.tenants import contoso
from shared.engine.pipeline import handle
from tests.engine.cases import delivered, delivery, isolated, writes
from tests.engine.listed import (
    BOTH,
    CASE,
    NAME,
    defender_alert,
    graph_alert,
    incident,
    listing_calls,
    lost,
    reconciled,
    reconciling,
)
from tests.lab import Lab

WEB = ["nic-web-01", "nic-web-01-backend"]
EVERY = {
    "RIPOSTE_RECONCILE_SUBSCRIPTIONS": contoso.SUBSCRIPTION.rpartition("/")[2],
    "RIPOSTE_RECONCILE_GRAPH_ALERTS": "true",
}
ONLY = {"RIPOSTE_SENTINEL_WORKSPACE": "", **EVERY}


def looked(made: Lab) -> list[str]:
    return [call.path for call in made.world.calls if "Microsoft.Compute" in call.path]


async def test_an_incident_that_was_never_delivered_is_handled_and_the_loss_is_recorded_before(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)

    await reconciled(made)

    assert isolated(made) == WEB
    first = made.record(Decision="missed")
    assert sorted(made.decisions()) == ["done", "done", "intent", "intent", "missed"]
    assert {row["Door"] for row in made.records} == {"reconcile"}
    assert {row["CaseId"] for row in made.records} == {CASE}
    assert (first["Decision"], first["EventId"]) == ("missed", NAME)
    assert "sentinel_incidents lists it, but the automation rule or data export" in first["Reason"]
    assert "found after 15 minutes" in first["Reason"]
    assert "not done: only: network.isolate_nic on " in first["Reason"]


@pytest.mark.parametrize("provider", [defender_alert, graph_alert])
async def test_an_alert_that_was_never_delivered_is_handled(provider: object, tmp_path: Path) -> None:
    made = await reconciling(tmp_path, settings=ONLY)
    assert callable(provider)
    provider(made)

    await reconciled(made)

    assert isolated(made) == WEB
    assert len(lost(made)) == 1


async def test_the_same_alert_on_three_lists_is_one_deed_and_one_loss_for_each_case(tmp_path: Path) -> None:
    made = await reconciling(tmp_path, settings=EVERY)
    incident(made)
    defender_alert(made)
    graph_alert(made, "2518110443559999999_1")

    await reconciled(made)
    await reconciled(made, 300)

    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 2
    assert len(lost(made)) == 2  # the incident and the alert are different cases here


async def test_what_was_delivered_is_not_touched(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    await delivered(made, incident(made))
    records, looks = len(made.records), len(looked(made))

    await reconciled(made)

    assert (lost(made), len(made.records)) == ([], records)
    assert len(looked(made)) == looks  # the entities are the same: no target is looked for


async def test_what_may_still_be_delivered_is_waited_for(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)

    await reconciled(made, 590)
    assert (isolated(made), lost(made)) == ([], [])
    await reconciled(made, 20)
    assert isolated(made) == WEB


async def test_what_was_found_once_is_not_read_again(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    await reconciled(made)
    before = len(listing_calls(made))

    for _ in range(3):
        await reconciled(made, 300)

    assert len(lost(made)) == 1
    assert len(listing_calls(made)) == before + 3  # the list alone


async def test_an_incident_that_is_changed_all_the_time_is_found_all_the_same(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    for _ in range(5):
        incident(made)
        await reconciled(made, 240)

    assert isolated(made) == WEB
    assert len(lost(made)) == 1


async def test_an_update_whose_delivery_was_lost_adds_its_targets_and_repeats_nothing(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    await delivered(made, incident(made))
    await asyncio.sleep(60)
    incident(made, *BOTH)
    await reconciled(made)

    assert sorted(isolated(made)) == ["nic-dc-01", *WEB]
    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 3
    assert lost(made) == [lost(made)[0]]
    assert "vm-dc-01" in lost(made)[0]
    assert "vm-web-01" not in lost(made)[0]


async def test_an_update_that_may_still_be_delivered_is_waited_for(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    await delivered(made, incident(made))
    await asyncio.sleep(DELIVERED_LATER)
    incident(made, *BOTH)

    await reconciled(made, 300)
    assert isolated(made) == WEB
    await reconciled(made, 310)
    assert len(isolated(made)) == 3


DELIVERED_LATER = 1200


async def test_what_an_analyst_undid_is_not_done_again(tmp_path: Path) -> None:
    from tests.engine.cases import undone

    made = await reconciling(tmp_path)
    body = incident(made)
    await delivered(made, body)
    await undone(made, body)
    incident(made)

    await reconciled(made)

    assert (isolated(made), lost(made)) == ([], [])


async def test_what_is_closed_by_now_is_left_alone(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made, status="Closed")

    await reconciled(made)

    assert (isolated(made), lost(made)) == ([], [])


async def test_what_there_was_before_the_comparison_began_is_left_alone(tmp_path: Path) -> None:
    from tests.engine.cases import acting

    made = acting(tmp_path)
    incident(made)
    await reconciled(made)
    incident(made)  # somebody comments on it

    await reconciled(made)

    assert (isolated(made), lost(made)) == ([], [])


async def test_a_delivery_that_comes_after_all_does_nothing_twice(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    body = incident(made)
    await reconciled(made)
    done = len(writes(made))

    await delivered(made, body, body)

    assert len(writes(made)) == done


async def test_two_instances_at_once_do_nothing_twice(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    body = incident(made)
    await asyncio.sleep(900)

    await asyncio.gather(
        made.host.timer("reconcile"), made.host.timer("reconcile"), handle([delivery(made, body)], made.app)
    )

    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 2
    assert len({row["RecordId"] for row in made.records if row["Decision"] == "missed"}) <= 1
    assert [row["Decision"] for row in made.records].count("done") == 2

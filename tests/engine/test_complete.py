from __future__ import annotations

import asyncio
import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.azure.sentinel import READ
from tests import lab
from tests.engine.cases import acting, alert, delivered, delivery, isolated, writes
from tests.engine.listed import BOTH, NAME, incident, listing_calls, lost, reconciled, reconciling

WEB = ["nic-web-01", "nic-web-01-backend"]
ALL = ["nic-dc-01", *WEB]
MANY = 60


def dead(made: lab.Lab) -> list[str]:
    return [row["Reason"] for row in made.records if row["Decision"] == "dead_letter"]


async def test_an_incident_of_more_than_50_entities_is_read_by_the_api(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)

    await delivered(made, incident(made, *BOTH, others=MANY))  # the machines are not among the first 50

    assert sorted(isolated(made)) == ALL
    assert dead(made) == []


@pytest.mark.parametrize(("others", "asked"), [(48, 0), (49, 3), (50, 3)])
async def test_sentinel_is_asked_from_50_entities_on(others: int, asked: int, tmp_path: Path) -> None:
    made = acting(tmp_path)

    await delivered(made, incident(made, others=others))

    assert len(listing_calls(made)) == asked
    assert isolated(made) == WEB


async def test_a_forwarded_incident_is_completed_too(tmp_path: Path) -> None:
    made = acting(tmp_path)
    body = json.loads(incident(made, others=MANY))

    await delivered(made, json.dumps({"object": body}).encode(), json.dumps(body["object"]).encode())

    assert isolated(made) == WEB


async def test_what_no_playbook_asks_for_is_not_read(tmp_path: Path) -> None:
    made = acting(tmp_path, settings={"RIPOSTE_SENTINEL_WORKSPACE": ""})
    file = tmp_path / "only.yaml"
    file.write_text(file.read_text().replace("  - sentinel_incident\n", ""))
    made = lab.make(playbooks=tmp_path, settings={"RIPOSTE_SENTINEL_WORKSPACE": ""})

    await delivered(made, incident(made, others=MANY))

    assert made.decisions() == ["no_match"]


ORDERS = ["".join(order) for order in sorted(set(permutations("aabb")))]


@pytest.mark.parametrize("order", ORDERS)
async def test_an_update_adds_targets_and_repeats_nothing_in_any_order(order: str, tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    first = incident(made)
    await asyncio.sleep(60)
    bodies = {"a": first, "b": incident(made, *BOTH, others=MANY)}

    for name in order:
        await delivered(made, bodies[name])

    assert sorted(isolated(made)) == ALL
    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 3
    assert sorted(made.decisions()) == ["done"] * 3 + ["intent"] * 3
    await reconciled(made)
    assert lost(made) == []


async def test_both_in_one_batch_twice_repeat_nothing(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    first = incident(made)
    second = incident(made, *BOTH, others=MANY)

    await delivered(made, first, second, second, first)

    assert sorted(isolated(made)) == ALL
    assert made.decisions().count("done") == 3


@pytest.mark.parametrize(
    ("settings", "change", "reason"),
    [
        ({"RIPOSTE_SENTINEL_WORKSPACE": ""}, {}, "RIPOSTE_SENTINEL_WORKSPACE is not set"),
        (
            {"RIPOSTE_SENTINEL_WORKSPACE": f"{contoso.WORKSPACE}-2"},
            {},
            f"it lies in {contoso.WORKSPACE}, and RIPOSTE_SENTINEL_WORKSPACE is another",
        ),
        ({}, {"a": "b"}, "AuthorizationFailed"),
    ],
)
async def test_what_cannot_be_read_whole_is_a_dead_letter_that_says_why_and_nothing_is_done(
    settings: dict[str, str], change: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    granted = None if not change else [p for p in lab.ENGINE if p != READ]
    made = acting(tmp_path, settings=settings, granted=granted)

    await delivered(made, alert() if not change else b"", incident(made, others=MANY))

    assert any(reason in why and "50 entities or more" in why for why in dead(made))
    assert isolated(made) == ([] if change else WEB)  # the other event of the batch
    assert {row["EventSource"] for row in made.records if "50 entities" in row.get("Reason", "")} == {
        "sentinel_incident"
    }


async def test_a_service_that_is_down_is_waited_for_then_told_and_reconciliation_makes_up_for_it(
    tmp_path: Path,
) -> None:
    made = await reconciling(tmp_path)
    made.world.faults.always("POST", "/entities", Status(503, "ServiceUnavailable"))

    await delivered(made, incident(made, *BOTH, others=MANY))
    assert (isolated(made), len(dead(made))) == ([], 1)
    assert len([call for call in made.world.calls if call.path.endswith("/entities")]) > 1

    made.world.faults.clear()
    await reconciled(made)
    assert sorted(isolated(made)) == ALL


async def test_a_dead_letter_of_a_large_incident_is_put_back_whole(tmp_path: Path) -> None:
    from shared.engine.complete import complete
    from shared.engine.read import DeadLetter
    from tests.engine.cases import event

    made = await reconciling(tmp_path)
    body = incident(made, *BOTH, others=MANY)
    made.world.faults.always("POST", "/entities", Status(404, "NotFound"))
    letter = await complete(event(made, body), made.app)
    assert isinstance(letter, DeadLetter)
    made.world.faults.clear()

    await delivered(made, letter.body)

    assert sorted(isolated(made)) == ALL
    assert {row["EventId"] for row in made.records} == {NAME}


async def test_the_facts_are_those_that_were_delivered_and_the_entities_those_of_the_api(tmp_path: Path) -> None:
    from shared.engine.complete import complete
    from shared.model.event import Event
    from tests.engine.cases import event

    made = acting(tmp_path)
    body = incident(made, others=MANY)
    incident(made, *BOTH, others=MANY, title="changed since", severity="Low")
    read = event(made, body)

    whole = await complete(read, made.app)

    assert isinstance(whole, Event)
    assert (whole.title, whole.severity, whole.digest, whole.case) == (
        read.title,
        read.severity,
        read.digest,
        read.case,
    )
    assert len(whole.entities) == MANY + 3  # the machines, and the resource that the alert names
    assert set(read.same) <= set(whole.same)
    assert delivery(made, body).door == "event_hub"

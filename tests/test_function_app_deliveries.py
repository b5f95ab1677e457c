"""Deliveries as the Functions host makes them."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Cut, Status
from azsim.functions.host import Invocation
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from tests import lab
from tests.api.asking import ADELE, CUT, LEDGER, LOGS, acting, answered, sessions
from tests.lab import Lab

THEFT = "graph_alert_token_theft"
NOWHERE = {"RIPOSTE_EVENTHUB__fullyQualifiedNamespace": "127.0.0.1"}
"""An event hubs namespace at which nobody answers: dead letters wait."""


def revoked(made: Lab) -> int:
    return sum(call.path.endswith("revokeSignInSessions") for call in made.world.calls)


async def hub(made: Lab, *bodies: bytes, partition: str = "0") -> Invocation:
    return await made.host.event_hub("alerts", bodies, partition)


async def stored(made: Lab, *bodies: bytes) -> int:
    """Deliver as the retry policy says, without an end; how often that took."""
    attempts = 0
    while attempts < 100:
        done = await hub(made, *bodies)
        attempts += done.attempts
        if done.error is None:
            return attempts
    raise AssertionError(f"not stored in {attempts} attempts")


async def test_a_batch_is_taken_as_bytes_and_one_bad_body_does_not_spoil_the_others(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings=NOWHERE)
    bodies = [b"\xff\xfe\x00", lab.recording(THEFT), b'{"a": ', lab.recording("defender_low_severity"), b""]

    done = await hub(made, *bodies)

    assert (done.error, done.attempts, revoked(made)) == (None, 1, 1)
    await asyncio.sleep(60)
    packets = [found["PartitionKey"] for found in made.ledger_rows() if found["PartitionKey"] == "packet"]
    assert len(packets) == 2  # three dead letters, two in a packet
    assert made.decisions() == ["intent", "done", "dead_letter", "dead_letter", "no_match", "dead_letter"]
    assert {row["Door"] for row in made.records} == {"event_hub"}


async def test_an_empty_batch_is_nothing() -> None:
    made = lab.make()

    assert (await hub(made)).error is None
    assert made.world.calls == []


async def test_records_say_when_a_delivery_came_in_and_carry_its_trace() -> None:
    made = lab.make()
    await asyncio.sleep(90)

    await hub(made, lab.recording(THEFT))

    (record,) = made.records
    assert record["ReceivedTime"] == "2026-03-02T09:01:30.000000Z"
    assert record["TraceParent"].startswith("00-")


@pytest.mark.parametrize("fault", [Status(503, "OutOfOrder"), Status(403, "AuthorizationFailed"), Cut("before")])
async def test_what_cannot_be_stored_is_delivered_again_until_it_can_and_done_once(fault: Any, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.on("*", LEDGER, fault, times=40)

    attempts = await stored(made, lab.recording(THEFT), lab.recording("defender_low_severity"))

    assert attempts > 1
    assert revoked(made) == 1
    decided = {row["RecordId"]: row["Decision"] for row in made.records}  # a batch that comes again may tell it again
    assert sorted(decided.values()) == ["done", "intent", "no_match"]
    assert [made.decisions().count(deed) for deed in ("intent", "done")] == [1, 1]


async def test_while_the_ledger_is_away_the_batch_is_not_taken_for_handled(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.always("*", LEDGER, Status(503, "OutOfOrder"))

    done = await hub(made, lab.recording(THEFT))

    assert (done.error is not None, done.attempts, made.records, revoked(made)) == (True, 5, [], 0)


@pytest.mark.parametrize("number", range(0, 24, 3))
async def test_an_outage_in_the_middle_of_a_batch_leaves_one_effect(number: int, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.on("*", LEDGER, Status(503, "OutOfOrder"), skip=number, times=30)

    await stored(made, lab.recording(THEFT))
    made.world.faults.clear()
    while await made.app.ledger.waiting():
        await asyncio.sleep(LEASE.total_seconds())
        await made.host.timer("sweep")

    assert (revoked(made), {row["Decision"] for row in made.records}) == (1, {"intent", "done"})


async def test_an_outage_of_log_analytics_fails_no_delivery(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.always("*", LOGS, Status(503, "OutOfOrder"))

    done = await hub(made, lab.recording(THEFT), lab.recording("defender_low_severity"))

    assert (done.error, done.attempts, revoked(made), made.records) == (None, 1, 1, [])
    made.world.faults.clear()
    await asyncio.sleep(60)
    await made.host.timer("sweep")
    assert sorted(made.decisions()) == ["done", "intent", "no_match"]


async def test_two_batches_at_once_with_the_same_alert_have_one_effect(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.latency = 0.05
    bodies = [lab.recording(THEFT), lab.recording("defender_vm_bruteforce")]

    done = await asyncio.gather(*(hub(made, *bodies, partition=str(number)) for number in range(3)))

    assert ([each.error for each in done], revoked(made)) == ([None] * 3, 1)
    assert len({row["RecordId"] for row in made.records if row["Decision"] == "done"}) == 3


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("keyvault_secret_near_expiry", "Microsoft.KeyVault.SecretNearExpiry"),
        ("keyvault_secret_expired_cloudevent", "Microsoft.KeyVault.SecretExpired"),
    ],
    ids=["EventGrid schema", "CloudEvents"],
)
async def test_platform_events_are_taken_in_both_schemas(name: str, kind: str) -> None:
    made = lab.make()
    event = json.loads(lab.recording(name))

    done = await made.host.event_grid("events", event[0] if isinstance(event, list) else event)

    assert done.error is None
    (record,) = made.records
    assert (record["Decision"], record["EventKind"], record["Door"]) == ("dry_run", kind, "event_grid")
    assert record["Target"].endswith(f"/secrets/{contoso.SECRET}")


async def test_event_grid_is_told_of_a_failure_and_its_second_delivery_is_done_once(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    event = json.loads(lab.recording("keyvault_secret_near_expiry"))[0]
    made.world.faults.on("*", LEDGER, Status(503, "OutOfOrder"), times=math.inf)
    failed = await made.host.event_grid("events", event)
    made.world.faults.clear()

    again = [await made.host.event_grid("events", event) for _ in range(2)]

    assert (failed.error is not None, failed.attempts) == (True, 1)
    assert ([done.error for done in again], made.decisions()) == ([None, None], ["intent", "done"])


async def test_the_timer_takes_up_what_was_left(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    before = sessions(made)
    made.world.faults.always("POST", "revokeSignInSessions", Status(429, "TooManyRequests", retry_after=400))
    await answered(made, CUT, {"entities": [ADELE]})
    assert sessions(made) == before
    made.world.faults.clear()

    await asyncio.sleep(600)
    done = await made.host.timer("sweep", past_due=True)

    assert (done.error, revoked(made), sessions(made) != before) == (None, 2, True)

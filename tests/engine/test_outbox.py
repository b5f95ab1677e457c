"""Records and dead letters on their way out: stored, delivered, forgotten; nothing is lost on the way."""

from __future__ import annotations

import gzip
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from azsim.call import Call
from azsim.faults import Cut, Effect, Fault, Hang, Status
from shared.engine import outbox
from shared.model.record import Record
from tests import lab
from tests.engine.cases import acting, alert, delivered, isolated, steps, swept
from tests.lab import Lab

LOGS = r"\.ingest\.monitor"
DOWN: dict[str, Effect] = {"503": Status(503), "429": Status(429, retry_after=5000), "403": Status(403), "gone": Cut()}


def record(number: int, **fields: Any) -> Record:
    time = f"2026-03-02T09:00:00.{number:06d}Z"
    return Record(TimeGenerated=time, RecordId=str(number), SchemaVersion=1, Decision="no_match", **fields)


def ids(made: Lab) -> list[str]:
    return [row["RecordId"] for row in made.records]


def waiting(made: Lab) -> int:
    """Packets, and records of cases, that have not been delivered."""
    rows = made.ledger_rows()
    return len([row for row in rows if row["PartitionKey"] == "packet" or row["RowKey"].startswith("out-")])


def order(made: Lab, since: int) -> list[str]:
    """What was done with packets and in which order."""

    def told(call: Call) -> str:
        if "ingest" in call.host:
            return "upload"
        return {"POST": "insert", "DELETE": "delete"}.get(call.method, "")

    calls = [call for call in made.world.calls[since:] if "ingest" in call.host or ".table." in call.host]
    return [found for found in map(told, calls) if found]


async def test_records_are_stored_before_they_are_sent_and_forgotten_afterwards() -> None:
    made = lab.make()
    await made.app.ledger.packets()

    await outbox.post([record(1), record(2)], (), made.app)

    assert order(made, 0) == ["insert", "upload", "delete"]
    assert (ids(made), waiting(made)) == (["1", "2"], 0)


async def test_the_records_of_a_dry_run_go_the_same_way(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")

    await delivered(made, alert())

    assert order(made, 0) == ["insert", "upload", "delete"]
    assert [row["Decision"] for row in made.records] == ["dry_run", "dry_run"]
    assert made.ledger_rows() == []


async def test_nothing_is_stored_for_nothing() -> None:
    made = lab.make()

    await outbox.post((), (), made.app)
    await outbox.post_stored(made.app)
    await outbox.post_case("0" * 32, made.app)

    assert order(made, 0) == []


@pytest.mark.parametrize("name", DOWN)
async def test_while_log_analytics_is_down_records_wait_and_then_go_once_in_their_order(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = lab.make()
    made.world.faults.always("POST", LOGS, DOWN[name])
    with caplog.at_level(logging.WARNING):
        for number in (1, 2, 3):
            await outbox.post([record(number)], (), made.app)
            await made.app.clock.sleep(1)
        await swept(made, 60)
    assert (ids(made), waiting(made)) == ([], 3)
    assert "waits" in caplog.text

    made.world.faults.clear()
    await swept(made, 5000)
    await swept(made, 60)

    assert (ids(made), waiting(made)) == (["1", "2", "3"], 0)


async def test_an_outage_of_log_analytics_holds_up_no_containment(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("POST", LOGS, Status(503))

    await delivered(made, alert())
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    assert made.records == []
    assert waiting(made) == 4

    made.world.faults.clear()
    await swept(made, 600)
    assert sorted(row["Decision"] for row in made.records) == ["done", "done", "intent", "intent"]
    assert (waiting(made), await made.app.ledger.waiting()) == (0, 0)


async def test_a_service_that_is_down_is_not_asked_once_for_every_packet_that_waits() -> None:
    made = lab.make()
    made.world.faults.always("POST", LOGS, Status(503, retry_after=100))
    for number in range(30):
        await outbox.post([record(number)], (), made.app)
        await made.app.clock.sleep(1)
    asked = len(made.world.calls)

    await swept(made, 60)

    assert len([call for call in made.world.calls[asked:] if "ingest" in call.host]) == 1
    assert waiting(made) == 30


async def test_a_packet_that_azure_refuses_does_not_keep_the_others() -> None:
    made = lab.make()
    refused = gzip.compress(msgspec.json.encode([record(1)]), mtime=0)
    made.world.faults.script.append(Fault(Status(400), lambda call: _holds(call, b'"1"'), times=math.inf))
    await made.app.ledger.pack(refused, "20260302T090000000000-first")
    await outbox.post([record(2)], (), made.app)

    await swept(made, 60)

    assert (ids(made), waiting(made)) == (["2"], 1)


def _holds(call: Call, part: bytes) -> bool:
    return "ingest" in call.host and part in call.content()


@pytest.mark.parametrize("effect", [Cut("after"), Hang("after")], ids=["cut", "hang"])
async def test_an_upload_whose_answer_was_lost_is_sent_again_with_the_same_id(effect: Effect) -> None:
    made = lab.make()
    made.world.faults.on("POST", LOGS, effect)

    await outbox.post([record(1)], (), made.app)
    await swept(made, 60)

    assert set(ids(made)) == {"1"}
    assert waiting(made) == 0


async def test_what_cannot_be_stored_is_an_error_and_is_not_sent() -> None:
    made = lab.make()
    made.world.faults.always("POST", r"\.table\.core", Status(403, "AuthorizationFailure"))

    with pytest.raises(Exception, match="AuthorizationFailure"):
        await outbox.post([record(1)], (), made.app)

    assert made.records == []


async def test_the_same_records_once_more_are_sent_once_more_with_the_same_id_in_another_place() -> None:
    made = lab.make()
    made.world.faults.on("POST", LOGS, Status(403))
    await outbox.post([record(1)], (), made.app)

    await outbox.post([record(1)], (), made.app)  # the delivery came again
    await swept(made, 60)

    assert (ids(made), waiting(made)) == (["1", "1"], 0)
    assert sorted(row["Sequence"] for row in made.records) == [1, 2]


async def test_many_records_are_sent_in_uploads_that_azure_takes() -> None:
    made = lab.make()
    many = [record(number, Reason="x" * 7000) for number in range(400)]

    await outbox.post(many, (), made.app)

    assert ids(made) == [made.RecordId for made in many]
    assert order(made, 0).count("upload") > 3


@pytest.mark.parametrize(
    "when",
    [lambda call: "ingest" in call.host, lambda call: call.method == "POST" and "batch" in call.path],
    ids=["sent", "forgotten"],
)
async def test_the_records_of_a_case_are_lost_at_no_point_of_the_way(
    when: Callable[[Call], bool], tmp_path: Path
) -> None:
    made = acting(tmp_path)
    made.world.faults.script.append(Fault(Cut("after"), when, skip=2, times=3))

    await delivered(made, alert())
    for _ in range(3):
        await swept(made, 400)

    assert sorted({row["RecordId"]: row["Decision"] for row in made.records}.values()) == [
        "done", "done", "intent", "intent",
    ]  # fmt: skip
    assert waiting(made) == 0
    assert {noted.entry.state for noted in await steps(made, alert())} == {"done"}

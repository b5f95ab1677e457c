"""Dead letters through the walk again: once at a time, as often as anybody likes, and nothing done twice."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from azsim.eventhubs import Broker
from azsim.faults import Fault, Status
from azsim.services.blobs import Blobs
from azsim.tenants import contoso
from shared.engine import outbox
from shared.engine.pipeline import handle
from shared.engine.read import DeadLetter
from shared.engine.redrive import put_back as redrive
from shared.engine.redrive.letters import Kept
from shared.engine.redrive.put_back import End, put_back, put_back_all
from shared.model.dead_letter import Letter
from shared.model.step import Actor
from shared.wire.message import Send
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.engine.cases import acting, alert, delivery, isolated, writes
from tests.engine.letters import connected, hub, in_hub, looked, one
from tests.engine.test_poison import breaking, place_of
from tests.lab import Lab

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]

ANN = Actor("command", "ann")
BOB = Actor("user", "bob@contoso.example", "0f1e2d3c-4b5a-4697-8877-665544332211")


def arranged(folder: Path, broker: Broker, **given: Any) -> Lab:
    """Contoso with a playbook that acts, and this hub."""
    return acting(folder, settings={"RIPOSTE_EVENTHUB": broker.connection_string}, **given)


async def dead(made: Lab, body: bytes) -> Letter:
    """A letter of a body that cannot be handled."""
    handled = await handle([delivery(made, body)], made.app)
    (letter,) = handled.letters
    return letter


def poisoned(body: bytes) -> Callable[[Send], Send]:
    return breaking(place_of(body), ZeroDivisionError)


async def test_what_a_mended_version_can_handle_is_handled_and_that_is_noted(tmp_path: Path) -> None:
    broker, body = hub(), alert()
    async with broker.serve():
        letter = await dead(arranged(tmp_path, broker, wrap=poisoned(body)), body)
        mended = arranged(tmp_path, broker)

        end = await put_back((await one(mended)).letter, ANN, mended.app)

        assert (end.letter, end.state, end.letters) == (letter.id, "handled", ())
        assert end.outcome == "deliveries=1 matches=1 dead_letters=0 records=0"
        assert isolated(mended) == ["nic-web-01", "nic-web-01-backend"]
        (kept,) = (await looked(mended)).letters
    (noted,) = kept.put_back
    assert (noted.who, noted.state, noted.outcome, noted.until) == (ANN, "handled", end.outcome, None)
    assert {row["Door"] for row in mended.records} == {"redrive"}


async def test_who_asked_is_recorded_before_anything_is_done(tmp_path: Path) -> None:
    broker, body = hub(), alert()
    async with broker.serve():
        letter = await dead(arranged(tmp_path, broker, wrap=poisoned(body)), body)
        mended = arranged(tmp_path, broker)
        await put_back(letter, BOB, mended.app)

    assert mended.decisions()[0] == "redriven"
    record = mended.record(Decision="redriven")
    assert (record["ActorKind"], record["ActorName"], record["ActorId"]) == (BOB.kind, BOB.name, BOB.id)
    assert (record["EventId"], record["EventDigest"], record["Attempt"]) == (letter.id, letter.digest, 2)
    assert record["Reason"] == f"put back: {letter.reason}"


async def test_a_letter_that_cannot_be_put_on_record_is_not_put_back(tmp_path: Path) -> None:
    broker, body = hub(), alert()
    async with broker.serve():
        letter = await dead(arranged(tmp_path, broker, wrap=poisoned(body)), body)
        mended = arranged(tmp_path, broker)
        of_records = Fault(Status(403, "AuthorizationFailure"), lambda call: b'"packet"' in call.body, times=math.inf)
        mended.world.faults.script.append(of_records)

        end = await put_back(letter, ANN, mended.app)
        (kept,) = (await looked(mended)).letters

    assert (end.state, writes(mended), kept.put_back[0].state) == ("failed", [], "failed")
    assert "AuthorizationFailure" in end.outcome


async def test_what_was_handled_before_is_not_done_again(tmp_path: Path) -> None:
    broker, body = hub(), alert()
    async with broker.serve():
        letter = await dead(arranged(tmp_path, broker, wrap=poisoned(body)), body)
        mended = arranged(tmp_path, broker)
        await handle([delivery(mended, body)], mended.app)
        before, done = mended.tenant(), len(writes(mended))

        ends = [(await put_back(letter, ANN, mended.app)).state for _ in range(2)]

        assert (ends, mended.tenant(), len(writes(mended))) == (["handled", "handled"], before, done)
        (kept,) = (await looked(mended)).letters
    assert [row["Decision"] for row in mended.records].count("done") == 2  # of two interfaces
    assert (kept.count, len(kept.put_back)) == (2, 2)
    assert len({row["RecordId"] for row in mended.records if row["Decision"] == "redriven"}) == 2


async def test_what_cannot_be_read_again_is_a_letter_that_counts_and_names_the_first(tmp_path: Path) -> None:
    broker = hub()
    async with broker.serve():
        made = arranged(tmp_path, broker)
        first = await dead(made, b"{")

        once = await put_back(first, ANN, made.app)
        second = (await one(made, *once.letters)).letter
        twice = await put_back(second, ANN, made.app)
        third = (await one(made, *twice.letters)).letter

    assert (once.state, "again a dead letter: not JSON" in once.outcome) == ("dead_letter", True)
    assert [(letter.attempts, letter.first, letter.body) for letter in (first, second, third)] == [
        (1, "", b"{"),
        (2, first.id, b"{"),
        (3, first.id, b"{"),
    ]
    assert len({first.id, second.id, third.id}) == 3
    assert [row["Attempt"] for row in made.records if row["EventId"] == third.id] == [3]


async def test_two_people_at_once_put_it_back_once(tmp_path: Path) -> None:
    broker = hub()
    async with broker.serve():
        made = arranged(tmp_path, broker)
        letter = await dead(made, b"{")
        other = connected(broker, world=made.world)

        ends = await asyncio.gather(*(put_back(letter, who, app) for who, app in ((ANN, made.app), (BOB, other.app))))

    assert sorted(end.state for end in ends) == ["dead_letter", "refused"]
    (refused,) = [end for end in ends if end.state == "refused"]
    assert "is being put back by" in refused.outcome
    assert made.decisions().count("redriven") == 1


async def test_a_large_body_comes_from_its_blob(tmp_path: Path) -> None:
    broker, body = hub(), alert(Description="x" * outbox.IN_MESSAGE)
    async with broker.serve():
        letter = await dead(arranged(tmp_path, broker, wrap=poisoned(body)), body)
        assert (letter.body, letter.blob) == (b"", letter.digest)
        mended = arranged(tmp_path, broker)
        await mended.app.dead_letters.store(letter.blob, body)

        end = await put_back((await one(mended)).letter, ANN, mended.app)

    assert (end.state, isolated(mended)) == ("handled", ["nic-web-01", "nic-web-01-backend"])


async def test_a_body_that_somebody_changed_is_refused_and_that_is_recorded(tmp_path: Path) -> None:
    broker, body = hub(), b"{" + b" " * outbox.IN_MESSAGE
    async with broker.serve():
        made = arranged(tmp_path, broker)
        letter = await dead(made, body)
        made.world.state(Blobs).containers[contoso.STORAGE_ACCOUNT, contoso.CONTAINER][letter.blob].content = alert()

        end = await put_back(letter, ANN, made.app)
        (kept,) = (await looked(made)).letters

    assert (end.state, kept.put_back[-1].state) == ("refused", "refused")
    assert "is not the body of dead letter" in made.record(Decision="refused")["Reason"]
    assert made.record(Decision="refused")["ActorName"] == "ann"
    assert writes(made) == []


async def test_a_walk_that_cannot_be_stored_is_a_failure_that_is_noted_and_may_be_tried_again(tmp_path: Path) -> None:
    broker, body = hub(), alert()
    async with broker.serve():
        letter = await dead(arranged(tmp_path, broker, wrap=poisoned(body)), body)
        mended = arranged(tmp_path, broker)
        mended.world.faults.always("*", place_of(body), Status(403, "AuthorizationFailure"))
        failed = await put_back(letter, ANN, mended.app)
        mended.world.faults.clear()
        done = await put_back(letter, ANN, mended.app)
        (kept,) = (await looked(mended)).letters

    assert ("AuthorizationFailure" in failed.outcome, failed.state, done.state) == (True, "failed", "handled")
    assert [each.state for each in kept.put_back] == ["failed", "handled"]


async def all_of(made: Lab, **wanted: Any) -> list[End]:
    return [end async for end in put_back_all((await looked(made, **wanted)).letters, ANN, made.app)]


async def test_of_many_each_has_its_end_and_one_that_fails_keeps_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redrive, "AT_ONCE", 2)
    broker, body, other = hub(), alert("1"), alert("2", vm=contoso.DC_VM)
    async with broker.serve():
        mended = arranged(tmp_path, broker)
        letters = []
        for each in (body, b"[]", other, b"7"):
            letters.append(
                await outbox.letter(DeadLetter("for the test", "", each), delivery(mended, each), mended.app)
            )
            await asyncio.sleep(0.02)
        await outbox.post((), letters, mended.app)
        mended.world.faults.always("*", place_of(other), Status(403, "AuthorizationFailure"))

        ends = await all_of(mended, unsettled=True)
        again = await all_of(mended, unsettled=True)

    assert [(end.letter, end.state) for end in ends] == [
        (letters[0].id, "handled"),
        (letters[1].id, "handled"),
        (letters[2].id, "failed"),
        (letters[3].id, "dead_letter"),
    ]
    assert [end.letter for end in again] == [letters[2].id, *ends[3].letters]


async def test_a_letter_that_is_gone_meanwhile_is_told(tmp_path: Path) -> None:
    broker = hub()
    async with broker.serve():
        made = arranged(tmp_path, broker)
        gone = Kept(letter=replace(await dead(made, b"{"), id="0" * 32))

        ends = [end async for end in put_back_all([gone], ANN, made.app)]

    assert ends == [End("0" * 32, "failed", "it is not there any more")]
    assert len(in_hub(broker)) == 1

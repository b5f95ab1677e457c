"""An event that breaks the walk becomes a dead letter; the others of its batch go on."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.engine import outbox, poison
from shared.engine.match import Match, Playbooks
from shared.engine.pipeline import handle
from shared.engine.read import DeadLetter, Sources
from shared.kinds.source import all_sources
from shared.model import ids
from shared.model.dead_letter import Letter
from shared.model.errors import Forbidden, Refused, Temporary, Uncertain, Unverified
from shared.model.event import Event
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.engine.cases import acting, alert, delivery, event, isolated
from tests.lab import Lab

SECRET = "S3cr3t"


def breaking(word: str, error: Callable[[], BaseException]) -> Callable[[Send], Send]:
    """A fault in the work on whatever bears a word."""

    def wrap(inner: Send) -> Send:
        async def send(request: Request) -> Response:
            if word.encode() in request.body or word in request.url:
                raise error()
            return await inner(request)

        return send

    return wrap


async def letters(made: Lab) -> list[Letter]:
    return await outbox.waiting_letters(made.app)


def place_of(body: bytes) -> str:
    """Where the case of an alert is in the ledger."""
    return ids.partition(event(lab.make(), body).case)


async def test_a_fault_in_the_walk_of_one_event_is_a_dead_letter_and_the_others_are_done(tmp_path: Path) -> None:
    bad, good = alert("bad", vm=contoso.DC_VM), alert("good")
    made = acting(tmp_path, wrap=breaking(place_of(bad), lambda: ZeroDivisionError(SECRET)))

    handled = await handle([delivery(made, bad), delivery(made, good)], made.app)

    (letter,) = await letters(made)
    assert (letter.body, letter.source, letter.attempts) == (bad, "defender_for_cloud", 1)
    assert letter.reason.startswith("handling it broke off: ZeroDivisionError at ")
    assert "test_poison.py:" in letter.reason
    assert SECRET not in letter.reason
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    assert handled.letters == (letter,)
    record = made.record(Decision="dead_letter")
    assert (record["EventId"], record["EventDigest"]) == (letter.id, letter.digest)
    assert (record["CaseId"], record["Reason"]) == (event(made, bad).case, letter.reason)


async def test_what_could_not_be_stored_is_no_fault_of_the_event(tmp_path: Path) -> None:
    body = alert()
    made = acting(tmp_path)
    made.world.faults.always("*", place_of(body), Status(403, "AuthorizationFailure"))

    with pytest.raises(Forbidden):
        await handle([delivery(made, body)], made.app)

    assert await letters(made) == []


async def test_the_end_of_all_is_no_fault_of_the_event(tmp_path: Path) -> None:
    body = alert()
    made = acting(tmp_path, wrap=breaking(place_of(body), asyncio.CancelledError))

    with pytest.raises(asyncio.CancelledError):
        await handle([delivery(made, body)], made.app)

    assert await letters(made) == []


@pytest.mark.parametrize(
    ("error", "poisonous"),
    [
        (KeyError("x"), True),
        (RecursionError(), True),
        (MemoryError(), True),
        (Refused("x"), True),
        (Unverified("x"), True),
        (Temporary("x"), False),
        (Uncertain("x"), False),
        (Forbidden("x"), False),
        (ConnectionResetError(), False),
        (TimeoutError(), False),
        (asyncio.CancelledError(), False),
        (SystemExit(), False),
        ([], False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_a_fault_of_the_event(error: object, *, poisonous: bool) -> None:
    assert poison.is_poison(error) is poisonous


class Buggy(Playbooks):
    """Breaks when it is to match one alert."""

    def match(self, event: Event) -> tuple[list[Match], str]:
        if event.id.endswith("_bad"):
            raise KeyError(SECRET)
        return super().match(event)


async def test_a_fault_in_matching_one_event_is_a_dead_letter_as_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = acting(tmp_path)
    app = dataclasses.replace(made.app, playbooks=Buggy(made.app.playbooks.all))
    records = [json.loads(alert("bad")), json.loads(alert("good"))]
    body = json.dumps({"records": records}).encode()

    handled = await handle([delivery(made, body)], app)

    (letter,) = handled.letters
    assert json.loads(letter.body) == records[0]  # the part of the body that it is, and no more
    assert letter.digest == event(made, letter.body).digest
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    (told,) = [found.getMessage() for found in caplog.records if found.levelno == logging.ERROR]
    assert "broke off: KeyError at" in told
    assert SECRET not in told


async def test_an_event_that_broke_off_in_two_playbooks_is_one_letter(tmp_path: Path) -> None:
    body = alert()
    folder = tmp_path / "two"
    made = acting(folder)
    (folder / "other.yaml").write_text((folder / "only.yaml").read_text().replace("name: only", "name: other"))
    made = lab.make(playbooks=folder, wrap=breaking(place_of(body), ZeroDivisionError))

    handled = await handle([delivery(made, body)], made.app)

    assert (handled.matches, [letter.body for letter in handled.letters]) == (2, [body])


async def test_the_same_fault_of_the_same_event_is_the_same_letter(tmp_path: Path) -> None:
    body = alert()
    made = acting(tmp_path, wrap=breaking(place_of(body), ZeroDivisionError))

    once, twice = [await handle([delivery(made, body)], made.app) for _ in range(2)]

    assert [each.id for each in once.letters] == [each.id for each in twice.letters]


class Fragile(Sources):
    """Breaks on a body with a word in it, outside of any source."""

    def read(self, body: bytes) -> tuple[list[Event], list[DeadLetter]]:
        if b"fragile" in body:
            raise ZeroDivisionError(SECRET)
        return super().read(body)


async def test_a_body_that_breaks_the_reading_is_a_dead_letter_and_the_others_are_read(tmp_path: Path) -> None:
    made = acting(tmp_path)
    app = dataclasses.replace(made.app, sources=Fragile(all_sources()))

    handled = await handle([delivery(made, b'{"a": "fragile"}'), delivery(made, alert())], app)

    (letter,) = handled.letters
    assert (letter.body, letter.source) == (b'{"a": "fragile"}', "")
    assert letter.reason.startswith("reading it broke off: ZeroDivisionError at ")
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]


async def test_of_an_event_that_came_in_pieces_the_letter_holds_all_pieces(tmp_path: Path) -> None:
    pieces = json.loads(lab.recording("xdr_stream_alert_in_pieces"))["records"]
    bodies = [json.dumps(piece).encode() for piece in pieces]
    made = acting(tmp_path)
    whole = [
        found for _, events, _ in made.app.sources.read_all([delivery(made, b) for b in bodies]) for found in events
    ]
    joined = [found for found in whole if found.digest not in {ids.content_digest(body) for body in bodies}]
    batch = [delivery(made, body) for body in bodies]

    found = poison.dead_letters([poison.Fault(each, batch[0], KeyError()) for each in joined], batch, made.app.sources)

    assert joined
    for each, (_, dead) in zip(joined, found, strict=True):
        (again,), unread = made.app.sources.read(dead.body)
        assert unread == []
        assert (again.case, again.entities, again.title) == (each.case, each.entities, each.title)

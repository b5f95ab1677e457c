"""What there is of dead letters: in the hub, on the way to it, and what is noted of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.engine import outbox
from shared.engine.read import DeadLetter
from shared.engine.redrive import letters
from shared.engine.redrive.letters import Kept, Wanted, after, look
from shared.engine.redrive.put_back import put_back
from shared.model.dead_letter import Letter
from shared.model.step import Actor
from tests import lab
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.engine.cases import delivery
from tests.engine.letters import connected, hub, in_hub, looked, one, posted, served
from tests.lab import Lab

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]


async def made_of(made: Lab, body: bytes, reason: str = "not JSON", source: str = "") -> Letter:
    return await outbox.letter(DeadLetter(reason, "byte 1", body, source), delivery(made, body), made.app)


def names(found: list[Kept]) -> list[str]:
    return [kept.letter.id for kept in found]


async def test_letters_are_listed_newest_first_without_their_bodies() -> None:
    async with served(hub()) as made:
        sent = await posted(made, b"{1", b"{2", b"{3")

        found = await looked(made)

    assert names(found.letters) == [letter.id for letter in reversed(sent)]
    assert [(kept.letter.body, kept.letter.size, kept.waiting) for kept in found.letters] == [(b"", 2, False)] * 3
    assert found.missing == []


async def test_letters_that_wait_for_their_hub_are_listed_as_such_and_once() -> None:
    broker = hub()
    made = lab.make(settings={"RIPOSTE_EVENTHUB__fullyQualifiedNamespace": "127.0.0.1"})
    (waits,) = await posted(made, b"{waits")
    async with broker.serve():
        again = connected(broker, world=made.world)
        (sent,) = await posted(again, b"{sent")
        await outbox.post((), [sent], made.app)  # in the hub, and not forgotten yet

        found = await looked(again)

    assert sorted((kept.letter.id, kept.waiting) for kept in found.letters) == sorted(
        [(waits.id, True), (sent.id, False)]
    )
    assert len(in_hub(broker)) == 1


async def test_a_hub_that_is_away_keeps_no_waiting_letter_back_and_that_is_told() -> None:
    made = lab.make(settings={"RIPOSTE_EVENTHUB__fullyQualifiedNamespace": "127.0.0.1"})
    (waits,) = await posted(made, b"{")

    found = await looked(made)

    assert (names(found.letters), found.letters[0].waiting) == ([waits.id], True)
    assert "the dead-letter hub cannot be read" in found.missing[0]


async def test_a_letter_that_came_twice_is_one() -> None:
    broker = hub()
    async with served(broker) as made:
        (letter,) = await posted(made, b"{")
        await outbox.post((), [letter], made.app)

        assert names((await looked(made)).letters) == [letter.id]
    assert len(in_hub(broker)) == 2


async def test_messages_of_others_are_told_of() -> None:
    broker = hub()
    async with served(broker) as made:
        broker.publish("dead-letters", b"hello")

        assert (await looked(made)).missing == ["1 messages in the hub are no dead letters of Riposte"]


async def test_letters_are_found_by_reason_source_and_time() -> None:
    made = lab.make()
    known = await made_of(made, b"{1", "Source x failed: KeyError", "key_vault")
    other = await made_of(made, b"{2")
    at = known.time

    for wanted, fits in (
        (Wanted(), (True, True)),
        (Wanted(reason="SOURCE X"), (True, False)),
        (Wanted(source="key_vault"), (True, False)),
        (Wanted(source="key"), (False, False)),
        (Wanted(ids=frozenset({other.id})), (False, True)),
        (Wanted(since=at, until=at + timedelta(seconds=1)), (True, True)),
        (Wanted(since=at + timedelta(seconds=1)), (False, False)),
        (Wanted(until=at), (False, False)),
    ):
        assert (wanted.fits(known), wanted.fits(other)) == fits, wanted


async def test_of_very_many_the_newest_are_kept_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST", 2)
    async with served(hub()) as made:
        sent = await posted(made, *(b"{%d" % number for number in range(7)))

        found = await looked(made)

    assert names(found.letters) == [sent[6].id, sent[5].id]
    assert found.missing == ["5 older letters that fit, too; ask for a time or a source"]


async def test_the_search_for_one_ends_when_it_is_found_and_brings_its_body() -> None:
    async with served(hub()) as made:
        sent = await posted(made, b"{1", b"{2")

        assert (await one(made, sent[0].id)).letter == sent[0]
        assert (await look(Wanted(ids=frozenset({"0" * 32})), made.app)).letters == []


async def test_what_was_put_back_is_noted_and_can_be_left_out() -> None:
    async with served(hub()) as made:
        first, second = await posted(made, b"[]", b"{2")
        await put_back((await one(made, first.id)).letter, Actor("command", "ann"), made.app)

        (late, early) = (await looked(made)).letters
        assert (late.letter.id, late.count, early.count) == (second.id, 0, 1)
        assert (early.put_back[0].who.name, early.put_back[0].state) == ("ann", "handled")
        unsettled = await looked(made, unsettled=True)
        assert (names(unsettled.letters), unsettled.settled) == ([second.id], 1)


async def test_a_page_begins_behind_a_place() -> None:
    async with served(hub()) as made:
        await posted(made, b"{1", b"{2", b"{3")
        found = (await looked(made)).letters

    assert after(found, None) == found
    assert after(found, found[0].order) == found[1:]
    assert after(found, found[2].order) == []

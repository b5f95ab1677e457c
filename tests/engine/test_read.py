from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.engine.read import DeadLetter, Sources
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.delivery import Delivery
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.ids import content_digest

SECRET = "hunter2"


def one(body: Fields) -> list[Event]:
    """One event for a body, with the body's `id`."""
    return [Event(id=body.text("id"), case=f"alert:{body.text('id')}")]


def source(*keys: str, read: Callable[[Fields], Iterable[Event]] = one, **mark: Any) -> Source:
    return Source(marks=(Mark(keys, **mark),), read=read, carried_by=(Carrier("by hand", ()),))


def read(body: Any, **sources: Source) -> tuple[list[Event], list[DeadLetter]]:
    return Sources(sources).read(body if isinstance(body, bytes) else json.dumps(body).encode())


def told(body: Any, **sources: Source) -> list[tuple[str, str, str]]:
    """What could not be read: reason, place and who tried."""
    return [(dead.reason, dead.where, dead.source) for dead in read(body, **sources)[1]]


def failing(error: Exception) -> Callable[[Fields], Iterable[Event]]:
    """A source that is fine until it meets a body that says `bad`; it has read something by then."""

    def read(body: Fields) -> Iterator[Event]:
        yield from one(body)
        if "bad" in body:
            raise error

    return read


def test_a_body_is_read_by_the_one_source_that_knows_it() -> None:
    events, dead = read({"a": 1, "id": "x"}, first=source("a"), second=source("b"))

    assert [(event.source, event.id) for event in events] == [("first", "x")]
    assert dead == []


def test_letter_case_does_not_hide_a_body_from_its_source() -> None:
    (event,), _ = read({"AlertId": 1, "SEVERITY": "high", "id": "x"}, only=source("alertid", "severity"))

    assert event.source == "only"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, "none"),
        ({"b": 1, "A": 2}, "a, b"),
        ({"a": None}, "a"),
        ({f"f{i}": SECRET for i in range(9)}, "f0, f1, f2, f3, f4, f5, f6, f7"),
    ],
    ids=["no field", "some", "a null", "many"],
)
def test_what_no_source_knows_is_told_with_the_first_of_its_fields_and_never_their_values(
    body: dict[str, Any], fields: str
) -> None:
    assert told(body, only=source("a", "c")) == [(f"no source knows it; its fields: {fields}", "$", "")]


def test_what_more_than_one_source_claims_is_read_by_none_and_says_which() -> None:
    body = {"a": 1, "b": 2, "id": "x"}

    events, (dead,) = read(body, zeta=source("a"), alpha=source("b"), other=source("c"))

    assert events == []
    assert (dead.reason, dead.where, dead.source) == ("more than one source claims it: alpha, zeta", "$", "")
    assert json.loads(dead.body) == body


def test_a_body_that_bears_two_marks_of_one_source_is_read_once() -> None:
    twice = Source(marks=(Mark(("a",)), Mark(("b",))), read=one, carried_by=())

    events, dead = read({"a": 1, "b": 2, "id": "x"}, twice=twice)

    assert (len(events), dead) == (1, [])


@pytest.mark.parametrize(
    ("mark", "known"),
    [
        ({"unless": ("z",)}, True),
        ({"unless": ("b",)}, False),
        ({"when": lambda body: body.number("a") == 1}, True),
        ({"when": lambda body: body.number("a") == 2}, False),
    ],
    ids=["without z", "without b", "a is 1", "a is 2"],
)
def test_all_of_a_mark_must_fit(mark: dict[str, Any], known: bool) -> None:
    events, dead = read({"a": 1, "b": 2, "id": "x"}, only=source("a", **mark))

    assert (len(events), len(dead)) == ((1, 0) if known else (0, 1))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"bad": 1}, "$"),
        ({"records": [{"id": "x"}, {"bad": 1}]}, "$.records[1]"),
        (b'{"a": 1, "id": "x"}\n{"a": 1, "bad": 1}', "line 2"),
    ],
    ids=["alone", "in a list", "on a line"],
)
@pytest.mark.parametrize("place", ["", "entities[0].id"])
def test_the_place_of_an_error_is_the_way_from_the_body_to_the_field(body: Any, where: str, place: str) -> None:
    for record in body.get("records", [body]) if isinstance(body, dict) else []:
        record["a"] = 1
    wanted = (f"{where}.{place}" if place else where, "only")

    assert told(body, only=source("a", read=failing(Unreadable("no id", place)))) == [("no id", *wanted)]


def test_a_source_that_fails_loses_its_record_alone_and_its_dead_letter_does_not_repeat_the_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = [{"a": 1, "id": "x"}, {"a": 1, "id": "y", "bad": SECRET}, {"b": 1, "id": "z"}]

    with caplog.at_level(logging.ERROR):
        events, (dead,) = read(body, first=source("a", read=failing(KeyError(SECRET))), second=source("b"))

    assert [(event.source, event.id) for event in events] == [("first", "x"), ("second", "z")]
    assert (dead.reason, dead.where, dead.source) == ("source first failed: KeyError", "$[1]", "first")
    assert json.loads(dead.body) == body[1]
    assert "source first failed" in caplog.text


def test_a_mark_that_fails_loses_that_record_alone(caplog: pytest.LogCaptureFixture) -> None:
    def broken(body: Fields) -> bool:
        return bool(body.raw["a"]["type"])

    with caplog.at_level(logging.ERROR):
        events, (dead,) = read([{"a": 1}, {"b": 1, "id": "x"}], first=source("a", when=broken), second=source("b"))

    assert [event.id for event in events] == ["x"]
    assert (dead.reason, dead.where, dead.source) == ("recognising it failed: TypeError", "$[0]", "")
    assert "recognising it failed" in caplog.text


def test_what_is_no_record_is_told_and_its_neighbours_are_read() -> None:
    events, (dead,) = read(["text", {"a": 1, "id": "x"}], only=source("a"))

    assert [event.id for event in events] == ["x"]
    assert dead == DeadLetter("a record must be an object, not text", "$[0]", b'"text"')


def test_an_event_bears_the_digest_and_the_content_of_its_own_part_of_the_body() -> None:
    first, second = {"a": 1, "id": "x"}, {"a": 2, "id": "y"}

    events, _ = read({"records": [first, second]}, only=source("a"))

    assert [event.raw for event in events] == [first, second]
    assert [event.digest for event in events] == [
        content_digest(json.dumps(part, separators=(",", ":")).encode()) for part in (first, second)
    ]


@pytest.mark.parametrize("pack", [bytes, lambda body: gzip.compress(body, mtime=0)], ids=["plain", "gzip"])
def test_the_digest_of_a_body_that_is_one_record_is_that_of_the_bytes_as_they_came(
    pack: Callable[[bytes], bytes],
) -> None:
    body = pack(b'{ "a": 1,\n "id": "x" }')

    (event,), _ = read(body, only=source("a"))

    assert event.digest == content_digest(body)


def test_all_events_of_one_record_bear_its_digest_in_the_order_they_were_read() -> None:
    def many(body: Fields) -> Iterator[Event]:
        return (Event(id=name, case=name) for name in body.texts("ids"))

    events, _ = read({"a": 1, "ids": ["y", "x"]}, only=source("a", read=many))

    assert [event.id for event in events] == ["y", "x"]
    assert len({event.digest for event in events}) == 1


@pytest.mark.parametrize("number", [2, 50, 2000])
def test_a_body_is_tested_against_the_marks_that_its_fields_name_however_many_sources_there_are(number: int) -> None:
    tested: list[str] = []

    class Counted(Mark):
        def fits(self, body: Fields) -> bool:
            tested.append(self.keys[0])
            return super().fits(body)

    sources = Sources({f"s{i}": Source((Counted((f"k{i}", "id")),), one, ()) for i in range(number)})

    (event,), _ = sources.read(b'{"k1": 1, "id": "x", "other": 2}')

    assert (event.source, tested) == ("s1", ["k1"])


def test_the_names_of_all_sources_are_told_in_order() -> None:
    assert Sources({"b": source("b"), "a": source("a")}).names == ["a", "b"]


def delivered(*bodies: Any) -> list[Delivery]:
    received = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return [Delivery(body=json.dumps(body).encode(), door="event_hub", received=received) for body in bodies]


def test_pieces_of_one_event_in_several_bodies_of_a_batch_are_one_event_where_the_first_was() -> None:
    pieces = Source(marks=(Mark(("a",)),), read=one, carried_by=(), joins=True)
    sources = Sources({"pieces": pieces, "whole": source("b")})
    batch = delivered({"b": 1, "id": "x"}, {"a": 1, "id": "x"}, {"c": 1}, [{"a": 2, "id": "x"}, {"b": 1, "id": "x"}])

    found = sources.read_all(batch)

    assert [delivery for delivery, _, _ in found] == batch
    assert [[event.source for event in events] for _, events, _ in found] == [["whole"], ["pieces"], [], ["whole"]]
    assert [len(dead) for _, _, dead in found] == [0, 0, 1, 0]


def test_a_record_without_an_id_of_its_own_is_a_case_by_its_content() -> None:
    def two(_: Fields) -> list[Event]:
        return [Event(title="first"), Event(title="second")]

    first, second = read({"a": 1}, only=source("a", read=two))[0]

    assert first.case == f"record:only:{first.digest}"
    assert second.case == f"record:only:{first.digest}-1"
    assert read({"a": 1}, only=source("a", read=two))[0][0].case == first.case
    assert read({"a": 2}, only=source("a", read=two))[0][0].case != first.case

from __future__ import annotations

from typing import Any

import pytest

from shared.engine.join import joined
from shared.model.entity import Host, Ip
from shared.model.event import Event
from shared.model.severity import Severity

PIECES = {"xdr"}


def piece(case: str = "alert:1", **fields: Any) -> Event:
    return Event(**{"source": "xdr", "id": "1", "case": case, "digest": "d", **fields})


def one(*pieces: Event) -> Event:
    ((event, at),) = joined([(event, at) for at, event in enumerate(pieces)], PIECES)
    assert at == 0
    return event


HEAD = piece(title="Credential dumping", severity=Severity.HIGH, severity_word="High", tactics=("CredentialAccess",),
             techniques=("T1003",), time="2026-03-02T09:00:00Z", same=("alert:a",), links=("https://a",))  # fmt: skip
FIRST = piece(entities=(Host(name="vm"), Ip(address="203.0.113.54")), techniques=("T1003", "T1059"), digest="e",
              same=("alert:b",), product="Microsoft Defender for Endpoint", workspace="w")  # fmt: skip
SECOND = piece(entities=(Ip(address="203.0.113.54", role="attacker"),), digest="f", links=("https://a", "https://b"))


def test_pieces_of_one_case_are_one_event_where_the_first_was() -> None:
    event = one(HEAD, FIRST, SECOND)

    assert (event.title, event.severity, event.severity_word) == ("Credential dumping", Severity.HIGH, "High")
    assert event.entities == (Host(name="vm"), Ip(address="203.0.113.54", role="attacker"))
    assert event.techniques == ("T1003", "T1059")
    assert (event.same, event.links) == (("alert:a", "alert:b"), ("https://a", "https://b"))
    assert (event.product, event.workspace) == ("Microsoft Defender for Endpoint", "w")


def test_the_last_status_counts() -> None:
    assert one(piece(status="Active"), piece(status="Resolved"), piece()).status == "Resolved"


def test_the_head_may_come_last() -> None:
    event = one(FIRST, SECOND, HEAD)

    assert (event.title, event.severity, event.time) == (HEAD.title, HEAD.severity, HEAD.time)


def test_the_whole_has_a_digest_of_its_own_by_its_pieces_in_order() -> None:
    digests = {one(HEAD, FIRST).digest, one(FIRST, HEAD).digest, one(HEAD, FIRST, SECOND).digest, HEAD.digest}

    assert len(digests) == 4
    assert one(HEAD, FIRST).digest == one(HEAD, FIRST).digest


@pytest.mark.parametrize(
    "other",
    [piece(case="alert:2"), piece(source="graph_alert"), piece(title="Something else")],
    ids=["another case", "another source", "another title"],
)
def test_what_is_not_of_one_event_stays_apart(other: Event) -> None:
    assert joined([(HEAD, "x"), (other, "y")], PIECES) == [(HEAD, "x"), (other, "y")]


def test_a_source_whose_records_are_whole_is_left_alone() -> None:
    assert joined([(HEAD, 0), (HEAD, 1)], set()) == [(HEAD, 0), (HEAD, 1)]


def test_others_keep_their_places() -> None:
    other = piece(case="alert:2")

    assert [at for _, at in joined([(HEAD, 0), (other, 1), (FIRST, 2)], PIECES)] == [0, 1]


def test_a_great_many_pieces_are_put_together_in_one_go() -> None:
    pieces = [piece(entities=(Ip(address=f"10.{at // 250}.{at % 250}.1"),)) for at in range(20_000)]

    assert len(one(*pieces).entities) == 20_000


def test_after_a_piece_with_another_title_those_that_fit_still_join_the_first() -> None:
    other = piece(title="Something else")

    found = joined([(HEAD, 0), (other, 1), (FIRST, 2)], PIECES)

    assert [(event.title, len(event.entities)) for event, _ in found] == [(HEAD.title, 2), ("Something else", 0)]

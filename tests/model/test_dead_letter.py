from __future__ import annotations

import base64
import json

import msgspec

from shared.model.dead_letter import Letter

LETTER = Letter(
    id="1" * 32,
    reason="not JSON: invalid character",
    where="byte 5",
    source="",
    door="event_hub",
    received="2026-03-02T09:00:00+00:00",
    attempts=1,
    digest="2" * 64,
    size=3,
    body=b"\xff\x00{",
)


def test_a_body_of_any_bytes_survives_the_way_there_and_back() -> None:
    assert msgspec.json.decode(msgspec.json.encode(LETTER), type=Letter) == LETTER


def test_the_body_is_written_in_base64_and_what_is_empty_is_left_out() -> None:
    written = json.loads(msgspec.json.encode(LETTER))

    assert base64.b64decode(written["body"]) == LETTER.body
    assert set(written) == {
        "id", "reason", "where", "source", "door", "received", "attempts", "digest", "size", "body"
    }  # fmt: skip

"""Whatever comes in by the event hub or Event Grid, nothing breaks: it is handled, or dead-lettered with the reason."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azsim.clock import SimulatedLoop
from azsim.tenants import contoso
from shared.model.delivery import Delivery
from shared.model.ids import content_digest
from tests import lab
from tests.lab import RECORDINGS, Lab
from tests.test_function_app_deliveries import NOWHERE

GOOD = lab.recording("defender_low_severity")
MEGABYTE = 1024 * 1024
SOME = 6
"""Of so many recordings, one: each is changed in every way beside its source; here it is the walk that must bear them."""


def truncated() -> Iterator[tuple[str, bytes]]:
    """Recordings of all kinds, cut off at several places."""
    for file in sorted(RECORDINGS.iterdir())[::SOME]:
        body = file.read_bytes()
        for tenth in (1, 4, 7, 9):
            yield f"{file.stem} cut at {tenth}0 %", body[: len(body) * tenth // 10]
        yield f"{file.stem} cut before its end", body.rstrip()[:-1]


def wrongly_encoded() -> Iterator[tuple[str, bytes]]:
    """What is text in another encoding than it says, or says nothing."""
    text = json.dumps({"AlertType": "Ä", "DisplayName": "Überfall \U0001f4a5"}, ensure_ascii=False)
    for encoding in ("latin-1", "utf-16", "utf-16-be", "utf-32", "cp1252", "shift_jis"):
        yield encoding, text.encode(encoding, errors="replace")
    yield "a mark and nothing", b"\xef\xbb\xbf"
    yield "an odd number of bytes in UTF-16", b"\xff\xfe{\x00}"
    yield "lone surrogates", b'{"a": "\\ud800", "SystemAlertId": "\\udfff"}'
    yield "a surrogate as bytes", b'{"a": "\xed\xa0\x80"}'
    yield "zero bytes", b"\x00" * 100
    yield "a zero inside", b'{"a": "\x00"}'
    yield "half a gzip", gzip.compress(GOOD)[:40]
    yield "gzip inside gzip", gzip.compress(gzip.compress(GOOD))
    yield "a bomb of gzip", gzip.compress(b" " * (80 * 1024 * 1024))


def nested() -> Iterator[tuple[str, bytes]]:
    """What is deep, or wrapped often."""
    for depth in (5, 100, 900, 1100, 100_000):
        yield f"{depth} lists", b"[" * depth + b"]" * depth
        yield f"{depth} lists that do not end", b"[" * depth
        yield f"{depth} objects", b'{"a":' * depth + b"1" + b"}" * depth
        yield f"{depth} envelopes", b'{"records":[' * depth + GOOD + b"]}" * depth
    text = GOOD.decode()
    for _ in range(8):
        text = json.dumps(text)
    yield "text in text in text", text.encode()


def large(size: int = 5 * MEGABYTE) -> Iterator[tuple[str, bytes]]:
    """What is large."""
    alert = json.loads(GOOD)
    yield "one long text", json.dumps({"a": "x" * size}).encode()
    yield "an alert with a long text", json.dumps({**alert, "Description": "x" * size}).encode()
    yield "no JSON", b"x" * size
    yield "one number", b"1" * size
    yield "many records that are none", json.dumps({"records": [1] * 50}).encode()
    yield "many fields", json.dumps({str(number): number for number in range(size // 13)}).encode()
    yield "one record and a long end", GOOD + b" " * size


def odd() -> Iterator[tuple[str, bytes]]:
    """What is JSON, and not what anybody sends."""
    for text in ("", " ", "null", "true", "-0", "1e999", "NaN", '""', "{}", "[]", "[[]]", '{"records": {}}'):
        yield f"{text!r}", text.encode()
    for file in sorted(RECORDINGS.glob("*.json"))[::SOME]:
        content = json.loads(file.read_bytes())
        for name in ("null", "a number", "a list", "text", "an object"):
            yield f"{file.stem} with {name} for everything", json.dumps(_all(content, name)).encode()
    yield "a key twice", b'{"SystemAlertId": "1", "SystemAlertId": "2", "AlertType": 3}'


def _names(value: Any) -> Iterator[str]:
    """Every name of a field, at any depth."""
    if isinstance(value, list):
        yield from (name for item in value for name in _names(item))
    elif isinstance(value, dict):
        yield from value
        yield from (name for item in value.values() for name in _names(item))


def _mixed(value: Any, other: dict[str, Any], gone: set[str]) -> Any:
    """A recording with other values in some fields, and without some others."""
    if isinstance(value, list):
        return [_mixed(item, other, gone) for item in value]
    if isinstance(value, dict):
        kept = {name: _mixed(item, other, gone) for name, item in value.items() if name not in gone}
        return {name: other.get(name, item) for name, item in kept.items()}
    return value


def _all(value: Any, name: str) -> Any:
    """A recording with each of its fields the same odd thing."""
    odds: dict[str, Any] = {"null": None, "a number": -1e308, "a list": [[]], "text": "'; --", "an object": {"": {}}}
    fields = value[0] if isinstance(value, list) else value
    return dict.fromkeys(fields, odds[name])


CORPUS = {"truncated": truncated, "wrongly encoded": wrongly_encoded, "nested": nested, "large": large, "odd": odd}
BATCH = 40


def empty(value: Any) -> bool:
    """Whether a body is nothing but envelopes: it brings no event, and so has no end."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        value = json.loads(value)
    if isinstance(value, dict):
        inside = [value[name] for name in ("records", "value", "tables") if isinstance(value.get(name), list)]
        value = inside[0] if inside else value.get("body")
        return isinstance(value, (list, dict)) and empty(value)
    return isinstance(value, list) and all(map(empty, value))


async def taken(made: Lab, bodies: list[bytes]) -> None:
    """Deliver a batch with a good event at its end: each body has its end, and the good event its own."""
    told = len(made.records)

    done = await made.host.event_hub("alerts", [*bodies, GOOD])
    await asyncio.sleep(1)

    assert (done.error, done.attempts) == (None, 1)
    records = made.records[told:]
    events, dead = [], []
    for body in bodies:
        found, letters = made.app.sources.read(body)
        assert found or letters or empty(json.loads(body)), body[:200]
        dead += letters
    batch = [Delivery(body=body, door="event_hub", received=made.world.clock.now()) for body in [*bodies, GOOD]]
    for _, found, _ in made.app.sources.read_all(batch):
        events += found
    ends = [row for row in records if row["Decision"] == "dead_letter"]
    assert sorted(row["EventDigest"] for row in ends) == sorted(content_digest(letter.body) for letter in dead)
    assert all(row["Reason"] for row in ends)
    assert {row["EventDigest"] for row in records if row not in ends} >= {event.digest for event in events}
    assert content_digest(GOOD) in {row["EventDigest"] for row in records if row["Decision"] == "no_match"}


@pytest.mark.parametrize("kind", CORPUS)
async def test_no_body_from_the_event_hub_spoils_its_batch_and_none_goes_without_an_end(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = lab.make(settings=NOWHERE)
    bodies = [body for _, body in CORPUS[kind]()]

    for first in range(0, len(bodies), BATCH):
        await taken(made, bodies[first : first + BATCH])

    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("kind", [kind for kind in CORPUS if kind != "truncated"])  # Event Grid delivers JSON alone
async def test_no_event_from_event_grid_raises_and_none_goes_without_an_end(kind: str) -> None:
    made = lab.make(settings=NOWHERE)

    for name, event in _documents(kind):
        told = len(made.records)
        done = await made.host.event_grid("events", event)
        await asyncio.sleep(1)
        assert (done.error, done.attempts) == (None, 1), name
        assert made.records[told:] or empty(event), name
        assert {row["Door"] for row in made.records[told:]} <= {"event_grid"}


def _documents(kind: str) -> Iterator[tuple[str, Any]]:
    """What of the corpus is JSON: Event Grid takes nothing else, and at most 1 MB. The rest comes as text in JSON."""
    for name, body in large(MEGABYTE - 1024) if kind == "large" else CORPUS[kind]():
        try:
            value = json.loads(body)
            json.dumps(value)
        except (ValueError, RecursionError):
            value = body[:50_000].decode("latin-1")
        yield name, value


NAMES = sorted({name for file in RECORDINGS.glob("*.json") for name in _names(json.loads(file.read_bytes()))})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "High",
            "Microsoft.KeyVault.SecretNearExpiry",
            contoso.WEB_VM,
            "2026-03-02T09:00:00Z",
            "account",
            "{",
            '[{"a":',
        ]
    )
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inside, max_size=8)
    ),
    max_leaves=25,
)
ALERTS = st.builds(
    lambda file, other, gone: json.dumps(_mixed(json.loads(file.read_bytes()), other, gone)).encode(),
    st.sampled_from(sorted(RECORDINGS.glob("*.json"))),
    st.dictionaries(st.sampled_from(NAMES), DOCUMENTS, max_size=6),
    st.sets(st.sampled_from(NAMES), max_size=4),
)


def test_any_json_has_its_end_and_crashes_no_batch(caplog: pytest.LogCaptureFixture) -> None:
    loop = SimulatedLoop()
    made = lab.make(settings=NOWHERE)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(st.lists(DOCUMENTS.map(json.dumps).map(str.encode) | ALERTS, min_size=1, max_size=5))
    def check(bodies: list[bytes]) -> None:
        loop.run_until_complete(taken(made, bodies))

    check()
    loop.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []

"""What the tests take for granted: steps, entries, records and runs."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from shared.model import ids
from shared.model.entity import Host
from shared.model.ledger import Entry, Run
from shared.model.record import Record
from shared.model.step import Actor, Aim, Brief, Step

CASE = "alert:11111111-2222-4333-8444-555555555555"
PARTITION = ids.partition(CASE)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BRIEF = Brief(id="11111111", source="defender_for_cloud", digest="d" * 64, case=CASE, title="Brute force ä€😀")


def step(key: str = "a", **other: Any) -> Step:
    """A step; its key is one letter, or a whole key."""
    made = Step(
        key=key * 32 if len(key) == 1 else key,
        run=f"{PARTITION}-000000000000",
        order=0,
        playbook="contain",
        version="v" * 64,
        mode="act",
        why=("severity is high",),
        event=BRIEF,
        aim=Aim(responder="network.isolate_nic", params={"expires": "4h"}, entity=Host(name="vm-web-01")),
        target={"id": "/subscriptions/1/nic", "kind": "nic"},
    )
    return replace(made, **other)


def entry(key: str = "a", **other: Any) -> Entry:
    """A step that has just been claimed."""
    return replace(Entry(step=step(key), state="claimed", started=NOON, attempts=1, owner="one"), **other)


def record(number: int = 0, **other: Any) -> Record:
    """A record; higher numbers are later."""
    time = f"2026-03-02T12:{number // 60 % 60:02}:{number % 60:02}.000000Z"
    made = Record(TimeGenerated=time, RecordId=ids.record_id(str(number)), SchemaVersion=1, Decision="intent")
    return replace(made, **other)


def run(run_id: str = "1", **other: Any) -> Run:
    """A run that somebody asked for."""
    made = Run(
        id=run_id,
        playbook="contain",
        mode="act",
        actor=Actor("user", "Adele", "1b9f"),
        event=BRIEF,
        entities=(Host(name="vm-web-01"),),
        accepted=NOON,
    )
    return replace(made, **other)


def noise(length: int) -> str:
    """A text that cannot be made smaller."""
    return base64.b64encode(hashlib.shake_256(b"noise").digest(length)).decode()[:length]

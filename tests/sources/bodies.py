"""A recording, changed here and there."""

from __future__ import annotations

import json
from typing import Any

from shared.engine.read import DeadLetter
from shared.model.event import Event
from tests.sources.goldens import SOURCES, recording


def body(name: str, /, **changes: Any) -> dict[str, Any]:
    """A recorded body, the first if there are more, with other values for some of its fields."""
    value = json.loads(recording(name))
    return {**(value[0] if isinstance(value, list) else value), **changes}


def incident(name: str, /, **changes: Any) -> dict[str, Any]:
    """A recorded trigger of Sentinel with other properties of its incident."""
    trigger = body(name)
    trigger["object"]["properties"].update(changes)
    return trigger


def read(value: Any) -> Event:
    """The one event of a body."""
    found, dead = SOURCES.read(json.dumps(value).encode())
    assert dead == []
    (event,) = found
    return event


def refused(value: Any) -> DeadLetter:
    """The one dead letter of a body."""
    found, dead = SOURCES.read(json.dumps(value).encode())
    assert found == []
    (letter,) = dead
    return letter


def readers(value: Any) -> set[str]:
    """The sources that read a body, or try to."""
    found, dead = SOURCES.read(json.dumps(value).encode())
    return {event.source for event in found} | {letter.source for letter in dead} - {""}

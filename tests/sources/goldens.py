"""What every recording is read as, kept as JSON beside these tests.

`python -m tests.sources.goldens` writes all of them anew; with beginnings of names, only those. Read the difference before you commit it: a golden is a
promise, not a photograph.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from shared.engine.read import DeadLetter, Sources
from shared.kinds.source import all_sources
from shared.model.event import Event

FOLDER = Path(__file__).parent / "golden"
RECORDINGS = Path(__file__).parents[1] / "recordings"
SOURCES = Sources(all_sources())


def names(beginning: str = "") -> list[str]:
    """The recordings whose name begins so."""
    return sorted(file.stem for file in RECORDINGS.iterdir() if file.stem.startswith(beginning))


def recording(name: str) -> bytes:
    """A recorded body."""
    (file,) = RECORDINGS.glob(f"{name}.*")
    return file.read_bytes()


def events(name: str) -> list[Event]:
    """What is read from a recording, where all of it can be read."""
    found, dead = SOURCES.read(recording(name))
    assert dead == []
    return found


def event(name: str) -> Event:
    """The one event of a recording."""
    (found,) = events(name)
    return found


def outcome(name: str) -> dict[str, Any]:
    """All that comes of a recording, as its golden has it. What is empty is left out."""
    found, dead = SOURCES.read(recording(name))
    return {"events": [_plain(event) for event in found], "dead_letters": [_plain_letter(letter) for letter in dead]}


def golden(name: str) -> dict[str, Any]:
    """What shall come of a recording."""
    kept: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return kept


def _plain(event: Event) -> dict[str, Any]:
    """An event but for its body and its digest, which say nothing new."""
    fields = msgspec.to_builtins(event)
    del fields["raw"], fields["digest"]
    fields["severity"] = event.severity.word if event.severity else None
    return json.loads(json.dumps({name: value for name, value in fields.items() if value}))  # type: ignore[no-any-return]


def _plain_letter(letter: DeadLetter) -> dict[str, str]:
    fields = {"reason": letter.reason, "where": letter.where, "source": letter.source}
    return {name: value for name, value in fields.items() if value}


if __name__ == "__main__":
    wanted = tuple(sys.argv[1:]) or ("",)
    for old in FOLDER.glob("*.json"):
        if old.stem.startswith(wanted):
            old.unlink()
    for each in names():
        if each.startswith(wanted):
            (FOLDER / f"{each}.json").write_text(json.dumps(outcome(each), indent=2, ensure_ascii=False) + "\n")

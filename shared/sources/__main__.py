"""`python -m shared.sources read FILE…`: what Riposte reads out of what a connector delivers, and why it cannot."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shared.engine.read import DeadLetter, Sources
from shared.kinds.source import all_sources
from shared.model.entity import AnyEntity
from shared.model.event import Event

_WIDTH = 14


def main(arguments: Sequence[str] | None = None) -> int:
    """Show what is read from files or standard input. 0 if all of it can be read, 1 if not, 2 if a file cannot be."""
    parser = argparse.ArgumentParser(prog="python -m shared.sources", description=__doc__)
    reading = parser.add_subparsers(dest="command", required=True).add_parser(
        "read", help="show what is read from bodies as a connector delivers them"
    )
    reading.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
    reading.add_argument("files", nargs="*", metavar="FILE", help="one body each; standard input if there is none")
    asked = parser.parse_args(arguments)
    sources = Sources(all_sources())
    code = 0
    for name in asked.files or ["-"]:
        try:
            body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            sys.stderr.write(f"{name}: {error.strerror}\n")
            code = 2
            continue
        events, dead = sources.read(body)
        lines = _lines(events, dead) if asked.json else _table(name, events, dead)
        sys.stdout.writelines(f"{line}\n" for line in lines)
        code = max(code, 1 if dead else 0)
    return code


def _lines(events: Iterable[Event], dead: Iterable[DeadLetter]) -> Iterator[str]:
    for event in events:
        yield json.dumps(_plain(event), ensure_ascii=False)
    for letter in dead:
        yield json.dumps({"dead_letter": {"reason": letter.reason, "where": letter.where}}, ensure_ascii=False)


def _plain(event: Event) -> dict[str, Any]:
    return {
        "case": event.case,
        "id": event.id,
        "source": event.source,
        "product": event.product,
        "kind": event.kind,
        "severity": event.severity.word if event.severity else None,
        "status": event.status,
        "title": event.title,
        "time": event.time or None,
        "tenant": event.tenant,
        "subscription": event.subscription,
        "tactics": list(event.tactics),
        "techniques": list(event.techniques),
        "entities": [_entity(entity) for entity in event.entities],
    }


def _entity(entity: AnyEntity) -> dict[str, Any]:
    fields = msgspec.to_builtins(entity)
    return {"kind": fields.pop("kind"), "role": entity.role, **fields}


def _table(name: str, events: Sequence[Event], dead: Sequence[DeadLetter]) -> Iterator[str]:
    yield f"{name}: {_count(len(events), 'event')}, {_count(len(dead), 'dead letter')}"
    for event in events:
        plain = _plain(event)
        yield ""
        for field, value in plain.items():
            text = ", ".join(value) if field in ("tactics", "techniques") else value
            if text and field != "entities":
                yield f"  {field:<{_WIDTH}}{_one_line(str(text))}"
        for number, entity in enumerate(plain["entities"]):
            kind, role = entity.pop("kind"), entity.pop("role")
            ids = "  ".join(f"{field}={_one_line(str(value))}" for field, value in entity.items())
            yield f"  {'' if number else 'entities':<{_WIDTH}}{kind}{f' ({role})' if role else ''}  {ids}"
    for letter in dead:
        yield ""
        yield f"  cannot be read: {_one_line(letter.reason)}"
        yield f"  where:          {_one_line(letter.where)}"
        if letter.source:
            yield f"  tried by:       {letter.source}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _one_line(text: str) -> str:
    """Text from outside as it may be shown on a terminal: what would control it is written out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


if __name__ == "__main__":
    sys.exit(main())

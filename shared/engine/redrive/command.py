"""What the command does, and what it prints: a table for people, or one JSON object a line for programs."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.engine.app import App
from shared.engine.redrive.letters import Kept, Look, Wanted, look
from shared.engine.redrive.plain import plain
from shared.engine.redrive.put_back import End, put_back_all
from shared.model.dead_letter import is_id
from shared.model.duration import length
from shared.model.errors import Refused
from shared.model.step import Actor

WIDE = 100
"""Characters of a reason in the table."""


def parser() -> argparse.ArgumentParser:
    """Everything that may be asked."""
    made = argparse.ArgumentParser(
        prog="python -m shared.engine.redrive",
        description="Dead letters: list them, show one, put them back. Settings come from the environment, as the app's do.",
    )
    commands = made.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="what could not be read or handled, newest first")
    listing.add_argument("--most", type=_number, default=50, metavar="N", help="letters to list; 50 if not given")
    showing = commands.add_parser("show", help="all that is known of one letter")
    showing.add_argument("id", type=_id, metavar="ID")
    showing.add_argument("--body", action="store_true", help="its body, too; it may hold personal data")
    putting = commands.add_parser("put-back", help="through the walk again; what was done before is not done twice")
    putting.add_argument("ids", type=_id, nargs="*", metavar="ID")
    putting.add_argument("--all", action="store_true", help="every letter there is")
    putting.add_argument("--again", action="store_true", help="of several, also those that were put back before")
    putting.add_argument("--who", required=True, metavar="NAME", help="who asks, for the record")
    for each in (listing, putting):
        each.add_argument("--reason", default="", metavar="WORDS", help="those with these words in their reason")
        each.add_argument("--source", default="", metavar="NAME", help="those that this source tried to read")
        each.add_argument("--since", metavar="TIME", help="those that came in since: 2026-03-02T09:00:00Z, or 4h ago")
        each.add_argument("--until", metavar="TIME", help="those that came in before")
    for each in (listing, showing, putting):
        each.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
    return made


async def run(asked: argparse.Namespace, app: App) -> int:
    """Do it. 0 if all is well; 1 if something is missing or could not be put back; 2 if it cannot be understood.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    try:
        wanted = _wanted(asked, app.clock.now())
    except ValueError as error:
        return _complaint(str(error))
    if asked.command == "put-back" and not asked.all and wanted in (Wanted(), Wanted(unsettled=True)):
        return _complaint("say which: ids, or --reason, --source, --since or --until, or --all for every letter")
    found = await look(wanted, app, bodies=asked.command == "show" and asked.body)
    code = 0
    if asked.command == "list":
        _print(_lines(found.letters[: asked.most]) if asked.json else _table(found.letters, asked.most))
    elif asked.command == "show":
        code = await _show(found, app, asked)
    else:
        code = await _put_back(found, wanted, app, asked)
    for text in found.missing:
        sys.stderr.write(f"not all could be looked at: {text}\n")
    return code or (1 if found.missing else 0)


async def _show(found: Look, app: App, asked: argparse.Namespace) -> int:
    if not found.letters:
        sys.stderr.write(f"there is no dead letter {asked.id}: it never was, or the hub has dropped it since\n")
        return 1
    fields = plain(found.letters[0])
    if asked.body:
        try:
            body = await app.dead_letters.body(found.letters[0].letter)
        except Refused as error:
            sys.stderr.write(f"{error}\n")
            return 1
        fields["body"] = base64.b64encode(body).decode() if asked.json else body.decode(errors="backslashreplace")
    _print([json.dumps(fields, ensure_ascii=False)] if asked.json else _card(fields))
    return 0


async def _put_back(found: Look, wanted: Wanted, app: App, asked: argparse.Namespace) -> int:
    absent = sorted(wanted.ids - {kept.letter.id for kept in found.letters})
    for name in absent:
        sys.stderr.write(f"there is no dead letter {name}: it never was, or the hub has dropped it since\n")
    ends: list[End] = []
    async for end in put_back_all(found.letters, Actor("command", asked.who), app):
        ends.append(end)
        line = json.dumps(msgspec.to_builtins(end)) if asked.json else f"{end.letter}  {end.state:<12}  {end.outcome}"
        _print([line])
    bad = sum(end.state != "handled" for end in ends)
    if not asked.json:
        left = found.settled
        before = f"; {left} that were put back before are left, --again takes them, too" if left else ""
        _print([f"{len(ends)} put back, {bad} of them not handled{before}"])
    return 1 if bad or absent else 0


def _wanted(asked: argparse.Namespace, now: datetime) -> Wanted:
    if asked.command == "show":
        return Wanted(ids=frozenset({asked.id}))
    since, until = _time("--since", asked.since, now), _time("--until", asked.until, now)
    wanted = Wanted(reason=asked.reason, source=asked.source, since=since, until=until)
    if asked.command == "list":
        return wanted
    return replace(wanted, ids=frozenset(asked.ids), unsettled=not asked.ids and not asked.again)


def _time(name: str, text: str | None, now: datetime) -> datetime | None:
    """A time, or how long ago it was."""
    if text is None:
        return None
    try:
        return now - length(text)
    except ValueError:
        pass  # then it is no length of time
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} must be a time such as 2026-03-02T09:00:00Z, or how long ago: 4h") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _lines(letters: list[Kept]) -> Iterator[str]:
    return (json.dumps(plain(kept), ensure_ascii=False) for kept in letters)


def _table(letters: list[Kept], most: int) -> Iterator[str]:
    yield f"{'RECEIVED':<20}  {'ID':<32}  {'TRIED':>5}  {'BYTES':>8}  {'SOURCE':<22}  {'STATE':<12}  REASON"
    for kept in letters[:most]:
        letter = kept.letter
        received = f"{letter.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        row = f"{received}  {letter.id}  {letter.attempts:>5}  {letter.size:>8}  {_cell(letter.source or '-', 22)}"
        yield f"{row}  {_state(kept):<12}  {_one_line(letter.reason)[:WIDE]}"
    yield f"{min(most, len(letters))} of {len(letters)} dead letters"


def _state(kept: Kept) -> str:
    if kept.put_back:
        return kept.put_back[-1].state
    return "waiting" if kept.waiting else "new"


def _card(fields: dict[str, Any]) -> Iterator[str]:
    put_back = fields.pop("put_back")
    for name, value in fields.items():
        if value not in ("", False, 0):
            yield f"{name:<16}{_one_line(str(value))}"
    for each in put_back:
        who = each["who"]["name"] or each["who"]["kind"]
        yield f"{'put back':<16}{each['began']} by {_one_line(who)}: {each['state']}  {_one_line(each['outcome'])}"


def _cell(text: str, width: int) -> str:
    return f"{_one_line(text)[:width]:<{width}}"


def _one_line(text: str) -> str:
    """Text from outside as it may be shown on a terminal: what would control it is written out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _print(lines: list[str] | Iterator[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _complaint(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 2


def _id(text: str) -> str:
    if not is_id(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no id: 32 hexadecimal digits, as `list` gives them")
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 on")
    return int(text)

"""Dead letters: list them, show one, put one back."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.api.answer import Answer, Problem, problem
from shared.engine.app import App
from shared.engine.fault import log_fault
from shared.engine.playbook.mistakes import nearest
from shared.engine.redrive.letters import Kept, Wanted, after, look
from shared.engine.redrive.plain import plain
from shared.engine.redrive.put_back import End, begin, forget_old, go_on
from shared.model.dead_letter import is_id
from shared.model.errors import Refused
from shared.model.step import Actor

log = logging.getLogger(__name__)

PAGE = 50
"""Letters in an answer, if it is not said how many."""

MOST = 200

WAIT = 20.0
"""Seconds that a request waits for the letter to be handled. What takes longer goes on; to show the letter tells how."""

_KNOWN = ("most", "after", "reason", "source", "since", "until")


async def listed(query: Mapping[str, str], app: App) -> Answer:
    """The dead letters, newest first.

    Args:
        query: `most` letters (50, at most 200); `after` a place that `next` of another answer named; those whose
            `reason` has these words in it, of this `source`, that came in `since` this time and not `until` that one.
        app: Everything else.

    Raises:
        Problem: 400, with everything that is wrong with the query.
        AzureError: If the ledger cannot be read. What else cannot be looked at stands in `missing`.
    """
    most, place, wanted = _understood(query)
    found = await look(wanted, app)
    if wanted.source and not found.letters and not found.missing and wanted.source not in app.sources.names:
        raise Problem(problem(400, "The query cannot be understood", nearest(wanted.source, app.sources.names)))
    rest = after(found.letters, place)
    body: dict[str, Any] = {"letters": [plain(kept) for kept in rest[:most]], "missing": found.missing}
    if len(rest) > most:
        body["next"] = _named(rest[most - 1])
    return Answer(200, body)


async def show(letter_id: str, app: App, *, body: bool) -> Answer:
    """A dead letter; with its body in base64, if that is asked for by somebody who may act.

    Raises:
        Problem: 404 if there is none, 409 if its body is not what it was.
        AzureError: If it cannot be read.
    """
    kept = await _one(letter_id, app, body=body)
    found = plain(kept)
    if body:
        try:
            found["body"] = base64.b64encode(await app.dead_letters.body(kept.letter)).decode()
        except Refused as error:
            raise Problem(problem(409, "The body is another one", str(error))) from error
    return Answer(200, found)


async def put_back(letter_id: str, actor: Actor, trace: str, app: App) -> Answer:
    """Put a dead letter back: 200 and what became of it; 202 if that takes longer.

    Raises:
        Problem: 404 if there is none; 409 if somebody else is at it, or its body is not what it was.
        AzureError: If it cannot be read, or that it is put back cannot be noted.
    """
    kept = await _one(letter_id, app, body=True)
    try:
        noted = await begin(kept.letter, actor, app)
    except Refused as error:
        raise Problem(problem(409, "It is being put back", str(error))) from error
    ends: list[End] = []

    async def through() -> None:
        ends.append(await go_on(kept.letter, noted, actor, trace, app))
        await forget_old(app)

    work = asyncio.create_task(through())
    app.tasks.add(work)
    work.add_done_callback(app.tasks.discard)
    work.add_done_callback(_tell)
    await asyncio.wait({work}, timeout=WAIT)
    if work.done():
        work.result()
        return _ended(ends[0])
    place = f"/api/dead-letters/{letter_id}"
    return Answer(202, {"letter": letter_id, "state": "putting_back", "status": place}, {"Location": place})


def _ended(end: End) -> Answer:
    if end.state == "refused":
        return problem(409, "It was not put back", end.outcome)
    if end.state == "failed":
        return problem(503, "Not possible now", end.outcome, headers={"Retry-After": "30"})
    told = {"letter": end.letter, "state": end.state, "outcome": end.outcome, "letters": list(end.letters)}
    return Answer(200, told)


async def _one(letter_id: str, app: App, *, body: bool) -> Kept:
    if not is_id(letter_id):
        raise Problem(problem(404, "No such dead letter", "A dead letter's id has 32 hexadecimal digits."))
    found = await look(Wanted(ids=frozenset({letter_id})), app, bodies=body)
    if found.letters:
        return found.letters[0]
    if found.missing:
        raise Problem(
            problem(503, "Not found, but not all could be looked at", "", found.missing, {"Retry-After": "30"})
        )
    raise Problem(problem(404, "No such dead letter", "It never was, or the hub has dropped it since."))


def _understood(query: Mapping[str, str]) -> tuple[int, tuple[datetime, str] | None, Wanted]:
    """What a query asks for."""
    mistakes = [nearest(name, _KNOWN) for name in query if name not in (*_KNOWN, "code")]  # `code` is the function key
    times: dict[str, datetime | None] = dict.fromkeys(("since", "until"))
    for name in times:
        try:
            times[name] = _time(query[name]) if name in query else None
        except ValueError:
            mistakes.append(f"{name}: must be a time with its zone, such as 2026-03-02T09:00:00Z")
    most = query.get("most", str(PAGE))
    if not (most.isascii() and most.isdecimal() and 1 <= int(most[:9]) <= MOST):
        mistakes.append(f"most: must be a whole number from 1 to {MOST}")
    place = None
    try:
        place = _place(query["after"]) if "after" in query else None
    except ValueError:
        mistakes.append("after: must be what `next` of another answer says")
    if mistakes:
        raise Problem(problem(400, "The query cannot be understood", "Every mistake is in `errors`.", mistakes))
    return (
        int(most),
        place,
        Wanted(
            reason=query.get("reason", ""), source=query.get("source", ""), since=times["since"], until=times["until"]
        ),
    )


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _named(kept: Kept) -> str:
    """A letter's place in the list, as a word that can stand in an address."""
    return base64.urlsafe_b64encode(f"{kept.order[0].isoformat()} {kept.order[1]}".encode()).decode()


def _place(text: str) -> tuple[datetime, str]:
    try:
        time, _, letter_id = base64.urlsafe_b64decode(text).decode().partition(" ")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(text) from error
    return _time(time), letter_id


def _tell(work: asyncio.Task[None]) -> None:
    """The end of it could not be noted: then its time must pass before it can be put back again."""
    error = None if work.cancelled() else work.exception()
    if error is not None:
        log_fault(log, "what became of a dead letter could not be noted", error)

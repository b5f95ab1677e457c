"""Put dead letters back: the same body, through the same walk. What was done for it before is not done again.

Steps are told apart by their keys, which the case of an event gives, and records by their ids; both are the same when the
same body is read again. So a letter may be put back as often as anybody likes.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from shared.azure.ledger import LEASE
from shared.azure.table import Row
from shared.engine import outbox, record
from shared.engine.app import App
from shared.engine.fault import described, log_fault
from shared.engine.pipeline import handle
from shared.engine.read import DeadLetter
from shared.engine.redrive.letters import Kept, Wanted, look
from shared.model import ids
from shared.model.dead_letter import Ended, Letter, PutBack
from shared.model.delivery import Delivery
from shared.model.errors import AzureError, Changed, Refused
from shared.model.record import Decision, Record
from shared.model.step import Actor

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Letters whose bodies are held in memory."""


@dataclass(frozen=True, slots=True)
class End:
    """What became of a letter that was to be put back.

    Args:
        letter: Its id.
        state: In a word.
        outcome: In words.
        letters: The ids of the letters that came of it.
    """

    letter: str
    state: Ended
    outcome: str
    letters: tuple[str, ...] = ()


async def begin(letter: Letter, actor: Actor, app: App) -> Row:
    """Note that a letter is being put back, which keeps everybody else from it.

    Raises:
        Refused: If somebody else is at it.
        AzureError: If that cannot be noted: then it is not put back.
    """
    now = app.clock.now()
    return await app.ledger.begin_put_back(letter.id, PutBack(who=actor, began=now, until=now + LEASE))


async def go_on(letter: Letter, noted: Row, actor: Actor, trace: str, app: App) -> End:
    """Put a letter back that is noted as begun, and note how that ended.

    Raises:
        AzureError: If the end cannot be noted: it is at work for everybody else until its time is over.
    """
    now = app.clock.now()
    try:
        end = await _through(letter, actor, trace or letter.trace, app)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how this ended
        log_fault(log, f"dead letter {letter.id} could not be put back", error)
        end = End(letter.id, "failed", described(error))
    noted_end = PutBack(who=actor, began=now, state=end.state, outcome=end.outcome, letters=end.letters)
    try:
        await app.ledger.end_put_back(noted, noted_end)
    except Changed:  # its time was over, and somebody else's goes on
        log.warning("dead letter %s was put back by somebody else, too, before this came to its end", letter.id)
    return end


async def _through(letter: Letter, actor: Actor, trace: str, app: App) -> End:
    """Put a letter through the walk."""
    delivery = Delivery(
        body=b"",
        door="redrive",
        received=app.clock.now(),
        trace=trace,
        attempt=letter.attempts + 1,
        first=letter.first or letter.id,
    )
    try:
        body = await app.dead_letters.body(letter)
    except Refused as error:
        await outbox.post([_record("refused", str(error), letter, delivery, actor)], (), app)
        return End(letter.id, "refused", str(error))
    made = _record("redriven", f"put back: {letter.reason}", letter, delivery, actor)
    await outbox.post([made], (), app)  # before anything is done because of it
    handled = await handle([replace(delivery, body=body)], app)
    again = handled.letters
    if not again:
        return End(letter.id, "handled", str(handled))
    reasons = "; ".join(dict.fromkeys(each.reason for each in again))
    outcome = f"{handled}; again a dead letter: {reasons}"
    return End(letter.id, "dead_letter", outcome, tuple(each.id for each in again))


def _record(decision: Decision, reason: str, letter: Letter, delivery: Delivery, actor: Actor) -> Record:
    """The record of somebody's wish to put a letter back. Each is one of its own."""
    about = DeadLetter(reason, letter.where, b"", letter.source)
    made = record.of_dead_letter(about, delivery, letter.id, delivery.received)
    who = (actor.kind, actor.name, actor.id)
    return replace(
        made,
        RecordId=ids.record_id(letter.id, decision, made.TimeGenerated, *who),
        Decision=decision,
        EventDigest=letter.digest,
        ActorKind=actor.kind,
        ActorName=actor.name,
        ActorId=actor.id,
    )


async def put_back(letter: Letter, actor: Actor, app: App, trace: str = "") -> End:
    """Put a letter back, and say what became of it, whatever that was."""
    try:
        return await go_on(letter, await begin(letter, actor, app), actor, trace, app)
    except Refused as error:
        return End(letter.id, "refused", str(error))
    except AzureError as error:
        return End(letter.id, "failed", str(error))


async def put_back_all(letters: Sequence[Kept], actor: Actor, app: App) -> AsyncIterator[End]:
    """Put letters back, one after the other, oldest first, as they once came; what became of each.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    names = [kept.letter.id for kept in sorted(letters, key=lambda kept: kept.order)]
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        found = await look(Wanted(ids=frozenset(some)), app, bodies=True)
        whole = {kept.letter.id: kept.letter for kept in found.letters}
        for name in some:
            if name in whole:
                yield await put_back(whole[name], actor, app)
            else:
                yield End(name, "failed", "; ".join(found.missing) or "it is not there any more")
    await forget_old(app)


async def forget_old(app: App) -> None:
    """Forget what is noted of letters that their hub has dropped; if that is not possible now, the next time."""
    try:
        await app.ledger.forget_put_backs()
    except AzureError as error:
        log.warning("old notes of what was put back are still there: %s", error)

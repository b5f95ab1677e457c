"""The way back: a step's hold on its target is given up, and with the last one the target is as it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from tenacity import retry_if_exception_type

from shared.azure.clients import Azure
from shared.azure.ledger import Locked, Noted
from shared.engine import outbox, record
from shared.engine.act import LOOKS, TRIES, params_of, target_of, unlocked
from shared.engine.app import STEP, App
from shared.engine.claim import take_over
from shared.engine.outcome import of_error
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds.responder import Responder, Setting, can_undo, permissions
from shared.model.change import Change, differences
from shared.model.errors import Changed, Refused, Uncertain, Unverified
from shared.model.ledger import Hold
from shared.model.record import Decision
from shared.model.states import State
from shared.model.step import Actor
from shared.model.target import Target
from shared.wire.journal import Exchange
from shared.wire.retry import attempts
from shared.wire.scope import scope

UNDOABLE: frozenset[State] = frozenset({"done", "already", "unverified", "uncertain"})


@dataclass(frozen=True, slots=True)
class Undone:
    """How the way back went.

    Args:
        step: The step's key.
        target: Its target.
        decision: What happened.
        reason: Why.
    """

    step: str
    target: str
    decision: Decision
    reason: str


async def undo_run(partition: str, case: str, run: str, actor: Actor, app: App) -> list[Undone]:
    """Undo the steps of a run that were done, last first.

    Args:
        partition: Where the case is.
        case: The case.
        run: The run's id.
        actor: Who wants it.
        app: Everything else.

    Raises:
        AzureError: If the ledger cannot be read or written.
    """
    entries = [noted for noted in await app.ledger.entries(partition) if noted.entry.step.run == run]
    row = await app.ledger.come_back(partition, case, app.clock.now() + STEP)
    ends = []
    for noted in sorted(entries, key=lambda noted: noted.entry.step.order, reverse=True):
        if noted.entry.state in UNDOABLE:
            with scope(f"undo:{noted.entry.step.key}"):
                ends.append(await undo(noted, actor, app))
    await outbox.post_case(partition, app)
    await app.ledger.settle(partition, case, row)
    return ends


async def undo(noted: Noted, actor: Actor, app: App) -> Undone:
    """Undo one step: the intent is stored first, as for any deed."""
    entry, step = noted.entry, replace(noted.entry.step, actor=actor)
    asked = Noted(replace(entry, step=step, was=entry.state), noted.row)
    responder = app.responders.get(step.aim.responder)
    if responder is None:
        return await _not_begun(asked, f"{step.aim.responder} is not there any more", app)
    if entry.lease is not None or (entry.due is not None and entry.otherwise != "failed"):
        return await _not_begun(asked, "its second half is under way: ask again in a few minutes", app)
    findings, counted = record.Findings(reason="to be put back"), replace(entry, attempts=entry.attempts + 1)
    intent = record.of_step(step, responder, "intent", app.clock.now(), findings, counted)
    taken = await take_over(asked, "undoing", app, (intent,))
    if taken is None:
        return await _not_begun(asked, "somebody else works on this step now", app)
    return await resume_undo(taken, app)


async def _not_begun(asked: Noted, reason: str, app: App) -> Undone:
    """Refuse, with a record. The step's row stays as it is: whoever is at work on the step relies on that."""
    entry, step = asked.entry, asked.entry.step
    made = record.of_undo_refused(entry, app.responders.get(step.aim.responder), reason, app.clock.now())
    await app.ledger.note(asked.row.partition, made)
    return Undone(step.key, step.target_id, "undo_refused", reason)


async def resume_undo(noted: Noted, app: App) -> Undone:
    """Go on with an undo whose intent is stored."""
    step, entry = noted.entry.step, noted.entry
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    decision: Decision = "undone"
    change: Change[Struct] | None = None
    try:
        decision, reason, change = await _back(noted, responder, journal, app)
    except Refused as error:
        decision, reason = "undo_refused", str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the undo ended
        decision, reason = "undo_failed", of_error(error, f"the way back of {step.aim.responder}").reason
    state: State = "undone" if decision in ("undone", "released") else entry.was
    end = replace(entry, state=state, reason=reason, owner="", lease=None)
    if state == "undone":
        end = replace(end, due=None, due_for="", otherwise="failed")
    findings = record.Findings(
        reason=reason, before=change.before if change else None, after=change.after if change else None, journal=journal
    )
    made = record.of_step(step, responder, decision, app.clock.now(), findings, end)
    try:
        await app.ledger.move(noted, end, [made])
    except Changed:
        return Undone(step.key, step.target_id, "undo_failed", "another instance has taken the step over")
    return Undone(step.key, step.target_id, decision, reason)


async def _back(
    noted: Noted, responder: Responder, journal: list[Exchange], app: App
) -> tuple[Decision, str, Change[Struct] | None]:
    step = noted.entry.step
    if not can_undo(responder):
        raise Refused(f"{step.aim.responder} has no way back")
    target, params = target_of(step, responder), params_of(step, responder)
    deadline = app.clock.now() + STEP
    azure = app.azure(permissions(responder), journal, deadline=deadline)
    locked = await app.ledger.lock(target.id, app.instance, deadline)
    back = _Back(noted, responder, target, params, azure, locked, app)

    async def once() -> tuple[Decision, str, Change[Struct] | None]:
        return await with_fresh_token(back.go, app.credential)

    retry = retry_if_exception_type((Changed, Uncertain))
    try:
        ended: tuple[Decision, str, Change[Struct] | None] = await attempts(
            app.clock, app.chance, deadline, TRIES, retry=retry
        )(once)
        return ended
    finally:
        await unlocked(back.locked, app)


class _Back:
    """One way back on one locked target. `go` may be called again: it begins with a look."""

    def __init__(
        self,
        noted: Noted,
        responder: Responder,
        target: Target,
        params: Any,
        azure: Azure,
        locked: Locked,
        app: App,
    ) -> None:
        self.entry = noted.entry
        self.responder = responder
        self.target = target
        self.azure = azure
        self.locked = locked
        self.app = app
        self.params = params

    async def go(self) -> tuple[Decision, str, Change[Struct] | None]:
        """Give the hold up; with the last one, put the target back.

        Raises:
            Refused: If somebody changed the target since.
        """
        own = next((hold for hold in self.locked.holds.holds if hold.step == self.entry.step.key), None)
        if own is None:
            return "undone", "nothing to put back: the target was as wanted before", None
        others = tuple(hold for hold in self.locked.holds.holds if hold.step != own.step)
        still = [hold for hold in others if hold.responder == own.responder]
        if isinstance(self.responder, Setting) and still:
            self.locked = await self.app.ledger.keep(self.locked, others)
            return "released", f"still held by {', '.join(sorted({hold.case for hold in still}))}", None
        change = await self._put_back(own)
        self.locked = await self.app.ledger.keep(self.locked, others)
        return "undone", "", change

    async def _put_back(self, own: Hold) -> Change[Struct]:
        before: Struct = msgspec.convert(own.before, self.responder.state)
        after = self._after(before)
        if not isinstance(self.responder, Setting):
            assert self.responder.undo is not None
            after = await self._looked(Change(before, after))
            done = Change(before, after)
            now = await in_our_words(self.responder.undo(self.target, self.params, done, self.azure))
            return Change(after, now)
        seen = await in_our_words(self.responder.read(self.target, self.params, self.azure), wrote=False)
        if not self.responder.same(seen.state, before):
            if not self.responder.same(seen.state, after):
                drift = "; ".join(map(str, differences(after, seen.state)))
                raise Refused(f"{self.target.name} has been changed since: {drift}")
            await in_our_words(self.responder.write(self.target, self.params, seen, before, self.azure))
        await self._seen_to_be_back(before)
        return Change(after, before)

    async def _looked(self, done: Change[Struct]) -> Struct:
        """The state after an operation: as remembered, or as it shows if nobody knows about the second half."""
        if self.entry.otherwise != "uncertain" or isinstance(self.responder, Setting):
            return done.after
        if self.responder.later is None:
            name = self.entry.step.aim.responder
            raise Refused(f"nobody knows whether its second half was done, and {name} has none any more to look for")
        look: Struct = await in_our_words(
            self.responder.later.look(self.target, self.params, done, self.azure), wrote=False
        )
        return look

    def _after(self, before: Struct) -> Struct:
        """The state that the deed led to, or should have led to if nobody saw it."""
        if self.entry.after is None and isinstance(self.responder, Setting):
            wanted: Struct = self.responder.change(self.target, self.params, before)
            return wanted
        after: Struct = msgspec.convert(self.entry.after or msgspec.to_builtins(before), self.responder.state)
        return after

    async def _seen_to_be_back(self, before: Struct) -> None:
        async def look() -> None:
            now = (await in_our_words(self.responder.read(self.target, self.params, self.azure), wrote=False)).state
            if isinstance(self.responder, Setting) and not self.responder.same(now, before):
                raise Unverified(f"reading back shows {now}, not {before}")

        deadline = self.app.clock.now() + STEP
        retry = retry_if_exception_type(Unverified)
        await attempts(self.app.clock, self.app.chance, deadline, LOOKS, retry=retry)(look)

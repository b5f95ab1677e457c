"""One deed on one locked target: look, remember, change, look again."""

from __future__ import annotations

import operator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from tenacity import retry_if_exception_type

from shared.azure.clients import Azure
from shared.azure.ledger import Locked
from shared.engine.app import App
from shared.engine.outcome import Outcome
from shared.engine.sdk import in_our_words
from shared.kinds.responder import Responder, Setting, repeatable
from shared.model.cause import Cause
from shared.model.change import Change, differences
from shared.model.duration import length
from shared.model.errors import InDoubt, Lapsed, Refused, RiposteError, Uncertain, Unverified
from shared.model.ledger import Entry, Hold, Past, Times
from shared.model.target import Target
from shared.wire.retry import Policy, attempts

LOOKS = Policy(attempts=5, first=2.0, longest=15.0)
"""For the effect to be seen: directories take seconds to agree."""


class Deed:
    """One deed on one locked target. `do` may be called again: it begins with a look and goes on from there."""

    def __init__(
        self,
        entry: Entry,
        responder: Responder,
        target: Target,
        params: Any,
        app: App,
        azure: Azure,
        locked: Locked,
        no: str,
    ) -> None:
        self.entry = entry
        self.step = step = entry.step
        self.otherwise = entry.otherwise
        self.responder = responder
        self.target = target
        self.app = app
        self.azure = azure
        self.locked = locked
        self.no = no
        self.params = params
        self.cause = Cause(step=step.key, case=step.event.case, event_time=step.event.time, started=entry.started)
        self.decided = app.clock.now()
        self.acted: datetime | None = None
        self.change: Change[Struct] | None = None

    async def do(self) -> Outcome:
        """Look; if it is not done, remember what is there and do it; look again."""
        seen = await in_our_words(self.responder.read(self.target, self.params, self.azure), wrote=False)
        own = self._own_hold()
        wanted = self._wanted(seen)
        if wanted is None:
            self.otherwise = "failed"
            return await self._there_already(seen.state, own)
        if own is not None and self.otherwise != "failed" and not repeatable(self.responder):
            raise InDoubt(
                "it may have been done before, which cannot be seen, and must not be done twice: look yourself"
            )
        self.otherwise = "failed"
        if self.no:
            raise Refused(self.no)
        if own is None:
            self._as_approved(seen.state)
        before = await self._remember(seen.state, own)
        try:
            await self.app.switch.let_do()
        except RiposteError:
            if own is None:  # nothing was changed yet: when it goes on, there may be something else to remember
                self.let_go()
            raise
        after = await self._made(seen, wanted)
        self.acted = self.app.clock.now()
        self.change = Change(before, after)
        return await self._seen_to_be_done()

    def _as_approved(self, state: Struct) -> None:
        """A plan that somebody approved holds for the state it was made for, and no other.

        Raises:
            Lapsed: If that has changed.
        """
        asked = self.entry.approval
        if asked is None:
            return
        planned: Struct = msgspec.convert(asked.plan.before, self.responder.state)
        same = self.responder.same if isinstance(self.responder, Setting) else operator.eq
        if not same(planned, state):
            changed = "; ".join(map(str, differences(planned, state)))
            raise Lapsed(f"{self.target.name} has changed since the plan was made: {changed}")

    async def _made(self, seen: Any, wanted: Any) -> Struct:
        """Make the change; the state it should have led to. Only Azure's own no says that nothing was changed."""
        self.otherwise = "uncertain"
        after: Struct = wanted
        try:
            if isinstance(self.responder, Setting):
                await in_our_words(self.responder.write(self.target, self.params, seen, wanted, self.azure))
            else:
                after = await in_our_words(self.responder.do(self.target, self.params, seen, self.cause, self.azure))
        except RiposteError as error:
            if not isinstance(error, Uncertain):
                self.otherwise = "failed"
            raise
        return after

    def _wanted(self, seen: Any) -> Any:
        """The state a setting should have, or anything for an operation; None if it is done already."""
        if isinstance(self.responder, Setting):
            wanted = self.responder.change(self.target, self.params, seen.state)
            return None if self.responder.same(seen.state, wanted) else wanted
        return None if self.responder.done(self.target, seen, self.cause) else True

    async def _there_already(self, state: Struct, own: Hold | None) -> Outcome:
        """The target is as wanted: by our own earlier attempt, by another case of ours, or by somebody else."""
        if own is not None:
            self.change = Change(msgspec.convert(own.before, self.responder.state), state)
            self.acted = self.app.clock.now()
            return await self._seen_to_be_done()
        change = Change(state, state)
        if isinstance(self.responder, Setting) and self._first_hold() is not None:
            change = Change(await self._remember(state, None), state)
        reason = "the target is as wanted already"
        return Outcome(
            state="already", reason=reason, change=change, times=Times(decided=self.decided), lasts=self.lasts()
        )

    async def _seen_to_be_done(self) -> Outcome:
        """Look for the effect, several times if need be.

        Raises:
            Unverified: If it does not show.
        """
        app, change = self.app, self.change
        assert change is not None
        self.otherwise = "unverified"

        async def look() -> tuple[str, ...]:
            return await in_our_words(self._verify(change), wrote=False)

        deadline = app.clock.now() + timedelta(minutes=2)
        retry = retry_if_exception_type(Unverified)
        notes: tuple[str, ...] = await attempts(app.clock, app.chance, deadline, LOOKS, retry=retry)(look)
        times = Times(decided=self.decided, acted=self.acted, verified=app.clock.now())
        return Outcome(state="done", change=change, notes=notes, times=times, lasts=self.lasts())

    async def _verify(self, change: Change[Struct]) -> tuple[str, ...]:
        if not isinstance(self.responder, Setting):
            return await self.responder.verify(self.target, self.params, change, self.azure)
        now = (await self.responder.read(self.target, self.params, self.azure)).state
        if not self.responder.same(now, change.after):
            raise Unverified(f"reading back shows {now}, not {change.after}")
        return await self.responder.verify(self.target, self.params, change.after, self.azure)

    async def _remember(self, state: Struct, own: Hold | None) -> Struct:
        """Keep what was there before the first hold: undo puts that back, not what a later case found."""
        if own is None:
            earlier = self._first_hold() if isinstance(self.responder, Setting) else None
            before = earlier.before if earlier else msgspec.to_builtins(state)
            own = Hold(self.step.key, self.step.event.case, self.step.aim.responder, before)
            longer = len(self.step.terms.expires) > 1
            past = (Past(self.step.key, self.step.aim.responder, self.decided),) if longer else ()
            self.locked = await self.app.ledger.keep(self.locked, (*self.locked.holds.holds, own), past)
        remembered: Struct = msgspec.convert(own.before, self.responder.state)
        return remembered

    def lasts(self) -> timedelta | None:
        """How long it is to last: longer each time, if the playbook says so; None if there is nothing to put back."""
        ladder = self.step.terms.expires
        if not ladder or self._own_hold() is None:
            return None
        name, key = self.step.aim.responder, self.step.key
        before = {past.step for past in self.locked.holds.past if past.responder == name and past.step != key}
        return length(ladder[min(len(before), len(ladder) - 1)])

    def let_go(self) -> None:
        """Give up the hold of a deed that was not done: it would keep the target from ever being released."""
        holds = tuple(hold for hold in self.locked.holds.holds if hold.step != self.step.key)
        self.locked = Locked(msgspec.structs.replace(self.locked.holds, holds=holds), self.locked.row)

    def _own_hold(self) -> Hold | None:
        return next((hold for hold in self.locked.holds.holds if hold.step == self.step.key), None)

    def _first_hold(self) -> Hold | None:
        name = self.step.aim.responder
        return next((hold for hold in self.locked.holds.holds if hold.responder == name), None)

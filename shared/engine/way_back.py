"""One way back on one locked target: a hold is given up, and with the last one the target is as it was before."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from tenacity import retry_if_exception_type

from shared.azure.clients import Azure
from shared.azure.ledger import Locked, Noted
from shared.engine.app import STEP, App
from shared.engine.deed import LOOKS
from shared.engine.sdk import in_our_words
from shared.kinds.responder import Responder, Setting
from shared.model.change import Change, differences
from shared.model.errors import Drifted, Lapsed, Refused, Unverified
from shared.model.ledger import Hold
from shared.model.record import Decision
from shared.model.target import Target
from shared.wire.retry import attempts


class WayBack:
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
        asked = noted.entry.approval
        self.forced = asked if asked is not None and asked.granted and asked.plan.deed == "forced_undo" else None

    async def go(self) -> tuple[Decision, str, Change[Struct] | None]:
        """Give the hold up; with the last one, put the target back.

        Raises:
            Drifted: If somebody changed the target since.
            Stopped: If people have stopped every undo.
            Lapsed: If it is to be put back over such a change, but has been changed once more.
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
            await self.app.switch.let_undo()
            now = await in_our_words(self.responder.undo(self.target, self.params, done, self.azure))
            return Change(after, now)
        seen = await in_our_words(self.responder.read(self.target, self.params, self.azure), wrote=False)
        if not self.responder.same(seen.state, before):
            if not self.responder.same(seen.state, after):
                self._may_be_written_over(after, seen.state, before)
            await self.app.switch.let_undo()
            await in_our_words(self.responder.write(self.target, self.params, seen, before, self.azure))
        await self._seen_to_be_back(before)
        return Change(after, before)

    def _may_be_written_over(self, after: Struct, now: Struct, before: Struct) -> None:
        """Somebody else's change goes only if a second person has approved that, and it is still the same change."""
        drift = "; ".join(map(str, differences(after, now)))
        if self.forced is None:
            raise Drifted(f"{self.target.name} has been changed since: {drift}", now, before)
        approved: Struct = msgspec.convert(self.forced.plan.before, self.responder.state)
        if not (isinstance(self.responder, Setting) and self.responder.same(now, approved)):
            raise Lapsed(f"{self.target.name} has been changed once more since that was approved: {drift}")

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

"""Station 6: act. Look, remember, change, look again; whatever happens on the way becomes an outcome."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from tenacity import RetryCallState, retry_if_exception_type

from shared.azure.clients import Azure
from shared.azure.ledger import Locked
from shared.engine.app import STEP, App
from shared.engine.outcome import Outcome, ended, of_error
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds.responder import Responder, Setting, permissions
from shared.model.cause import Cause
from shared.model.change import Change
from shared.model.errors import AzureError, Changed, Refused, RiposteError, Temporary, Uncertain, Unverified
from shared.model.ledger import Entry, Hold, Times
from shared.model.step import Step
from shared.model.target import Target
from shared.wire.journal import Exchange
from shared.wire.retry import Policy, attempts

log = logging.getLogger(__name__)

TRIES = Policy(attempts=4, first=1.0, longest=10.0)
"""For the whole deed, when the target changed meanwhile or an answer was lost."""

LOOKS = Policy(attempts=5, first=2.0, longest=15.0)
"""For the effect to be seen: directories take seconds to agree."""


async def act(entry: Entry, app: App, journal: list[Exchange], no: str = "") -> Outcome:
    """Do a claimed step.

    Args:
        entry: The step.
        app: Everything else.
        journal: Where every request is written.
        no: Why nothing may be changed any more: then it is only found out whether the deed was done before.
    """
    responder = app.responders[entry.step.aim.responder]
    deadline = app.clock.now() + STEP
    azure = app.azure(permissions(responder), journal, deadline=deadline)
    try:
        target, params = target_of(entry.step, responder), params_of(entry.step, responder)
        locked = await app.ledger.lock(target.id, app.instance, deadline)
    except (Refused, Temporary) as error:
        return replace(of_error(error, entry.step.aim.responder), otherwise=entry.otherwise)
    deed = _Deed(entry, responder, target, params, app, azure, locked, no)
    try:
        outcome = await _tried(deed, deadline)
        if ended(entry, outcome, responder, app.clock.now()).state in ("failed", "refused"):
            deed.let_go()
        return outcome
    finally:
        await unlocked(deed.locked, app)


async def unlocked(locked: Locked, app: App) -> None:
    """Give a target free after a deed."""
    try:
        await app.ledger.unlock(locked)
    except AzureError as error:  # the lock ends by itself; how the deed ended matters more
        log.warning("the lock %s stays until it ends: %s", locked.row.partition, error)


def target_of(step: Step, responder: Responder) -> Target:
    """A step's target, as its responder knows it.

    Raises:
        Refused: If the step was written by another version, whose targets were different.
    """
    target: Target = _fitting(step, step.target, responder.target.type)
    return target


def params_of(step: Step, responder: Responder) -> Any:
    """What the playbook sets, as a step's responder knows it.

    Raises:
        Refused: If the step was written by another version, whose parameters were different.
    """
    return _fitting(step, step.aim.params, responder.params)


def _fitting(step: Step, value: dict[str, Any], kind: type[Struct]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Refused(f"the step does not fit {step.aim.responder} as it is in this version: {error}") from error


async def _tried(deed: _Deed, deadline: datetime) -> Outcome:
    """Try the deed as often as that may help."""
    app = deed.app

    async def once() -> Outcome:
        return await with_fresh_token(deed.do, app.credential)

    retry = retry_if_exception_type((Changed, Uncertain))
    try:
        outcome: Outcome = await attempts(app.clock, app.chance, deadline, TRIES, retry=retry, wait=_asked)(once)
    except Unverified as error:
        times = Times(decided=deed.decided, acted=deed.acted)
        return Outcome(state="unverified", reason=str(error), change=deed.change, times=times)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the step ended
        times = Times(decided=deed.decided, acted=deed.acted)
        end = of_error(error, deed.step.aim.responder)
        return replace(end, times=times, change=deed.change, otherwise=deed.otherwise)
    return outcome


class _Deed:
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
        self.otherwise = "failed"
        own = self._own_hold()
        wanted = self._wanted(seen)
        if wanted is None:
            return await self._there_already(seen.state, own)
        if self.no:
            raise Refused(self.no)
        before = await self._remember(seen.state, own)
        after = await self._made(seen, wanted)
        self.acted = self.app.clock.now()
        self.change = Change(before, after)
        return await self._seen_to_be_done()

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
        return Outcome(state="already", reason=reason, change=change, times=Times(decided=self.decided))

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
        return Outcome(state="done", change=change, notes=notes, times=times)

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
            self.locked = await self.app.ledger.keep(self.locked, (*self.locked.holds.holds, own))
        remembered: Struct = msgspec.convert(own.before, self.responder.state)
        return remembered

    def let_go(self) -> None:
        """Give up the hold of a deed that was not done: it would keep the target from ever being released."""
        holds = tuple(hold for hold in self.locked.holds.holds if hold.step != self.step.key)
        self.locked = Locked(msgspec.structs.replace(self.locked.holds, holds=holds), self.locked.row)

    def _own_hold(self) -> Hold | None:
        return next((hold for hold in self.locked.holds.holds if hold.step == self.step.key), None)

    def _first_hold(self) -> Hold | None:
        name = self.step.aim.responder
        return next((hold for hold in self.locked.holds.holds if hold.responder == name), None)


def _asked(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, Temporary) else None

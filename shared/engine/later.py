"""The second half of an operation, some time after the first: the old version of a secret is disabled, say."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from msgspec import Struct

from shared.engine.act import params_of, target_of, unlocked
from shared.engine.app import STEP, App
from shared.engine.outcome import Outcome, of_error
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds.responder import Setting, permissions
from shared.model.change import Change
from shared.model.errors import Uncertain, Unverified
from shared.model.ledger import Entry
from shared.wire.journal import Exchange


async def act_later(entry: Entry, app: App, journal: list[Exchange]) -> Outcome:
    """Do the second half of an operation. It may be called again if it is not known whether it was done."""
    step = entry.step
    responder = app.responders[step.aim.responder]
    if isinstance(responder, Setting) or responder.later is None:
        return Outcome(state="failed", reason=f"{step.aim.responder} has no second half any more")
    later, verify = responder.later, responder.verify
    deadline = app.clock.now() + STEP
    azure = app.azure(permissions(responder), journal, deadline=deadline)
    otherwise, times = entry.otherwise, entry.times
    now: Change[Struct] | None = None
    try:
        target, params = target_of(step, responder), params_of(step, responder)
        before: Struct = msgspec.convert(entry.before, responder.state)
        half: Struct = msgspec.convert(entry.after, responder.state)
        locked = await app.ledger.lock(target.id, app.instance, deadline)
        try:
            work = later.do
            after = await with_fresh_token(
                lambda: in_our_words(work(target, params, Change(before, half), azure)), app.credential
            )
            now, otherwise = Change(half, after), "unverified"
            notes = await in_our_words(verify(target, params, Change(before, after), azure), wrote=False)
        finally:
            await unlocked(locked, app)
    except Unverified as error:
        return Outcome(state="unverified", reason=str(error), change=now, times=times)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the second half ended
        end = of_error(error, step.aim.responder)
        doubt = end.otherwise if isinstance(error, Uncertain) else otherwise
        return replace(end, times=times, change=now, otherwise=doubt)
    return Outcome(state="done", change=now, notes=notes, times=times)

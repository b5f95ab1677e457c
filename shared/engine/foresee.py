"""What a step would change: the responder's own code runs to the end, and the wire keeps its writes back."""

from __future__ import annotations

from msgspec import Struct

from shared.azure.clients import Azure
from shared.engine.act import params_of, target_of
from shared.engine.app import App
from shared.engine.sdk import in_our_words
from shared.kinds.responder import Responder, Setting
from shared.model.cause import Cause
from shared.model.change import Change
from shared.model.step import Step


async def foresee(made: Step, responder: Responder, azure: Azure, app: App) -> Change[Struct]:
    """The state before, and the state after; the same if nothing would be done.

    Args:
        made: The step.
        responder: What it calls.
        azure: Azure, where nothing is written.
        app: Everything else.

    Raises:
        RiposteError: Why it would not be done, or cannot be foreseen.
    """
    target, params = target_of(made, responder), params_of(made, responder)
    seen = await in_our_words(responder.read(target, params, azure), wrote=False)
    if isinstance(responder, Setting):
        wanted = responder.change(target, params, seen.state)
        if responder.same(seen.state, wanted):
            return Change(seen.state, seen.state)
        await in_our_words(responder.write(target, params, seen, wanted, azure), wrote=False)
        return Change(seen.state, wanted)
    cause = Cause(step=made.key, case=made.event.case, event_time=made.event.time, started=app.clock.now())
    if responder.done(target, seen, cause):
        return Change(seen.state, seen.state)
    return Change(seen.state, await in_our_words(responder.do(target, params, seen, cause, azure), wrote=False))

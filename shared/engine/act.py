"""Station 6: act. Look, remember, change, look again; whatever happens on the way becomes an outcome."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from tenacity import RetryCallState, retry_if_exception_type

from shared.azure.ledger import Locked
from shared.engine.app import STEP, App
from shared.engine.deed import Deed
from shared.engine.outcome import Outcome, ended, of_error
from shared.engine.sdk import with_fresh_token
from shared.kinds.responder import Responder, permissions
from shared.model.errors import AzureError, Changed, Refused, Temporary, Uncertain, Unverified
from shared.model.ledger import Entry, Times
from shared.model.step import Step
from shared.model.target import Target
from shared.wire.journal import Exchange
from shared.wire.retry import Policy, attempts

log = logging.getLogger(__name__)

TRIES = Policy(attempts=4, first=1.0, longest=10.0)
"""For the whole deed, when the target changed meanwhile or an answer was lost."""


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
    deed = Deed(entry, responder, target, params, app, azure, locked, no)
    try:
        outcome = await _tried(deed, deadline)
        if ended(entry, outcome, responder, app.clock.now()).state in ("failed", "refused", "lapsed"):
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


async def _tried(deed: Deed, deadline: datetime) -> Outcome:
    """Try the deed as often as that may help."""
    app = deed.app

    async def once() -> Outcome:
        return await with_fresh_token(deed.do, app.credential)

    retry = retry_if_exception_type((Changed, Uncertain))
    try:
        outcome: Outcome = await attempts(app.clock, app.chance, deadline, TRIES, retry=retry, wait=_asked)(once)
    except Unverified as error:
        times = Times(decided=deed.decided, acted=deed.acted)
        return Outcome(state="unverified", reason=str(error), change=deed.change, times=times, lasts=deed.lasts())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the step ended
        times = Times(decided=deed.decided, acted=deed.acted)
        end = of_error(error, deed.step.aim.responder)
        return replace(end, times=times, change=deed.change, otherwise=deed.otherwise)
    return outcome


def _asked(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, Temporary) else None

"""The kill switch: how it stands, and turning it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from shared.api.answer import Answer, Problem, problem
from shared.engine.app import App
from shared.engine.playbook.mistakes import nearest
from shared.engine.turn import turn
from shared.model.errors import Changed
from shared.model.step import Actor
from shared.model.switch import MODES, Switch, SwitchMode

MOST_WHY = 1000


class Turn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the switch is to be turned.

    Args:
        mode: `off`, `queue`, `deny` or `undo_only`.
        why: Why, for everybody who wonders, and for the record.
    """

    mode: SwitchMode
    why: Annotated[str, Meta(min_length=1, max_length=MOST_WHY)]


async def show(app: App) -> Answer:
    """How it stands now, and what each position means.

    Raises:
        AzureError: If it cannot be read.
    """
    return Answer(200, _plain(await app.ledger.switch()))


async def put(body: bytes, actor: Actor, app: App) -> Answer:
    """Turn it: 200, and how it stood before. All instances heed it within ten seconds.

    Raises:
        Problem: 400 for a request that cannot be understood, 409 if somebody else has just turned it.
        AzureError: If it cannot be turned now.
    """
    wanted = _understood(body)
    switch = Switch(mode=wanted.mode, who=actor.name or actor.id or _somebody(actor), why=wanted.why.strip())
    try:
        before = await turn(switch, actor, app)
    except Changed as error:
        detail = "Somebody else has turned it at the same moment: look how it stands, and ask again."
        raise Problem(problem(409, "The kill switch has just been turned", detail)) from error
    return Answer(200, {**_plain(switch), "before": msgspec.to_builtins(before)})


def _understood(body: bytes) -> Turn:
    raw: Any = None
    try:
        raw = msgspec.json.decode(body)
        wanted = msgspec.convert(raw, Turn)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        told = str(error)
        if "$.mode" in told and isinstance(raw.get("mode"), str):
            told = f"mode: {nearest(raw['mode'], MODES)}"
        detail = f'Send {{"mode": {" or ".join(f"{mode!r}" for mode in MODES)}, "why": "..."}}.'.replace("'", '"')
        raise Problem(problem(400, "The body cannot be understood", detail, [told])) from error
    if not wanted.why.strip():
        raise Problem(problem(400, "The body cannot be understood", "", ["why: say why, for the record"]))
    return wanted


def _somebody(actor: Actor) -> str:
    return "somebody with a function key" if actor.kind == "function_key" else actor.kind


def _plain(switch: Switch) -> dict[str, Any]:
    return {"mode": switch.mode, "means": MODES[switch.mode], "who": switch.who, "why": switch.why}

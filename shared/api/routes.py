"""The HTTP API: every call, who may make it, and what answers it. What answers is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shared.api.answer import Answer
    from shared.engine.app import App
    from shared.model.step import Actor

Needs = Literal["", "operator", "approver"]
"""The role that a signed-in caller must hold; everybody needs the function key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request.

    Args:
        place: What the route's holes are filled with.
        query: The query's parameters.
        headers: Names in lower case.
        body: The body.
        trace: W3C trace context.
    """

    place: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    trace: str


@dataclass(frozen=True, slots=True)
class Route:
    """A call of the API.

    Args:
        name: The function's name.
        method: GET, POST or PUT.
        path: Below `/api`.
        needs: The role it takes.
        answer: What answers it.
    """

    name: str
    method: str
    path: str
    needs: Callable[[Call], Needs]
    answer: Callable[[Call, App, Actor], Awaitable[Answer]]


def _anybody(_: Call) -> Needs:
    return ""


def _operator(_: Call) -> Needs:
    return "operator"


def _approver(_: Call) -> Needs:
    return "approver"


def _operator_for_bodies(call: Call) -> Needs:
    """A body may hold personal data: to see it takes the right to act."""
    return "operator" if _with_body(call) else ""


def _with_body(call: Call) -> bool:
    return call.query.get("body", "").lower() == "true"


async def _list_playbooks(_: Call, app: App, __: Actor) -> Answer:
    from shared.api.playbooks import playbooks

    return playbooks(app)


async def _start_run(call: Call, app: App, actor: Actor) -> Answer:
    from shared.api import runs

    return await runs.start(call.place["name"], call.body, call.headers, actor, call.trace, app)


async def _show_run(call: Call, app: App, _: Actor) -> Answer:
    from shared.api import runs

    return await runs.show(call.place["id"], app)


async def _undo_run(call: Call, app: App, actor: Actor) -> Answer:
    from shared.api.undo import undo

    return await undo(call.place["id"], call.body, actor, app)


async def _extend_run(call: Call, app: App, actor: Actor) -> Answer:
    from shared.api.extend import extend

    return await extend(call.place["id"], call.body, actor, app)


async def _list_approvals(_: Call, app: App, __: Actor) -> Answer:
    from shared.api import approvals

    return await approvals.waiting(app)


async def _show_approval(call: Call, app: App, _: Actor) -> Answer:
    from shared.api import approvals

    return await approvals.show(call.place["id"], app)


async def _answer_approval(call: Call, app: App, actor: Actor) -> Answer:
    from shared.api import approvals

    return await approvals.reply(call.place["id"], call.body, actor, app)


async def _list_dead_letters(call: Call, app: App, _: Actor) -> Answer:
    from shared.api import dead_letters

    return await dead_letters.listed(call.query, app)


async def _show_dead_letter(call: Call, app: App, _: Actor) -> Answer:
    from shared.api import dead_letters

    return await dead_letters.show(call.place["id"], app, body=_with_body(call))


async def _redrive_dead_letter(call: Call, app: App, actor: Actor) -> Answer:
    from shared.api import dead_letters

    return await dead_letters.put_back(call.place["id"], actor, call.trace, app)


async def _show_kill_switch(_: Call, app: App, __: Actor) -> Answer:
    from shared.api import kill_switch

    return await kill_switch.show(app)


async def _turn_kill_switch(call: Call, app: App, actor: Actor) -> Answer:
    from shared.api import kill_switch

    return await kill_switch.put(call.body, actor, app)


async def _ready(_: Call, app: App, __: Actor) -> Answer:
    from shared.api import health

    return await health.ready(app)


ROUTES = (
    Route("list_playbooks", "GET", "playbooks", _anybody, _list_playbooks),
    Route("start_run", "POST", "playbooks/{name}/runs", _operator, _start_run),
    Route("show_run", "GET", "runs/{id}", _anybody, _show_run),
    Route("undo_run", "POST", "runs/{id}/undo", _operator, _undo_run),
    Route("extend_run", "POST", "runs/{id}/extend", _operator, _extend_run),
    Route("list_approvals", "GET", "approvals", _anybody, _list_approvals),
    Route("show_approval", "GET", "approvals/{id}", _anybody, _show_approval),
    Route("answer_approval", "POST", "approvals/{id}", _approver, _answer_approval),
    Route("list_dead_letters", "GET", "dead-letters", _anybody, _list_dead_letters),
    Route("show_dead_letter", "GET", "dead-letters/{id}", _operator_for_bodies, _show_dead_letter),
    Route("redrive_dead_letter", "POST", "dead-letters/{id}/redrive", _operator, _redrive_dead_letter),
    Route("show_kill_switch", "GET", "kill-switch", _anybody, _show_kill_switch),
    Route("turn_kill_switch", "PUT", "kill-switch", _operator, _turn_kill_switch),
    Route("ready", "GET", "health/ready", _anybody, _ready),
)

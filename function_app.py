"""The function app: one thin function for each trigger, and the wiring. Nothing heavy is imported on the way here."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, List  # noqa: UP035 - the Functions worker does not know list[...]

import azure.functions as func

if TYPE_CHECKING:
    from shared.api.answer import Answer
    from shared.api.door import Start, Work
    from shared.engine.app import App
    from shared.model.delivery import Door

FOLDER = Path(__file__).parent

log = logging.getLogger("riposte")


def create(start: Start) -> func.FunctionApp:
    """The function app, over whatever `start` puts together when the first event comes."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

    # The checkpoint moves on whether a batch was handled or not. An exception here means that something could not even
    # be stored: the host then repeats the batch in place until it can be.
    @app.function_name("alerts")
    @app.event_hub_message_trigger(
        arg_name="events",
        event_hub_name="%RIPOSTE_ALERTS_HUB%",
        connection="RIPOSTE_EVENTHUB",
        cardinality=func.Cardinality.MANY,
        data_type=func.DataType.BINARY,
    )
    @app.retry(
        strategy="exponential_backoff",
        max_retry_count="-1",
        minimum_interval="00:00:02",
        maximum_interval="00:01:00",
    )
    async def alerts(events: List[func.EventHubEvent], context: func.Context) -> None:  # noqa: UP006
        """Alerts and incidents, in batches."""
        await _handle([event.get_body() for event in events], "event_hub", context, start)

    # As text: the `EventGridEvent` or `CloudEvent` that the worker would make of it cannot be turned back into what it
    # came as (one drops members, both read times anew), and a body it cannot read would fail before it could be kept.
    @app.function_name("events")
    @app.event_grid_trigger(arg_name="event")
    async def events(event: str, context: func.Context) -> None:
        """Platform events, one by one; Event Grid repeats what raises."""
        await _handle([event.encode()], "event_grid", context, start)

    @app.function_name("sweep")
    @app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
    async def sweep(timer: func.TimerRequest) -> None:
        """Take up what was left behind or is due."""
        from shared.engine.sweep import sweep as take_up

        cases = await take_up(await start())
        log.info("swept %d cases%s", cases, ", late" if timer.past_due else "")

    @app.function_name("reconcile")
    @app.timer_trigger(arg_name="timer", schedule="30 */5 * * * *")
    async def reconcile(timer: func.TimerRequest) -> None:
        """Find what was not delivered, and handle it."""
        from shared.engine.reconcile import reconcile as compare

        told = await compare(await start())
        log.info("%s%s", told, ", late" if timer.past_due else "")

    @app.function_name("start_run")
    @app.route("playbooks/{name}/runs", methods=["POST"])
    async def start_run(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        """Run a playbook on an event, an incident or entities."""
        from shared.api import runs

        name, body, headers, trace = req.route_params["name"], req.get_body(), _headers(req), _trace(context)
        return await _answer(
            start, req, lambda app, actor: runs.start(name, body, headers, actor, trace, app), acts=True
        )

    @app.function_name("show_run")
    @app.route("runs/{id}", methods=["GET"])
    async def show_run(req: func.HttpRequest) -> func.HttpResponse:
        """How far a run is."""
        from shared.api import runs

        return await _answer(start, req, lambda app, _: runs.show(req.route_params["id"], app), acts=False)

    @app.function_name("undo_run")
    @app.route("runs/{id}/undo", methods=["POST"])
    async def undo_run(req: func.HttpRequest) -> func.HttpResponse:
        """Undo what a run did."""
        from shared.api.undo import undo

        name, body = req.route_params["id"], req.get_body()
        return await _answer(start, req, lambda app, actor: undo(name, body, actor, app), acts=True)

    @app.function_name("list_playbooks")
    @app.route("playbooks", methods=["GET"])
    async def list_playbooks(req: func.HttpRequest) -> func.HttpResponse:
        """What there is to run."""
        from shared.api.playbooks import playbooks

        async def work(running: App, _: object) -> Answer:
            return playbooks(running)

        return await _answer(start, req, work, acts=False)

    @app.function_name("alive")
    @app.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def alive(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the trigger's binding
        """Liveness: the process runs."""
        from shared.api.health import alive as living

        return _response(living())

    @app.function_name("ready")
    @app.route("health/ready", methods=["GET"])
    async def ready(req: func.HttpRequest) -> func.HttpResponse:
        """Readiness: the state of each dependency."""
        from shared.api import health

        return await _answer(start, req, lambda app, _: health.ready(app), acts=False)

    _kill_switch(app, start)
    _dead_letters(app, start)
    _approvals(app, start)
    return app


def _kill_switch(app: func.FunctionApp, start: Start) -> None:
    """What stops everything."""

    @app.function_name("show_kill_switch")
    @app.route("kill-switch", methods=["GET"])
    async def show_kill_switch(req: func.HttpRequest) -> func.HttpResponse:
        """How it stands."""
        from shared.api import kill_switch

        return await _answer(start, req, lambda app, _: kill_switch.show(app), acts=False)

    @app.function_name("turn_kill_switch")
    @app.route("kill-switch", methods=["PUT"])
    async def turn_kill_switch(req: func.HttpRequest) -> func.HttpResponse:
        """Turn it."""
        from shared.api import kill_switch

        body = req.get_body()
        return await _answer(start, req, lambda app, actor: kill_switch.put(body, actor, app), acts=True)


def _dead_letters(app: func.FunctionApp, start: Start) -> None:
    """What could not be read or handled, and the way back."""

    @app.function_name("list_dead_letters")
    @app.route("dead-letters", methods=["GET"])
    async def list_dead_letters(req: func.HttpRequest) -> func.HttpResponse:
        """What could not be read or handled."""
        from shared.api import dead_letters

        return await _answer(start, req, lambda app, _: dead_letters.listed(req.params, app), acts=False)

    # A body may hold personal data: to see it takes the right to act.
    @app.function_name("show_dead_letter")
    @app.route("dead-letters/{id}", methods=["GET"])
    async def show_dead_letter(req: func.HttpRequest) -> func.HttpResponse:
        """One of them; its body with `?body=true`."""
        from shared.api import dead_letters

        body, name = req.params.get("body", "").lower() == "true", req.route_params["id"]
        return await _answer(start, req, lambda app, _: dead_letters.show(name, app, body=body), acts=body)

    @app.function_name("redrive_dead_letter")
    @app.route("dead-letters/{id}/redrive", methods=["POST"])
    async def redrive_dead_letter(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        """Put one of them back."""
        from shared.api import dead_letters

        name, trace = req.route_params["id"], _trace(context)
        return await _answer(start, req, lambda app, actor: dead_letters.put_back(name, actor, trace, app), acts=True)


def _approvals(app: func.FunctionApp, start: Start) -> None:
    """What waits for an approval, the answer, and how long it then lasts."""

    @app.function_name("list_approvals")
    @app.route("approvals", methods=["GET"])
    async def list_approvals(req: func.HttpRequest) -> func.HttpResponse:
        """Every request that waits."""
        from shared.api import approvals

        return await _answer(start, req, lambda app, _: approvals.waiting(app), acts=False)

    @app.function_name("show_approval")
    @app.route("approvals/{id}", methods=["GET"])
    async def show_approval(req: func.HttpRequest) -> func.HttpResponse:
        """One request, with its plan."""
        from shared.api import approvals

        return await _answer(start, req, lambda app, _: approvals.show(req.route_params["id"], app), acts=False)

    @app.function_name("answer_approval")
    @app.route("approvals/{id}", methods=["POST"])
    async def answer_approval(req: func.HttpRequest) -> func.HttpResponse:
        """Approve or deny."""
        from shared.api import approvals

        name, body = req.route_params["id"], req.get_body()
        return await _answer(
            start, req, lambda app, actor: approvals.reply(name, body, actor, app), acts=False, approves=True
        )

    @app.function_name("extend_run")
    @app.route("runs/{id}/extend", methods=["POST"])
    async def extend_run(req: func.HttpRequest) -> func.HttpResponse:
        """Have what a run did last longer."""
        from shared.api.extend import extend

        name, body = req.route_params["id"], req.get_body()
        return await _answer(start, req, lambda app, actor: extend(name, body, actor, app), acts=True)


def live() -> Callable[[], Awaitable[App]]:
    """Gives the app over the real Azure, made when it is first asked for and only once."""
    made: list[App] = []
    making = asyncio.Lock()

    async def start() -> App:
        if not made:
            async with making:
                if not made:
                    made.append(await asyncio.to_thread(_compose))
        return made[0]

    return start


def _compose() -> App:
    from shared.engine.app import compose
    from shared.wire.chance import SystemChance
    from shared.wire.clock import SystemClock
    from shared.wire.live import Live

    return compose(os.environ, FOLDER, send=Live().send, clock=SystemClock(), chance=SystemChance())


async def _handle(bodies: list[bytes], door: Door, context: func.Context, start: Start) -> None:
    from shared.engine.pipeline import handle
    from shared.model.delivery import Delivery

    app = await start()
    now, trace = app.clock.now(), _trace(context)
    summary = await handle([Delivery(body=body, door=door, received=now, trace=trace) for body in bodies], app)
    log.info("%s trace=%s", summary, trace)


async def _answer(
    start: Start, req: func.HttpRequest, work: Work, *, acts: bool, approves: bool = False
) -> func.HttpResponse:
    from shared.api.door import through

    return _response(await through(start, _headers(req), work, acts=acts, approves=approves))


def _response(answer: Answer) -> func.HttpResponse:
    return func.HttpResponse(
        answer.content, status_code=answer.status, headers=dict(answer.headers), mimetype=answer.content_type
    )


def _headers(req: func.HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in req.headers.items()}


def _trace(context: func.Context) -> str:
    return str(getattr(context.trace_context, "trace_parent", "") or "")


app = create(live())

"""The function app: one thin function for each trigger, and the wiring. Nothing heavy is imported on the way here."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, List  # noqa: UP035 - the Functions worker does not know list[...]

import azure.functions as func

from shared.api.routes import ROUTES, Call, Route

if TYPE_CHECKING:
    from shared.api.answer import Answer
    from shared.api.door import Start
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

    @app.function_name("alive")
    @app.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def alive(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the trigger's binding
        """Liveness: the process runs."""
        from shared.api.health import alive as living

        return _response(living())

    for route in ROUTES:
        _http(app, route, start)
    return app


def _http(app: func.FunctionApp, route: Route, start: Start) -> None:
    """One function for a call of the API."""

    @app.function_name(route.name)
    @app.route(route.path, methods=[route.method])
    async def answer(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        from shared.api.door import through

        call = Call(
            place=req.route_params,
            query=req.params,
            headers={name.lower(): value for name, value in req.headers.items()},
            body=req.get_body(),
            trace=_trace(context),
        )
        work = route.answer
        return _response(
            await through(start, call.headers, lambda app, actor: work(call, app, actor), needs=route.needs(call))
        )


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


def _response(answer: Answer) -> func.HttpResponse:
    return func.HttpResponse(
        answer.content, status_code=answer.status, headers=dict(answer.headers), mimetype=answer.content_type
    )


def _trace(context: func.Context) -> str:
    return str(getattr(context.trace_context, "trace_parent", "") or "")


app = create(live())

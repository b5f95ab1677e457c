"""The Functions host on loopback HTTP, as `func start` serves it: the app's routes, and the Event Grid webhook."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web

from azsim.functions.host import FunctionsHost

MOST_BYTES = 100 * 1024 * 1024
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"


@asynccontextmanager
async def serve(host: FunctionsHost, port: int = 7071) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 until the block ends; yields the address."""
    application = web.Application(client_max_size=MOST_BYTES)
    application.router.add_post("/runtime/webhooks/EventGrid", partial(_event_grid, host))
    application.router.add_route("*", "/{path:.*}", partial(_http, host))
    runner = web.AppRunner(application, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _http(host: FunctionsHost, request: web.Request) -> web.Response:
    answer = await host.http(request.method, str(request.url), headers=dict(request.headers), body=await request.read())
    headers = {**dict(answer.headers), "content-type": answer.mimetype}
    return web.Response(status=answer.status_code, headers=headers, body=answer.get_body())


async def _event_grid(host: FunctionsHost, request: web.Request) -> web.Response:
    """The Event Grid extension's webhook: answers the handshake itself, and calls the function for each event.

    https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
    """
    if not hmac.compare_digest(request.query.get("code", "").encode(), host.key.encode()):
        return web.Response(status=401)
    body: Any = await request.json()
    events = body if isinstance(body, list) else [body]
    if events and events[0].get("eventType") == VALIDATION:
        return web.json_response({"validationResponse": events[0]["data"]["validationCode"]})
    done = [await host.event_grid(request.query["functionName"], event) for event in events]
    return web.Response(status=500 if any(one.error for one in done) else 202)

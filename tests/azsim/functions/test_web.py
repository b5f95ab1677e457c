"""The host on loopback: the app's routes, and the webhook that Event Grid calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import azure.functions as func
import pytest

from azsim.functions import web
from azsim.functions.host import FunctionsHost
from tests.azsim.functions.hosting import KEY, host

pytestmark = pytest.mark.real_time

WEBHOOK = "/runtime/webhooks/EventGrid"


@pytest.fixture
def running() -> FunctionsHost:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

    @app.function_name("echo")
    @app.route("echo/{name}")
    def echo(req: func.HttpRequest) -> func.HttpResponse:
        headers = {"x-own": req.headers["x-sent"], "etag": 'W/"1"'}
        return func.HttpResponse(req.get_body(), status_code=202, headers=headers, mimetype="application/problem+json")

    @app.function_name("events")
    @app.event_grid_trigger(arg_name="event")
    def events(event: str) -> str:
        return str(json.loads(event)["data"])

    return host(app)


@pytest.fixture
async def client(running: FunctionsHost) -> AsyncIterator[aiohttp.ClientSession]:
    async with web.serve(running, 0) as address, aiohttp.ClientSession(address) as session:
        yield session


async def delivered(client: aiohttp.ClientSession, body: Any, code: str = KEY) -> tuple[int, bytes]:
    """What Event Grid is answered."""
    query = {"functionName": "events", "code": code}
    async with client.post(WEBHOOK, params=query, json=body) as answer:
        return answer.status, await answer.read()


async def test_a_route_is_served_with_status_headers_and_body(client: aiohttp.ClientSession) -> None:
    body = bytes(range(256)) * 100
    head = {"x-functions-key": KEY, "x-sent": "it"}
    async with client.post("/api/echo/a%2Fb?x=1", data=body, headers=head) as answer:
        assert (answer.status, await answer.read()) == (202, body)
        assert (answer.headers["x-own"], answer.headers["etag"]) == ("it", 'W/"1"')
        assert answer.content_type == "application/problem+json"


async def test_a_key_is_wanted_and_a_route_that_there_is_not_is_a_404(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/echo/a") as refused, client.get("/api/none") as missing:
        assert (refused.status, missing.status) == (401, 404)


@pytest.mark.parametrize("many", [True, False])
async def test_the_webhook_answers_event_grids_handshake(
    client: aiohttp.ClientSession, running: FunctionsHost, many: bool
) -> None:
    asked = {"eventType": web.VALIDATION, "data": {"validationCode": "512d38b6"}}
    status, body = await delivered(client, [asked] if many else asked)
    assert (status, json.loads(body)) == (200, {"validationResponse": "512d38b6"})
    assert running.invocations == []


async def test_the_webhook_calls_the_function_for_each_event(
    client: aiohttp.ClientSession, running: FunctionsHost
) -> None:
    assert (await delivered(client, [{"data": 1}, {"data": 2}]))[0] == 202
    assert (await delivered(client, {"data": 3}))[0] == 202
    assert (await delivered(client, []))[0] == 202
    assert [done.value for done in running.invocations] == ["1", "2", "3"]


async def test_the_webhook_asks_event_grid_to_come_again_if_one_event_failed(
    client: aiohttp.ClientSession, running: FunctionsHost
) -> None:
    assert (await delivered(client, [{"data": 1}, {"broken": 1}, {"data": 2}]))[0] == 500
    assert len(running.invocations) == 3


async def test_the_webhook_wants_the_key(client: aiohttp.ClientSession, running: FunctionsHost) -> None:
    for code in ("", "wrong", "ü"):
        assert (await delivered(client, [{"data": 1}], code))[0] == 401
    assert running.invocations == []


async def test_the_address_is_free_again_afterwards(running: FunctionsHost) -> None:
    async with web.serve(running, 0) as address:
        port = int(address.rpartition(":")[2])
    async with web.serve(running, port) as again:
        assert again == address

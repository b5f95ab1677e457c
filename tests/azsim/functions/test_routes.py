"""HTTP requests to a function app: routes, methods and keys."""

from __future__ import annotations

import json

import azure.functions as func
import pytest

from azsim.functions.host import FunctionsHost
from tests.azsim.functions.hosting import KEY, host, with_route


def echo(req: func.HttpRequest) -> func.HttpResponse:
    """Answers with what it was sent."""
    told = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "query": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(told), status_code=201)


async def status(running: FunctionsHost, method: str, url: str, **headers: str) -> int:
    answer = await running.http(method, url, headers={"X-Functions-Key": KEY, **headers})
    return int(answer.status_code)


async def test_a_request_comes_with_all_that_was_sent() -> None:
    running = with_route(echo, route="runs/{id}/{part}", methods=["POST"])
    url = "/api/runs/a%20b%2Fc/x?q=1&empty=&q2=%C3%BC"
    answer = await running.http("post", url, headers={"X-Functions-Key": KEY, "X-Own": "ü"}, body=b"body")
    assert answer.status_code == 201
    assert json.loads(answer.get_body()) == {
        "method": "POST",
        "url": url,
        "headers": {"x-functions-key": KEY, "x-own": "ü"},
        "query": {"q": "1", "empty": "", "q2": "ü"},
        "route": {"id": "a b/c", "part": "x"},
        "body": "body",
    }


async def test_a_route_is_known_in_any_spelling_and_as_a_whole() -> None:
    running = with_route(echo, route="runs/{id}.x", methods=["GET"])
    assert await status(running, "GET", "/API/Runs/1.X/") == 201
    for path in ("/api/runs/", "/api/runs/1", "/api/runs/1_x", "/api/runs/1.x/more", "/runs/1.x"):
        assert await status(running, "GET", path) == 404
    assert running.invocations[1:] == []


async def test_without_a_route_the_functions_name_is_the_route() -> None:
    running = with_route(echo)
    for method in ("GET", "POST", "DELETE"):
        assert await status(running, method, "/api/one") == 201


async def test_another_method_is_a_405() -> None:
    running = with_route(echo, route="x", methods=["GET"])
    assert await status(running, "POST", "/api/x") == 405
    assert running.invocations == []


async def test_two_functions_may_have_one_route_with_different_methods() -> None:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    for name, method, code in (("read", "GET", 200), ("write", "POST", 202)):

        def call(req: func.HttpRequest, code: int = code) -> func.HttpResponse:
            return func.HttpResponse(req.method, status_code=code)

        app.function_name(name)(app.route("x", methods=[method])(call))
    app.function_name("tick")(app.timer_trigger(arg_name="timer", schedule="0 * * * * *")(lambda timer: timer))
    running = host(app)
    assert [await status(running, method, "/api/x") for method in ("POST", "GET", "PUT")] == [202, 200, 405]
    assert [done.function for done in running.invocations] == ["write", "read"]


@pytest.mark.parametrize(
    ("url", "headers", "code"),
    [
        ("/api/x", {}, 401),
        ("/api/x", {"x-functions-key": "wrong"}, 401),
        ("/api/x?code=wrong", {}, 401),
        ("/api/x", {"X-FUNCTIONS-KEY": KEY}, 201),
        (f"/api/x?code={KEY}", {}, 201),
    ],
)
async def test_a_function_wants_its_key(url: str, headers: dict[str, str], code: int) -> None:
    running = with_route(echo, route="x")
    assert (await running.http("GET", url, headers=headers)).status_code == code
    assert len(running.invocations) == (code == 201)


async def test_an_anonymous_function_wants_no_key() -> None:
    running = with_route(echo, route="x", auth_level=func.AuthLevel.ANONYMOUS)
    assert (await running.http("GET", "/api/x")).status_code == 201


async def test_a_function_that_raises_is_a_500() -> None:
    def broken(req: func.HttpRequest) -> func.HttpResponse:
        raise ValueError(req.method)

    running = with_route(broken, route="x")
    assert await status(running, "GET", "/api/x") == 500
    assert isinstance(running.invocations[0].error, ValueError)

"""Routes and error forms of a service."""

from __future__ import annotations

import pytest

from azsim.call import Call, parse
from azsim.messages import Request, Response, json_response
from azsim.problem import Problem
from azsim.service import Service, error_envelope
from azsim.world import World


def answering(*routes: tuple[str, str]) -> Service:
    """A service that tells which of its routes was taken, with which parameters."""
    service = Service("things.example", "*.things.example")
    for method, template in routes:

        def handler(call: Call, taken: str = f"{method} {template}") -> Response:
            return json_response([taken, call.params])

        assert service.route(method, template)(handler) is handler
    return service


def ask(service: Service, method: str, path: str) -> list[object]:
    found: list[object] = service.answer(parse(World(), Request(method, f"https://things.example{path}"), 0)).json()
    return found


def test_a_hole_takes_one_segment() -> None:
    service = answering(("GET", "/secrets/{name}/versions/{version}"))
    taken = "GET /secrets/{name}/versions/{version}"
    assert ask(service, "GET", "/secrets/a-b.c/versions/1") == [taken, {"name": "a-b.c", "version": "1"}]
    assert ask(service, "GET", "/SECRETS/x/Versions/1/") == [taken, {"name": "x", "version": "1"}]
    for path in ("/secrets/a/b/versions/1", "/secrets//versions/1", "/secrets/a/versions", "/x/secrets/a/versions/1"):
        with pytest.raises(Problem, match="no such operation"):
            ask(service, "GET", path)


def test_a_hole_with_a_plus_takes_slashes_too() -> None:
    service = answering(("GET", "/{container}/{name+}"))
    assert ask(service, "GET", "/box/a/b/c")[1] == {"container": "box", "name": "a/b/c"}
    with pytest.raises(Problem, match="no such operation"):
        ask(service, "GET", "/box")


def test_what_surrounds_a_hole_is_taken_literally() -> None:
    service = answering(("GET", "/{table}()"), ("GET", "/v1.0/users"))
    assert ask(service, "GET", "/riposte()")[1] == {"table": "riposte"}
    with pytest.raises(Problem, match="no such operation"):
        ask(service, "GET", "/v1x0/users")


def test_a_path_is_decoded_before_it_is_matched() -> None:
    service = answering(("GET", "/users/{user}"))
    assert ask(service, "GET", "/users/adele%40contoso.example")[1] == {"user": "adele@contoso.example"}


def test_the_first_route_that_fits_is_taken() -> None:
    service = answering(("GET", "/secrets/{name}/versions"), ("GET", "/secrets/{name}/{version}"), ("*", "/{rest+}"))
    assert ask(service, "GET", "/secrets/x/versions")[0] == "GET /secrets/{name}/versions"
    assert ask(service, "GET", "/secrets/x/1")[0] == "GET /secrets/{name}/{version}"
    assert ask(service, "PURGE", "/secrets/x/1")[0] == "* /{rest+}"


def test_a_known_path_with_another_method_is_a_405() -> None:
    service = answering(("GET", "/things/{name}"), ("PUT", "/things/{name}"))
    with pytest.raises(Problem) as caught:
        ask(service, "DELETE", "/things/x")
    assert (caught.value.status, caught.value.code) == (405, "MethodNotAllowed")


def test_an_unknown_path_is_a_404_that_names_it() -> None:
    with pytest.raises(Problem, match=r"GET things\.example/elsewhere") as caught:
        ask(answering(("GET", "/things")), "GET", "/elsewhere")
    assert (caught.value.status, caught.value.code) == (404, "NotFound")


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("things.example", True),
        ("THINGS.example:8443", True),
        ("one.things.example", True),
        ("one.two.things.example", True),
        ("things.example.com", False),
        ("thingsXexample", False),
        (".things.example", False),
        ("things.example:port", False),
    ],
)
def test_a_service_answers_at_its_hosts_only(host: str, *, served: bool) -> None:
    assert answering().serves(host) is served


def test_a_service_without_audiences_asks_for_no_token() -> None:
    assert ask(answering(("GET", "/things")), "GET", "/things") == ["GET /things", {}]


def test_an_error_keeps_its_status_and_headers() -> None:
    answer = error_envelope(Problem(429, "TooManyRequests", "Slow down.", {"retry-after": "5"}))
    assert answer.status == 429
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"error": {"code": "TooManyRequests", "message": "Slow down."}}

"""What a service is: the hosts it answers at, its routes, how it knows its callers and how it words an error."""

from __future__ import annotations

import re
from collections.abc import Callable

from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem

Handler = Callable[[Call], Response]

_HOLE = re.compile(r"\{(\w+)(\+?)\}")


def error_envelope(problem: Problem) -> Response:
    """The error form of Resource Manager, Graph, Key Vault and Logs Ingestion."""
    error = {"error": {"code": problem.code, "message": problem.message}}
    return json_response(error, problem.status, problem.headers)


def unauthorized(_: Call) -> Problem:
    """The plain answer to a call without a valid token."""
    return Problem(401, "InvalidAuthenticationToken", "The access token is missing, invalid or expired.")


class Service:
    """One Azure service.

    Args:
        hosts: The host names it answers at; `*` stands for one label or more.
        audiences: The token audiences it accepts; none: it does not authenticate.
        envelope: Puts a problem into this service's error form.
        refusal: The problem to answer a call without a valid token with.
    """

    def __init__(
        self,
        *hosts: str,
        audiences: tuple[str, ...] = (),
        envelope: Callable[[Problem], Response] = error_envelope,
        refusal: Callable[[Call], Problem] = unauthorized,
    ) -> None:
        self._hosts = [re.compile(re.escape(h).replace(r"\*", r"[\w.-]+") + r"(:\d+)?", re.IGNORECASE) for h in hosts]
        self._audiences = audiences
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self.envelope = envelope
        self._refusal = refusal

    def serves(self, host: str) -> bool:
        """Whether this service answers at `host`."""
        return any(pattern.fullmatch(host) for pattern in self._hosts)

    def route(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Register a handler for paths such as `/secrets/{name}`; `{rest+}` takes slashes too."""
        pattern = "".join(
            f"(?P<{part[0]}>{'.+' if part[1] else '[^/]+'})" if isinstance(part, tuple) else re.escape(part)
            for part in _parts(template)
        )

        def register(handler: Handler) -> Handler:
            self._routes.append((method, re.compile(pattern + "/?", re.IGNORECASE | re.DOTALL), handler))
            return handler

        return register

    def answer(self, call: Call) -> Response:
        """Authenticate, find the handler and run it.

        Raises:
            Problem: 401 without a valid token, 404 or 405 without a route, or what the handler raises.
        """
        if self._audiences:
            self._authenticate(call)
        wrong_method = False
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(call.path)
            if match is None:
                continue
            if method in (call.method, "*"):
                call.params = {key: value for key, value in match.groupdict().items() if value is not None}
                return handler(call)
            wrong_method = True
        if wrong_method:
            raise Problem(405, "MethodNotAllowed", f"The resource does not support {call.method}.")
        raise Problem(404, "NotFound", f"azsim has no such operation: {call.line}")

    def _authenticate(self, call: Call) -> None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        principal = call.world.tokens.check(token) if scheme.lower() == "bearer" else None
        if principal is None or principal.audience not in self._audiences:
            raise self._refusal(call)
        call.principal = principal


def _parts(template: str) -> list[str | tuple[str, bool]]:
    out: list[str | tuple[str, bool]] = []
    end = 0
    for hole in _HOLE.finditer(template):
        out += [template[end : hole.start()], (hole[1], bool(hole[2]))]
        end = hole.end()
    return [*out, template[end:]]

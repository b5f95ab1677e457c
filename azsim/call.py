"""A request on its way through the simulator: parsed, with its caller and what it was allowed by."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from azsim.problem import Problem, bad_request

if TYPE_CHECKING:
    from azsim.messages import Request
    from azsim.tokens import Principal
    from azsim.world import World


@dataclass(slots=True)
class Call:
    """One request, as a service handler sees it."""

    world: World
    number: int
    at: datetime
    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)
    principal: Principal | None = None
    permissions: list[tuple[str, str]] = field(default_factory=list)
    """The permissions that let it pass, as (permission, scope)."""
    status: int | None = None
    """What was answered; None while it is under way or if nothing was answered."""

    @property
    def caller(self) -> Principal:
        """The authenticated caller."""
        if self.principal is None:
            raise AssertionError("the service did not authenticate this call")
        return self.principal

    @property
    def line(self) -> str:
        """Method, host and path, for people."""
        return f"{self.method} {self.host}{self.path}"

    def may(self, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the caller holds an Azure permission; remembers it if so."""
        if not self.world.access.allows(self.caller.object_id, action, scope, data=data):
            return False
        self.permissions.append((action, scope))
        return True

    def may_graph(self, *any_of: str) -> bool:
        """Whether the caller holds one of these Graph permissions; remembers it if so."""
        held = self.world.access.graph_permission(self.caller.object_id, any_of)
        if held is None:
            return False
        self.permissions.append((held, "graph"))
        return True

    def content(self) -> bytes:
        """The body, unpacked if it came compressed."""
        if self.headers.get("content-encoding", "").lower() != "gzip":
            return self.body
        try:
            return gzip.decompress(self.body)
        except (OSError, EOFError, zlib.error) as error:
            raise bad_request("InvalidContentEncoding", f"The body is not gzip: {error}") from error

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Problem: 400 if it is not JSON.
        """
        try:
            return json.loads(self.content())
        except ValueError as error:
            raise bad_request("InvalidRequestContent", f"The request content was invalid: {error}") from error

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Problem: 400 if it is anything else.
        """
        value = self.json()
        if not isinstance(value, dict):
            raise Problem(400, "InvalidRequestContent", "The request content was not a JSON object.")
        return value


def parse(world: World, request: Request, number: int) -> Call:
    """Take a request apart. Query keys and header names become lower case; the path is decoded."""
    url = urlsplit(request.url)
    return Call(
        world=world,
        number=number,
        at=world.clock.now(),
        method=request.method.upper(),
        host=(url.netloc.rpartition("@")[2]).lower(),
        path=unquote(url.path) or "/",
        query={key.lower(): value for key, value in parse_qsl(url.query, keep_blank_values=True)},
        headers={key.lower(): value for key, value in request.headers.items()},
        body=request.body,
    )

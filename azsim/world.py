"""The simulated tenant: its state as one value, and the one entrance for requests."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from email.utils import format_datetime
from functools import cache
from typing import Any, Protocol, TypeVar

from azsim import services
from azsim.call import Call, parse
from azsim.chance import Chance
from azsim.clock import Clock
from azsim.faults import Cut, Effect, Faults, Hang, Status
from azsim.messages import Lost, Request, Response, Unreachable
from azsim.problem import Problem
from azsim.rbac import Access
from azsim.service import Service
from azsim.tokens import Tokens


class Part(Protocol):
    """A service's share of the state."""

    def snapshot(self) -> Any:
        """What is there, as plain values without etags and times: equal if nothing that matters changed."""
        ...


State = TypeVar("State", bound=Part)


class World:
    """A tenant.

    State lives here and nowhere else, so worlds cannot leak into each other. Every service keeps its part under its
    own state class: `world.state(Vaults)`.

    Args:
        clock: Its time.
        chance: Where its ids come from.
        tenant: The tenant's id.
        latency: Seconds every request takes.
        pace: How long operations take, as a share of the usual; 0: writes are done with their first answer.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        chance: Chance | None = None,
        tenant: str | None = None,
        *,
        latency: float = 0.0,
        pace: float = 1.0,
    ) -> None:
        self.clock = clock or Clock()
        self.chance = chance or Chance()
        self.tenant = tenant or self.chance.uuid()
        self.latency = latency
        self.pace = pace
        self.access = Access()
        self.tokens = Tokens(self.clock, self.chance, self.tenant)
        self.faults = Faults()
        self.calls: list[Call] = []
        self._states: dict[type, Part] = {}

    def state(self, kind: type[State]) -> State:
        """The part of the state that is kept as `kind`; made empty when first asked for."""
        if kind not in self._states:
            self._states[kind] = kind()
        state = self._states[kind]
        assert isinstance(state, kind)
        return state

    def snapshot(self, *kinds: type[Part]) -> dict[str, Any]:
        """The parts of the state kept as `kinds`, as plain values to compare before and after."""
        return {kind.__name__: self.state(kind).snapshot() for kind in kinds}

    async def send(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            Unreachable: A fault says so, or no service answers at the host.
            Lost: A fault cut the connection.
        """
        call = parse(self, request, len(self.calls))
        self.calls.append(call)
        if self.latency:
            await asyncio.sleep(self.latency)
        service = service_at(call.host)
        if service is None:
            raise Unreachable(f"nothing answers at {call.host}")
        effect = self.faults.take(call)
        if effect is None:
            return self._finish(call, service)
        return await self._fail(call, service, effect)

    def _finish(self, call: Call, service: Service) -> Response:
        try:
            response = service.answer(call)
        except Problem as problem:
            response = service.envelope(problem)
        call.status = response.status
        headers = {**self._told_always(call), **response.headers}
        return Response(response.status, headers, response.body)

    def _told_always(self, call: Call) -> dict[str, str]:
        """The headers of every answer."""
        date = format_datetime(self.clock.now(), usegmt=True)
        return {"x-ms-request-id": request_id(call), "request-id": request_id(call), "date": date}

    async def _fail(self, call: Call, service: Service, effect: Effect) -> Response:
        if isinstance(effect, Status):
            headers = {} if effect.retry_after is None else {"retry-after": f"{effect.retry_after:g}"}
            response = service.envelope(Problem(effect.status, effect.code, effect.message, headers))
            call.status = response.status
            return Response(response.status, {**self._told_always(call), **response.headers}, response.body)
        if effect.moment == "after":
            self._finish(call, service)
            call.status = None
        if isinstance(effect, Hang):
            await asyncio.Event().wait()
        if isinstance(effect, Cut) and effect.moment == "before":
            raise Unreachable(f"connection refused: {call.host}")
        raise Lost(f"connection reset: {call.line}")


def request_id(call: Call) -> str:
    """The id Azure gives a request; here it tells the request's number."""
    return f"00000000-0000-4000-8000-{call.number:012d}"


@cache
def _services() -> tuple[Service, ...]:
    modules = (importlib.import_module(m.name) for m in pkgutil.iter_modules(services.__path__, "azsim.services."))
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Service))


@cache
def service_at(host: str) -> Service | None:
    """The service that answers at `host`."""
    return next((service for service in _services() if service.serves(host)), None)

"""The host: indexes an app, calls its functions, repeats what its retry policy says, and keeps every invocation."""

from __future__ import annotations

import inspect
import json
import logging
import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import azure.functions as func

from azsim.chance import Chance
from azsim.clock import Clock
from azsim.functions import bindings

log = logging.getLogger(__name__)

_HOLE = re.compile(r"\{(\w+)\}")


class IndexingError(Exception):
    """The worker would not index this app: none of its functions would run."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function as the host sees it.

    Args:
        name: Its name.
        trigger: Its trigger's binding.
        retry: Its retry policy; empty if it has none.
        call: The function itself.
        annotation: What it takes its trigger as.
        wants_context: Whether it takes the invocation's context, too.
        route: What the paths of its requests look like; None if it takes none.
    """

    name: str
    trigger: dict[str, Any]
    retry: dict[str, Any]
    call: Any
    annotation: Any
    wants_context: bool
    route: re.Pattern[str] | None


@dataclass(slots=True)
class Invocation:
    """One call of a function.

    Args:
        function: Its name.
        id: The invocation's id.
        attempts: How often the retry policy had it called.
        value: What it returned.
        error: What it raised in the end; None if it succeeded.
    """

    function: str
    id: str
    attempts: int = 0
    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Trace:
    trace_parent: str
    trace_state: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Context:
    invocation_id: str
    function_name: str
    trace_context: _Trace
    function_directory: str = ""


class FunctionsHost:
    """Runs a function app.

    Args:
        app: The app.
        clock: Time; waits between retries.
        chance: Where invocation ids come from.
        key: The function key that callers must send.
        settings: App settings, for `%name%` in bindings.
        most_attempts: Where an endless retry policy ends here, so that a test ends, too.
    """

    def __init__(
        self,
        app: func.FunctionApp,
        clock: Clock,
        chance: Chance,
        *,
        key: str = "azsim-function-key",
        settings: Mapping[str, str] | None = None,
        most_attempts: int = 5,
    ) -> None:
        self.key = key
        self.invocations: list[Invocation] = []
        self.functions = {found.name: found for found in map(_indexed, app.get_functions())}
        self._clock = clock
        self._chance = chance
        self._settings = dict(settings or {})
        self._most_attempts = most_attempts
        self._sequence: dict[tuple[str, str], int] = {}

    async def event_hub(self, name: str, bodies: Sequence[bytes], partition: str = "0") -> Invocation:
        """Deliver a batch from one partition, once; then the checkpoint moves on, whatever came of it."""
        function = self._of_type(name, "eventHubTrigger")
        hub = self._resolved(str(function.trigger["eventHubName"]))
        first = self._sequence.get((hub, partition), 0)
        self._sequence[hub, partition] = first + len(bodies)
        return await self._invoke(function, bindings.event_hub(bodies, first, partition, hub, self._clock.now()))

    async def event_grid(self, name: str, event: Mapping[str, Any]) -> Invocation:
        """Deliver one event."""
        function = self._of_type(name, "eventGridTrigger")
        return await self._invoke(function, bindings.event_grid(event, function.annotation))

    async def timer(self, name: str, *, past_due: bool = False) -> Invocation:
        """Let a timer tick."""
        function = self._of_type(name, "timerTrigger")
        return await self._invoke(function, bindings.timer(self._clock.now(), past_due=past_due))

    async def http(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> func.HttpResponse:
        """Send a request to whichever function has the route. Without the key, 401."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        head = {name.lower(): value for name, value in (headers or {}).items()}
        other_method = False
        for function in self.functions.values():
            match = None if function.route is None else function.route.fullmatch(parts.path)
            if match is None:
                continue
            if method.upper() not in [m.upper() for m in function.trigger.get("methods") or [method]]:
                other_method = True
                continue
            given = head.get("x-functions-key") or query.get("code")
            if function.trigger.get("authLevel") != "ANONYMOUS" and given != self.key:
                return func.HttpResponse(status_code=401)
            route = {part: unquote(value) for part, value in match.groupdict().items()}
            request = bindings.http(method.upper(), url, head, query, route, body)
            done = await self._invoke(function, request)
            return done.value if done.error is None else func.HttpResponse(status_code=500)
        return func.HttpResponse(status_code=405 if other_method else 404)

    async def _invoke(self, function: Function, value: Any) -> Invocation:
        done = Invocation(function.name, self._chance.uuid())
        self.invocations.append(done)
        span = self._chance.hex(32)
        context = _Context(done.id, function.name, _Trace(f"00-{span}-{span[:16]}-01"))
        arguments = {function.trigger["name"]: value, **({"context": context} if function.wants_context else {})}
        for pause in (*self._pauses(function), None):
            done.attempts += 1
            done.error = None
            try:
                value = function.call(**arguments)
                done.value = await value if inspect.isawaitable(value) else value
            except Exception as error:
                log.info("%s failed in attempt %d", function.name, done.attempts, exc_info=True)
                done.error = error
            if done.error is None or pause is None:
                break
            await self._clock.sleep(pause)
        return done

    def _pauses(self, function: Function) -> list[float]:
        policy = function.retry
        if not policy:
            return []
        wanted = int(policy["max_retry_count"])
        count = self._most_attempts - 1 if wanted < 0 else wanted
        if policy["strategy"] == "fixed_delay":
            return [_seconds(policy["delay_interval"])] * count
        least, most = _seconds(policy["minimum_interval"]), _seconds(policy["maximum_interval"])
        return [min(most, least * 2**i) for i in range(count)]

    def _of_type(self, name: str, kind: str) -> Function:
        function = self.functions[name]
        if function.trigger["type"] != kind:
            raise TypeError(f"{name} has a {function.trigger['type']}, not a {kind}")
        return function

    def _resolved(self, text: str) -> str:
        return re.sub("%([^%]+)%", lambda match: self._settings[match[1]], text)


def _indexed(function: Any) -> Function:
    """A function as the worker indexes it.

    Raises:
        IndexingError: If the worker would refuse it.
    """
    name = function.get_function_name()
    found = json.loads(function.get_function_json())["bindings"]
    trigger = next(binding for binding in found if binding["type"].endswith("Trigger"))
    call = function.get_user_function()
    hints = typing.get_type_hints(call)
    annotation = hints.get(trigger["name"])
    if typing.get_origin(annotation) is list and not str(annotation).startswith("typing."):
        raise IndexingError(f"{name}: the worker does not know {annotation}; use typing.List")
    if annotation is not None and not bindings.accepts(trigger["type"], annotation):
        raise IndexingError(f"{name}: {trigger['type']} does not give {annotation}")
    wants_context = "context" in inspect.signature(call).parameters
    retry = function.get_settings_dict("retry_policy") or {}
    route = _route(trigger.get("route") or name) if trigger["type"] == "httpTrigger" else None
    return Function(name, trigger, retry, call, annotation, wants_context, route)


def _route(template: str) -> re.Pattern[str]:
    parts = _HOLE.split(template)
    pattern = "".join(f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile(f"/api/{pattern}/?", re.IGNORECASE)


def _seconds(interval: str) -> float:
    hours, minutes, seconds = map(float, interval.split(":"))
    return 3600 * hours + 60 * minutes + seconds

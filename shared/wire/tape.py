"""Tape: everything that came in from outside during a walk, to walk it again exactly.

A tape keeps answers of Azure, readings of the clock and drawn ids, each in the order of its scope, and within it each
request's answers for themselves, so that parallel work does not have to come in the same order again. Requests are kept by method and address only, and no secret is kept
at all: what a walk does may not depend on one.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections import defaultdict, deque
from datetime import datetime
from typing import Any

from shared.wire import redact
from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.message import Request, Response, Send, Throttled, Unanswered, Undeclared, Unreachable, WireError
from shared.wire.scope import current

_KEPT_HEADERS = ("content-type", "etag", "location", "azure-asyncoperation", "retry-after", "x-ms-request-id",
                 "request-id", "www-authenticate", "x-ms-error-code")  # fmt: skip
_ERRORS = {kind.__name__: kind for kind in (Unreachable, Unanswered, Undeclared, TimeoutError)}


class TapeMismatch(Exception):
    """The walk asked for something else than when it was recorded."""


class Recorder:
    """Writes a tape while the walk runs on the real thing."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self.entries: list[dict[str, Any]] = []

    def sending(self, send: Send) -> Send:
        """Wrap a transport: what it answers goes on the tape."""

        async def send_and_record(request: Request) -> Response:
            entry = {"scope": current(), "request": _line(request)}
            try:
                response = await send(request)
            except WireError as error:
                after = {"after": error.retry_after} if isinstance(error, Throttled) else {}
                self.entries.append({**entry, "error": type(error).__name__, "text": str(error), **after})
                raise
            except asyncio.CancelledError:  # whoever asked has waited long enough
                self.entries.append({**entry, "error": TimeoutError.__name__, "text": ""})
                raise
            headers = {k: v for k, v in response.headers.items() if k in _KEPT_HEADERS or k.startswith("x-ms-cont")}
            body = b64encode(redact.body(request.url, response.body)).decode()
            self.entries.append({**entry, "status": response.status, "headers": headers, "body": body})
            return response

        return send_and_record

    def now(self) -> datetime:
        """The time, as the clock tells it."""
        reading = self._clock.now()
        self.entries.append({"scope": current(), "now": reading.isoformat()})
        return reading

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._clock.sleep(seconds)

    def id(self) -> str:
        """An id, as it is drawn."""
        drawn = self._chance.id()
        self.entries.append({"scope": current(), "id": drawn})
        return drawn

    def secret(self, length: int) -> str:
        """A secret, which never goes on the tape."""
        return self._chance.secret(length)

    def fraction(self) -> float:
        """A number; it spreads waits only, so it is not kept."""
        return self._chance.fraction()

    def recalled(self, text: str) -> str:
        """What is remembered of other work."""
        found = self._chance.recalled(text)
        self.entries.append({"scope": current(), "recalled": found})
        return found

    def dump(self) -> str:
        """The tape as JSON lines."""
        return "".join(json.dumps(entry, separators=(",", ":"), sort_keys=True) + "\n" for entry in self.entries)


class Player:
    """Plays a tape back: a transport, a clock and a source of ids in one."""

    def __init__(self, lines: str) -> None:
        self._kept: dict[tuple[str, str], deque[dict[str, Any]]] = defaultdict(deque)
        for line in lines.splitlines():
            entry = json.loads(line)
            self._kept[entry["scope"], entry.get("request") or _kind(entry)].append(entry)

    async def send(self, request: Request) -> Response:
        """The recorded answer to this request.

        Raises:
            TapeMismatch: If something else was asked at this point.
            WireError: If that is what came.
            TimeoutError: If nothing came in time.
        """
        entry = self._next(_line(request))
        if "after" in entry:
            raise Throttled(entry["text"], entry["after"])
        if "error" in entry:
            raise _ERRORS[entry["error"]](entry["text"])
        return Response(entry["status"], entry["headers"], b64decode(entry["body"]))

    def now(self) -> datetime:
        """The recorded time."""
        return datetime.fromisoformat(self._next("now")["now"])

    async def sleep(self, seconds: float) -> None:
        """No wait: nothing happens meanwhile."""

    def id(self) -> str:
        """The recorded id."""
        return str(self._next("id")["id"])

    def secret(self, length: int) -> str:
        """A stand-in: secrets are not on the tape."""
        return "x" * length

    def fraction(self) -> float:
        """No spread."""
        return 0.0

    def recalled(self, text: str) -> str:
        """What was remembered then."""
        del text
        return str(self._next("recalled")["recalled"])

    @property
    def left(self) -> int:
        """How many entries have not been asked for."""
        return sum(len(entries) for entries in self._kept.values())

    def _next(self, what: str) -> dict[str, Any]:
        entries = self._kept.get((current(), what))
        if not entries:
            left = [kept for (scope, kept), more in self._kept.items() if scope == current() and more]
            raise TapeMismatch(f"in scope {current()!r}: one more {what} than was recorded; left: {left}")
        return entries.popleft()


def _kind(entry: dict[str, Any]) -> str:
    return next(kind for kind in ("now", "id", "recalled") if kind in entry)


def _line(request: Request) -> str:
    return f"{request.method} {redact.url(request.url)}"

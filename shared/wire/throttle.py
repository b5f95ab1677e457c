"""In front of Azure: no more requests than it takes, none before it wants any again, the most urgent first.

Every API has a bucket of tokens and a gate. A 429, or a 503 that says for how long, closes the gate for everybody on
this instance. When it opens, one request goes ahead; the others follow if Azure takes that one. Whoever would have to
wait longer than they may is told so at once: the step is deferred then, and has not failed.

Times are those of the event loop, which no correction of the machine's clock moves.
"""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shared.wire.limits import BUCKETS, Bucket, counted
from shared.wire.line import Line
from shared.wire.message import Request, Response, Send, Throttled
from shared.wire.retry import retry_after
from shared.wire.urgency import patience

SETTLING = 0.1
"""Seconds that a gate stays closed longer than Azure asks: by then everybody who waited stands in line, in order."""

LONGEST = 24 * 3600.0
"""Seconds that a gate is closed at the most, whatever a broken header says."""

_ENDLESS = Bucket(math.inf, 0.0)
_BUSY = b"RetryableErrorDueToAnotherOperation"
"""Microsoft.Network's 429 for a resource that another operation has locked: it says nothing about other requests.
https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling#error-code"""


class Throttle:
    """Stands in front of a transport, for the whole instance.

    Args:
        send: The transport.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._apis: dict[tuple[str, str], _Api] = {}

    async def send(self, request: Request) -> Response:
        """Send a request in its turn.

        Raises:
            Throttled: Its turn would not come in time; it was not sent.
        """
        key = counted(request)
        api = self._apis.get(key)
        if api is None:
            api = self._apis[key] = _Api(*key)
        if not api.takes():
            with request.in_line():
                await api.turn(request.until)
        try:
            response = await self._send(request)
        except BaseException:
            api.unanswered()
            raise
        api.answered(response)
        return response


class _Api:
    """One API: its bucket, its gate and its line."""

    def __init__(self, kind: str, whose: str) -> None:
        self._name = f"{kind} of {whose}" if whose else kind
        self._bucket = BUCKETS.get(kind, _ENDLESS)
        self._left = f"x-ms-ratelimit-remaining-{'subscription' if whose else 'tenant'}-{kind.removeprefix('arm ')}"
        self._tokens = self._bucket.size
        self._filled = 0.0
        self._opens = 0.0
        self._shut = False  # until Azure has taken a request again
        self._ahead = False  # whether the one that finds out is on its way
        self._line = Line(self._passed_up)
        self._timer: asyncio.TimerHandle | None = None

    def takes(self) -> bool:
        """Whether a request may go now; counts it if so."""
        if self._line or self._wait() > 0:
            return False
        self._count()
        return True

    async def turn(self, until: float | None) -> None:
        """Wait until a request may go, and count it.

        Raises:
            Throttled: That would take too long.
        """
        last = min(math.inf if until is None else until, _now() + patience())
        while self._opens <= last:
            asyncio.get_running_loop().call_soon(self._serve)
            try:
                await self._line.stand(None if last == math.inf else last)
            except TimeoutError:
                break
            if _now() >= self._opens:
                return
            self._passed_up()  # the gate was closed between the call and now
        room = max(self._opens - _now(), 1.0)
        raise Throttled(f"{self._name} are at their limit, and will be for {room:.0f} s or more", room)

    def answered(self, response: Response) -> None:
        """Learn from an answer."""
        if response.status in (429, 503):
            self._limited(response)
        elif self._shut:
            if _now() >= self._opens:
                self._shut = self._ahead = False
                self._serve()
        else:
            left = response.headers.get(self._left, "")
            if left.isdecimal():  # others count, too
                self._tokens = min(self._tokens, float(left))

    def unanswered(self) -> None:
        """A request that was counted has no answer: if it was the one to find out, another one is."""
        if self._ahead:
            self._ahead = False
            self._serve()

    def _limited(self, response: Response) -> None:
        seconds = _asked(response)
        if seconds and _BUSY not in response.body:
            self._opens = max(self._opens, _now() + min(seconds, LONGEST) + SETTLING)
            self._shut = True
            self._line.dismiss(self._opens)
        self._ahead = False
        self._serve()

    def _serve(self) -> None:
        """Let go everybody who may, and come back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._line:
            wait = self._wait()
            if wait > 0:
                if wait < math.inf:
                    self._timer = asyncio.get_running_loop().call_later(max(wait, 0.001), self._serve)
                return
            self._count()
            self._line.call()

    def _wait(self) -> float:
        """Seconds until one more request may go; infinite if an answer must come first."""
        now = _now()
        if now < self._opens:
            return self._opens - now
        if self._ahead:
            return math.inf
        bucket = self._bucket
        if self._tokens < bucket.size:
            self._tokens = min(bucket.size, self._tokens + (now - self._filled) * bucket.rate)
        self._filled = now
        return 0.0 if self._tokens > 1 - 1e-9 else (1 - self._tokens) / bucket.rate

    def _count(self) -> None:
        self._tokens -= 1
        self._ahead = self._shut

    def _passed_up(self) -> None:
        """A turn that was counted was not taken."""
        self._tokens += 1
        self._ahead = False
        asyncio.get_running_loop().call_soon(self._serve)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _asked(response: Response) -> float | None:
    """Seconds that a response asks to wait; a date is compared with the service's own."""
    try:
        now = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:  # none: then a date to wait for cannot be told from one that is over
        now = datetime.max.replace(tzinfo=UTC)
    return retry_after(response, now)

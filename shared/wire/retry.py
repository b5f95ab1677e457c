"""The one retry policy: what is sent again, after how long, and until when.

Reads are repeated after anything that may pass. Writes are repeated only when Azure cannot have done them: it said so
(429, or 503 with Retry-After), or the request never left. Every other failure of a write is for the caller to settle by
looking, because a second PUT of a secret is a second version.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_base

from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.message import Request, Response, Send, Throttled, Unanswered, Unreachable
from shared.wire.urgency import patience

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient to be.

    Args:
        attempts: How often at the most.
        first: Seconds before the second attempt; doubles from then on.
        longest: Seconds between attempts at the most, unless Azure asks for more.
        answer: Seconds to wait for one answer.
        asked: Seconds that Azure may ask to wait; it is given up if it asks for more.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 20.0
    answer: float = 30.0
    asked: float = math.inf


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds that a response asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110)."""
    millis = response.headers.get("retry-after-ms") or response.headers.get("x-ms-retry-after-ms")
    text = response.headers.get("retry-after")
    try:
        if millis is not None:
            return max(0.0, float(millis) / 1000)
        return None if text is None else max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text or "") - now).total_seconds())
    except (ValueError, TypeError):  # not a date either: as if it were not there
        return None


def retrying(send: Send, clock: Clock, chance: Chance, deadline: datetime, policy: Policy) -> Send:
    """Wrap a transport in the policy. A wait that would end after `deadline` is not begun: the failure stands.

    The time for an answer begins when the request is sent, not while a throttle below keeps it in line.
    """

    async def once(request: Request) -> Response:
        left = (deadline - clock.now()).total_seconds()
        if left <= 0:
            raise Unreachable("no time is left: the request was not sent")
        until = asyncio.get_running_loop().time() + left
        try:
            async with asyncio.timeout(min(policy.answer, left)) as limit:
                return await send(replace(request, until=until, in_line=lambda: _in_line(limit, policy.answer, until)))
        except TimeoutError:
            raise Unanswered(f"no answer within {min(policy.answer, left):.0f} s") from None

    async def send_with_retries(request: Request) -> Response:
        mine = replace(policy, asked=patience())
        again = attempts(clock, chance, deadline, mine, retry=_Repeatable(request), wait=_asked(clock))
        response: Response = await again(once, request)
        return response

    return send_with_retries


@contextmanager
def _in_line(limit: asyncio.Timeout, answer: float, until: float) -> Iterator[None]:
    if limit.expired():  # its cancellation is on the way
        yield
        return
    limit.reschedule(None)
    yield
    limit.reschedule(min(asyncio.get_running_loop().time() + answer, until))


def attempts(
    clock: Clock,
    chance: Chance,
    deadline: datetime,
    policy: Policy,
    *,
    retry: retry_base,
    wait: Callable[[RetryCallState], float | None] = lambda _: None,
) -> AsyncRetrying:
    """Tenacity, set up as everything here wants it.

    Args:
        clock: Waits.
        chance: Spreads the waits.
        deadline: When to give up.
        policy: How patient to be.
        retry: Whether an outcome is worth another attempt.
        wait: Seconds that the outcome itself asks for; None: exponential with full jitter.
    """

    def seconds(state: RetryCallState) -> float:
        asked = wait(state)
        if asked is not None:
            return asked
        return min(policy.longest, policy.first * 2.0 ** (state.attempt_number - 1)) * (0.5 + chance.fraction() / 2)

    def stop(state: RetryCallState) -> bool:
        pause = state.upcoming_sleep or 0.0
        late = (deadline - clock.now()).total_seconds() < pause
        return late or pause > policy.asked or state.attempt_number >= policy.attempts

    return AsyncRetrying(
        sleep=clock.sleep, stop=stop, wait=seconds, retry=retry, retry_error_callback=_outcome, reraise=True
    )


class _Repeatable(retry_base):
    """Whether sending the request again can do no harm and may help."""

    def __init__(self, request: Request) -> None:
        self._writes = request.writes

    def __call__(self, state: RetryCallState) -> bool:
        outcome = state.outcome
        assert outcome is not None
        error = outcome.exception()
        if error is not None:
            if isinstance(error, Throttled):  # it has waited in line, or need not
                return False
            return isinstance(error, Unreachable) or (isinstance(error, Unanswered) and not self._writes)
        response: Response = outcome.result()
        if not self._writes:
            return response.status in TRANSIENT
        return response.status == 429 or (response.status == 503 and "retry-after" in response.headers)


def _asked(clock: Clock) -> Callable[[RetryCallState], float | None]:
    def seconds(state: RetryCallState) -> float | None:
        outcome = state.outcome
        if outcome is None or outcome.failed:
            return None
        return retry_after(outcome.result(), clock.now())

    return seconds


def _outcome(state: RetryCallState) -> Any:
    """The last response, or the last error raised again: giving up is not an error of its own."""
    assert state.outcome is not None
    return state.outcome.result()

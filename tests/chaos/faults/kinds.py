"""What goes wrong: one answer, one service for a time, a clock, a token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from azsim.call import Call
from azsim.faults import Effect, Fault, Status
from tests.chaos.crash.line import Line, Point
from tests.chaos.crash.stage import Stage
from tests.lab import Lab
from tests.test_promises_faults import FAULTS

Go = Callable[[Lab], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A fault.

    Args:
        title: Its name.
        strike: Has it strike from a request on, and gives the instance that it strikes; the walk is for another one that
            goes the same way.
        whole: Whether it lasts for the whole walk, and so has no request at which it begins.
    """

    title: str
    strike: Callable[[Stage, int, Go], Lab]
    whole: bool = False


def _answer(effect: Effect) -> Callable[[Stage, int, Go], Lab]:
    def strike(stage: Stage, number: int, _: Go) -> Lab:
        stage.world.faults.at(number, effect)
        return stage.instance()

    return strike


def _down(host: str, effect: Effect, lasts: timedelta) -> Callable[[Stage, int, Go], Lab]:
    """A service answers nothing else, from the request on, for a time."""

    def strike(stage: Stage, number: int, _: Go) -> Lab:
        line = Line()
        made = stage.instance(line)
        clock = stage.world.clock
        until = clock.now() + lasts

        def when(call: Call) -> bool:
            return host in call.host and len(line.requests) > number and clock.now() < until

        stage.world.faults.script.append(Fault(effect, when, times=float("inf")))
        return made

    return strike


def _no_hub(stage: Stage, _: int, __: Go) -> Lab:
    """The event hubs end every connection over which something comes."""
    stage.away = stage.world.clock.now() + timedelta(hours=1)
    return stage.instance()


def _wrong_clock(ahead: timedelta) -> Callable[[Stage, int, Go], Lab]:
    return lambda stage, _, __: stage.instance(ahead=ahead)


def _over_token(stage: Stage, number: int, _: Go) -> Lab:
    async def end_all() -> None:
        stage.world.tokens.end_all()

    return stage.instance(Line(Point(number, "before"), end_all))


def _overtaken(stage: Stage, number: int, go: Go) -> Lab:
    """Another instance, whose clock is ahead, takes up the same work while this one waits: to it every lease has ended."""

    async def meanwhile() -> None:
        other = stage.instance(ahead=AHEAD)
        await go(other)
        await other.host.timer("sweep")
        await asyncio.sleep(2)  # the directory keeps whole seconds

    return stage.instance(Line(Point(number, "before"), meanwhile))


AHEAD = timedelta(minutes=10)

TABLES, LOGS = ".table.", ".ingest."

KINDS = (
    *(Kind(title=title, strike=_answer(effect)) for title, effect in FAULTS.items()),
    Kind(
        title="storage is throttled for 3 minutes",
        strike=_down(TABLES, Status(503, "ServerBusy"), timedelta(minutes=3)),
    ),
    Kind(
        title="Log Analytics is down for 3 hours",
        strike=_down(LOGS, Status(503, "ServiceUnavailable"), timedelta(hours=3)),
        whole=True,
    ),
    Kind(title="the dead-letter hub is down for an hour", strike=_no_hub, whole=True),
    Kind(title="every token is over", strike=_over_token),
    Kind(title="the clock is 10 minutes ahead", strike=_wrong_clock(AHEAD), whole=True),
    Kind(title="the clock is 10 minutes behind", strike=_wrong_clock(-AHEAD), whole=True),
    Kind(title="overtaken by an instance 10 minutes ahead", strike=_overtaken),
)

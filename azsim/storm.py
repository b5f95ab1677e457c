"""A time in which Azure takes no requests, and a watch over whether it is left alone as it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azsim.faults import Fault, Status

if TYPE_CHECKING:
    from azsim.call import Call


@dataclass(slots=True)
class Early:
    """A request that came before its API wanted any again."""

    line: str
    at: datetime
    wanted: datetime


@dataclass(slots=True)
class Storm(Fault):
    """Every request that `when` picks gets a 429 from `begins` to `ends`; put it into the script of a world.

    Attributes:
        early: Requests that came before the time an earlier 429 of the same API named, in the storm or after it.
        turned_away: How many got a 429.
    """

    begins: datetime = field(kw_only=True)
    ends: datetime = field(kw_only=True)
    early: list[Early] = field(default_factory=list)
    turned_away: int = 0
    _asked: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def strikes(self, call: Call) -> bool:
        """Whether this request is turned away; notes it if it came too early."""
        if not self.when(call):
            return False
        asked = self._asked.setdefault(_api(call), [])
        wanted = max((until for said, until in asked if said <= call.at), default=call.at)
        if call.at < wanted:
            self.early.append(Early(call.line, call.at, wanted))
        now = call.world.clock.now()
        if not self.begins <= now < self.ends:
            return False
        assert isinstance(self.effect, Status)
        asked.append((now, now + timedelta(seconds=self.effect.retry_after or 0.0)))
        self.turned_away += 1
        return True


def storm(call_at: str, begins: datetime, seconds: float, retry_after: float) -> Storm:
    """A storm over the requests whose host and path contain the expression `call_at`."""
    pattern = re.compile(call_at, re.IGNORECASE)
    return Storm(
        Status(429, "TooManyRequests", "Too many requests.", retry_after),
        lambda call: pattern.search(call.host + call.path) is not None,
        begins=begins,
        ends=begins + timedelta(seconds=seconds),
    )


def _api(call: Call) -> str:
    """What Azure counts together: a subscription's reads, writes and deletes; Graph's reads and writes; a host's all."""
    kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(call.method, "writes")
    if call.host.startswith("management."):
        subscription = re.match(r"/subscriptions/[^/]+", call.path, re.IGNORECASE)
        return f"{subscription[0].lower() if subscription else ''} {kind}"
    if call.host.startswith("graph."):
        return f"graph {'reads' if kind == 'reads' else 'writes'}"
    return call.host

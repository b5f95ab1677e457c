"""Scripted faults: what goes wrong, at which request."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from azsim.call import Call

Moment = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Status:
    """The service answers with this status instead of doing the work."""

    status: int
    code: str = "InjectedFault"
    message: str = "The service was told to fail."
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer ever comes. `after`: the work is done all the same."""

    moment: Moment = "before"


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends without an answer. `before`: nothing was sent; `after`: the work is done."""

    moment: Moment = "before"


Effect = Status | Hang | Cut


@dataclass(slots=True)
class Fault:
    """An effect on the requests that `when` picks: the `skip` first are spared, then `times` are hit."""

    effect: Effect
    when: Callable[[Call], bool]
    skip: int = 0
    times: float = 1

    def strikes(self, call: Call) -> bool:
        """Whether this request is hit; counts it if so."""
        if self.times <= 0 or not self.when(call):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(slots=True)
class Faults:
    """The script of a world."""

    script: list[Fault] = field(default_factory=list)

    def on(self, method: str, url: str, effect: Effect, *, skip: int = 0, times: float = 1) -> None:
        """Plan `effect` for requests of `method` (`*` for any) whose host and path contain the expression `url`."""
        pattern = re.compile(url, re.IGNORECASE)

        def when(call: Call) -> bool:
            return method in ("*", call.method) and pattern.search(call.host + call.path) is not None

        self.script.append(Fault(effect, when, skip, times))

    def at(self, number: int, effect: Effect) -> None:
        """Plan `effect` for the request with this number, counted from 0 from now on."""
        self.script.append(Fault(effect, lambda _: True, skip=number))

    def always(self, method: str, url: str, effect: Effect) -> None:
        """Plan `effect` for every such request."""
        self.on(method, url, effect, times=math.inf)

    def clear(self) -> None:
        """Forget the script: everything works again."""
        self.script.clear()

    def take(self, call: Call) -> Effect | None:
        """The effect due for this request, if any. Every fault of the script sees every request."""
        due = [fault.effect for fault in self.script if fault.strikes(call)]
        return due[0] if due else None

"""What must be true of an interface, whoever did what in which order: the model, told of each change as it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.chaos.races.stage import QUARANTINE

HEEDED = timedelta(seconds=10)
"""By then every instance heeds a kill switch that was turned."""


@dataclass
class Truth:
    """The interfaces as they should be.

    Args:
        now: What the time is.
        left: The group that people, or the last way back, left each interface in.
        memory: The group before the first hold, for each interface that is held.
        drifted: Interfaces that people changed while they were held, and that nobody has written over since.
        cut: How often each was cut off.
        switch: How the kill switch stands, and since when.
        wrong: What was not as it must be.
    """

    now: Callable[[], datetime]
    left: dict[str, str]
    memory: dict[str, str] = field(default_factory=dict)
    drifted: set[str] = field(default_factory=set)
    cut: Counter[str] = field(default_factory=Counter)
    switch: tuple[str, datetime | None] = ("off", None)
    wrong: list[str] = field(default_factory=list)

    def by_hand(self, nic: str, group: str) -> None:
        """Somebody has put an interface into another group."""
        self.left[nic] = group
        self.drifted |= {nic} & self.memory.keys()

    def held(self, nic: str, holds: int, group: str) -> None:
        """So many hold an interface now, which is in this group."""
        if not holds and self.memory.pop(nic, None) is not None:
            self.drifted.discard(nic)
        if holds:
            self.memory.setdefault(nic, group)

    def written(self, nic: str, group: str) -> None:
        """The program has put an interface into another group."""
        mode, since = self.switch
        stops = mode in ("queue", "deny") or (mode == "undo_only" and group == QUARANTINE)
        if stops and since is not None and self.now() - since > HEEDED:
            self.wrong.append(f"{nic} is put into {group}, and the kill switch has been at {mode} since {since}")
        if nic not in self.memory:
            self.wrong.append(f"{nic} is put into {group} before anything is remembered")
        elif group == QUARANTINE:
            self.cut[nic] += 1
        elif group != self.memory[nic]:
            self.wrong.append(f"{nic} is put back into {group}, and was in {self.memory[nic]} before the first hold")
        else:
            self.left[nic] = group
        self.drifted.discard(nic)

    def at_rest(self, nic: str, group: str) -> str:
        """What is wrong with an interface in this group when nobody is at work on it; nothing if all is well."""
        wanted = QUARANTINE if nic in self.memory and nic not in self.drifted else self.left[nic]
        return "" if group == wanted else f"{nic} is in {group}, not in {wanted}; before the first hold: {self.memory}"

"""One figure, beside the floor it is compared with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure.

    Args:
        name: What was measured.
        unit: Of value and floor.
        value: What Riposte takes or does.
        floor: What the least possible takes or does.
        ratio: Value to floor.
        wanted: What the ratio should be; empty if nothing is promised.
    """

    name: str
    unit: str
    value: float
    floor: float
    ratio: float
    wanted: str = ""

    def __str__(self) -> str:
        value, floor = (f"{number:,.1f} {self.unit}" for number in (self.value, self.floor))
        return f"{self.name:58}{value:>14}{floor:>14}{self.ratio:>8.2f}  {self.wanted}"

"""Quiet hours: when a playbook does not act by itself. Pure.

They are told by the clock on the wall of their zone, over midnight if they end before they begin, and begin on certain
days. On a night on which a time comes twice or never because clocks are changed, the longer span counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Then = Literal["hold", "wait", "refuse"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When a playbook is quiet.

    Args:
        begin: When they begin, by the wall clock.
        end: When they end; on the next day if that is not later than they begin.
        zone: Whose wall clock.
        days: The days on which they begin, 0 for Monday.
        then: What becomes of a step meanwhile.
    """

    begin: time
    end: time
    zone: ZoneInfo
    days: frozenset[int]
    then: Then

    def over(self, now: datetime) -> datetime | None:
        """When they are over, in UTC, if it is quiet now; None if it is not."""
        today = now.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            last = day + timedelta(days=1) if self.end <= self.begin else day
            begin = min(_instants(datetime.combine(day, self.begin, self.zone)))
            end = max(_instants(datetime.combine(last, self.end, self.zone)))
            if day.weekday() in self.days and begin <= now < end:
                return end
        return None

    def __str__(self) -> str:
        days = "" if len(self.days) == len(DAYS) else f" on {', '.join(DAYS[day] for day in sorted(self.days))}"
        return f"{self.begin:%H:%M} to {self.end:%H:%M} {self.zone.key}{days}"


def _instants(wall: datetime) -> tuple[datetime, datetime]:
    """What a time on the wall may mean: two instants if clocks are changed over it, else the same twice."""
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)

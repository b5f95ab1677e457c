"""Blast-radius budgets: how many targets a responder may act on in a time, and what has been spent of that. Pure.

    *=30/1h,10%/1h; network.isolate_nic=20/1h; keyvault.rotate_secret=none

`30/1h` is 30 targets in any hour; `10%/1h` ten per cent of all there are of their kind in the same place, but always at
least one. Of several limits each holds. `*` stands for every responder that is not named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct

from shared.model.duration import PATTERN, length

OTHERS = "*"
NONE = "none"

MOST = 2000
"""Targets that are remembered of one responder: together they stay far below a row's limit."""

LONGEST = timedelta(days=30)
"""The longest time a budget may be for."""

_NAME = re.compile(r"\*|[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_LIMIT = re.compile(rf"([1-9][0-9]{{0,5}})(%?)/({PATTERN.strip('^$')})")


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, such as `10%/1h`.

    Args:
        text: As it was written.
        most: How many targets, or per cent of what there is.
        percent: Which of the two.
        window: In which time.
    """

    text: str
    most: int
    percent: bool
    window: timedelta

    def __str__(self) -> str:
        return self.text


Budgets = Mapping[str, tuple[Limit, ...]]
"""The limits of each responder, by its name; of all others under `*`."""


def read_budgets(text: str) -> Budgets:
    """The budgets that a setting says.

    Raises:
        ValueError: With everything that is wrong with it.
    """
    if text.strip() == NONE:
        return {OTHERS: ()}
    budgets: dict[str, tuple[Limit, ...]] = {}
    wrong: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, limits = (piece.strip() for piece in part.partition("="))
        if not _NAME.fullmatch(name):
            wrong.append(f"{part!r}: must begin with a responder's name, or * for all others, and =")
            continue
        if name in budgets:
            wrong.append(f"{name} is there twice: name all its limits at once, with commas between them")
        found = [] if limits == NONE else [_limit(piece.strip()) for piece in limits.split(",")]
        wrong += [f"{name}: {mistake}" for mistake in found if isinstance(mistake, str)]
        budgets[name] = tuple(limit for limit in found if isinstance(limit, Limit))
    if OTHERS not in budgets:
        wrong.append(f"must say what holds for every other responder: {OTHERS}=30/1h, or {OTHERS}={NONE}")
    if wrong:
        raise ValueError("; ".join(wrong))
    return budgets


def limits_of(budgets: Budgets, responder: str) -> tuple[Limit, ...]:
    """The limits of a responder."""
    return budgets[responder] if responder in budgets else budgets[OTHERS]


def _limit(text: str) -> Limit | str:
    """A limit, or what is wrong with it."""
    match = _LIMIT.fullmatch(text)
    if match is None:
        return f"{text!r} must be a number of targets in a time, such as 30/1h, or per cent of them, such as 10%/1h"
    most, percent, window = int(match[1]), bool(match[2]), length(match[3])
    highest = 100 if percent else MOST
    if most > highest:
        return f"{text!r}: may be {highest}{' per cent' if percent else ' targets'} at most"
    if window > LONGEST:
        return f"{text!r}: the time may be {LONGEST.days}d at most"
    return Limit(text, most, percent, window)


class Spend(Struct, frozen=True, array_like=True):
    """A target that was acted on.

    Args:
        at: When, in seconds since 1970.
        target: Digest of the target's id.
        of: Digest of what it is one of: empty if no limit asks for that.
    """

    at: int
    target: str
    of: str = ""


class Spent(Struct, frozen=True):
    """What a responder has acted on lately, each target once with its last time."""

    targets: tuple[Spend, ...] = ()

    def since(self, time: datetime) -> Spent:
        """What of that is later than a time."""
        first = time.timestamp()
        return Spent(tuple(each for each in self.targets if each.at > first))

    def with_(self, spend: Spend) -> Spent:
        """With one more; the oldest go if there are too many."""
        others = tuple(each for each in self.targets if each.target != spend.target)
        return Spent((*others, spend)[-MOST:])


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a limit comes to now.

    Args:
        limit: The limit.
        most: How many targets.
        among: What per cent are counted of, in words; empty for a number.
        of: Its digest.
    """

    limit: Limit
    most: int
    among: str = ""
    of: str = ""

    def used(self, spent: Spent, target: str, now: datetime) -> int:
        """How many other targets were acted on in this time."""
        lately = spent.since(now - self.limit.window).targets
        return sum(each.target != target and (not self.of or each.of == self.of) for each in lately)

    def told(self, used: int) -> str:
        """`30 of 30 targets (30/1h)`."""
        return f"{used} of {self.most} targets ({self.limit}{f' of {self.among}' if self.among else ''})"


def share(total: int, percent: int) -> int:
    """Per cent of what there is, rounded down; always at least one: where there is little, little is much."""
    return min(MOST, max(1, total * percent // 100))


def over(allowed: Sequence[Allowed], spent: Spent, target: str, now: datetime) -> Iterator[str]:
    """What one more target would go beyond, in words."""
    for each in allowed:
        used = each.used(spent, target, now)
        if used >= each.most:
            yield each.told(used)
    if len({each.target for each in spent.targets} - {target}) >= MOST:
        yield f"{MOST} targets, the most that are remembered"

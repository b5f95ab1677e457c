"""What a guard says that does not let a step pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class No:
    """A guard's no; a guard that has nothing against a step says None.

    Args:
        reason: Why, in words.
        state: `refused`: it is not done. `planned`: not now, it is tried again. `held`: only if somebody approves.
        wait: Seconds until it should be tried again, for `planned`; None: as usual.
    """

    reason: str
    state: Literal["refused", "planned", "held"] = "refused"
    wait: float | None = None

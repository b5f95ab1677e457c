"""The state machine of a step: every state, every arrow, and who may take it. The ledger writes no other.

    planned ──► claimed ──► done ──► undoing ──► undone
       │  ▲        │    ├──► already ─┘   │
       ▼  │        │    ├──► unverified ──┘
      held┘        │    ├──► uncertain ───┘
       │           │    ├──► refused
       ├──► denied │    ├──► failed
       └──► lapsed └────┴──► lapsed

A step without a target yet is `planned`; once its targets are found it is `resolved`, and each target has a step of its own.
`claimed` and `undoing` are leases: when one ends, anybody may take the step over, and looks what has been done.
"""

from __future__ import annotations

from itertools import product
from typing import Literal, get_args

State = Literal[
    "planned",
    "held",
    "resolved",
    "claimed",
    "done",
    "already",
    "refused",
    "denied",
    "lapsed",
    "unverified",
    "failed",
    "uncertain",
    "undoing",
    "undone",
]

STATES: dict[State, str] = {
    "planned": "To be done: as soon as its target can be looked for, or at the time it is due again.",
    "held": "Waits for somebody to approve its plan.",
    "resolved": "Its targets were found; each of them has a step of its own.",
    "claimed": "An instance is at it, until its lease ends.",
    "done": "Done, and its effect was seen.",
    "already": "The target was as wanted before.",
    "refused": "A guard said no, the target is ambiguous or not there.",
    "denied": "Somebody denied its plan.",
    "lapsed": "Its plan was not approved in time, or the target has changed since.",
    "unverified": "Done, but its effect was not seen.",
    "failed": "It could not be done.",
    "uncertain": "Nobody knows whether it was done: a person must look.",
    "undoing": "An instance is at the way back, until its lease ends.",
    "undone": "The target is as it was before, or held by others.",
}

Who = Literal["walk", "owner", "sweep", "analyst"]

WHO: dict[Who, str] = {
    "walk": "An instance that handles the event, or the request for a run.",
    "owner": "The instance that has the lease, before it ends.",
    "sweep": "Any instance, at the time the step is due, or after the lease of another has ended.",
    "analyst": "A person, by the API.",
}

ENDS = frozenset[State](
    {"resolved", "done", "already", "refused", "denied", "lapsed", "unverified", "failed", "uncertain", "undone"}
)
"""States in which nothing more happens by itself, but for what is due later."""

REPEATABLE = frozenset[State]({"refused", "denied", "lapsed", "failed", "uncertain", "undone"})
"""Ends from which a person's request, never an event, starts a step again."""

UNDOABLE = frozenset[State]({"done", "already", "unverified", "uncertain"})
"""States from which there is a way back."""

Arrow = tuple[State | Literal[""], State, Who]
"""From, to, and who takes it; from nothing for a step that is not in the ledger yet."""


def _arrows(froms: str, tos: str, *whos: Who) -> set[Arrow]:
    found: set[Arrow] = set()
    for old, new, who in product(froms.split("|"), tos.split("|"), whos):
        assert old in ("", *get_args(State))
        assert new in get_args(State)
        found.add((old, new, who))  # type: ignore[arg-type]
    return found


_BEGUN = "claimed|planned|held|refused|failed"
"""What a step is when it is written down: to be done now, later, with approval, or not at all."""

ARROWS: frozenset[Arrow] = frozenset(
    _arrows("", _BEGUN, "walk")
    | _arrows("", "planned", "sweep", "analyst", "owner")  # what a playbook does instead of a step that lapses
    # Asked for once more, after it ended.
    | _arrows("refused|denied|lapsed|failed|uncertain|undone", _BEGUN, "analyst")
    | _arrows("uncertain", "uncertain", "analyst")
    # Found by a redelivery, or due: nobody has it.
    | _arrows("planned", "claimed", "walk", "sweep")
    | _arrows("planned", "planned|held|resolved|refused|failed|uncertain", "sweep")
    # Left by an instance that died.
    | _arrows("claimed", "claimed", "walk", "sweep")
    | _arrows("claimed", "planned|uncertain|failed", "sweep")
    # The deed ends.
    | _arrows("claimed", "done|already|refused|lapsed|unverified|failed|uncertain|planned", "owner")
    # Approval.
    | _arrows("held", "planned|denied", "analyst")
    | _arrows("held", "lapsed", "sweep", "analyst")
    # The way back, asked for or because its time is over.
    | _arrows("done|already|unverified|uncertain", "undoing", "analyst", "sweep")
    | _arrows("undoing", "undoing", "sweep")
    | _arrows("undoing", "undone|done|already|unverified|uncertain", "owner")
    # The second half, a renewed expiry, a forced way back that waits for its approval: the state stays.
    | {(state, state, who) for state in UNDOABLE for who in ("sweep", "owner", "analyst")}
)


class NoSuchArrow(AssertionError):
    """Something in the program wants to move a step where no arrow leads. Nothing is written."""


def taken(old: State | Literal[""], new: State, who: Who) -> None:
    """Hold the program to the drawing.

    Raises:
        NoSuchArrow: If there is no such arrow.
    """
    if (old, new, who) not in ARROWS:
        raise NoSuchArrow(f"no arrow leads from {old or 'nothing'} to {new} for the {who}")

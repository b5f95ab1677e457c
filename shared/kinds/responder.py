"""What a responder is: facts, a way to look, a deed, and the way back. Two shapes, both plain values of functions."""

from __future__ import annotations

import operator
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from shared.azure.clients import Azure
from shared.azure.target import Found, TargetKind
from shared.kinds.discover import discover
from shared.model.cause import Cause
from shared.model.change import Change, State
from shared.model.permission import Permission

Impact = Literal["low", "medium", "high"]


class Params(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a playbook may set; every field has a default or must be given, and its docstring explains it."""


Settings = TypeVar("Settings", bound=Params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a person wants to know of a responder before trusting it.

    Args:
        permissions: Everything its functions ask of Azure, the way back included; no more and no less.
        attack: MITRE ATT&CK mitigations it applies, such as `M1030`.
        d3fend: MITRE D3FEND techniques, such as `D3-NI`.
        mcsb: Controls of the Microsoft cloud security benchmark v1, such as `IR-6`.
        impact: What it costs if the alert was wrong.
        limits: What it does not do, for the record.
        leaves: What stays behind after the way back; empty: nothing.
    """

    permissions: tuple[Permission, ...]
    attack: tuple[str, ...]
    d3fend: tuple[str, ...]
    mcsb: tuple[str, ...]
    impact: Impact
    limits: tuple[str, ...] = ()
    leaves: str = ""


@dataclass(frozen=True, slots=True)
class Seen(Generic[State]):
    """What a look at a target showed.

    Args:
        state: What the responder owns of it.
        body: Whatever `write` needs besides: the whole object with its etag, say.
    """

    state: State
    body: Any = None


async def _nothing_to_verify(*_: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[Found, Settings, State]):
    """A responder that sets something: look, work out the wanted state, write it, look again.

    From this shape the walk gets the difference, "already in place", verification, the way back and the check for
    drift. The way back writes the state that was there before.

    Args:
        facts: See `Facts`.
        target: What it acts on.
        params: What a playbook may set.
        state: What it owns of the target.
        read: Looks at the target.
        change: The wanted state; pure.
        write: Writes a state, on the condition that the target is still as it was seen.
        same: Whether two states mean the same.
        verify: Looks for the effect beyond the state itself; what it found worth saying. Raises `Unverified`.
    """

    facts: Facts
    target: TargetKind[Found]
    params: type[Settings]
    state: type[State]
    read: Callable[[Found, Settings, Azure], Awaitable[Seen[State]]]
    change: Callable[[Found, Settings, State], State]
    write: Callable[[Found, Settings, Seen[State], State, Azure], Awaitable[None]]
    same: Callable[[State, State], bool] = operator.eq
    verify: Callable[[Found, Settings, State, Azure], Awaitable[tuple[str, ...]]] = _nothing_to_verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Later(Generic[Found, Settings, State]):
    """The second half of an operation, done after a while unless it was undone before.

    Args:
        after: How long after the first half.
        do: Does it; the state after it. May be called again if it is not known whether it was done.
        look: Looks whether it was done, if nobody knows: the state with it or without it. The way back begins there.
    """

    after: Callable[[Settings], timedelta]
    do: Callable[[Found, Settings, Change[State], Azure], Awaitable[State]]
    look: Callable[[Found, Settings, Change[State], Azure], Awaitable[State]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Found, Settings, State]):
    """A responder that does something which is not just a state: revoke, rotate, start.

    Args:
        facts: See `Facts`.
        target: What it acts on.
        params: What a playbook may set.
        state: What it changes, as far as it can be seen.
        read: Looks at the target.
        done: Whether the state shows that this cause's deed has been done already; decides what happens when it is
            not known whether an attempt worked.
        do: The deed; the state it should have led to.
        verify: Looks for the effect; what it found worth saying. Raises `Unverified`.
        repeatable: Whether `done` tells for certain, or a second time does no harm: only then is it done again when
            nobody knows whether an attempt worked. Otherwise it ends as uncertain, and a person must look.
        later: A second half, if there is one.
        undo: The way back, if there is one; the state it led to. Raises `Refused` on drift.
    """

    facts: Facts
    target: TargetKind[Found]
    params: type[Settings]
    state: type[State]
    read: Callable[[Found, Settings, Azure], Awaitable[Seen[State]]]
    done: Callable[[Found, Seen[State], Cause], bool]
    do: Callable[[Found, Settings, Seen[State], Cause, Azure], Awaitable[State]]
    verify: Callable[[Found, Settings, Change[State], Azure], Awaitable[tuple[str, ...]]]
    repeatable: bool = False
    later: Later[Found, Settings, State] | None = None
    undo: Callable[[Found, Settings, Change[State], Azure], Awaitable[State]] | None = None


Responder = Setting[Any, Any, Any] | Operation[Any, Any, Any]


def permissions(responder: Responder) -> tuple[Permission, ...]:
    """Everything a responder takes, finding its target included."""
    return tuple(dict.fromkeys((*responder.target.permissions, *responder.facts.permissions)))


def can_undo(responder: Responder) -> bool:
    """Whether there is a way back."""
    return isinstance(responder, Setting) or responder.undo is not None


def repeatable(responder: Responder) -> bool:
    """Whether it may be done again when nobody knows whether it was done. A setting is read, and settled."""
    return isinstance(responder, Setting) or responder.repeatable


def all_responders() -> dict[str, Responder]:
    """Every responder there is, by name.

    Raises:
        Mistakes: For files that hold none.
    """
    return discover("responders", "responder", Setting, Operation)

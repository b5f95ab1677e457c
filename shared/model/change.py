"""What a deed changed: the state before, the state after, and the difference."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from shared.model.ids import value_digest

State = TypeVar("State", bound=Struct)


class Change(Struct, Generic[State], frozen=True):
    """A deed's effect. Both states hold only what the responder owns, and never a secret."""

    before: State
    after: State


class Difference(Struct, frozen=True):
    """One field that differs.

    Args:
        field: Its path.
        before: Its value before; None if it was not there.
        after: Its value after.
    """

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.field}: {_shown(self.before)} -> {_shown(self.after)}"


def differences(before: Struct, after: Struct) -> tuple[Difference, ...]:
    """Where two states differ, field by field."""
    return tuple(_compare("", msgspec.to_builtins(before), msgspec.to_builtins(after)))


def state_digest(state: Struct) -> str:
    """The SHA-256 of a state."""
    return value_digest(msgspec.to_builtins(state))


def _compare(path: str, before: Any, after: Any) -> list[Difference]:
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return [
            found
            for name in names
            for found in _compare(f"{path}.{name}" if path else name, before.get(name), after.get(name))
        ]
    return [Difference(path, before, after)]


def _shown(value: Any) -> str:
    return "none" if value in (None, "", [], ()) else str(value)

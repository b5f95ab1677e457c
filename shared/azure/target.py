"""How an entity of an alert becomes targets: objects that were found in Azure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.azure.clients import Azure
from shared.model.entity import AnyEntity
from shared.model.permission import Permission
from shared.model.target import Target

Found = TypeVar("Found", bound=Target)


@dataclass(frozen=True, slots=True)
class Population(Generic[Found]):
    """What a target is one of, for budgets in per cent.

    Args:
        of: Says it in words: `users of the tenant`. Equal for all targets that are counted together.
        permissions: What counting takes.
        count: Counts them.
    """

    of: Callable[[Found], str]
    permissions: tuple[Permission, ...]
    count: Callable[[Found, Azure], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class TargetKind(Generic[Found]):
    """A kind of target.

    Args:
        type: The value.
        accepts: The entity kinds it can be found from.
        permissions: What finding it takes.
        resolve: Finds the targets an entity stands for. Raises `Refused` if none or more than it names.
        population: What they are counted among; without one, a budget in per cent refuses.
    """

    type: type[Found]
    accepts: frozenset[str]
    permissions: tuple[Permission, ...]
    resolve: Callable[[AnyEntity, Azure], Awaitable[tuple[Found, ...]]]
    population: Population[Found] | None = None

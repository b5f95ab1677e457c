"""Who may do what: Azure role assignments and Microsoft Graph application permissions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Role:
    """A role definition: what it allows on the control plane and on the data plane; `*` stands for anything.

    `not_actions` take away from `actions` alone.
    """

    actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str, *, data: bool) -> bool:
        """Whether the role covers `action`."""
        granted, taken = (self.data_actions, ()) if data else (self.actions, self.not_actions)
        return any(_covers(p, action) for p in granted) and not any(_covers(p, action) for p in taken)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role given to a principal at a scope and everything below it."""

    principal: str
    scope: str
    role: Role

    def reaches(self, scope: str) -> bool:
        """Whether `scope` is the assignment's scope or lies below it."""
        return _below(scope).startswith(_below(self.scope))


@dataclass(slots=True)
class Access:
    """All grants of a tenant."""

    assignments: list[Assignment] = field(default_factory=list)
    app_roles: dict[str, set[str]] = field(default_factory=dict)

    def grant(self, principal: str, scope: str, role: Role) -> None:
        """Assign an Azure role."""
        self.assignments.append(Assignment(principal, scope, role))

    def grant_graph(self, principal: str, permissions: Iterable[str]) -> None:
        """Consent Microsoft Graph application permissions to a principal."""
        self.app_roles.setdefault(principal, set()).update(permissions)

    def allows(self, principal: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether `principal` may perform `action` at `scope`."""
        return any(
            a.principal == principal and a.reaches(scope) and a.role.allows(action, data=data) for a in self.assignments
        )

    def graph_permission(self, principal: str, any_of: Iterable[str]) -> str | None:
        """The first of `any_of` that the principal holds."""
        held = self.app_roles.get(principal, set())
        return next((p for p in any_of if p in held), None)


@lru_cache(maxsize=4096)
def _below(scope: str) -> str:
    """What the paths of a scope and of everything below it begin with."""
    return f"{scope.rstrip('/').lower()}/"


@lru_cache(maxsize=4096)
def _covers(pattern: str, action: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None

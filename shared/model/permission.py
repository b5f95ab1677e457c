"""Permissions: what a responder may ask of Azure, and which requests that covers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shared.model.resource_id import ResourceId


class Api(StrEnum):
    """Where a permission is granted."""

    ARM = "azure"
    """An Azure role's `actions`."""
    DATA = "azure_data"
    """An Azure role's `dataActions`."""
    GRAPH = "graph"
    """A Microsoft Graph application permission."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission.

    Args:
        api: Where it is granted.
        name: As Azure spells it: `Microsoft.Network/networkInterfaces/read`, `User.Read.All`.
        covers: The requests it allows besides those its name tells, as `METHOD /path`; `{}` stands for one segment.
        linked: Azure asks for it because of what a body refers to: no request shows it.
        reads: Whether the POSTs it covers only read.
    """

    api: Api
    name: str
    covers: tuple[str, ...] = ()
    linked: bool = False
    reads: bool = False

    def __str__(self) -> str:
        return self.name

    def allows(self, method: str, path: str) -> bool:
        """Whether the permission covers a request to its API."""
        if self.api is Api.ARM and not self.linked and _action(method, path).lower() == self.name.lower():
            return True
        return any(_matches(template, method, path) for template in self.covers)


def arm(name: str, *covers: str, reads: bool = False) -> Permission:
    """An Azure control-plane permission; which requests it allows follows from its name."""
    return Permission(Api.ARM, name, covers, reads=reads or name.endswith("/read"))


def linked(name: str) -> Permission:
    """A permission that Azure checks on what a written body refers to, such as `…/join/action`."""
    return Permission(Api.ARM, name, linked=True)


def data(name: str, *covers: str) -> Permission:
    """An Azure data-plane permission and the requests it allows."""
    return Permission(Api.DATA, name, covers)


def graph(name: str, *covers: str) -> Permission:
    """A Microsoft Graph application permission and the requests it allows, without the version in front."""
    return Permission(Api.GRAPH, name, covers, reads=".Read." in name)


def _action(method: str, path: str) -> str:
    """The permission that Resource Manager asks for a request."""
    if method == "POST":
        target, _, action = path.rpartition("/")
        return f"{ResourceId(target).type}/{action}/action"
    verb = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}.get(method, method)
    return f"{ResourceId(path).type}/{verb}"


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.escape(template).replace(r"\{\}", "[^/]+"), re.IGNORECASE)


def _matches(template: str, method: str, path: str) -> bool:
    return _pattern(template).fullmatch(f"{method} {path}") is not None

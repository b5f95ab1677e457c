"""Azure resource ids, taken apart without regard to letter case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SEGMENT = re.compile(r"[^/\x00-\x1f?#%]+")
_LONGEST = 2048
"""Of an id that is kept taken apart: the same few resources come up in alert after alert."""


@dataclass(frozen=True, slots=True)
class ResourceId:
    """An Azure resource id or scope.

    https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules

    Args:
        text: The id in any spelling.
    """

    text: str

    def __str__(self) -> str:
        return "/" + self.text.strip().strip("/")

    @property
    def key(self) -> str:
        """The id in lower case: equal for all spellings."""
        return str(self).lower()

    @property
    def type(self) -> str:
        """`Microsoft.Compute/virtualMachines`; empty if the id names no resource or collection."""
        return self._parts().type

    @property
    def name(self) -> str:
        """The last name in the id."""
        return self._parts().names[-1]

    @property
    def subscription(self) -> str:
        """The subscription's id; empty for anything above one."""
        return self._parts().subscription

    @property
    def resource_group(self) -> str:
        """The resource group's name; empty outside one."""
        return self._parts().resource_group

    @property
    def is_resource(self) -> bool:
        """Whether the id names exactly one resource, with every part where it belongs."""
        return self._parts().is_resource

    def is_type(self, kind: str) -> bool:
        """Whether this is one resource of `kind`, in any letter case."""
        return self.is_resource and self.type.lower() == kind.lower()

    def within(self, scope: str) -> bool:
        """Whether the id is `scope` or lies below it."""
        other = ResourceId(scope).key
        return self.key == other or self.key.startswith(other + "/")

    def _parts(self) -> _Parts:
        return _kept(self.text) if len(self.text) <= _LONGEST else _Parts(str(self))


class _Parts:
    """An id taken apart."""

    __slots__ = ("is_resource", "names", "resource_group", "subscription", "type")

    def __init__(self, text: str) -> None:
        self.names = names = text.split("/")[1:]
        lower = [name.lower() for name in names]
        self.subscription = _after("subscriptions", lower, names)
        self.resource_group = _after("resourcegroups", lower, names)
        places = [i for i, name in enumerate(lower) if name == "providers"]
        self.type, self.is_resource = "", False
        if places and (at := places[-1]) + 1 < len(names):
            self.type = "/".join([names[at + 1], *names[at + 2 :: 2]])
            whole = at % 2 == 0 and len(names) - at >= 4 and (len(names) - at) % 2 == 0
            self.is_resource = whole and all(map(_SEGMENT.fullmatch, names))


def _after(word: str, lower: list[str], names: list[str]) -> str:
    return names[lower.index(word) + 1] if word in lower[:-1] else ""


@lru_cache(maxsize=1024)
def _kept(text: str) -> _Parts:
    return _Parts(str(ResourceId(text)))

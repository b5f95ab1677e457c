"""Azure resource ids, taken apart without regard to letter case."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEGMENT = re.compile(r"[^/\x00-\x1f?#%]+")


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
        parts, at = self._parts()
        return "" if at is None else "/".join([parts[at + 1], *parts[at + 2 :: 2]])

    @property
    def name(self) -> str:
        """The last name in the id."""
        return self._parts()[0][-1]

    @property
    def subscription(self) -> str:
        """The subscription's id; empty for anything above one."""
        return self._after("subscriptions")

    @property
    def resource_group(self) -> str:
        """The resource group's name; empty outside one."""
        return self._after("resourcegroups")

    @property
    def is_resource(self) -> bool:
        """Whether the id names exactly one resource, with every part where it belongs."""
        parts, at = self._parts()
        if at is None or not all(_SEGMENT.fullmatch(part) for part in parts):
            return False
        return at % 2 == 0 and len(parts) - at >= 4 and (len(parts) - at) % 2 == 0

    def is_type(self, kind: str) -> bool:
        """Whether this is one resource of `kind`, in any letter case."""
        return self.is_resource and self.type.lower() == kind.lower()

    def within(self, scope: str) -> bool:
        """Whether the id is `scope` or lies below it."""
        other = ResourceId(scope).key
        return self.key == other or self.key.startswith(other + "/")

    def _parts(self) -> tuple[list[str], int | None]:
        parts = str(self).split("/")[1:]
        places = [i for i, part in enumerate(parts) if part.lower() == "providers"]
        return parts, places[-1] if places and places[-1] + 1 < len(parts) else None

    def _after(self, word: str) -> str:
        parts, _ = self._parts()
        return next((parts[i + 1] for i, part in enumerate(parts[:-1]) if part.lower() == word), "")

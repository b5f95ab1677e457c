"""Resource Manager ids: taken apart without regard to letter case, as Azure does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ResourceId:
    """A path of Resource Manager: a resource, a collection, an action, a resource group or a subscription.

    Args:
        path: The path as it was written, without a slash at the end.
        type: `Microsoft.Network/networkInterfaces`, `Microsoft.Resources/resourceGroups` …
        name: The last name; empty for a collection.
        scope: The path one level up, where the resource lives.
    """

    path: str
    type: str
    name: str
    scope: str

    @property
    def key(self) -> str:
        """The path in lower case: equal for all spellings."""
        return self.path.lower()

    @property
    def is_collection(self) -> bool:
        """Whether the path ends with a type instead of a name."""
        return not self.name


@lru_cache(maxsize=4096)
def parse(path: str) -> ResourceId:
    """Take a path apart."""
    path = "/" + path.strip("/")
    parts = path.split("/")[1:]
    at = max((i for i, part in enumerate(parts) if part.lower() == "providers"), default=None)
    if at is None or at + 1 >= len(parts):
        kind = "Microsoft.Resources/" + ("resourceGroups" if len(parts) > 2 else "subscriptions")
        name = parts[-1] if len(parts) % 2 == 0 else ""
        return ResourceId(path, kind, name, "/" + "/".join(parts[: -2 if name else -1]))
    namespace, rest = parts[at + 1], parts[at + 2 :]
    kind = "/".join([namespace, *rest[0::2]])
    name = rest[-1] if rest and len(rest) % 2 == 0 else ""
    head = parts[: at + 2] + rest[: -2 if name else -1]
    scope = parts[:at] if len(rest) <= 2 else head
    return ResourceId(path, kind, name, "/" + "/".join(scope))


def subscription_of(path: str) -> str:
    """The subscription's id in a path; empty if there is none."""
    return _after(path, "subscriptions")


def resource_group_of(path: str) -> str:
    """The path of the resource group that a path lies in; empty if there is none."""
    group = _after(path, "resourcegroups")
    return f"/subscriptions/{subscription_of(path)}/resourceGroups/{group}" if group else ""


def _after(path: str, word: str) -> str:
    parts = path.strip("/").split("/")
    at = next((i for i, part in enumerate(parts) if part.lower() == word), None)
    return parts[at + 1] if at is not None and at + 1 < len(parts) else ""

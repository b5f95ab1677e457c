"""Management locks: inherited by everything below, and stronger than any permission.

https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
"""

from __future__ import annotations

from typing import Any

from azsim import arm, resource_id
from azsim.arm import Arm, Resource, Rules
from azsim.call import Call
from azsim.problem import Problem, bad_request

LOCKS = "Microsoft.Authorization/locks"
LEVELS = ("CanNotDelete", "ReadOnly")


def check(_call: Call, _old: Resource | None, body: dict[str, Any]) -> None:
    """A lock has a level, and nothing but notes and owners besides."""
    properties = body.get("properties") or {}
    arm.only(properties, {"level", "notes", "owners"}, "ManagementLockProperties")
    if properties.get("level") not in LEVELS:
        raise bad_request("LockLevelRequired", f"The lock level must be one of {', '.join(LEVELS)}.")


def listed(call: Call, scope: str) -> list[Resource]:
    """The locks at, above and below a scope; with `$filter=atScope()` none below."""
    expression = call.query.get("$filter", "")
    if expression.replace(" ", "").lower() not in ("", "atscope()"):
        raise bad_request("UnsupportedQuery", f"The filter '{expression}' is not supported.")
    found = call.world.state(Arm).of_type(LOCKS)
    return [lock for lock in found if _over(lock, scope) or (not expression and _within(_scope(lock), scope))]


def require_unlocked(call: Call, path: str, verb: str) -> None:
    """Refuse what a lock does not let pass.

    Args:
        call: The request.
        path: The resource.
        verb: `write`, as every POST is to a lock, or `delete`.

    Raises:
        Problem: 409 `ScopeLocked`.
    """
    if resource_id.parse(path).type.lower() == LOCKS.lower():
        return
    locks = [lock for lock in call.world.state(Arm).of_type(LOCKS) if _over(lock, path)]
    held = [_scope(lock) for lock in locks if verb == "delete" or lock.properties["level"] == "ReadOnly"]
    if held:
        raise Problem(
            409,
            "ScopeLocked",
            f"The scope '{path}' cannot perform {verb} operation because following scope(s) are locked: "
            f"'{','.join(sorted(set(held)))}'. Please remove the lock and try again.",
        )


def _scope(lock: Resource) -> str:
    return resource_id.parse(lock.id).scope


def _over(lock: Resource, path: str) -> bool:
    return _within(path, _scope(lock))


def _within(path: str, scope: str) -> bool:
    return f"{path.rstrip('/').lower()}/".startswith(f"{scope.rstrip('/').lower()}/")


arm.define(LOCKS, Rules(check=check, lists=listed))

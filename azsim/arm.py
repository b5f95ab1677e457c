"""The store behind Resource Manager: resources with etags, and what single types add to the general rules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from azsim import resource_id
from azsim.call import Call
from azsim.messages import Response
from azsim.problem import Problem, bad_request

if TYPE_CHECKING:
    from azsim.world import World

_SHOWN_BY_AZURE = ("id", "name", "type", "etag")


@dataclass(slots=True)
class Resource:
    """A resource. `hidden` is what Azure knows of it but does not show, such as whether a machine runs."""

    id: str
    type: str
    name: str
    body: dict[str, Any]
    etag: str
    busy_until: datetime | None = None
    hidden: dict[str, Any] = field(default_factory=dict)
    kind: str = field(init=False)
    """The type in lower case."""

    def __post_init__(self) -> None:
        self.kind = self.type.lower()

    @property
    def properties(self) -> dict[str, Any]:
        """The resource's own properties."""
        found: dict[str, Any] = self.body.setdefault("properties", {})
        return found


@dataclass(slots=True)
class Operation:
    """A long-running operation: done at a time, with a result to fetch."""

    done_at: datetime
    result: Response


@dataclass(slots=True)
class Arm:
    """All resources and operations; keys are ids in lower case."""

    resources: dict[str, Resource] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Every resource's body by id."""
        return {key: copy.deepcopy(found.body) for key, found in sorted(self.resources.items())}

    def find(self, path: str) -> Resource | None:
        """The resource at a path in any letter case."""
        return self.resources.get("/" + path.strip("/").lower())

    def of_type(self, kind: str) -> list[Resource]:
        """All resources of a type."""
        kind = kind.lower()
        return [r for r in self.resources.values() if r.kind == kind]


def nothing(_call: Call, _old: Resource | None, _body: dict[str, Any]) -> None:
    """No rule of its own."""


def show_all(_world: World, _resource: Resource) -> dict[str, Any]:
    """Nothing to add to what is stored."""
    return {}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a resource type adds to the general rules of Resource Manager.

    Args:
        check: Refuses a body on its way in (raises `Problem`), or completes it.
        view: Properties that Azure computes when the resource is read.
        before_delete: Refuses a deletion.
        lists: What a collection at a scope shows; None: what lies below the scope.
        page: The answer to a list, made of what the collection shows; it may filter, order and divide that.
        actions: POST operations by name.
        action_permission: The permission they take instead of their own, such as `read`.
        seconds: How long a write takes; 0: it is done with the answer.
        shows_etag: Whether the body carries the etag.
        patches_properties: Whether PATCH may change more than tags.
    """

    check: Callable[[Call, Resource | None, dict[str, Any]], None] = nothing
    view: Callable[[World, Resource], dict[str, Any]] = show_all
    before_delete: Callable[[Call, Resource], None] = lambda _call, _resource: None
    lists: Callable[[Call, str], list[Resource]] | None = None
    page: Callable[[Call, list[dict[str, Any]]], dict[str, Any]] = lambda _call, found: {"value": found}
    actions: Mapping[str, Callable[[Call, Resource], Response]] = field(default_factory=dict)
    action_permission: str | None = None
    seconds: float = 0.0
    shows_etag: bool = False
    patches_properties: bool = True


_RULES: dict[str, Rules] = {}
_PLAIN = Rules()


def define(kind: str, rules: Rules) -> Rules:
    """Set the rules of a resource type."""
    _RULES[kind.lower()] = rules
    return rules


def rules_of(kind: str) -> Rules:
    """The rules of a resource type; the general ones if it has none of its own."""
    return _RULES.get(kind.lower(), _PLAIN)


def put(world: World, path: str, body: Mapping[str, Any], *, hidden: Mapping[str, Any] | None = None) -> Resource:
    """Place a resource in the store, as the tenant's own administrators would have: no checks, no permissions."""
    at = resource_id.parse(path)
    arm = world.state(Arm)
    kept = {key: copy.deepcopy(value) for key, value in body.items() if key not in _SHOWN_BY_AZURE}
    found = arm.resources.get(at.key)
    if found is None:
        found = arm.resources[at.key] = Resource(at.path, at.type, at.name, kept, "")
    found.body = kept
    found.etag = f'W/"{world.chance.uuid()}"'
    found.hidden.update(hidden or {})
    if "properties" in kept:
        kept["properties"].pop("provisioningState", None)
    return found


def view(world: World, resource: Resource) -> dict[str, Any]:
    """The resource as a GET shows it: to be sent, not to be changed."""
    rules = rules_of(resource.type)
    shown = {"id": resource.id, "name": resource.name, "type": resource.type, **resource.body}
    if rules.shows_etag:
        shown["etag"] = resource.etag
    if "properties" in shown:
        busy = resource.busy_until is not None and resource.busy_until > world.clock.now()
        state = {"provisioningState": "Updating" if busy else "Succeeded"}
        shown["properties"] = {**shown["properties"], **state, **rules.view(world, resource)}
    return shown


def start(world: World, seconds: float, result: Response) -> str:
    """Begin a long-running operation; returns its id."""
    name = world.chance.uuid()
    world.state(Arm).operations[name] = Operation(world.clock.now() + timedelta(seconds=seconds), result)
    return name


def require(call: Call, action: str, scope: str) -> None:
    """Let the call pass only with an Azure permission.

    Raises:
        Problem: 403 in Resource Manager's words.
    """
    if call.may(action, scope):
        return
    caller = call.caller
    raise Problem(
        403,
        "AuthorizationFailed",
        f"The client '{caller.app_id}' with object id '{caller.object_id}' does not have authorization to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    )


def require_linked(call: Call, action: str, scope: str, links: list[tuple[str, str]]) -> None:
    """Let a write pass only with the join permissions of everything that it refers to.

    Args:
        call: The write.
        action: The permission of the write itself.
        scope: What is written.
        links: Pairs of join permission and the id referred to.

    Raises:
        Problem: 403 `LinkedAuthorizationFailed`.
    """
    missing = [(join, target) for join, target in links if not call.may(join, target)]
    if not missing:
        return
    caller = call.caller
    raise Problem(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{caller.app_id}' with object id '{caller.object_id}' has permission to perform action "
        f"'{action}' on scope '{scope}'; however, it does not have permission to perform action(s) "
        f"'{', '.join(sorted({join for join, _ in missing}))}' on the linked scope(s) "
        f"'{', '.join(sorted({target for _, target in missing}))}' (respectively) or the linked scope(s) are invalid.",
    )


def located(body: Mapping[str, Any]) -> None:
    """Refuse a body that does not say where the resource lies."""
    if not body.get("location"):
        raise bad_request("LocationRequired", "The location property is required for this definition.")


def only(properties: Mapping[str, Any], known: set[str], model: str) -> None:
    """Refuse properties that a resource type does not know."""
    unknown = sorted(set(properties) - known)
    if unknown:
        raise bad_request(
            "InvalidRequestFormat",
            f"Could not find member '{unknown[0]}' on object of type '{model}'. Path 'properties.{unknown[0]}'.",
        )

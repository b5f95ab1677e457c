"""Azure Resource Manager: generic GET, PUT, PATCH, DELETE and POST over the store, with etags and operations."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from azsim import arm, resource_id
from azsim.arm import Arm, Resource, Rules
from azsim.call import Call
from azsim.locks import require_unlocked
from azsim.messages import Response, json_response
from azsim.problem import Problem, bad_request, precondition_failed
from azsim.resource_id import ResourceId
from azsim.service import Service

ENDPOINT = "https://management.azure.com"
RETRY_AFTER = 2
"""Seconds between looks at an operation."""

service = Service(
    "management.azure.com", audiences=("https://management.azure.com", "https://management.core.windows.net")
)


@service.route("GET", "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operations/{operation}")
def operation_status(call: Call) -> Response:
    """The state of a long-running operation (Azure-AsyncOperation)."""
    operation = _operation(call)
    done = operation.done_at <= call.world.clock.now()
    headers = {} if done else _again(call)
    return json_response({"status": "Succeeded" if done else "InProgress"}, 200, headers)


@service.route(
    "GET", "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operationResults/{operation}"
)
def operation_result(call: Call) -> Response:
    """The result of a long-running operation (Location); 202 until it is there."""
    operation = _operation(call)
    if operation.done_at > call.world.clock.now():
        return Response(202, {"location": _url(call, "operationResults", call.params["operation"]), **_again(call)})
    return operation.result


@service.route("*", "/{path+}")
def any_resource(call: Call) -> Response:
    """Everything else: by method, on the resource that the path names."""
    if "api-version" not in call.query:
        raise bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    at = resource_id.parse(call.path)
    handler = {"GET": _get, "PUT": _put, "PATCH": _patch, "DELETE": _delete, "POST": _post}.get(call.method)
    if handler is None:
        raise Problem(405, "MethodNotAllowed", f"The resource does not support {call.method}.")
    return handler(call, at)


def _get(call: Call, at: ResourceId) -> Response:
    arm.require(call, f"{at.type}/read", at.scope if at.is_collection else at.path)
    if at.is_collection:
        _group(call, at)
        rules = arm.rules_of(at.type)
        found = (rules.lists or _below)(call, at.scope)
        return json_response(rules.page(call, [arm.view(call.world, r) for r in found]))
    return _shown(call, _existing(call, at))


def _below(call: Call, scope: str) -> list[Resource]:
    below = f"{scope.rstrip('/').lower()}/"
    kind = resource_id.parse(call.path).type
    return [r for r in call.world.state(Arm).of_type(kind) if r.id.lower().startswith(below)]


def _put(call: Call, at: ResourceId) -> Response:
    if at.is_collection:
        raise Problem(405, "MethodNotAllowed", "A collection cannot be written.")
    arm.require(call, f"{at.type}/write", at.path)
    require_unlocked(call, at.path, "write")
    body = call.json_object()
    _group(call, at)
    old = call.world.state(Arm).find(at.path)
    _conditions(call, old)
    _idle(call, old)
    rules = arm.rules_of(at.type)
    if old is not None and body.get("location", old.body.get("location")) != old.body.get("location"):
        raise Problem(
            409,
            "InvalidResourceLocation",
            f"The resource '{at.name}' already exists in location '{old.body.get('location')}' in resource group. A "
            f"resource with the same name cannot be created in location '{body.get('location')}'.",
        )
    rules.check(call, old, body)
    return _written(call, arm.put(call.world, at.path, body), rules, 200 if old else 201)


def _patch(call: Call, at: ResourceId) -> Response:
    arm.require(call, f"{at.type}/write", at.path)
    require_unlocked(call, at.path, "write")
    body = call.json_object()
    old = _existing(call, at)
    _conditions(call, old)
    _idle(call, old)
    rules = arm.rules_of(at.type)
    if not rules.patches_properties and set(body) - {"tags"}:
        raise bad_request("InvalidRequestContent", "Only tags can be changed by PATCH; use PUT for anything else.")
    merged = _merge(old.body, body)
    if set(body) - {"tags"}:
        rules.check(call, old, merged)
    return _written(call, arm.put(call.world, at.path, merged), rules, 200)


def _delete(call: Call, at: ResourceId) -> Response:
    arm.require(call, f"{at.type}/delete", at.path)
    require_unlocked(call, at.path, "delete")
    found = call.world.state(Arm).find(at.path)
    if found is None:
        return Response(204)
    _conditions(call, found)
    _idle(call, found)
    arm.rules_of(at.type).before_delete(call, found)
    del call.world.state(Arm).resources[at.key]
    return Response(200)


def _post(call: Call, at: ResourceId) -> Response:
    target = resource_id.parse(call.path.rpartition("/")[0])
    action = call.path.rpartition("/")[2]
    rules = arm.rules_of(target.type)
    arm.require(call, f"{target.type}/{rules.action_permission or f'{action}/action'}", target.path)
    require_unlocked(call, target.path, "write")
    found = _existing(call, target)
    actions = {name.lower(): handler for name, handler in rules.actions.items()}
    if action.lower() not in actions:
        raise Problem(404, "NotFound", f"azsim has no action {action} for {target.type} ({at.path}).")
    return actions[action.lower()](call, found)


def accepted(call: Call, seconds: float, result: Response) -> Response:
    """The 202 of an action that runs on; its result waits at Location."""
    name = arm.start(call.world, seconds * call.world.pace, result)
    return Response(202, {"location": _url(call, "operationResults", name), **_again(call)})


def _existing(call: Call, at: ResourceId) -> Resource:
    found = call.world.state(Arm).find(at.path)
    if found is not None:
        return found
    _group(call, at)
    group = resource_id.resource_group_of(at.path).rpartition("/")[2]
    raise Problem(
        404,
        "ResourceNotFound",
        f"The Resource '{at.type}/{at.name}' under resource group '{group}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


def _group(call: Call, at: ResourceId) -> None:
    """The subscription and resource group must exist."""
    known = call.world.state(Arm)
    subscription = resource_id.subscription_of(at.path)
    if known.find(f"/subscriptions/{subscription}") is None:
        raise Problem(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
    group = resource_id.resource_group_of(at.path)
    if group and known.find(group) is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{group.rpartition('/')[2]}' could not be found.")


def _conditions(call: Call, found: Resource | None) -> None:
    wanted = call.headers.get("if-match")
    if wanted is not None and (found is None or wanted not in ("*", found.etag)):
        raise precondition_failed(
            f"Precondition failed. Etag provided in if-match header {wanted} does not match etag "
            f"{found.etag if found else '(none)'} of the resource {call.path}."
        )
    if call.headers.get("if-none-match") == "*" and found is not None:
        raise precondition_failed("The resource exists already.")


def _idle(call: Call, found: Resource | None) -> None:
    if found is not None and found.busy_until is not None and found.busy_until > call.world.clock.now():
        raise Problem(
            429,
            "RetryableErrorDueToAnotherOperation",
            f"Operation on resource {found.id} is blocked by another operation in progress.",
            _again(call),
        )


def _shown(call: Call, found: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    etag = {"etag": found.etag} if arm.rules_of(found.type).shows_etag else {}
    return json_response(arm.view(call.world, found), status, {**etag, **(headers or {})})


def _written(call: Call, found: Resource, rules: Rules, status: int) -> Response:
    seconds = rules.seconds * call.world.pace
    if not seconds:
        return _shown(call, found, status)
    found.busy_until = call.world.clock.now() + timedelta(seconds=seconds)
    name = arm.start(call.world, seconds, Response(200))
    return _shown(call, found, status, {"azure-asyncoperation": _url(call, "operations", name), **_again(call)})


def _url(call: Call, kind: str, name: str) -> str:
    subscription = resource_id.subscription_of(call.path)
    namespace = resource_id.parse(call.path).type.partition("/")[0]
    version = call.query.get("api-version", "")
    return (
        f"{ENDPOINT}/subscriptions/{subscription}/providers/{namespace}/locations/westeurope/{kind}/{name}"
        f"?api-version={version}"
    )


def _again(call: Call) -> dict[str, str]:
    return {"retry-after": str(max(1, round(RETRY_AFTER * call.world.pace)))}


def _operation(call: Call) -> arm.Operation:
    found = call.world.state(Arm).operations.get(call.params["operation"])
    if found is None:
        raise Problem(404, "OperationNotFound", f"The operation '{call.params['operation']}' was not found.")
    return found


def _merge(old: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396); tags are replaced as a whole, as Resource Manager does."""
    merged = copy.deepcopy(old)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict) and key != "tags":
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged

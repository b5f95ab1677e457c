"""Microsoft Graph: users, their sessions and their groups."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem, bad_request
from azsim.service import Service

service = Service("graph.microsoft.com", audiences=("https://graph.microsoft.com",))

READ_USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ_GROUPS = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
REVOKE_SESSIONS = ("User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All")

_DEFAULT = ("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
            "preferredLanguage", "surname", "userPrincipalName")  # fmt: skip
_FILTERABLE = ("id", "userPrincipalName", "mail", "onPremisesSecurityIdentifier", "securityIdentifier", "displayName")
_EQUALS = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+(?=(?:[^']*'[^']*')*[^']*$)")
"""An `or` outside quotes: the quotes after it are even in number."""


@dataclass(slots=True)
class Directory:
    """Users by object id, and the groups each is in, nested ones included."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups_of: dict[str, set[str]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Every user, with groups."""
        return {
            key: {**copy.deepcopy(user), "groups": sorted(self.groups_of.get(key, ()))}
            for key, user in sorted(self.users.items())
        }

    def add(self, user: dict[str, Any], groups: tuple[str, ...] = ()) -> None:
        """Place a user in the directory."""
        self.users[user["id"]] = user
        self.groups_of[user["id"]] = set(groups)


@service.route("GET", "/v1.0/users")
def list_users(call: Call) -> Response:
    """Users that a `$filter` of equalities picks."""
    need(call, READ_USERS)
    users = [u for u in call.world.state(Directory).users.values() if _matches(u, call.query.get("$filter"))]
    return json_response({"value": [_shown(call, user) for user in users]})


@service.route("GET", "/v1.0/users/$count")
def count_users(call: Call) -> Response:
    """How many there are; Graph counts by its eventually consistent index alone.

    https://learn.microsoft.com/graph/aad-advanced-queries
    """
    need(call, READ_USERS)
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise bad_request("Request_BadRequest", "$count is not currently supported.")
    return Response(200, {"content-type": "text/plain"}, str(len(call.world.state(Directory).users)).encode())


@service.route("GET", "/v1.0/users/{user}")
def get_user(call: Call) -> Response:
    """One user, by object id or user principal name."""
    need(call, READ_USERS)
    return json_response(_shown(call, user_of(call)))


@service.route("POST", "/v1.0/users/{user}/revokeSignInSessions")
def revoke(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/user-revokesigninsessions."""
    need(call, REVOKE_SESSIONS)
    now = call.world.clock.now().astimezone(UTC)
    user_of(call)["signInSessionsValidFromDateTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json_response({"value": True})


@service.route("POST", "/v1.0/users/{user}/checkMemberGroups")
def check_member_groups(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups."""
    need(call, READ_USERS)
    need(call, READ_GROUPS)
    asked = call.json_object().get("groupIds")
    if not isinstance(asked, list) or not 0 < len(asked) <= 20:
        raise bad_request("Request_BadRequest", "groupIds takes 1 to 20 ids.")
    held = call.world.state(Directory).groups_of.get(user_of(call)["id"], set())
    return json_response({"value": [group for group in asked if group in held]})


def need(call: Call, any_of: tuple[str, ...]) -> None:
    """Let the call pass only with one of these permissions.

    Raises:
        Problem: 403 in Graph's words.
    """
    if not call.may_graph(*any_of):
        raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def user_of(call: Call) -> dict[str, Any]:
    """The user that the path names.

    Raises:
        Problem: 404 if there is none.
    """
    wanted = call.params["user"].lower()
    users = call.world.state(Directory).users.values()
    found = next((u for u in users if wanted in (u["id"].lower(), u["userPrincipalName"].lower())), None)
    if found is None:
        raise Problem(
            404,
            "Request_ResourceNotFound",
            f"Resource '{call.params['user']}' does not exist or one of its queried reference-property objects are not "
            "present.",
        )
    return found


def _shown(call: Call, user: dict[str, Any]) -> dict[str, Any]:
    selected = call.query.get("$select")
    keys = [key.strip() for key in selected.split(",")] if selected else _DEFAULT
    return {key: user.get(key) for key in keys}


def _matches(user: dict[str, Any], expression: str | None) -> bool:
    if expression is None:
        return True
    terms = [_EQUALS.fullmatch(term) for term in _OR.split(expression)]
    for term in terms:
        if term is None or term[1] not in _FILTERABLE:
            raise bad_request("Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: {expression}")
    return any(str(user.get(t[1]) or "").lower() == t[2].replace("''", "'").lower() for t in terms if t)

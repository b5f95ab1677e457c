"""Microsoft Graph: directory roles, who has them, and who may take them on by Privileged Identity Management (PIM)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem, bad_request
from azsim.services.graph import READ_GROUPS, READ_USERS, Directory, need, service, user_of

READ_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "RoleManagement.Read.All")
READ_PIM_GROUPS = (
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
)

_PRINCIPAL = re.compile(r"\s*principalId\s+eq\s+'([0-9a-fA-F-]{36})'\s*")


@dataclass(slots=True)
class Roles:
    """Names of roles and groups by id, and who has what: pairs of principal and role, or of principal and group."""

    names: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    active: list[tuple[str, str]] = field(default_factory=list)
    eligible: list[tuple[str, str]] = field(default_factory=list)
    joinable: list[tuple[str, str]] = field(default_factory=list)
    licensed: bool = True
    most: int = 999
    """How many objects one answer holds, whatever is asked for; 100 if nothing is."""

    def snapshot(self) -> dict[str, Any]:
        """Who has what."""
        return {"active": sorted(self.active), "eligible": sorted(self.eligible), "joinable": sorted(self.joinable)}

    def add_group(self, group: str, name: str, *, assignable: bool) -> None:
        """Place a group in the directory; Graph shows null for one that roles cannot be assigned to."""
        self.groups[group] = {"displayName": name, "isAssignableToRole": assignable or None}


@service.route("GET", "/v1.0/users/{user}/transitiveMemberOf")
def member_of(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/user-list-transitivememberof."""
    need(call, (*READ_USERS, *READ_GROUPS))
    known = call.world.state(Roles).groups
    held = sorted(call.world.state(Directory).groups_of.get(user_of(call)["id"], ()))
    shows = call.may_graph(*READ_GROUPS)  # without it, Graph tells that there is something, but not what
    selected = [key for key in call.query.get("$select", "displayName,isAssignableToRole").split(",") if key != "id"]
    return _page(
        call,
        [
            {"@odata.type": "#microsoft.graph.group", "id": group}
            | {key: _group(known, group).get(key) if shows else None for key in selected}
            for group in held
        ],
    )


@service.route("GET", "/v1.0/roleManagement/directory/roleAssignments")
def role_assignments(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments."""
    need(call, (*READ_ROLES, "Directory.Read.All", "Directory.ReadWrite.All"))
    return _page(call, _held(call, call.world.state(Roles).active))


@service.route("GET", "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances")
def role_eligibilities(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityscheduleinstances."""
    _pim(call, READ_ROLES)
    return _page(call, _held(call, call.world.state(Roles).eligible))


@service.route("GET", "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances")
def group_eligibilities(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-eligibilityscheduleinstances."""
    _pim(call, READ_PIM_GROUPS)
    who = _principal(call)
    found = [group for principal, group in call.world.state(Roles).joinable if principal.lower() == who]
    return _page(call, [{"id": f"{group}_member_{who}", "principalId": who, "groupId": group} for group in found])


def _pim(call: Call, any_of: tuple[str, ...]) -> None:
    if not call.may_graph(*any_of):
        text = f"Authorization failed due to missing permission scope {','.join(any_of)}."
        raise Problem(403, "UnknownError", f'{{"errorCode":"PermissionScopeNotGranted","message":"{text}"}}')
    if not call.world.state(Roles).licensed:
        text = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        raise bad_request("AadPremiumLicenseRequired", text)


def _principal(call: Call) -> str:
    match = _PRINCIPAL.fullmatch(call.query.get("$filter", ""))
    if match is None:
        raise bad_request("Request_UnsupportedQuery", "Only a filter by one principalId is supported here.")
    return match[1].lower()


def _held(call: Call, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    who, names = _principal(call), call.world.state(Roles).names
    expand = call.query.get("$expand") == "roleDefinition"
    return [
        {"id": f"{role}-{who}", "principalId": who, "roleDefinitionId": role, "directoryScopeId": "/"}
        | ({"roleDefinition": {"id": role, "templateId": role, "displayName": names[role]}} if expand else {})
        for principal, role in pairs
        if principal.lower() == who
    ]


def _group(known: dict[str, dict[str, Any]], group: str) -> dict[str, Any]:
    return known.get(group, {"displayName": f"Group {group[:8]}", "isAssignableToRole": None})


def _page(call: Call, items: list[dict[str, Any]]) -> Response:
    """One page, and where the next one is."""
    size = min(int(call.query.get("$top", "100")), call.world.state(Roles).most)
    start = int(call.query.get("$skiptoken", "0"))
    answer: dict[str, Any] = {"value": items[start : start + size]}
    if start + size < len(items):
        query = {**call.query, "$skiptoken": str(start + size)}
        text = "&".join(f"{key}={quote(value)}" for key, value in query.items())
        answer["@odata.nextLink"] = f"https://{call.host}{call.path}?{text}"
    return json_response(answer)

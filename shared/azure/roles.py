"""Directory roles of Microsoft Entra ID that a user has, or may take on by Privileged Identity Management (PIM).

Asked for is what is assigned to the user, to the role-assignable groups that the user is in, and to the groups that the
user may become a member or owner of by PIM. An owner of a role-assignable group who is no member is not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.azure.clients import Azure
from shared.model.errors import Refused
from shared.model.permission import graph
from shared.wire.side_by_side import side_by_side

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient

_DIRECTORY = "/roleManagement/directory"
ROLES = graph(
    "RoleManagement.Read.Directory",
    f"GET {_DIRECTORY}/roleAssignments",
    f"GET {_DIRECTORY}/roleEligibilityScheduleInstances",
)
"""What it takes to ask for roles; the right to read users and their groups besides."""

PIM_GROUPS = graph(
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "GET /identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
)
"""What it takes to ask for the groups that a user may join by PIM."""

NO_PIM = "AadPremiumLicenseRequired"
"""Graph's code for a tenant without a licence for PIM: nobody is eligible for anything there."""

PAGE = 999
"""Groups in one answer, at most."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role that somebody has.

    Args:
        id: Its template's id, the same in every tenant; a custom role's own.
        name: Its name.
        eligible: Whether something has to be activated first.
        through: The group that has it; empty: the user.
    """

    id: str
    name: str
    eligible: bool
    through: str


@dataclass(frozen=True, slots=True)
class _Principal:
    id: str
    group: str = ""
    joinable: bool = False


async def roles_of(user_id: str, azure: Azure) -> tuple[Role, ...]:
    """Every directory role that a user has or may take on, at whatever scope.

    https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments
    https://learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityscheduleinstances
    https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-eligibilityscheduleinstances

    Args:
        user_id: The user's object id.
        azure: Azure, with `ROLES`, `PIM_GROUPS` and the right to read users and their groups.

    Raises:
        ODataError: If Graph does not say.
        Refused: If it says that there is a group, but not what it is.
    """
    client = await azure.graph()
    own, member, joinable = await side_by_side(
        _held(_Principal(user_id), client), _member(user_id, client), _joinable(user_id, client, azure)
    )
    of_groups = await side_by_side(*(_held(group, client) for group in (*member, *joinable)))
    return tuple(role for roles in (own, *of_groups) for role in roles)


async def _held(who: _Principal, client: GraphServiceClient) -> list[Role]:
    """What is assigned to a user or group itself."""
    from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
        RoleAssignmentsRequestBuilder as Active,
    )
    from msgraph.generated.role_management.directory.role_eligibility_schedule_instances import (
        role_eligibility_schedule_instances_request_builder as eligible,
    )

    directory, mine, role = client.role_management.directory, _of(who.id), ["roleDefinition"]
    to_activate = eligible.RoleEligibilityScheduleInstancesRequestBuilder
    active, dormant = await side_by_side(
        _all(
            directory.role_assignments,
            Active.RoleAssignmentsRequestBuilderGetQueryParameters(filter=mine, expand=role),
        ),
        _by_pim(
            directory.role_eligibility_schedule_instances,
            to_activate.RoleEligibilityScheduleInstancesRequestBuilderGetQueryParameters(filter=mine, expand=role),
        ),
    )
    return [_role(item, who, eligible=False) for item in active] + [_role(item, who, eligible=True) for item in dormant]


async def _member(user_id: str, client: GraphServiceClient) -> list[_Principal]:
    """The role-assignable groups a user is in."""
    from msgraph.generated.models.group import Group
    from msgraph.generated.users.item.transitive_member_of.transitive_member_of_request_builder import (
        TransitiveMemberOfRequestBuilder as MemberOf,
    )

    query = MemberOf.TransitiveMemberOfRequestBuilderGetQueryParameters(
        select=["id", "displayName", "isAssignableToRole"], top=PAGE
    )
    found = await _all(client.users.by_user_id(user_id).transitive_member_of, query)
    groups = [item for item in found if isinstance(item, Group)]
    for group in groups:
        if group.display_name is None:  # Graph names what it may not show, and leaves the rest empty
            raise Refused(f"Graph does not show what group {group.id} is: GroupMember.Read.All is missing")
    return [_Principal(str(group.id), str(group.display_name)) for group in groups if group.is_assignable_to_role]


async def _joinable(user_id: str, client: GraphServiceClient, azure: Azure) -> list[_Principal]:
    """The groups a user may become a member or owner of."""
    if not azure.cloud.pim_for_groups:
        return []
    from msgraph.generated.identity_governance.privileged_access.group.eligibility_schedule_instances import (
        eligibility_schedule_instances_request_builder as module,
    )

    builder = module.EligibilityScheduleInstancesRequestBuilder
    query = builder.EligibilityScheduleInstancesRequestBuilderGetQueryParameters(filter=_of(user_id))
    found = await _by_pim(client.identity_governance.privileged_access.group.eligibility_schedule_instances, query)
    return [_Principal(group, group, joinable=True) for group in sorted({str(item.group_id) for item in found})]


async def _by_pim(builder: Any, query: Any) -> list[Any]:
    """What PIM lists; nothing in a tenant that does not have it."""
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError

    try:
        return await _all(builder, query)
    except ODataError as error:
        if error.error is None or error.error.code != NO_PIM:
            raise
        return []


async def _all(builder: Any, query: Any) -> list[Any]:
    """Everything in a collection, page after page."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    page = await builder.get(RequestConfiguration(query_parameters=query))
    found = list(page.value)
    while page.odata_next_link:
        page = await builder.with_url(page.odata_next_link).get()
        found += page.value
    return found


def _of(principal: str) -> str:
    return f"principalId eq '{principal}'"


def _role(item: Any, who: _Principal, *, eligible: bool) -> Role:
    definition = item.role_definition
    id_ = str((definition and definition.template_id) or item.role_definition_id).lower()
    name = str((definition and definition.display_name) or id_)
    return Role(id_, name, eligible or who.joinable, who.group)

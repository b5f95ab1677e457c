"""Microsoft Graph: who has which directory role, and who may take one on."""

from __future__ import annotations

import pytest

from azsim.services.graph import Directory
from azsim.services.graph_roles import Roles
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow_graph, ask, error

V1 = "https://graph.microsoft.com/v1.0"
MEMBER_OF = f"{V1}/users/{contoso.ADELE}/transitiveMemberOf"
ACTIVE = f"{V1}/roleManagement/directory/roleAssignments"
ELIGIBLE = f"{V1}/roleManagement/directory/roleEligibilityScheduleInstances"
JOINABLE = f"{V1}/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
HERS = f"?$filter=principalId eq '{contoso.ADELE}'"
ADMIN, GROUP = "62e90394-69f5-4237-9190-012177145e10", "00000000-0000-4000-8000-00000000000a"


@pytest.fixture
def tenant(world: World) -> World:
    roles = world.state(Roles)
    roles.names[ADMIN] = "Global Administrator"
    roles.add_group(GROUP, "Tier 0", assignable=True)
    roles.active.append((contoso.ADELE, ADMIN))
    roles.eligible += [(contoso.ADELE, ADMIN), (GROUP, ADMIN)]
    roles.joinable.append((contoso.ADELE, GROUP))
    world.state(Directory).groups_of[contoso.ADELE] = {GROUP, contoso.PROTECTED_GROUP}
    return world


@pytest.mark.parametrize(
    ("url", "permission", "code"),
    [
        (MEMBER_OF, "User.Read.All", "Authorization_RequestDenied"),
        (ACTIVE + HERS, "RoleManagement.Read.Directory", "Authorization_RequestDenied"),
        (ELIGIBLE + HERS, "RoleManagement.Read.Directory", "UnknownError"),
        (JOINABLE + HERS, "PrivilegedEligibilitySchedule.Read.AzureADGroup", "UnknownError"),
    ],
)
async def test_each_takes_its_permission(tenant: World, url: str, permission: str, code: str) -> None:
    assert error(await ask(tenant, "GET", url)) == (403, code)
    allow_graph(tenant, permission)
    assert (await ask(tenant, "GET", url)).status == 200


@pytest.mark.parametrize("url", [ACTIVE, ELIGIBLE, JOINABLE])
@pytest.mark.parametrize("query", ["", "?$filter=principalId ne 'x'", f"{HERS} or principalId eq '{GROUP}'"])
async def test_each_is_asked_for_one_principal(tenant: World, url: str, query: str) -> None:
    allow_graph(tenant, "RoleManagement.Read.Directory", "PrivilegedEligibilitySchedule.Read.AzureADGroup")

    assert error(await ask(tenant, "GET", url + query)) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize("url", [ACTIVE, ELIGIBLE])
async def test_a_role_is_named_if_asked_for(tenant: World, url: str) -> None:
    allow_graph(tenant, "RoleManagement.Read.Directory")

    (plain,) = (await ask(tenant, "GET", url + HERS)).json()["value"]
    (named,) = (await ask(tenant, "GET", f"{url}{HERS}&$expand=roleDefinition")).json()["value"]

    assert (plain["roleDefinitionId"], "roleDefinition" in plain) == (ADMIN, False)
    assert named["roleDefinition"] == {"id": ADMIN, "templateId": ADMIN, "displayName": "Global Administrator"}


async def test_groups_that_may_be_joined(tenant: World) -> None:
    allow_graph(tenant, "PrivilegedEligibilitySchedule.Read.AzureADGroup")

    assert [item["groupId"] for item in (await ask(tenant, "GET", JOINABLE + HERS)).json()["value"]] == [GROUP]


@pytest.mark.parametrize("url", [ELIGIBLE, JOINABLE])
async def test_without_a_licence_pim_says_so(tenant: World, url: str) -> None:
    allow_graph(tenant, "RoleManagement.Read.Directory", "PrivilegedEligibilitySchedule.Read.AzureADGroup")
    tenant.state(Roles).licensed = False

    assert error(await ask(tenant, "GET", url + HERS)) == (400, "AadPremiumLicenseRequired")


async def test_groups_come_in_pages_and_show_what_was_selected(tenant: World) -> None:
    allow_graph(tenant, "User.Read.All", "GroupMember.Read.All")

    first = (await ask(tenant, "GET", f"{MEMBER_OF}?$select=id,isAssignableToRole&$top=1")).json()
    second = (await ask(tenant, "GET", first["@odata.nextLink"])).json()

    kind = "#microsoft.graph.group"
    assert first["value"] == [{"@odata.type": kind, "id": GROUP, "isAssignableToRole": True}]
    assert second == {"value": [{"@odata.type": kind, "id": contoso.PROTECTED_GROUP, "isAssignableToRole": None}]}


async def test_without_the_right_to_read_groups_only_their_ids_are_shown(tenant: World) -> None:
    allow_graph(tenant, "User.Read.All")

    found = (await ask(tenant, "GET", MEMBER_OF)).json()["value"]

    assert {item["displayName"] for item in found} == {None}
    assert [item["id"] for item in found] == [GROUP, contoso.PROTECTED_GROUP]


async def test_who_has_what_is_part_of_the_state(tenant: World) -> None:
    found = tenant.state(Roles).snapshot()

    assert found["active"] == [(contoso.ADELE, ADMIN)]
    assert found["joinable"] == [(contoso.ADELE, GROUP)]

from __future__ import annotations

import dataclasses

import pytest

from azsim.services.graph import Directory
from azsim.services.graph_roles import Roles
from azsim.tenants import contoso
from shared.azure.clients import Azure
from shared.azure.roles import Role, roles_of
from shared.azure.targets.user import USER
from shared.engine.guards import live
from shared.model.errors import Refused
from tests import lab
from tests.lab import Lab

ROLES = {f"{number:08d}-0000-4000-8000-000000000000": f"Role {number}" for number in range(3)}
GROUPS = [f"{number:08d}-0000-4000-9000-000000000000" for number in range(5)]
FIRST = next(iter(ROLES))


def asking(made: Lab) -> Azure:
    return made.app.azure((*USER.permissions, *live.PERMISSIONS), [])


def contoso_roles(made: Lab) -> Roles:
    found = made.world.state(Roles)
    found.names.update(ROLES)
    for group in GROUPS:
        found.add_group(group, f"Group {group[7]}", assignable=True)
    made.world.state(Directory).groups_of[contoso.ADELE] = set(GROUPS)
    return found


async def test_every_page_of_everything_is_read() -> None:
    made = lab.make()
    roles = contoso_roles(made)
    roles.most = 1
    for role in ROLES:
        roles.active.append((contoso.ADELE, role))
        roles.eligible += [(contoso.ADELE, role), (GROUPS[-1], role)]
    roles.joinable += [(contoso.ADELE, group) for group in GROUPS]

    found = await roles_of(contoso.ADELE, asking(made))

    own = [Role(role, name, eligible, "") for eligible in (False, True) for role, name in ROLES.items()]
    by_group = [Role(role, name, True, group) for group in ("Group 4", GROUPS[-1]) for role, name in ROLES.items()]
    assert list(found) == own + by_group


async def test_a_role_is_told_by_id_and_name() -> None:
    made = lab.make()
    contoso_roles(made).active.append((contoso.ADELE, FIRST))

    assert await roles_of(contoso.ADELE, asking(made)) == (Role(FIRST, "Role 0", False, ""),)


async def test_groups_that_graph_does_not_show_are_not_passed_over() -> None:
    made = lab.make()
    contoso_roles(made)
    for held in made.world.access.app_roles.values():
        held.discard("GroupMember.Read.All")

    with pytest.raises(Refused, match=r"does not show what group 00000000-0000-4000-9000-000000000000 is"):
        await roles_of(contoso.ADELE, asking(made))


async def test_where_graph_does_not_know_groups_by_pim_it_is_not_asked_for_them() -> None:
    made = lab.make()
    roles = contoso_roles(made)
    roles.joinable.append((contoso.ADELE, GROUPS[0]))
    azure = asking(made)

    await roles_of(
        contoso.ADELE, dataclasses.replace(azure, cloud=dataclasses.replace(azure.cloud, pim_for_groups=False))
    )

    assert not [call for call in made.world.calls if "identityGovernance" in call.path]


async def test_the_looks_at_user_and_groups_go_side_by_side() -> None:
    made = lab.make()
    contoso_roles(made)
    azure = asking(made)
    await roles_of(contoso.ADELE, azure)
    made.world.latency = 1.0
    began = made.world.clock.now()

    await roles_of(contoso.ADELE, azure)

    assert (made.world.clock.now() - began).total_seconds() == pytest.approx(2.0)

from __future__ import annotations

from pathlib import Path

import pytest

from azsim import arm
from azsim.arm import Arm
from azsim.rbac import Role
from azsim.tenants import contoso
from azsim.world import World
from shared.engine.guards import live
from shared.kinds.responder import permissions
from shared.model.entity import AzureResource
from tests.lab import ENGINE, Lab, grant
from tests.responders.ask import RESPONDERS, Way, ask, first, responding, undo
from tests.responders.network.test_isolate_nic import NAME, NICS, QUARANTINE, WEB_GROUP, group_of
from tests.responders.network.test_isolate_nic_write import WRITE

JOIN = "Microsoft.Network/networkSecurityGroups/join/action"
ENTITIES = [AzureResource(resource_id=nic) for nic in NICS]


def put_on(world: World, nic: str, group: str | None) -> None:
    """Somebody puts another group on an interface, or takes it off."""
    found = world.state(Arm).find(nic)
    assert found is not None
    found.properties["networkSecurityGroup"] = {"id": group}
    if group is None:
        del found.properties["networkSecurityGroup"]
    arm.put(world, nic, found.body)


@pytest.mark.parametrize(("entity", "before"), [(ENTITIES[0], WEB_GROUP), (ENTITIES[1], None)], ids=["a group", "none"])
async def test_undo_puts_back_what_was_there(entity: AzureResource, before: str | None, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    asked = await ask(made, entity)
    assert group_of(made.world, entity.resource_id) == QUARANTINE

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undone"]
    assert group_of(made.world, entity.resource_id) == before


async def test_undo_of_a_machine_puts_back_every_interface_its_own(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    asked = await ask(made, AzureResource(resource_id=contoso.WEB_VM))

    await undo(made, asked)

    assert [group_of(made.world, nic) for nic in NICS] == [WEB_GROUP, None]


async def test_undo_is_refused_if_the_group_that_was_there_is_gone(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    asked = await ask(made, ENTITIES[0])
    put_on(made.world, f"{contoso.NETWORK}/networkInterfaces/nic-dc-01", None)
    del made.world.state(Arm).resources[WEB_GROUP.lower()]

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_refused"]
    assert ends[0]["reason"] == f"security group {WEB_GROUP} is not there any more: nic-web-01 is left as it is"
    assert group_of(made.world, NICS[0]) == QUARANTINE
    arm.put(made.world, WEB_GROUP, {"location": contoso.LOCATION, "properties": {}})
    assert [end["decision"] for end in await undo(made, asked)] == ["undone"]


async def test_a_reference_that_is_gone_and_is_not_the_group_is_told_in_azures_words(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    asked = await ask(made, ENTITIES[0])
    address = f"{contoso.NETWORK}/publicIPAddresses/pip-web-01"
    del made.world.state(Arm).resources[address.lower()]

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_failed"]
    assert "InvalidResourceReference" in ends[0]["reason"]
    assert address in ends[0]["reason"]


@pytest.mark.parametrize("drift", [f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet", None], ids=["other", "none"])
async def test_undo_is_refused_if_somebody_changed_the_group_since(drift: str | None, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    asked = await ask(made, ENTITIES[0])
    put_on(made.world, NICS[0], drift)

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_refused"]
    assert "nic-web-01 has been changed since: network_security_group:" in ends[0]["reason"]
    assert group_of(made.world, NICS[0]) == drift


async def test_undo_is_refused_if_somebody_changes_the_group_while_it_goes_on(tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    other = f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet"
    asked = await ask(made, ENTITIES[0])
    way.meet("PUT", WRITE, first(lambda: put_on(made.world, NICS[0], other)))

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_refused"]
    assert group_of(made.world, NICS[0]) == other


async def test_undo_of_what_somebody_put_back_already_writes_nothing(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    asked = await ask(made, ENTITIES[0])
    put_on(made.world, NICS[0], WEB_GROUP.upper())
    before = len(made.world.calls)

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undone"]
    assert not [c for c in made.world.calls[before:] if c.method == "PUT" and c.host == "management.azure.com"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first first", "second first"])
async def test_the_interface_stays_cut_off_until_the_last_of_two_cases_gives_it_up(
    order: tuple[int, int], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    cases = [await ask(made, ENTITIES[0], key=key) for key in ("one", "two")]
    assert [case.only["state"] for case in cases] == ["done", "already"]

    earlier = await undo(made, cases[order[0]])
    between = group_of(made.world, NICS[0])
    later = await undo(made, cases[order[1]])

    assert [end["decision"] for end in (*earlier, *later)] == ["released", "undone"]
    assert earlier[0]["reason"] == f"still held by {cases[order[1]].case}"
    assert between == QUARANTINE
    assert group_of(made.world, NICS[0]) == WEB_GROUP


async def test_an_interface_that_somebody_else_had_cut_off_is_left_so_by_undo(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    await undo(made, await ask(made, ENTITIES[0]))
    put_on(made.world, NICS[0], QUARANTINE.upper())
    again = await ask(made, ENTITIES[0], key="again")
    assert again.only["state"] == "already"

    ends = await undo(made, again)

    assert ends[0]["reason"] == "nothing to put back: the target was as wanted before"
    assert group_of(made.world, NICS[0]) == QUARANTINE.upper()


def joining(folder: Path, *scopes: str) -> Lab:
    """A responder with everything it declares, but joining security groups only at these scopes."""
    others = [permission for permission in permissions(RESPONDERS[NAME]) if permission.name != JOIN]
    made = responding(folder, NAME, granted=ENGINE)
    grant(made.world, [*others, *live.PERMISSIONS])
    for scope in scopes:
        made.world.access.grant(contoso.IDENTITY.object_id, scope, Role(actions=(JOIN,)))
    return made


async def test_without_join_on_the_quarantine_group_nothing_is_changed_and_the_reason_names_it(tmp_path: Path) -> None:
    made = joining(tmp_path, WEB_GROUP)

    asked = await ask(made, ENTITIES[0])

    assert asked.only["state"] == "failed"
    assert asked.only["reason"].startswith(f"the responder's identity lacks {JOIN} (403 LinkedAuthorizationFailed")
    assert QUARANTINE in asked.only["reason"]
    assert group_of(made.world, NICS[0]) == WEB_GROUP


async def test_without_join_on_the_group_that_was_there_undo_fails_and_the_reason_names_it(tmp_path: Path) -> None:
    made = joining(tmp_path, QUARANTINE)
    asked = await ask(made, ENTITIES[0])
    assert asked.only["state"] == "done"

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_failed"]
    assert JOIN in ends[0]["reason"]
    assert WEB_GROUP in ends[0]["reason"]
    assert group_of(made.world, NICS[0]) == QUARANTINE
    made.world.access.grant(contoso.IDENTITY.object_id, WEB_GROUP, Role(actions=(JOIN,)))
    assert [end["decision"] for end in await undo(made, asked)] == ["undone"]


async def test_joining_both_groups_is_enough_for_the_way_there_and_back(tmp_path: Path) -> None:
    made = joining(tmp_path, QUARANTINE, WEB_GROUP)

    asked = await ask(made, ENTITIES[0])

    assert [end["decision"] for end in await undo(made, asked)] == ["undone"]
    assert group_of(made.world, NICS[0]) == WEB_GROUP

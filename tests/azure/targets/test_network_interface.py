from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azsim import arm
from azsim.arm import Arm
from azsim.rbac import Role
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import Azure
from shared.azure.targets.network_interface import NETWORK_INTERFACE, NetworkInterface, resolve
from shared.model.entity import Account, AnyEntity, AzureResource, Host, Ip
from shared.model.errors import Refused
from tests import lab
from tests.lab import Lab
from tests.responders.ask import ask, responding

NAME = "network.isolate_nic"
NICS = [f"{contoso.NETWORK}/networkInterfaces/{name}" for name in ("nic-web-01", "nic-web-01-backend")]
OTHER = "/subscriptions/11111111-2222-4333-8444-555555555555"
SCALE_SET = f"{contoso.SHOP}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-web"


def asking(made: Lab) -> Azure:
    return made.app.azure(NETWORK_INTERFACE.permissions, [])


def at(resource_id: str) -> AzureResource:
    return AzureResource(resource_id=resource_id)


def body_of(world: World, resource_id: str) -> dict[str, Any]:
    found = world.state(Arm).find(resource_id)
    assert found is not None
    return found.body


def forget(world: World, resource_id: str) -> None:
    del world.state(Arm).resources[resource_id.lower()]


async def test_an_interface_is_known_with_its_place_its_machine_and_the_tags_of_both() -> None:
    made = lab.make()
    body_of(made.world, NICS[0])["tags"] = {"owner": "network"}

    (nic,) = await resolve(at(NICS[0]), asking(made))

    assert nic == NetworkInterface(
        id=NICS[0].lower(),
        kind="Microsoft.Network/networkInterfaces",
        name="nic-web-01",
        ids=(NICS[0].lower(), contoso.WEB_VM.lower()),
        tags=(("owner", "network"), ("app", "shop")),
        subscription=contoso.SUBSCRIPTION.rpartition("/")[2],
        resource_group="rg-shop",
        location="westeurope",
    )


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("spelled", [str, str.upper, str.lower, lambda text: f" {text[1:]}"])
@pytest.mark.parametrize(("entity", "names"), [(contoso.WEB_VM, NICS), (NICS[1], NICS[1:])], ids=["machine", "nic"])
async def test_every_spelling_of_an_id_is_the_same_target(
    entity: str, names: list[str], spelled: Any, end: str
) -> None:
    made = lab.make()
    spelling = spelled(entity) + end

    by_resource = await resolve(at(spelling), asking(made))
    by_host = await resolve(Host(azure_id=spelling), asking(made))

    assert [nic.id for nic in by_resource] == [name.lower() for name in names]
    assert [nic.id for nic in by_host] == [nic.id for nic in by_resource]
    assert {nic.ids[1] for nic in by_resource} == {contoso.WEB_VM.lower()}


async def test_ids_that_the_machine_spells_otherwise_are_the_same_interfaces() -> None:
    made = lab.make()
    profile = body_of(made.world, contoso.WEB_VM)["properties"]["networkProfile"]["networkInterfaces"]
    profile[0]["id"], profile[1]["id"] = NICS[0].upper(), NICS[1].lower() + "/"

    found = await resolve(at(contoso.WEB_VM), asking(made))

    assert [nic.id for nic in found] == [name.lower() for name in NICS]
    assert {nic.id for nic in found} == {(await resolve(at(name), asking(made)))[0].id for name in NICS}


async def test_an_interface_of_no_machine_stands_for_itself() -> None:
    made = lab.make()
    del body_of(made.world, NICS[1])["properties"]["virtualMachine"]
    body_of(made.world, NICS[1]).pop("tags")

    (nic,) = await resolve(at(NICS[1]), asking(made))

    assert (nic.ids, nic.tags) == ((NICS[1].lower(),), ())
    assert [call.path for call in made.world.calls if "management" in call.host] == [NICS[1]]


async def test_an_interface_in_another_group_and_subscription_than_its_machine_is_found_there() -> None:
    made = lab.make()
    who = contoso.IDENTITY.object_id
    far = f"{OTHER}/resourceGroups/rg-net/providers/Microsoft.Network/networkInterfaces/nic-far"
    for path in (OTHER, f"{OTHER}/resourceGroups/rg-net"):
        arm.put(made.world, path, {})
    arm.put(made.world, far, {**copy.deepcopy(body_of(made.world, NICS[1])), "location": "northeurope"})
    body_of(made.world, contoso.WEB_VM)["properties"]["networkProfile"]["networkInterfaces"].append({"id": far})
    made.world.access.grant(who, OTHER, Role(actions=("Microsoft.Network/networkInterfaces/read",)))

    found = await resolve(at(contoso.WEB_VM), asking(made))

    assert (found[2].subscription, found[2].resource_group) == (OTHER.rpartition("/")[2], "rg-net")
    assert (found[2].location, found[2].name) == ("northeurope", "nic-far")


@pytest.mark.parametrize(
    "entity",
    [
        at(SCALE_SET),
        at(f"{SCALE_SET}/virtualMachines/0"),
        at(f"{SCALE_SET}/virtualMachines/0/networkInterfaces/nic-0"),
        at(f"{contoso.SHOP}/providers/Microsoft.HybridCompute/machines/arc-01"),
        at(f"{contoso.NETWORK}/networkInterfaces/nic-web-01/ipConfigurations/ipconfig1"),
        at(f"{contoso.NETWORK}/networkInterfaces"),
        at(contoso.SUBSCRIPTION),
        at(""),
        Host(name="vm-web-01", fqdn="vm-web-01.contoso.example"),
        Host(azure_id=f"{contoso.SHOP}/providers/Microsoft.HybridCompute/machines/arc-01"),
        Account(upn="adele.vance@contoso.example"),
        Ip(address="10.20.1.4"),
    ],
)
async def test_what_is_no_machine_or_interface_in_azure_is_refused_without_a_question(entity: AnyEntity) -> None:
    made = lab.make()

    with pytest.raises(Refused, match="is not known as a machine or network interface in Azure"):
        await resolve(entity, asking(made))

    assert made.world.calls == []


@pytest.mark.parametrize(
    "properties", [None, {}, {"networkProfile": {}}, {"networkProfile": {"networkInterfaces": []}}]
)
async def test_a_machine_without_an_interface_of_its_own_is_refused(properties: dict[str, Any] | None) -> None:
    made = lab.make()
    body = body_of(made.world, contoso.WEB_VM)
    body.pop("properties")
    if properties is not None:
        body["properties"] = properties

    with pytest.raises(Refused, match=r"no network interface of its own .a scale set's cannot be written one by one"):
        await resolve(at(contoso.WEB_VM), asking(made))


@pytest.mark.parametrize(
    ("entity", "gone"), [(contoso.WEB_VM, contoso.WEB_VM), (NICS[0], NICS[0]), (contoso.WEB_VM, NICS[1])]
)
async def test_what_is_gone_is_refused_in_azures_words_and_nothing_is_done(
    entity: str, gone: str, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    forget(made.world, gone)
    before = made.tenant()

    asked = await ask(made, at(entity))

    assert asked.only["state"] == "refused"
    assert asked.only["reason"].startswith(f"{entity} is not there: 404 ResourceNotFound")
    assert made.tenant() == before


async def test_an_interface_whose_machine_is_gone_is_not_found_either() -> None:
    made = lab.make()
    forget(made.world, contoso.WEB_VM)

    with pytest.raises(HttpResponseError, match="ResourceNotFound"):  # its tags might have protected the interface
        await resolve(at(NICS[0]), asking(made))


@pytest.mark.parametrize("of_machine", [True, False], ids=["machine", "interface"])
async def test_what_lies_in_a_subscription_that_was_not_granted_fails_and_names_the_permission(
    of_machine: bool, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    kind = "Microsoft.Compute/virtualMachines" if of_machine else "Microsoft.Network/networkInterfaces"
    far = f"{OTHER}/resourceGroups/rg-far/providers/{kind}/far-01"
    arm.put(made.world, OTHER, {})
    arm.put(made.world, far, copy.deepcopy(body_of(made.world, contoso.WEB_VM if of_machine else NICS[0])))
    before = made.tenant()

    asked = await ask(made, at(far))

    assert asked.only["state"] == "failed"
    assert asked.only["reason"].startswith(f"the responder's identity lacks {kind}/read (403 AuthorizationFailed")
    assert OTHER in asked.only["reason"]
    assert made.tenant() == before


@pytest.mark.parametrize(
    ("of_nic", "of_machine"),
    [("protected", "watched"), ("watched", "protected"), ("protected", None), (None, "protected")],
)
@pytest.mark.parametrize(
    ("name_on_nic", "name_on_machine"),
    [("riposte", "riposte"), ("riposte", "Riposte"), ("Riposte", "riposte"), ("RIPOSTE", "rIPOSTE")],
)
@pytest.mark.parametrize("entity", [contoso.WEB_VM, NICS[0]], ids=["machine", "interface"])
async def test_the_tag_of_either_protects_even_if_the_other_has_it_with_another_value(
    entity: str, name_on_nic: str, name_on_machine: str, of_nic: str | None, of_machine: str | None, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    for path, name, value in ((NICS[0], name_on_nic, of_nic), (contoso.WEB_VM, name_on_machine, of_machine)):
        body_of(made.world, path)["tags"] = {name: value} if value else {}

    asked = await ask(made, at(entity))

    protecting = name_on_nic if of_nic == "protected" else name_on_machine
    steps = {step["target"]: step for step in asked.steps}
    assert steps[NICS[0].lower()]["state"] == "refused"
    assert steps[NICS[0].lower()]["reason"] == f"nic-web-01 is protected by its tag {protecting}=protected"
    # the machine's tag protects its other interface too; the tag of an interface protects that one alone
    others = {step["state"] for target, step in steps.items() if target != NICS[0].lower()}
    assert others <= {"refused" if of_machine == "protected" else "done"}


async def test_an_interface_that_has_just_been_moved_is_protected_by_both_machines() -> None:
    made = lab.make()
    body_of(made.world, NICS[1])["properties"]["virtualMachine"] = {"id": contoso.DC_VM}

    moved = (await resolve(at(contoso.WEB_VM), asking(made)))[1]

    assert moved.ids == (NICS[1].lower(), contoso.WEB_VM.lower(), contoso.DC_VM.lower())
    assert set(moved.tags) > set(body_of(made.world, contoso.DC_VM)["tags"].items())


async def test_a_tags_value_in_another_letter_case_is_another_value(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    for path in (NICS[0], contoso.WEB_VM):
        body_of(made.world, path)["tags"] = {"riposte": "Protected"}

    assert (await ask(made, at(NICS[0]))).only["state"] == "done"

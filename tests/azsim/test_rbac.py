"""Role assignments and Graph permissions."""

from __future__ import annotations

import pytest

from azsim.rbac import Access, Role

ME = "principal"
GROUP = "/subscriptions/s/resourceGroups/g"
NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"


def having(role: Role, scope: str = GROUP) -> Access:
    access = Access()
    access.grant(ME, scope, role)
    return access


@pytest.mark.parametrize(
    ("granted", "asked", "allowed"),
    [
        ("Microsoft.Network/networkInterfaces/read", "Microsoft.Network/networkInterfaces/read", True),
        ("Microsoft.Network/networkInterfaces/read", "Microsoft.Network/networkInterfaces/write", False),
        ("Microsoft.Network/networkInterfaces/read", "Microsoft.Network/networkInterfaces/read/more", False),
        ("Microsoft.Network/networkInterfaces/read", "more/Microsoft.Network/networkInterfaces/read", False),
        ("microsoft.network/NETWORKINTERFACES/read", "Microsoft.Network/networkInterfaces/read", True),
        ("*", "Microsoft.Network/networkInterfaces/write", True),
        ("*/read", "Microsoft.Network/networkInterfaces/read", True),
        ("*/read", "Microsoft.Network/networkInterfaces/write", False),
        ("Microsoft.Network/*", "Microsoft.Network/networkInterfaces/ipConfigurations/join/action", True),
        ("Microsoft.Network/*", "Microsoft.Compute/virtualMachines/read", False),
        ("Microsoft.Network/*/join/action", "Microsoft.Network/networkSecurityGroups/join/action", True),
        ("Microsoft.Network/*/join/action", "Microsoft.Network/networkSecurityGroups/write", False),
        ("MicrosoftXNetwork/*", "Microsoft.Network/networkInterfaces/read", False),
        ("Microsoft.Network/*", "MicrosoftXNetwork/networkInterfaces/read", False),
    ],
)
def test_a_role_covers_what_its_patterns_match(granted: str, asked: str, *, allowed: bool) -> None:
    assert having(Role(actions=(granted,))).allows(ME, asked, NIC) is allowed


@pytest.mark.parametrize(
    ("scope", "asked", "allowed"),
    [
        (NIC, NIC, True),
        (NIC, f"{NIC}/ipConfigurations/one", True),
        (NIC, f"{NIC}2", False),
        (NIC, GROUP, False),
        (GROUP, NIC, True),
        (GROUP.upper(), NIC, True),
        (GROUP, NIC.upper(), True),
        (f"{GROUP}/", NIC, True),
        (GROUP, f"{GROUP}/", True),
        (GROUP, "/subscriptions/s/resourceGroups/g2/providers/A/b/c", False),
        ("/subscriptions/s", NIC, True),
        ("/", NIC, True),
    ],
)
def test_an_assignment_reaches_its_scope_and_what_is_below(scope: str, asked: str, *, allowed: bool) -> None:
    assert having(Role(actions=("*",)), scope).allows(ME, "A/b/read", asked) is allowed


def test_not_actions_take_away_from_actions() -> None:
    access = having(Role(actions=("*",), not_actions=("Microsoft.Authorization/*", "*/delete")))
    assert access.allows(ME, "Microsoft.Network/networkInterfaces/write", NIC)
    assert not access.allows(ME, "Microsoft.Network/networkInterfaces/delete", NIC)
    assert not access.allows(ME, "microsoft.authorization/roleAssignments/write", NIC)


def test_not_actions_take_nothing_away_from_data_actions() -> None:
    access = having(Role(data_actions=("*",), not_actions=("*/delete",)))
    assert access.allows(ME, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete", NIC, data=True)


def test_what_one_role_takes_away_another_may_give() -> None:
    access = having(Role(actions=("*",), not_actions=("*/delete",)))
    access.grant(ME, NIC, Role(actions=("*/delete",)))
    assert access.allows(ME, "Microsoft.Network/networkInterfaces/delete", NIC)


def test_control_plane_and_data_plane_are_apart() -> None:
    assert not having(Role(actions=("*",))).allows(ME, "A/b/read", NIC, data=True)
    assert not having(Role(data_actions=("*",))).allows(ME, "A/b/read", NIC)
    assert having(Role(data_actions=("*",))).allows(ME, "A/b/read", NIC, data=True)


def test_a_role_is_its_principals_alone() -> None:
    access = having(Role(actions=("*",)))
    assert not access.allows("another", "A/b/read", NIC)


def test_of_several_graph_permissions_the_first_that_is_held_counts() -> None:
    access = Access()
    assert access.graph_permission(ME, ["User.Read.All"]) is None
    access.grant_graph(ME, ["Directory.Read.All"])
    access.grant_graph(ME, ["User.ReadWrite.All"])
    assert access.graph_permission(ME, ["User.ReadWrite.All", "Directory.Read.All"]) == "User.ReadWrite.All"
    assert access.graph_permission(ME, ["User.Read.All", "Directory.Read.All"]) == "Directory.Read.All"
    assert access.graph_permission(ME, ["user.readwrite.all"]) is None
    assert access.graph_permission("another", ["Directory.Read.All"]) is None

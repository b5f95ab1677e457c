from __future__ import annotations

import pytest

from shared.model.permission import Api, Permission, arm, data, graph, linked

NICS = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces"
NIC = f"{NICS}/nic-web-01"


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("Microsoft.Network/networkInterfaces/read", "GET", NIC),
        ("Microsoft.Network/networkInterfaces/read", "HEAD", NIC),
        ("Microsoft.Network/networkInterfaces/read", "GET", NICS),
        ("Microsoft.Network/networkInterfaces/read", "GET", NIC.upper()),
        ("microsoft.network/NETWORKINTERFACES/READ", "GET", NIC),
        ("Microsoft.Network/networkInterfaces/write", "PUT", NIC),
        ("Microsoft.Network/networkInterfaces/write", "PATCH", NIC),
        ("Microsoft.Network/networkInterfaces/delete", "DELETE", NIC),
        (
            "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action",
            "POST",
            f"{NIC}/effectiveNetworkSecurityGroups",
        ),
        ("Microsoft.Network/networkInterfaces/ipConfigurations/read", "GET", f"{NIC}/ipConfigurations/primary"),
        ("Microsoft.Security/assessments/read", "GET", f"{NIC}/providers/Microsoft.Security/assessments/a"),
    ],
)
def test_resource_manager_derives_the_permission_from_method_and_path(name: str, method: str, path: str) -> None:
    assert arm(name).allows(method, path)


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("Microsoft.Network/networkInterfaces/read", "PUT", NIC),
        ("Microsoft.Network/networkInterfaces/write", "GET", NIC),
        ("Microsoft.Network/networkInterfaces/write", "POST", NIC),
        ("Microsoft.Network/networkInterfaces/read", "GET", f"{NIC}/ipConfigurations/primary"),
        ("Microsoft.Network/networkInterfaces/read", "GET", f"{NIC}/providers/Microsoft.Security/assessments/a"),
        ("Microsoft.Network/networkInterfaces/read", "OPTIONS", NIC),
        ("Microsoft.Network/networkInterfaces/read", "GET", "/subscriptions/s"),
        ("Microsoft.Network/networkInterfaces/action", "POST", f"{NIC}/start"),
    ],
)
def test_a_permission_allows_nothing_else(name: str, method: str, path: str) -> None:
    assert not arm(name).allows(method, path)


def test_a_template_stands_for_one_segment_in_each_gap_in_any_letter_case() -> None:
    users = graph("User.Read.All", "GET /users/{}")

    assert users.allows("GET", "/users/1b9f0e3c")
    assert users.allows("GET", "/Users/adele.vance@contoso.example")
    assert not users.allows("GET", "/users/")
    assert not users.allows("GET", "/users/1b9f0e3c/messages")
    assert not users.allows("GET", "/users")
    assert not users.allows("POST", "/users/1b9f0e3c")
    assert not users.allows("GET", "/v1.0/users/1b9f0e3c")


def test_what_stands_in_a_template_is_meant_literally() -> None:
    assert not data("x", "GET /a.b").allows("GET", "/aXb")
    assert data("x", "GET /a(b)+").allows("GET", "/a(b)+")


def test_a_template_adds_to_what_the_name_tells() -> None:
    found = arm("Microsoft.Network/networkInterfaces/write", "GET /subscriptions/{}/operations/{}")

    assert found.allows("PUT", NIC)
    assert found.allows("GET", "/subscriptions/s/operations/o")


def test_the_name_of_a_permission_outside_resource_manager_tells_nothing() -> None:
    assert not data("Microsoft.Network/networkInterfaces/read").allows("GET", NIC)
    assert not graph("Microsoft.Network/networkInterfaces/read").allows("GET", NIC)


def test_a_linked_permission_shows_in_no_request() -> None:
    join = linked("Microsoft.Network/networkSecurityGroups/join/action")
    groups = NICS.replace("networkInterfaces", "networkSecurityGroups")

    assert join.linked
    assert join.api is Api.ARM
    assert not join.allows("POST", f"{groups}/nsg/join")


@pytest.mark.parametrize(
    ("permission", "reads"),
    [
        (arm("Microsoft.Network/networkInterfaces/read"), True),
        (arm("Microsoft.Network/networkInterfaces/write"), False),
        (arm("Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action", reads=True), True),
        (linked("Microsoft.Network/networkSecurityGroups/join/action"), False),
        (data("Microsoft.KeyVault/vaults/secrets/getSecret/action"), False),
        (graph("User.Read.All"), True),
        (graph("User.ReadWrite.All"), False),
    ],
)
def test_what_only_reads_is_known_by_its_name_or_says_so(permission: Permission, *, reads: bool) -> None:
    assert permission.reads is reads


def test_a_permission_is_written_as_azure_spells_it() -> None:
    assert str(graph("User.Read.All")) == "User.Read.All"

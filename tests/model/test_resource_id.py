from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.resource_id import ResourceId

SHOP = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/vm-web-01"
SUBNET = f"{SHOP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet"
LOCK = f"{VM}/providers/Microsoft.Authorization/locks/keep"


@pytest.mark.parametrize("text", [VM, f"{VM}/", f"  {VM} ", VM[1:], f"//{VM}//"])
def test_an_id_is_the_same_with_and_without_slashes_and_blanks_around_it(text: str) -> None:
    assert str(ResourceId(text)) == VM


def test_an_id_has_one_key_in_every_letter_case() -> None:
    assert ResourceId(VM.upper()).key == ResourceId(VM).key == VM.lower()


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        (VM, "Microsoft.Compute/virtualMachines", "vm-web-01"),
        (SUBNET, "Microsoft.Network/virtualNetworks/subnets", "snet"),
        (LOCK, "Microsoft.Authorization/locks", "keep"),
        (VM.replace("/providers", "/PROVIDERS"), "Microsoft.Compute/virtualMachines", "vm-web-01"),
        (VM.rpartition("/")[0], "Microsoft.Compute/virtualMachines", "virtualMachines"),
        (f"{SHOP}/providers/Microsoft.Compute", "Microsoft.Compute", "Microsoft.Compute"),
        (f"{SHOP}/providers", "", "providers"),
        (SHOP, "", "rg-shop"),
        ("", "", ""),
        ("/", "", ""),
    ],
)
def test_type_and_name_are_read_from_the_last_provider_on(text: str, kind: str, name: str) -> None:
    assert (ResourceId(text).type, ResourceId(text).name) == (kind, name)


@pytest.mark.parametrize(
    ("text", "subscription", "group"),
    [
        (LOCK, "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", "rg-shop"),
        (VM.replace("resourceGroups", "resourcegroups").replace("/sub", "/SUB"), SHOP.split("/")[2], "rg-shop"),
        ("/subscriptions/s", "s", ""),
        ("/subscriptions", "", ""),
        ("/providers/Microsoft.Management/managementGroups/g", "", ""),
        ("", "", ""),
    ],
)
def test_subscription_and_group_are_empty_where_there_is_none(text: str, subscription: str, group: str) -> None:
    assert (ResourceId(text).subscription, ResourceId(text).resource_group) == (subscription, group)


@pytest.mark.parametrize(
    "text",
    [VM, SUBNET, LOCK, "/subscriptions/s/providers/Microsoft.X/y/z", "/providers/Microsoft.X/y/z", f"{VM}-ü (1)"],
)
def test_an_id_that_names_one_resource_is_one(text: str) -> None:
    assert ResourceId(text).is_resource


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vm-web-01",
        SHOP,
        f"{SHOP}/providers",
        f"{SHOP}/providers/Microsoft.Compute",
        f"{SHOP}/providers/Microsoft.Compute/virtualMachines",
        f"{VM}/extensions",
        f"{VM}/providers/Microsoft.Authorization/locks",
        "/subscriptions/s/resourceGroups/providers/Microsoft.Compute/virtualMachines/vm",
        "/subscriptions//resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm",
        f"{SHOP}/providers/Microsoft.Compute/virtualMachines//",
        f"{VM}?api-version=1",
        f"{VM}#fragment",
        f"{VM}%2f..",
        f"{VM}\nx",
        f"{SHOP}/providers/Microsoft.Compute/virtual\tMachines/vm",
    ],
)
def test_an_id_that_does_not_is_none(text: str) -> None:
    assert not ResourceId(text).is_resource


def test_a_type_is_compared_without_regard_to_letter_case() -> None:
    assert ResourceId(VM).is_type("MICROSOFT.compute/virtualmachines")
    assert not ResourceId(VM).is_type("Microsoft.Compute/disks")
    assert not ResourceId(VM.rpartition("/")[0]).is_type("Microsoft.Compute/virtualMachines")


@pytest.mark.parametrize(
    ("text", "scope", "within"),
    [
        (VM, VM, True),
        (VM, VM.upper(), True),
        (VM, SHOP, True),
        (VM, f"{SHOP}/", True),
        (LOCK, VM, True),
        (VM, "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", True),
        (SHOP, VM, False),
        (f"{VM}-2", VM, False),
        (f"{SHOP}-two/providers/Microsoft.Compute/virtualMachines/vm", SHOP, False),
        (VM, SHOP[:-1], False),
        (VM, "", False),
        (VM, "/", False),
    ],
)
def test_a_scope_ends_where_a_segment_ends(text: str, scope: str, *, within: bool) -> None:
    assert ResourceId(text).within(scope) is within


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(["providers", "Microsoft.X", "y", "", " ", "%"])).map("/".join))
def test_no_text_is_too_odd_to_be_asked(text: str) -> None:
    found = ResourceId(text)

    assert str(found).startswith("/")
    assert found.within(text) or not found.is_resource
    assert not found.is_resource or (found.type and found.name)

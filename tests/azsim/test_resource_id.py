"""Resource Manager ids."""

from __future__ import annotations

import pytest

from azsim.resource_id import parse, resource_group_of, subscription_of

GROUP = "/subscriptions/s/resourceGroups/g"
NETWORK = f"{GROUP}/providers/Microsoft.Network"


@pytest.mark.parametrize(
    ("path", "kind", "name", "scope"),
    [
        ("/subscriptions", "Microsoft.Resources/subscriptions", "", "/"),
        ("/subscriptions/s", "Microsoft.Resources/subscriptions", "s", "/"),
        ("/subscriptions/s/resourceGroups", "Microsoft.Resources/resourceGroups", "", "/subscriptions/s"),
        (GROUP, "Microsoft.Resources/resourceGroups", "g", "/subscriptions/s"),
        (f"{NETWORK}/networkInterfaces", "Microsoft.Network/networkInterfaces", "", GROUP),
        (f"{NETWORK}/networkInterfaces/n", "Microsoft.Network/networkInterfaces", "n", GROUP),
        (
            f"{NETWORK}/virtualNetworks/v/subnets",
            "Microsoft.Network/virtualNetworks/subnets",
            "",
            f"{NETWORK}/virtualNetworks/v",
        ),
        (
            f"{NETWORK}/virtualNetworks/v/subnets/s",
            "Microsoft.Network/virtualNetworks/subnets",
            "s",
            f"{NETWORK}/virtualNetworks/v",
        ),
        (
            f"{GROUP}/providers/A.B/cs/c/providers/D.E/fs/f",
            "D.E/fs",
            "f",
            f"{GROUP}/providers/A.B/cs/c",
        ),
        ("/subscriptions/s/providers/A.B/cs", "A.B/cs", "", "/subscriptions/s"),
    ],
)
def test_a_path_is_taken_apart(path: str, kind: str, name: str, scope: str) -> None:
    found = parse(path)
    assert (found.path, found.type, found.name, found.scope) == (path, kind, name, scope)
    assert found.is_collection is (name == "")


def test_slashes_around_a_path_do_not_matter() -> None:
    assert parse(f"{GROUP}/") == parse(GROUP) == parse(GROUP[1:])


def test_all_spellings_have_the_same_key() -> None:
    assert parse(f"{NETWORK}/networkInterfaces/N").key == parse(f"{NETWORK.upper()}/NETWORKINTERFACES/n").key
    assert parse(f"{NETWORK}/networkInterfaces/N").key != parse(f"{NETWORK}/networkInterfaces/N2").key


def test_subscription_and_group_are_found_in_any_spelling() -> None:
    assert subscription_of(f"{NETWORK}/networkInterfaces/n") == "s"
    assert subscription_of("/SUBSCRIPTIONS/S/x") == "S"
    assert resource_group_of(f"{NETWORK}/networkInterfaces/n") == GROUP
    assert (
        resource_group_of("/subscriptions/s/RESOURCEGROUPS/G/providers/A.B/cs/c") == "/subscriptions/s/resourceGroups/G"
    )


@pytest.mark.parametrize("path", ["/", "/tenants/t", "/subscriptions"])
def test_a_path_without_a_subscription_or_group_has_none(path: str) -> None:
    assert subscription_of(path) == ""
    assert resource_group_of(path) == ""

"""Operations of Azure Resource Manager are told apart in one way everywhere."""

from __future__ import annotations

import pytest

from shared.kinds.operations import is_private_endpoint


@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Network/privateEndpoints/write",
        "MICROSOFT.NETWORK/PRIVATEENDPOINTS/DELETE",
        "Microsoft.Storage/storageAccounts/privateEndpointConnections/write",
        "Microsoft.KeyVault/vaults/PrivateEndpointConnectionsApproval/action",
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write",
    ],
)
def test_an_operation_on_a_private_endpoint_is_known_in_any_letter_case(operation: str) -> None:
    assert is_private_endpoint(operation)


@pytest.mark.parametrize(
    "operation",
    [
        "",
        "Microsoft.Network/privateLinkServices/write",
        "Microsoft.Network/privateDnsZones/A/write",
        "Microsoft.Network/virtualNetworks/serviceEndpoints/write",
        "Microsoft.Compute/virtualMachines/write",
    ],
)
def test_other_operations_are_none_on_a_private_endpoint(operation: str) -> None:
    assert not is_private_endpoint(operation)

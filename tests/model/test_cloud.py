from __future__ import annotations

import pytest

from shared.model.cloud import CLOUDS

PUBLIC = CLOUDS["AzureCloud"]


def test_every_cloud_has_hosts_of_its_own() -> None:
    for hosts in ("resource_manager", "graph", "vaults"):
        assert len({getattr(cloud, hosts) for cloud in CLOUDS.values()}) == len(CLOUDS)
    assert all(name == cloud.name for name, cloud in CLOUDS.items())


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        ("https://management.azure.com/subscriptions", True),
        ("https://MANAGEMENT.azure.com", True),
        ("http://management.azure.com/subscriptions", False),
        ("https://management.azure.com.evil.example/", False),
        ("https://evil.example/https://management.azure.com", False),
        ("https://management.azure.com@evil.example/", False),
        ("https://management.azure.com:8443/", False),
        ("https://management.usgovcloudapi.net/", False),
    ],
)
def test_a_request_goes_to_a_host_only_if_it_is_that_host_over_tls(url: str, *, holds: bool) -> None:
    assert PUBLIC.host_is(url, PUBLIC.resource_manager) is holds


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        ("https://kv-contoso-shop.vault.azure.net/secrets/a", True),
        ("https://KV-Contoso-Shop.Vault.Azure.Net", True),
        ("http://kv-contoso-shop.vault.azure.net/secrets/a", False),
        ("https://evilvault.azure.net/", False),
        ("https://kv.vault.azure.net.evil.example/", False),
        ("https://evil.example/.vault.azure.net", False),
        ("https://evil.example?.vault.azure.net", False),
        ("https://evil.example#.vault.azure.net", False),
        ("https://kv.vault.azure.net:8443/", False),
        ("https://kv.vault.usgovcloudapi.net/", False),
    ],
)
def test_a_vault_is_known_by_the_end_of_its_host(url: str, *, holds: bool) -> None:
    assert PUBLIC.is_vault(url) is holds

from __future__ import annotations

import pytest

from shared.model.cloud import CLOUDS
from shared.wire.limits import BUCKETS, counted
from shared.wire.message import Request

SUB = "subscriptions/3C1F5A60"
GRAPH = "https://graph.microsoft.com/v1.0"


@pytest.mark.parametrize(
    ("method", "url", "wanted"),
    [
        ("GET", f"https://management.azure.com/{SUB}/resourceGroups?api-version=1", ("arm reads", "3c1f5a60")),
        ("PUT", f"https://management.azure.com/{SUB}/x", ("arm writes", "3c1f5a60")),
        ("POST", f"https://Management.Azure.com/{SUB}/x", ("arm writes", "3c1f5a60")),
        ("DELETE", f"https://management.azure.com/{SUB}/x", ("arm deletes", "3c1f5a60")),
        ("GET", "https://management.azure.com/tenants?api-version=1", ("arm reads", "")),
        ("GET", f"{GRAPH}/users/1", ("graph reads", "")),
        ("PATCH", f"{GRAPH}/users/1", ("graph writes", "")),
        ("POST", f"{GRAPH}/identityProtection/riskyUsers/confirmCompromised", ("graph risk", "")),
        ("GET", f"{GRAPH}/identity/conditionalAccess/policies", ("graph risk", "")),
        ("GET", "https://kv.vault.azure.net/secrets/x", ("vault reads", "kv.vault.azure.net")),
        ("PUT", "https://kv.vault.azure.net/secrets/x", ("vault writes", "kv.vault.azure.net")),
        ("POST", "https://dce.westeurope-1.ingest.monitor.azure.com/x", ("logs", "dce.westeurope-1.ingest.monitor.azure.com")),
        ("GET", "https://st.table.core.windows.net/x", ("other", "st.table.core.windows.net")),
        ("GET", "http://localhost:4141/msi/token?resource=x", ("other", "localhost:4141")),
    ],
)  # fmt: skip
def test_a_request_is_counted_as_azure_counts_it(method: str, url: str, wanted: tuple[str, str]) -> None:
    assert counted(Request(method, url)) == wanted
    assert wanted[0] in {*BUCKETS, "other"}


@pytest.mark.parametrize("name", CLOUDS)
def test_it_is_in_every_cloud(name: str) -> None:
    cloud = CLOUDS[name]
    urls = [f"{cloud.resource_manager}/x", f"{cloud.graph}/v1.0/x", f"https://kv{cloud.vaults}/x"]

    assert [counted(Request("GET", url))[0] for url in urls] == ["arm reads", "graph reads", "vault reads"]

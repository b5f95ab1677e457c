"""By what Azure counts requests, and how many it takes.

The responder lives in one tenant with one identity, so what is left to tell apart is the API and, where Azure counts for
each, the subscription or the vault. Everything is counted for the whole instance; other instances and other programs
show in the answers alone (`x-ms-ratelimit-remaining-*`, 429).

- Resource Manager counts for each subscription, or for the tenant outside any, each identity and each kind of operation:
  buckets of 250 reads, 200 writes, 200 deletes, refilled with 25, 10 and 10 a second.
  https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
- Graph gives an app in a tenant with fewer than 50 users, the smallest size, 3,500 resource units in 10 seconds, and the
  dearest request costs 5; 3,000 writes in 150 seconds; Identity Protection and Conditional Access one request a second.
  https://learn.microsoft.com/graph/throttling-limits
- A key vault takes 4,000 transactions in 10 seconds, 300 of which may create a secret.
  https://learn.microsoft.com/azure/key-vault/general/service-limits
- Logs Ingestion takes 12,000 requests a minute for a data collection rule.
  https://learn.microsoft.com/azure/azure-monitor/service-limits#logs-ingestion-api
- A storage account takes 20,000 requests a second. One instance does not send as many, so they are not counted.
  https://learn.microsoft.com/azure/storage/tables/scalability-targets

Any host at all is left alone for as long as it asks to be.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.model.cloud import CLOUDS
from shared.wire.message import Request


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: a request takes a token.

    Args:
        size: Tokens in a full one.
        rate: Tokens that come back each second.
    """

    size: float
    rate: float


BUCKETS: dict[str, Bucket] = {
    "arm reads": Bucket(250, 25),
    "arm writes": Bucket(200, 10),
    "arm deletes": Bucket(200, 10),
    "graph reads": Bucket(700, 70),
    "graph writes": Bucket(3000, 20),
    "graph risk": Bucket(1, 1),
    "vault reads": Bucket(4000, 400),
    "vault writes": Bucket(300, 30),
    "logs": Bucket(200, 200),
}

_ARM = frozenset(cloud.resource_manager.partition("//")[2] for cloud in CLOUDS.values())
_GRAPH = frozenset(cloud.graph.partition("//")[2] for cloud in CLOUDS.values())
_VAULTS = tuple({cloud.vaults for cloud in CLOUDS.values()})
_RISK = ("/identityprotection/", "/conditionalaccess/")


def counted(request: Request) -> tuple[str, str]:
    """What a request is counted as: a kind of `BUCKETS`, or any other; and whose requests of that kind are counted."""
    host, _, path = request.url.partition("://")[2].partition("/")
    host = host.lower()
    reads = request.method in ("GET", "HEAD")
    if host in _ARM:
        kind = "reads" if reads else "deletes" if request.method == "DELETE" else "writes"
        parts = path.split("/", 2)
        return f"arm {kind}", parts[1].lower() if len(parts) > 1 and parts[0].lower() == "subscriptions" else ""
    if host in _GRAPH:
        lower = f"/{path.lower()}"
        if any(part in lower for part in _RISK):
            return "graph risk", ""
        return ("graph reads" if reads else "graph writes"), ""
    if host.endswith(_VAULTS):
        return ("vault reads" if reads else "vault writes"), host
    return ("logs" if ".ingest.monitor.azure." in host else "other"), host

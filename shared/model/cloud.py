"""Azure clouds: where each API answers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud's endpoints. https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure.

    Args:
        name: As the Azure CLI calls it.
        resource_manager: Base address of Resource Manager.
        graph: Base address of Microsoft Graph.
        vaults: What every vault's host name ends with.
        pim_for_groups: Whether its Graph knows who may become a member of a group by PIM.
    """

    name: str
    resource_manager: str
    graph: str
    vaults: str
    pim_for_groups: bool = True

    def host_is(self, url: str, base: str) -> bool:
        """Whether `url` goes to the host of `base`, over TLS."""
        asked, wanted = urlsplit(url), urlsplit(base)
        return asked.scheme == "https" and asked.netloc.lower() == wanted.netloc.lower()

    def is_vault(self, url: str) -> bool:
        """Whether `url` goes to a key vault of this cloud, over TLS."""
        asked = urlsplit(url)
        return asked.scheme == "https" and asked.netloc.lower().endswith(self.vaults)


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("AzureCloud", "https://management.azure.com", "https://graph.microsoft.com", ".vault.azure.net"),
        Cloud(
            "AzureUSGovernment",
            "https://management.usgovcloudapi.net",
            "https://graph.microsoft.us",
            ".vault.usgovcloudapi.net",
        ),
        Cloud(
            "AzureChinaCloud",
            "https://management.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            ".vault.azure.cn",
            pim_for_groups=False,
        ),
    )
}

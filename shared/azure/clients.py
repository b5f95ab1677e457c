"""Azure as one value: SDK clients, made when asked for, over one transport and one identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.model.cloud import Cloud
from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.load import load
from shared.wire.message import Send

if TYPE_CHECKING:
    from azure.keyvault.secrets.aio import SecretClient
    from azure.mgmt.keyvault.aio import KeyVaultManagementClient
    from azure.mgmt.network.aio import NetworkManagementClient
    from msgraph.graph_service_client import GraphServiceClient

    from shared.azure.arm import ArmClient
    from shared.azure.credential import Credential

_GRAPH = (
    "msgraph.graph_service_client",
    "kiota_authentication_azure.azure_identity_authentication_provider",
    "msgraph.generated.models.o_data_errors.o_data_error",
    "msgraph.generated.models.user",
)


@dataclass(frozen=True, slots=True)
class Azure:
    """Everything a responder may touch.

    Every step has its own clients, over its own transport: with the responder's permissions, in dry run or not, written
    to the step's journal. SDKs are imported when first asked for, in a thread, because an import of seconds must not
    stop the event loop that all functions share.

    Args:
        send: The transport.
        credential: The identity.
        clock: Time.
        chance: Ids and secret values.
        cloud: The endpoints.
    """

    send: Send
    credential: Credential
    clock: Clock
    chance: Chance
    cloud: Cloud
    _networks: dict[tuple[str, int], NetworkManagementClient] = field(default_factory=dict, repr=False, compare=False)

    async def network(self, subscription: str) -> NetworkManagementClient:
        """Microsoft.Network of a subscription."""
        await load("azure.mgmt.network.aio")
        from azure.mgmt.network.aio import NetworkManagementClient

        key = (subscription, self.credential.era)  # a client keeps its token, too
        if key not in self._networks:  # the one client that takes milliseconds to make
            self._networks[key] = NetworkManagementClient(self.credential, subscription, **self._resource_manager())
        return self._networks[key]

    async def key_vaults(self, subscription: str) -> KeyVaultManagementClient:
        """Microsoft.KeyVault of a subscription: the vaults, not what is in them."""
        await load("azure.mgmt.keyvault.aio")
        from azure.mgmt.keyvault.aio import KeyVaultManagementClient

        return KeyVaultManagementClient(self.credential, subscription, **self._resource_manager())

    async def secrets(self, vault_url: str) -> SecretClient:
        """The secrets of a vault."""
        await load("azure.keyvault.secrets.aio")
        from azure.keyvault.secrets.aio import SecretClient

        return SecretClient(vault_url, self.credential, **self._pipeline())

    async def graph(self) -> GraphServiceClient:
        """Microsoft Graph."""
        await load(*_GRAPH, then=_load_graph_models)
        return _graph_client(self)

    async def arm(self) -> ArmClient:
        """Resource Manager, for providers that have no client of their own here."""
        await load("azure.mgmt.core")
        from shared.azure.arm import ArmClient

        return ArmClient(self.cloud.resource_manager, self.credential, **self._pipeline())

    def _resource_manager(self) -> dict[str, Any]:
        return {
            "base_url": self.cloud.resource_manager,
            "credential_scopes": [f"{self.cloud.resource_manager}/.default"],
            "polling_interval": POLLING_SECONDS,
            **self._pipeline(),
        }

    def _pipeline(self) -> dict[str, Any]:
        return pipeline(self.send, self.clock)


POLLING_SECONDS = 2
"""Between looks at a long-running operation that does not say itself when to look again."""


def pipeline(send: Send, clock: Clock) -> dict[str, Any]:
    """What every azure-core client is given: our transport, and no retries of its own."""
    from azure.core.pipeline.policies import AsyncRetryPolicy

    from shared.wire.azure_core import AzureCoreTransport

    no_retries = {"retry_policy": AsyncRetryPolicy.no_retries(), "retry_total": 0}  # clients listen to one or the other
    return {"transport": AzureCoreTransport(send, clock), **no_retries}


def _load_graph_models() -> None:
    """The generated models import each other when they are first used; do it here, off the event loop."""
    from msgraph.generated.models.user import User

    User().get_field_deserializers()


def _graph_client(azure: Azure) -> GraphServiceClient:
    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    from shared.wire.httpx import HttpxTransport

    authentication = AzureIdentityAuthenticationProvider(
        azure.credential, scopes=[f"{azure.cloud.graph}/.default"], allowed_hosts=[azure.cloud.graph.partition("//")[2]]
    )
    # A client of our own comes without msgraph's middleware, retries included.
    adapter = GraphRequestAdapter(authentication, client=httpx.AsyncClient(transport=HttpxTransport(azure.send)))
    client = GraphServiceClient(request_adapter=adapter)
    client.request_adapter.base_url = f"{azure.cloud.graph}/v1.0"
    return client

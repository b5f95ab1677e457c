"""A small typed client for Resource Manager, which is uniform: one client serves every provider.

https://learn.microsoft.com/rest/api/resources/resources
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError, map_error
from azure.core.rest import HttpRequest
from azure.mgmt.core import AsyncARMPipelineClient
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from shared.model.resource_id import ResourceId

if TYPE_CHECKING:
    from shared.azure.credential import Credential


class ArmClient:
    """Resource Manager by resource id.

    Args:
        endpoint: Its base address.
        credential: The identity.
        options: For the azure-core pipeline.
    """

    def __init__(self, endpoint: str, credential: Credential, **options: Any) -> None:
        authentication = AsyncARMChallengeAuthenticationPolicy(credential, f"{endpoint}/.default")
        policies = [authentication]
        self._client: AsyncARMPipelineClient[Any, Any] = AsyncARMPipelineClient(endpoint, policies=policies, **options)

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any]:
        """A resource.

        Raises:
            azure.core.exceptions.HttpResponseError: Azure's error.
        """
        return await self._call("GET", resource_id, api_version)

    async def list(
        self, collection: str, api_version: str, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Everything in a collection, page after page.

        Args:
            collection: Its path.
            api_version: The API's version.
            query: Such as `$filter`, if the API has that.

        Raises:
            azure.core.exceptions.HttpResponseError: Azure's error.
        """
        page = await self._call("GET", collection, api_version, query)
        found = list(page["value"])
        while page.get("nextLink"):
            page = await self._send(HttpRequest("GET", page["nextLink"]))
            found += page["value"]
        return found

    async def post(self, resource_id: str, action: str, api_version: str) -> dict[str, Any]:
        """The answer to an action without a body.

        Raises:
            azure.core.exceptions.HttpResponseError: Azure's error.
        """
        return await self._call("POST", f"{resource_id}/{action}", api_version)

    async def _call(
        self, method: str, path: str, api_version: str, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        request = HttpRequest(method, str(ResourceId(path)), params={"api-version": api_version, **(query or {})})
        request.url = self._client.format_url(request.url)
        return await self._send(request)

    async def _send(self, request: HttpRequest) -> dict[str, Any]:
        response = await self._client.send_request(request)
        if response.status_code != 200:
            map_error(status_code=response.status_code, response=response, error_map={})
            raise HttpResponseError(response=response)
        value: dict[str, Any] = response.json()
        return value

"""Calls into a simulated tenant: by hand, and by the unmodified SDKs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from azure.core.rest import AsyncHttpResponse, HttpRequest

from azsim.messages import Request, Response
from azsim.rbac import Role
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import Azure
from shared.azure.credential import Credential
from shared.model.cloud import CLOUDS
from shared.wire.azure_core import AzureCoreTransport
from tests.lab import STREAM_DECLARED, SeededChance, door

ARM = "https://management.azure.com"
API = "api-version=2024-05-01"
ACCOUNT = f"https://{contoso.STORAGE_ACCOUNT}"

_AUDIENCES = {
    "management.azure.com": ARM,
    "graph.microsoft.com": "https://graph.microsoft.com",
    "vault.azure.net": "https://vault.azure.net",
    "core.windows.net": "https://storage.azure.com/",
    "monitor.azure.com": "https://monitor.azure.com//",
}


def make_world(**options: Any) -> World:
    """Contoso."""
    return contoso.build(World(tenant=contoso.TENANT, **options), STREAM_DECLARED)


def allow(world: World, *actions: str, at: str = contoso.SUBSCRIPTION) -> None:
    """Let the responder's identity perform actions of the control plane."""
    world.access.grant(contoso.IDENTITY.object_id, at, Role(actions=actions))


def allow_data(world: World, *actions: str, at: str = contoso.SUBSCRIPTION) -> None:
    """Let the responder's identity perform actions of the data plane."""
    world.access.grant(contoso.IDENTITY.object_id, at, Role(data_actions=actions))


def allow_graph(world: World, *permissions: str) -> None:
    """Consent Graph permissions to the responder's identity."""
    world.access.grant_graph(contoso.IDENTITY.object_id, permissions)


def token(world: World, audience: str) -> str:
    """A token of the responder's identity."""
    return world.tokens.issue(contoso.IDENTITY.object_id, contoso.IDENTITY.client_id, audience)[0]


async def ask(
    world: World,
    method: str,
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request as the responder's identity; a body that is not bytes goes as JSON."""
    host = urlsplit(url).netloc
    audience = next(audience for name, audience in _AUDIENCES.items() if host.endswith(name))
    head = {"Authorization": f"Bearer {token(world, audience)}", **(headers or {})}
    content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    return await world.send(Request(method, url, head, content))


async def arm(world: World, method: str, path: str, body: Any = None, **headers: str) -> Response:
    """A request to Resource Manager; header names with _ for -."""
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(world, method, f"{ARM}{path}?{API}", body, head)


def error(response: Response) -> tuple[int, str]:
    """Status and code of an error in the usual form."""
    return response.status, response.json()["error"]["code"]


class _Downloads(AzureCoreTransport):
    """The program's transport, whose answers a blob client can also read as a stream."""

    async def send(self, request: HttpRequest, **options: Any) -> AsyncHttpResponse:
        answer: Any = await super().send(request, **options)
        answer._stream_download_generator = lambda *_, **__: _Stream(answer)
        return cast("AsyncHttpResponse", answer)


class _Stream:
    """A body that is already here, with room for what the SDK knows of the blob."""

    def __init__(self, response: AsyncHttpResponse) -> None:
        self.response = response
        self.content_length = len(response.content)


def storage_options(world: World) -> dict[str, Any]:
    """For blob clients: their own retry policy does more than to retry, so it stays, with nothing to do."""
    return {"transport": _Downloads(door(world), world.clock), "retry_total": 0}


def azure(world: World) -> Azure:
    """The SDKs' clients over a world, as the responder's identity."""
    send = door(world)
    credential = Credential(send, world.clock, contoso.IDENTITY.client_id)
    return Azure(send, credential, world.clock, SeededChance(world), CLOUDS["AzureCloud"])

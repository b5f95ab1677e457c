"""The managed identity endpoint."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import ManagedIdentityCredential

from azsim.messages import Request, Response
from azsim.services.identity import Identities, ManagedIdentity
from azsim.tenants import contoso
from azsim.world import World
from shared.wire.azure_core import AzureCoreTransport
from tests.azsim.caller import error
from tests.lab import door

HEADER = {"X-IDENTITY-HEADER": "azsim-identity-header"}
WANTED = {
    "resource": "https://vault.azure.net",
    "api-version": "2019-08-01",
    "client_id": contoso.IDENTITY.client_id,
}


async def ask(world: World, header: dict[str, str], host: str = "localhost", **query: str) -> Response:
    text = urlencode(query)
    return await world.send(Request("GET", f"http://{host}/msi/token?{text}", header))


def credential(world: World, client_id: str) -> ManagedIdentityCredential:
    transport = AzureCoreTransport(door(world), world.clock)
    return ManagedIdentityCredential(client_id=client_id, transport=transport, retry_total=0)


async def test_the_sdk_gets_a_token_for_its_identity(world: World) -> None:
    token = await credential(world, contoso.IDENTITY.client_id).get_token("https://vault.azure.net/.default")
    principal = world.tokens.check(token.token)
    assert principal is not None
    assert (principal.object_id, principal.app_id) == (contoso.IDENTITY.object_id, contoso.IDENTITY.client_id)
    assert (principal.tenant, principal.audience) == (contoso.TENANT, "https://vault.azure.net")
    assert token.expires_on == int(world.clock.now().timestamp()) + 3600


async def test_the_sdk_raises_for_an_identity_that_the_app_does_not_have(world: World) -> None:
    with pytest.raises(ClientAuthenticationError):
        await credential(world, "00000000-0000-0000-0000-000000000000").get_token("https://vault.azure.net/.default")


async def test_each_identity_gets_its_own_tokens(world: World) -> None:
    other = ManagedIdentity("object-2", "client-2")
    world.state(Identities).by_client_id[other.client_id] = other
    answer = await ask(world, HEADER, **{**WANTED, "client_id": "client-2"})
    assert answer.status == 200
    assert answer.json()["client_id"] == "client-2"
    assert answer.json()["token_type"] == "Bearer"
    principal = world.tokens.check(answer.json()["access_token"])
    assert principal is not None
    assert principal.object_id == "object-2"
    assert world.state(Identities).snapshot() == sorted([contoso.IDENTITY.client_id, "client-2"])


@pytest.mark.parametrize("header", [{}, {"X-IDENTITY-HEADER": "guessed"}, {"X-IDENTITY-HEADER": ""}])
async def test_who_does_not_know_the_header_gets_no_token(world: World, header: dict[str, str]) -> None:
    assert error(await ask(world, header, **WANTED)) == (401, "Unauthorized")


@pytest.mark.parametrize(
    "change",
    [
        {"api-version": "2017-09-01"},
        {"api-version": None},
        {"resource": None},
        {"client_id": None},
        {"client_id": "none"},
    ],
)
async def test_a_request_that_app_service_would_not_answer_is_refused(
    world: World, change: dict[str, str | None]
) -> None:
    query = {name: value for name, value in {**WANTED, **change}.items() if value is not None}
    assert error(await ask(world, HEADER, **query)) == (400, "BadRequest")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:41000"])
async def test_the_endpoint_answers_on_loopback_at_any_port(world: World, host: str) -> None:
    assert (await ask(world, HEADER, host, **WANTED)).status == 200

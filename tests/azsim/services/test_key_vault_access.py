"""Who gets into a vault, and into which: challenge, permissions, hosts."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.keyvault.secrets.aio import SecretClient

from azsim import arm as store
from azsim.messages import Request
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, allow_data, ask, azure, error, make_world

VAULT = f"https://{contoso.VAULT_HOST}"
SECRET = f"{VAULT}/secrets/{contoso.SECRET}"
API = "api-version=7.6"
EVERYTHING = "Microsoft.KeyVault/vaults/secrets/*"
DISABLED, CURRENT = contoso.SECRET_VERSIONS


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, EVERYTHING)
    return world


async def sdk(world: World, url: str = VAULT) -> SecretClient:
    return await azure(world).secrets(url)


def stored(world: World) -> list[Any]:
    return world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)


async def test_the_sdk_answers_the_vaults_challenge(tenant: World) -> None:
    secret = await (await sdk(tenant)).get_secret(contoso.SECRET)
    assert secret.value == stored(tenant)[-1].value
    vault_calls = [call.status for call in tenant.calls if call.host == contoso.VAULT_HOST]
    assert vault_calls == [401, 200]
    challenge = (await tenant.send(Request("GET", f"{SECRET}?{API}"))).headers["www-authenticate"]
    assert challenge == (
        f'Bearer authorization="https://login.microsoftonline.com/{contoso.TENANT}", resource="https://vault.azure.net"'
    )


async def test_an_expired_token_is_challenged_anew(tenant: World) -> None:
    client = await sdk(tenant)
    await client.get_secret(contoso.SECRET)
    await tenant.clock.sleep(2 * 3600)
    assert (await client.get_secret(contoso.SECRET)).name == contoso.SECRET
    assert tenant.calls[-1].status == 200


async def test_a_vault_that_there_is_not_is_a_404(tenant: World) -> None:
    store.put(tenant, f"{contoso.VAULT}2", {"location": "westeurope", "properties": {}})
    refused = await ask(tenant, "GET", f"https://kv-none.vault.azure.net/secrets/x?{API}")
    assert error(refused) == (404, "VaultNotFound")


async def test_a_vault_is_found_among_others(tenant: World) -> None:
    other = make_world()
    allow_data(other, EVERYTHING)
    del other.state(store.Arm).resources[contoso.VAULT.lower()]
    assert error(await ask(other, "GET", f"{SECRET}?{API}")) == (404, "VaultNotFound")
    store.put(
        tenant,
        f"{contoso.SHOP}/providers/Microsoft.KeyVault/vaults/kv-two",
        {"properties": {"vaultUri": "https://KV-two.vault.azure.net/"}},
    )
    client = await sdk(tenant, "https://kv-two.vault.azure.net")
    await client.set_secret(contoso.SECRET, "of the second")
    assert (await client.get_secret(contoso.SECRET)).value == "of the second"
    assert len(stored(tenant)) == 2


async def test_a_request_without_api_version_is_refused(tenant: World) -> None:
    assert error(await ask(tenant, "GET", SECRET)) == (400, "BadParameter")


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("GET", "", None, "getSecret/action"),
        ("GET", f"/{CURRENT}", None, "getSecret/action"),
        ("GET", "/versions", None, "readMetadata/action"),
        ("PUT", "", {"value": "x"}, "setSecret/action"),
        ("PATCH", f"/{CURRENT}", {}, "update/action"),
    ],
)
async def test_a_call_without_permission_is_told_which_one_it_lacks(
    world: World, method: str, path: str, body: Any, action: str
) -> None:
    permission = f"Microsoft.KeyVault/vaults/secrets/{action}"
    allow(world, "*")
    before = world.snapshot(Vaults)
    refused = await ask(world, method, f"{SECRET}{path}?{API}", body)
    assert error(refused) == (403, "Forbidden")
    lines = refused.json()["error"]["message"].split("\r\n")
    assert lines[0] == "Caller is not authorized to perform action on resource."
    identity = contoso.IDENTITY
    issuer = f"https://sts.windows.net/{contoso.TENANT}/"
    assert f"Caller: appid={identity.client_id};oid={identity.object_id};iss={issuer}" in lines
    assert f"Action: '{permission}'" in lines
    assert f"Resource: '{contoso.VAULT}/secrets/{contoso.SECRET}'" in lines
    assert "Vault: kv-contoso-shop;location=westeurope" in lines
    assert world.snapshot(Vaults) == before

    allow_data(world, permission, at=f"{contoso.VAULT}/secrets/{contoso.SECRET}")
    assert (await ask(world, method, f"{SECRET}{path}?{API}", body)).status == 200


async def test_the_sdk_raises_what_the_vault_answers(world: World) -> None:
    with pytest.raises(HttpResponseError) as caught:
        await (await sdk(world)).get_secret(contoso.SECRET)
    assert caught.value.status_code == 403
    assert not isinstance(caught.value, ClientAuthenticationError)
    assert "Microsoft.KeyVault/vaults/secrets/getSecret/action" in str(caught.value.message)

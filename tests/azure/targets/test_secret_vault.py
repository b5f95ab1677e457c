from __future__ import annotations

from collections.abc import Callable

import pytest

from azsim.arm import Arm, put
from azsim.faults import Status
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.targets.secret import resolve
from shared.model.entity import VaultObject
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.azure.targets.secrets import SAID, asking, hosts, refusal, said
from tests.lab import Lab


def answers_at(world: World, address: str) -> None:
    """Let Resource Manager say that the vault answers elsewhere."""
    vault = world.state(Arm).find(contoso.VAULT)
    assert vault is not None
    vault.properties["vaultUri"] = address


@pytest.mark.parametrize(
    "vault_id", ["", "kv-contoso-shop", contoso.WEB_VM, contoso.SHOP, f"{contoso.VAULT}/secrets/x"]
)
async def test_without_the_resource_id_of_the_vault_nothing_is_looked_for(vault_id: str) -> None:
    made = lab.make()

    assert "the resource id of its vault is not known" in await refusal(made, said(vault_id=vault_id))
    assert made.world.calls == []


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "https://vault.azure.net.evil.example/",
        "https://evil.example/.vault.azure.net",
        f"http://{contoso.VAULT_HOST}/",
        f"https://{contoso.VAULT_HOST}:8443/",
        "https://kv-contoso-shop.vault.usgovcloudapi.net/",
        "",
    ],
)
@pytest.mark.parametrize("entity", [SAID, said(id="")], ids=["with an address", "without"])
async def test_a_vault_that_answers_where_no_vault_of_this_cloud_does_gets_no_token(
    entity: VaultObject, address: str
) -> None:
    made = lab.make()
    answers_at(made.world, address)

    assert "which is no key vault address of AzureCloud" in await refusal(made, entity)
    assert hosts(made) == {"localhost", "management.azure.com"}


def elsewhere(world: Callable[[], World], own: str) -> Callable[[Send], Send]:
    """Another cloud: Resource Manager under its own name, with the same resources behind it."""

    def wrap(send: Send) -> Send:
        async def sent(request: Request) -> Response:
            who = contoso.IDENTITY
            token, _ = world().tokens.issue(who.object_id, who.client_id, "https://management.azure.com")
            url = request.url.replace(own, "https://management.azure.com")
            return await send(Request(request.method, url, {"authorization": f"Bearer {token}"}, request.body))

        return sent

    return wrap


@pytest.mark.parametrize(
    ("cloud", "manager", "domain"),
    [
        ("AzureUSGovernment", "https://management.usgovcloudapi.net", "vault.usgovcloudapi.net"),
        ("AzureChinaCloud", "https://management.chinacloudapi.cn", "vault.azure.cn"),
    ],
)
async def test_in_another_cloud_a_vault_answers_under_that_clouds_name_and_no_other(
    cloud: str, manager: str, domain: str
) -> None:
    labs: list[Lab] = []
    made = lab.make(settings={"RIPOSTE_CLOUD": cloud}, wrap=elsewhere(lambda: labs[0].world, manager))
    labs.append(made)

    reason = await refusal(made, SAID)
    answers_at(made.world, f"https://kv-contoso-shop.{domain}/")
    (secret,) = await resolve(said(id=f"https://kv-contoso-shop.{domain}/secrets/{contoso.SECRET}"), asking(made))

    assert f"is no key vault address of {cloud}" in reason
    assert secret.vault_url == f"https://kv-contoso-shop.{domain}"


async def test_a_vault_of_the_same_name_elsewhere_is_another_vault() -> None:
    made = lab.make()
    other = contoso.VAULT.replace("rg-shop", "rg-riposte")
    put(made.world, other, {"location": "westeurope", "properties": {"vaultUri": "https://kv-b.vault.azure.net/"}})

    (secret,) = await resolve(said(id="", vault_id=other), asking(made))

    assert secret.vault_url == "https://kv-b.vault.azure.net"
    assert secret.tags == ()


@pytest.mark.parametrize("status", [403, 404])
async def test_a_vault_that_cannot_be_looked_up_is_told_in_azures_words(status: int) -> None:
    from azure.core.exceptions import HttpResponseError

    made = lab.make()
    made.world.faults.always("GET", "Microsoft.KeyVault", Status(status, "SaidNo"))

    with pytest.raises(HttpResponseError, match="SaidNo"):
        await resolve(SAID, asking(made))

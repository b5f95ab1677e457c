from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from azsim.arm import Arm, put
from azsim.faults import Status
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import Azure
from shared.azure.targets.secret import SECRET, Secret, resolve
from shared.model.entity import Account, AnyEntity, VaultObject
from shared.model.errors import Refused
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.lab import Lab

ADDRESS = f"https://{contoso.VAULT_HOST}/secrets/{contoso.SECRET}"
VERSION = contoso.SECRET_VERSIONS[-1]
SAID = VaultObject(
    id=f"{ADDRESS}/{VERSION}", object_type="secret", name=contoso.SECRET, version=VERSION, vault_id=contoso.VAULT
)


def asking(made: Lab) -> Azure:
    return made.app.azure(SECRET.permissions, [])


def said(**other: str) -> VaultObject:
    return msgspec.structs.replace(SAID, **other)


def answers_at(world: World, address: str) -> None:
    """Let Resource Manager say that the vault answers elsewhere."""
    vault = world.state(Arm).find(contoso.VAULT)
    assert vault is not None
    vault.properties["vaultUri"] = address


async def refusal(made: Lab, entity: AnyEntity) -> str:
    with pytest.raises(Refused) as refused:
        await resolve(entity, asking(made))
    return str(refused.value)


def hosts(made: Lab) -> set[str]:
    return {call.host for call in made.world.calls}


async def test_a_secret_is_known_by_where_resource_manager_says_that_its_vault_answers() -> None:
    made = lab.make()

    (secret,) = await resolve(SAID, asking(made))

    assert secret == Secret(
        id=f"{contoso.VAULT_HOST}/secrets/{contoso.SECRET}",
        kind="Microsoft.KeyVault/vaults/secrets",
        name=contoso.SECRET,
        ids=(contoso.VAULT.lower(), f"{contoso.VAULT}/secrets/{contoso.SECRET}".lower()),
        tags={"app": "shop"},
        vault_url=f"https://{contoso.VAULT_HOST}",
        version=VERSION,
    )
    assert hosts(made) == {"localhost", "management.azure.com"}


@pytest.mark.parametrize(
    "entity",
    [
        SAID,
        said(id=ADDRESS),
        said(id=f"{ADDRESS}/"),
        said(id=""),
        said(version=""),
        said(id=f"https://{contoso.VAULT_HOST}:443/secrets/{contoso.SECRET}/{VERSION}"),
        said(id=f"{ADDRESS}/{VERSION}".upper(), name=contoso.SECRET.upper(), version=VERSION.upper()),
        said(vault_id=contoso.VAULT.upper() + "/"),
    ],
    ids=["as it is", "no version", "slash", "no address", "version in the address", "port", "upper case", "vault id"],
)
async def test_every_spelling_of_the_address_is_one_target(entity: VaultObject) -> None:
    made = lab.make()

    (secret,) = await resolve(entity, asking(made))

    assert secret.id == f"{contoso.VAULT_HOST}/secrets/{contoso.SECRET}"
    assert secret.vault_url == f"https://{contoso.VAULT_HOST}"
    assert secret.ids == (contoso.VAULT.lower(), f"{contoso.VAULT}/secrets/{contoso.SECRET}".lower())
    assert secret.version.lower() == VERSION


async def test_an_address_without_a_version_and_no_version_names_the_secret_alone() -> None:
    (secret,) = await resolve(said(id=ADDRESS, version=""), asking(lab.make()))

    assert secret.version == ""


@pytest.mark.parametrize(
    ("entity", "told"),
    [
        (said(id=f"https://kv-other.vault.azure.net/secrets/{contoso.SECRET}"), "kv-other.vault.azure.net"),
        (said(id=f"https://evil.example/secrets/{contoso.SECRET}"), "evil.example"),
        (said(id=f"https://{contoso.VAULT_HOST}.evil.example/secrets/{contoso.SECRET}"), "evil.example"),
    ],
)
async def test_an_address_of_another_host_than_the_vaults_is_refused(entity: VaultObject, told: str) -> None:
    made = lab.make()

    reason = await refusal(made, entity)

    assert told in reason
    assert f"but vault {contoso.VAULT} answers at https://{contoso.VAULT_HOST}" in reason
    assert hosts(made) == {"localhost", "management.azure.com"}


@pytest.mark.parametrize(
    "address",
    [
        f"https://{contoso.VAULT_HOST}:8443/secrets/{contoso.SECRET}",
        f"http://{contoso.VAULT_HOST}/secrets/{contoso.SECRET}",
        f"https://somebody@{contoso.VAULT_HOST}/secrets/{contoso.SECRET}",
        f"https://{contoso.VAULT_HOST}/keys/{contoso.SECRET}",
        f"https://{contoso.VAULT_HOST}/secrets/{contoso.SECRET}/{VERSION}/more",
        f"https://{contoso.VAULT_HOST}/secrets/",
        f"{ADDRESS}?x=1",
        f"{contoso.VAULT_HOST}/secrets/{contoso.SECRET}",
        "nonsense",
    ],
)
async def test_what_is_no_address_of_a_secret_is_refused(address: str) -> None:
    made = lab.make()

    assert await refusal(made, said(id=address)) == f"{address} is not the address of a secret"
    assert made.world.calls == []


@pytest.mark.parametrize(
    ("entity", "told"),
    [
        (said(name="other-api-key"), "the event speaks of secret other-api-key"),
        (said(version=contoso.SECRET_VERSIONS[0]), f"version {contoso.SECRET_VERSIONS[0]}"),
    ],
)
async def test_an_address_that_speaks_of_another_object_is_refused(entity: VaultObject, told: str) -> None:
    assert told in await refusal(lab.make(), entity)


@pytest.mark.parametrize(
    "entity",
    [
        said(name=""),
        said(name="a/../b", id=""),
        said(name="shop api key", id=""),
        said(name="x" * 128, id=""),
        said(object_type="key"),
        said(object_type="certificate"),
        said(object_type=""),
        Account(upn="adele.vance@contoso.example"),
        VaultObject(),
    ],
)
async def test_what_is_no_secret_by_name_is_refused_without_a_question(entity: AnyEntity) -> None:
    made = lab.make()

    assert "is not known as a secret" in await refusal(made, entity)
    assert made.world.calls == []


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
    assert secret.tags == {}


@pytest.mark.parametrize("status", [403, 404])
async def test_a_vault_that_cannot_be_looked_up_is_told_in_azures_words(status: int) -> None:
    from azure.core.exceptions import HttpResponseError

    made = lab.make()
    made.world.faults.always("GET", "Microsoft.KeyVault", Status(status, "SaidNo"))

    with pytest.raises(HttpResponseError, match="SaidNo"):
        await resolve(SAID, asking(made))

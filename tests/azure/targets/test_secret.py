from __future__ import annotations

import pytest

from azsim.tenants import contoso
from shared.azure.targets.secret import Secret, resolve
from shared.model.entity import Account, AnyEntity, VaultObject
from tests import lab
from tests.azure.targets.secrets import ADDRESS, SAID, VERSION, asking, hosts, refusal, said


async def test_a_secret_is_known_by_where_resource_manager_says_that_its_vault_answers() -> None:
    made = lab.make()

    (secret,) = await resolve(SAID, asking(made))

    assert secret == Secret(
        id=f"{contoso.VAULT_HOST}/secrets/{contoso.SECRET}",
        kind="Microsoft.KeyVault/vaults/secrets",
        name=contoso.SECRET,
        ids=(contoso.VAULT.lower(), f"{contoso.VAULT}/secrets/{contoso.SECRET}".lower()),
        tags=(("app", "shop"),),
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

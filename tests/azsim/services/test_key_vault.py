"""Secrets and their versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets.aio import SecretClient

from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow_data, ask, azure, error

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


async def test_a_secret_is_set_with_all_that_belongs_to_it(tenant: World) -> None:
    client = await sdk(tenant)
    expires, begins = datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    made = await client.set_secret(
        "New-Secret", "välue", content_type="text/plain", tags={"a": "1"}, expires_on=expires, not_before=begins
    )
    got = await client.get_secret("new-secret", made.properties.version)
    assert got.value == made.value == "välue"
    for properties in (made.properties, got.properties):
        assert (properties.enabled, properties.content_type, properties.tags) == (True, "text/plain", {"a": "1"})
        assert (properties.expires_on, properties.not_before) == (expires, begins)
        assert properties.created_on == properties.updated_on == tenant.clock.now()
        assert (properties.recovery_level, properties.recoverable_days) == ("Recoverable+Purgeable", 90)


async def test_a_new_version_is_the_current_one_and_the_old_stays(tenant: World) -> None:
    client = await sdk(tenant)
    old = stored(tenant)[-1].value
    made = await client.set_secret(contoso.SECRET, "new")
    assert made.properties.version not in contoso.SECRET_VERSIONS
    assert (await client.get_secret(contoso.SECRET)).value == "new"
    assert (await client.get_secret(contoso.SECRET, CURRENT)).value == old


async def test_a_version_can_be_updated_but_not_its_value(tenant: World) -> None:
    client = await sdk(tenant)
    before = stored(tenant)[-1].value
    await tenant.clock.sleep(60)
    updated = await client.update_secret_properties(
        contoso.SECRET, CURRENT, enabled=False, content_type="x", tags={"b": "2"}
    )
    assert (updated.enabled, updated.content_type, updated.tags) == (False, "x", {"b": "2"})
    assert updated.updated_on == tenant.clock.now()
    assert updated.created_on is not None
    assert updated.created_on < tenant.clock.now() - timedelta(days=300)
    assert stored(tenant)[-1].value == before
    refused = await ask(tenant, "PATCH", f"{SECRET}/{CURRENT}?{API}", {"value": "new"})
    assert error(refused) == (400, "BadParameter")


async def test_an_update_leaves_what_it_does_not_name(tenant: World) -> None:
    client = await sdk(tenant)
    expires = (await client.get_secret(contoso.SECRET)).properties.expires_on
    updated = await client.update_secret_properties(contoso.SECRET, CURRENT, content_type="x")
    assert (updated.enabled, updated.tags, updated.expires_on) == (True, {"owner": "shop"}, expires)
    assert (await ask(tenant, "PATCH", f"{SECRET}/{CURRENT}?{API}", {"tags": None})).json()["tags"] == {"owner": "shop"}
    assert "tags" not in (await ask(tenant, "PATCH", f"{SECRET}/{CURRENT}?{API}", {"tags": {}})).json()


async def test_the_value_of_a_disabled_version_is_not_given(tenant: World) -> None:
    client = await sdk(tenant)
    with pytest.raises(HttpResponseError, match="not allowed on a disabled secret") as caught:
        await client.get_secret(contoso.SECRET, DISABLED)
    assert caught.value.status_code == 403
    await client.update_secret_properties(contoso.SECRET, DISABLED, enabled=True)
    assert (await client.get_secret(contoso.SECRET, DISABLED)).value == stored(tenant)[0].value


async def test_versions_are_listed_page_by_page_without_their_values(tenant: World) -> None:
    client = await sdk(tenant)
    for number in range(60):
        await client.set_secret("many", str(number))
    calls = len(tenant.calls)
    listed = [version async for version in client.list_properties_of_secret_versions("many")]
    assert len(tenant.calls) - calls == 3
    assert [version.version for version in listed] == [
        v.id for v in tenant.state(Vaults).secrets[contoso.VAULT_HOST]["many"]
    ]
    page = (await ask(tenant, "GET", f"{VAULT}/secrets/many/versions?{API}")).json()
    assert len(page["value"]) == 25
    assert all("value" not in version for version in page["value"])
    calls = len(tenant.calls)
    assert len([v async for v in client.list_properties_of_secret_versions("many", max_page_size=20)]) == 60
    assert len(tenant.calls) - calls == 3


async def test_the_last_page_has_no_next_link(tenant: World) -> None:
    page = (await ask(tenant, "GET", f"{SECRET}/versions?{API}&maxresults=2")).json()
    assert [version["id"].rpartition("/")[2] for version in page["value"]] == list(contoso.SECRET_VERSIONS)
    assert page["nextLink"] is None
    assert (await ask(tenant, "GET", f"{VAULT}/secrets/none/versions?{API}")).json() == {"value": [], "nextLink": None}


@pytest.mark.parametrize("size", ["0", "26", "-1", "x", ""])
async def test_a_page_has_1_to_25_versions(tenant: World, size: str) -> None:
    refused = await ask(tenant, "GET", f"{SECRET}/versions?{API}&maxresults={size}")
    assert error(refused) == (400, "BadParameter")


async def test_a_secret_takes_15_tags_and_no_more(tenant: World) -> None:
    client = await sdk(tenant)
    fifteen = {f"tag-{number}": "x" for number in range(15)}
    assert (await client.set_secret("tagged", "x", tags=fifteen)).properties.tags == fifteen
    sixteen = {**fifteen, "one": "more"}
    with pytest.raises(HttpResponseError, match="at most 15 tags"):
        await client.set_secret("tagged", "x", tags=sixteen)
    with pytest.raises(HttpResponseError, match="at most 15 tags"):
        await client.update_secret_properties("tagged", tags=sixteen)


@pytest.mark.parametrize(
    "body",
    [{}, {"value": None}, {"value": 1}, {"value": "x", "name": "y"}, {"value": "x", "attributes": {"created": 1}}],
)
async def test_a_body_that_azure_would_not_take_is_refused(tenant: World, body: dict[str, Any]) -> None:
    before = tenant.snapshot(Vaults)
    assert error(await ask(tenant, "PUT", f"{SECRET}?{API}", body)) == (400, "BadParameter")
    assert tenant.snapshot(Vaults) == before


@pytest.mark.parametrize("name", ["with_underscore", "a.b", "x" * 128, "%C3%A4"])
async def test_a_secrets_name_has_letters_digits_and_dashes(tenant: World, name: str) -> None:
    refused = await ask(tenant, "PUT", f"{VAULT}/secrets/{name}?{API}", {"value": "x"})
    assert error(refused) == (400, "BadParameter")


async def test_a_secret_or_version_that_there_is_not_is_a_404(tenant: World) -> None:
    client = await sdk(tenant)
    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        await client.get_secret("none")
    with pytest.raises(ResourceNotFoundError, match=f"{contoso.SECRET}/{'0' * 32} was not found"):
        await client.get_secret(contoso.SECRET, "0" * 32)
    with pytest.raises(ResourceNotFoundError):
        await client.update_secret_properties(contoso.SECRET, "0" * 32, enabled=False)


async def test_a_snapshot_shows_versions_without_the_times_of_writing(tenant: World) -> None:
    before = tenant.snapshot(Vaults)
    (shown,) = before["Vaults"][contoso.VAULT_HOST].values()
    assert [version["id"] for version in shown] == list(contoso.SECRET_VERSIONS)
    assert set(shown[0]) == {"id", "value", "contentType", "tags", "enabled", "exp"}
    client = await sdk(tenant)
    await tenant.clock.sleep(10)
    await client.update_secret_properties(contoso.SECRET, CURRENT, enabled=True)
    assert tenant.snapshot(Vaults) == before
    await client.update_secret_properties(contoso.SECRET, CURRENT, enabled=False)
    assert tenant.snapshot(Vaults) != before


async def test_the_name_of_a_deleted_secret_stays_taken(tenant: World) -> None:
    tenant.state(Vaults).delete(contoso.VAULT_HOST, contoso.SECRET)
    assert error(await ask(tenant, "GET", f"{SECRET}?{API}")) == (404, "SecretNotFound")
    assert error(await ask(tenant, "PUT", f"{SECRET}?{API}", {"value": "x"})) == (409, "Conflict")


async def test_the_secret_of_a_certificate_shows_whose_it_is_and_cannot_be_set(tenant: World) -> None:
    stored(tenant)[-1].managed = True
    assert (await ask(tenant, "GET", f"{SECRET}?{API}")).json()["managed"] is True
    assert error(await ask(tenant, "PUT", f"{SECRET}?{API}", {"value": "x"})) == (403, "Forbidden")

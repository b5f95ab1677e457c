from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from azsim.arm import Arm
from azsim.faults import Status
from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from shared.model.entity import VaultObject
from tests.responders.ask import Way, ask, first, responding
from tests.responders.keyvault.rotating import (
    NAME,
    NO_VERSION,
    THE_SECRET,
    new,
    rotated,
    sets,
    versions,
)


@pytest.mark.parametrize("count", [14, 15])
async def test_a_secret_without_room_for_our_tag_is_refused(count: int, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    tags = {f"tag-{number}": "x" for number in range(count)}
    versions(made.world)[-1].tags = tags

    step = await rotated(made)

    if count == 14:
        assert new(made).tags == {**tags, "riposte-step": step["step"]}
    else:
        assert (step["state"], sets(made)) == ("refused", 0)
        assert step["reason"] == "secret shop-api-key has 15 tags: there is no room for riposte-step"


async def test_our_own_tag_of_an_earlier_rotation_makes_room_for_the_next(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    versions(made.world)[-1].tags = {**{f"tag-{number}": "x" for number in range(14)}, "riposte-step": "earlier"}

    step = await rotated(made)

    assert step["state"] == "done"
    assert len(new(made).tags) == 15
    assert new(made).tags["riposte-step"] == step["step"]


def _managed(version: Version) -> None:
    version.managed = True


def _pfx(version: Version) -> None:
    version.content_type = "application/x-pkcs12"


def _pem(version: Version) -> None:
    version.content_type = "Application/X-PEM-File"


@pytest.mark.parametrize("belongs", [_managed, _pfx, _pem])
@pytest.mark.parametrize("mode", ["act", "dry_run"])
async def test_a_certificates_secret_is_refused_because_a_made_up_value_would_break_it(
    belongs: Callable[[Version], None], mode: str, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME, mode=mode)
    belongs(versions(made.world)[-1])

    asked = await ask(made, THE_SECRET)

    row = made.record(Decision="refused")
    assert row["Reason"] == "secret shop-api-key belongs to a certificate: renew the certificate"
    assert sets(made) == 0
    assert len(asked.steps) == (1 if mode == "act" else 0)


async def test_a_secret_that_becomes_a_certificates_between_look_and_write_is_refused(
    tmp_path: Path,
) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    way.meet("PUT", "/secrets/", first(lambda: _managed(versions(made.world)[-1])))

    step = await rotated(made)

    assert (step["state"], sets(made)) == ("refused", 1)
    assert step["reason"] == "secret shop-api-key belongs to a certificate: renew the certificate"
    assert len(versions(made.world)) == 2


async def test_a_secret_that_was_disabled_gets_a_version_that_can_be_read(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    versions(made.world)[-1].attributes["enabled"] = False

    step = await rotated(made)

    assert step["state"] == "done"
    assert "enabled: False -> True" in step["changed"]
    assert new(made).attributes["enabled"] is True


@pytest.mark.parametrize("entity", [THE_SECRET, NO_VERSION])
async def test_a_secret_that_was_deleted_is_refused(entity: VaultObject, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.state(Vaults).delete(contoso.VAULT_HOST, contoso.SECRET)

    step = await rotated(made, entity)

    assert (step["state"], sets(made)) == ("refused", 0)
    assert step["reason"] == "secret shop-api-key is not there, or has no version"


async def test_a_secret_that_is_deleted_between_look_and_write_is_refused_and_not_made_again(tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    vaults = made.world.state(Vaults)
    way.meet("PUT", "/secrets/", first(lambda: vaults.delete(contoso.VAULT_HOST, contoso.SECRET)))

    step = await rotated(made)

    assert step["state"] == "refused"
    assert step["reason"] == "secret shop-api-key is not there, or has no version"
    assert versions(made.world) == []


async def test_a_vault_that_is_gone_is_refused(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    del made.world.state(Arm).resources[contoso.VAULT.lower()]

    step = await rotated(made)

    assert step["state"] == "refused"
    assert "404 ResourceNotFound" in step["reason"]


FORBIDDEN = {
    "firewall": "Client address is not authorized and caller is not a trusted service.",
    "private": "Connection is not an approved private link and caller was ignored because bypass is not set to trusted.",
    "access policy": "The user, group or application 'oid=1' does not have secrets set permission on key vault 'kv'.",
}


@pytest.mark.parametrize("message", FORBIDDEN.values(), ids=FORBIDDEN)
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_what_the_vault_forbids_fails_in_the_vaults_words(method: str, message: str, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.always(method, f"{contoso.VAULT_HOST}/secrets", Status(403, "Forbidden", message))

    step = await rotated(made)

    assert step["state"] == "failed"
    assert message in step["reason"]
    assert len(versions(made.world)) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"id": "https://evil.example/secrets/shop-api-key"},
        {"id": "https://kv-other.vault.azure.net/secrets/shop-api-key"},
        {"vault_id": ""},
    ],
)
async def test_an_address_that_is_not_the_vaults_is_refused_before_any_token_is_sent(
    said: dict[str, str], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)

    step = await rotated(made, msgspec.structs.replace(THE_SECRET, **said))

    assert step["state"] == "refused"
    reached = {call.host for call in made.world.calls}
    assert not [host for host in reached if "evil" in host or "vault" in host]


async def test_a_protected_vault_protects_its_secrets(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    vault = made.world.state(Arm).find(contoso.VAULT)
    assert vault is not None
    vault.body["tags"] = {"riposte": "protected"}

    step = await rotated(made)

    assert (step["state"], sets(made)) == ("refused", 0)

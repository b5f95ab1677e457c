"""The secret that the tests of its rotation act on."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import VaultObject
from tests.lab import Lab
from tests.responders.ask import ask

NAME = "keyvault.rotate_secret"
OLDEST, CURRENT = contoso.SECRET_VERSIONS
SET = f"PUT {contoso.VAULT_HOST}/secrets/{contoso.SECRET}"

THE_SECRET = VaultObject(
    id=f"https://{contoso.VAULT_HOST}/secrets/{contoso.SECRET}/{CURRENT}",
    object_type="secret",
    name=contoso.SECRET,
    version=CURRENT,
    vault_id=contoso.VAULT,
)
NO_VERSION = replace(THE_SECRET, id=THE_SECRET.id.rpartition("/")[0], version="")


def versions(world: World) -> list[Version]:
    return world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)


async def rotated(made: Lab, entity: VaultObject = THE_SECRET, key: str = "first") -> dict[str, Any]:
    """Ask for the rotation; how its step ended."""
    return (await ask(made, entity, key=key)).only


def new(made: Lab) -> Version:
    """The version that was made."""
    (found,) = [version for version in versions(made.world) if version.id not in contoso.SECRET_VERSIONS]
    return found


def sets(made: Lab) -> int:
    """How often we wrote a version."""
    return len([call for call in made.world.calls if call.line == SET and call.headers.get("authorization")])


def by_somebody(world: World, **tags: str) -> Version:
    """Somebody else rotates the secret."""
    now = int(world.clock.now().timestamp())
    attributes = {"enabled": True, "created": now, "updated": now}
    version = Version("c" * 32, "theirs", None, tags, attributes)
    world.state(Vaults).add(contoso.VAULT_HOST, contoso.SECRET, version)
    return version

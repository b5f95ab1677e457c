from __future__ import annotations

from datetime import timedelta
from typing import Any

from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import VaultObject
from tests.scenario import Scenario

CURRENT = contoso.SECRET_VERSIONS[-1]


def versions(world: World) -> list[Version]:
    return world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)


def _without_new_versions(state: dict[str, Any]) -> dict[str, Any]:
    secrets = state["Vaults"][contoso.VAULT_HOST]
    kept = [version for version in secrets[contoso.SECRET] if version["id"] in contoso.SECRET_VERSIONS]
    return {**state, "Vaults": {contoso.VAULT_HOST: {**secrets, contoso.SECRET: kept}}}


scenario = Scenario(
    entity=VaultObject(
        id=f"https://{contoso.VAULT_HOST}/secrets/{contoso.SECRET}/{CURRENT}",
        object_type="secret",
        name=contoso.SECRET,
        version=CURRENT,
        vault_id=contoso.VAULT,
    ),
    params={"grace": "1h"},
    without_leavings=_without_new_versions,
    later=timedelta(hours=1, minutes=1),
    effect=lambda world: len(versions(world)) == 3 and versions(world)[-1].attributes["enabled"],
)

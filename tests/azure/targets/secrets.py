"""The secret that the tests of its resolution look for."""

from __future__ import annotations

import msgspec
import pytest

from azsim.tenants import contoso
from shared.azure.clients import Azure
from shared.azure.targets.secret import SECRET, resolve
from shared.model.entity import AnyEntity, VaultObject
from shared.model.errors import Refused
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


async def refusal(made: Lab, entity: AnyEntity) -> str:
    with pytest.raises(Refused) as refused:
        await resolve(entity, asking(made))
    return str(refused.value)


def hosts(made: Lab) -> set[str]:
    return {call.host for call in made.world.calls}

"""Whether the target is a person with a directory role, such as an administrator of the tenant."""

from __future__ import annotations

from shared.azure.clients import Azure
from shared.azure.roles import Role, roles_of
from shared.azure.targets.user import User
from shared.engine.guards.no import No
from shared.model.setting_texts import ANY
from shared.model.target import Target


async def roles(target: Target, protected: tuple[str, ...], azure: Azure, said: list[str]) -> No | None:
    """Refuses who has one of RIPOSTE_PROTECTED_ROLES or may take it on, directly or by a group, as it is now.

    Raises:
        HttpResponseError, ODataError: If Graph does not say.
    """
    if not isinstance(target, User) or not protected:
        return None
    held = await roles_of(target.object_id, azure)
    for role in held:
        if ANY in protected or role.id in protected or role.name.lower() in protected:
            return No(f"{target.name} {_how(role)}")
    others = ", ".join(sorted({role.name for role in held}))
    said.append(f"directory roles: {others}: not protected" if others else "directory roles: none, and none eligible")
    return None


def _how(role: Role) -> str:
    """`is Global Administrator by group Tier 0`."""
    return f"{'can become' if role.eligible else 'is'} {role.name}{f' by group {role.through}' if role.through else ''}"

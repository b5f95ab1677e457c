"""Whether the target is a person in a protected group, such as the one of the emergency access accounts."""

from __future__ import annotations

from shared.azure.clients import Azure
from shared.azure.targets.user import User, group_among
from shared.engine.guards.no import No
from shared.model.target import Target


async def groups(target: Target, protected: tuple[str, ...], azure: Azure, said: list[str]) -> No | None:
    """Refuses members of RIPOSTE_PROTECTED_GROUPS, nested ones included, as they are now.

    Raises:
        HttpResponseError, ODataError: If Graph does not say.
    """
    if not isinstance(target, User) or not protected:
        return None
    group = await group_among(target, protected, azure)
    if group:
        return No(f"{target.name} is a member of protected group {group}")
    said.append(f"protected groups: not a member of any of {len(protected)}")
    return None

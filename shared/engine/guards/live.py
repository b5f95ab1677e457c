"""Guards that ask Azure, side by side: each with requests of its own, and in the same order whoever answers first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain

from shared.azure import locks, roles
from shared.azure.clients import Azure
from shared.azure.targets.user import GROUPS
from shared.engine.app import App
from shared.engine.guards.no import No
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.model.permission import Permission
from shared.wire.journal import Exchange
from shared.wire.scope import scope

PERMISSIONS: tuple[Permission, ...] = (locks.READ, GROUPS, roles.ROLES, roles.PIM_GROUPS)
"""What the guards ask of Azure; together with what it took to find the target."""

Look = Callable[[Azure, list[str]], Awaitable[No | None]]
"""A guard that asks Azure, and tells what it looked at."""


async def live(
    looks: Mapping[str, Look], found_with: tuple[Permission, ...], app: App, journal: list[Exchange], said: list[str]
) -> No | None:
    """Ask all of them; the first, in their order, that says no. A no counts more than an answer that did not come.

    Args:
        looks: The guards, by name.
        found_with: The permissions that it took to find the target.
        app: Everything else.
        journal: Told of every request.
        said: Told what was looked at.

    Raises:
        Exception: If nobody says no, but one of them could not be asked.
    """
    journals: dict[str, list[Exchange]] = {name: [] for name in looks}
    told: dict[str, list[str]] = {name: [] for name in looks}

    async def ask(name: str) -> No | None:
        azure = app.azure((*found_with, *PERMISSIONS), journals[name])
        with scope(name):
            return await with_fresh_token(
                lambda: in_our_words(looks[name](azure, told[name]), wrote=False), app.credential
            )

    answers = await asyncio.gather(*map(ask, looks), return_exceptions=True)
    journal += chain.from_iterable(journals.values())
    said += chain.from_iterable(told.values())
    no = next((answer for answer in answers if isinstance(answer, No)), None)
    failure = next((answer for answer in answers if isinstance(answer, BaseException)), None)
    if no is None and failure is not None:
        raise failure
    return no

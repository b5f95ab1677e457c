"""Guards that ask Azure go side by side, and leave the same trace whoever is answered first."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from shared.azure.clients import Azure
from shared.engine.guards.live import Look, live
from shared.engine.guards.no import No
from shared.model.errors import Refused, Temporary
from shared.wire.message import Request, Response, Send
from shared.wire.scope import current
from tests.engine.cases import REVOKE, account, acting
from tests.engine.guards.verdicts import verdict
from tests.lab import Lab, make


async def asked(made: Lab, **ends: tuple[float, No | Exception | None]) -> tuple[No | None, list[str]]:
    """What comes of guards that take so many seconds and end like this, and what they said."""
    said: list[str] = []

    def look(name: str) -> Look:
        async def ask(_azure: Azure, told: list[str]) -> No | None:
            seconds, end = ends[name]
            await asyncio.sleep(seconds)
            told.append(name)
            if isinstance(end, Exception):
                raise end
            return end

        return ask

    return await live({name: look(name) for name in ends}, (), made.app, [], said), said


@pytest.mark.parametrize("seconds", list(itertools.permutations((1.0, 2.0, 3.0))), ids=str)
async def test_the_first_no_in_their_order_is_told_whoever_comes_first(seconds: tuple[float, float, float]) -> None:
    first, second, third = seconds

    no, said = await asked(make(), a=(first, None), b=(second, No("b")), c=(third, No("c")))

    assert (no, said) == (No("b"), ["a", "b", "c"])


async def test_a_no_counts_more_than_a_failure_and_a_failure_more_than_nothing() -> None:
    made = make()
    assert (await asked(made, a=(1, Temporary("a")), b=(2, No("b", "planned", 9.0))))[0] == No("b", "planned", 9.0)

    with pytest.raises(Temporary, match="b"):
        await asked(made, a=(3, None), b=(2, Temporary("b")), c=(1, Refused("c")))


async def test_they_take_as_long_as_the_longest() -> None:
    made = make()
    began = made.world.clock.now()

    await asked(made, a=(3, None), b=(2, None), c=(1, None))

    assert (made.world.clock.now() - began).total_seconds() == 3


async def test_each_has_a_scope_of_its_own(tmp_path: Path) -> None:
    scopes: set[str] = set()

    def listening(send: Send) -> Send:
        async def listen(request: Request) -> Response:
            if "graph.microsoft" in request.url:
                scopes.add(current().rpartition("/")[2])
            return await send(request)

        return listen

    await verdict(acting(tmp_path, REVOKE, wrap=listening), account())

    assert {"groups", "roles"} <= scopes
    assert "locks" not in scopes

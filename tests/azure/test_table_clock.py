from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clock_skew import SKEW
from shared.azure.table import Row, Table
from shared.model.errors import Temporary
from shared.wire.message import Request, Response
from tests import lab
from tests.chaos.crash.stage import WrongClock
from tests.engine.cases import REVOKE, account, acting, delivered, states, swept


def table(made: lab.Lab, ahead: timedelta, date: str | None = "") -> Table:
    send = lab.door(made.world)

    async def dated(request: Request) -> Response:
        answer = await send(request)
        rest = {name: value for name, value in answer.headers.items() if name != "date"}
        told = answer.headers["date"] if date == "" else date
        return Response(answer.status, rest if told is None else {**rest, "date": told}, answer.body)

    clock = WrongClock(made.world.clock, ahead)
    endpoint = f"https://{contoso.STORAGE_ACCOUNT}.table.core.windows.net"
    return Table(dated, made.app.credential, clock, made.chance, endpoint, contoso.LEDGER_TABLE)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (timedelta(minutes=10), "600 s ahead of the table service's"),
        (-timedelta(minutes=10), "600 s behind the table service's"),
        (SKEW + timedelta(seconds=2), "32 s ahead of"),
    ],
)
async def test_a_clock_that_is_wrong_stops_its_instance(ahead: timedelta, told: str) -> None:
    made = lab.make()

    with pytest.raises(Temporary, match=told) as raised:
        await table(made, ahead).get("control", "kill_switch")

    assert raised.value.code == "ClockSkew"


@pytest.mark.parametrize("ahead", [timedelta(0), SKEW - timedelta(seconds=2), timedelta(seconds=2) - SKEW])
async def test_a_clock_that_is_nearly_right_does(ahead: timedelta) -> None:
    await table(lab.make(), ahead).insert(Row("p", "k", {"A": 1}))


async def test_a_service_that_does_not_tell_its_time_is_believed() -> None:
    await table(lab.make(), timedelta(minutes=10), None).insert(Row("p", "k", {"A": 1}))


@pytest.mark.parametrize("minutes", [10, -10])
async def test_an_instance_with_a_wrong_clock_does_nothing_and_another_one_does_it(
    minutes: int, tmp_path: Path
) -> None:
    made = acting(tmp_path, REVOKE)
    world: World = made.world
    wrong = lab.make(
        playbooks=tmp_path,
        world=world,
        clock=WrongClock(world.clock, timedelta(minutes=minutes)),
    )

    with pytest.raises(Temporary, match="this machine's clock"):
        await delivered(wrong, account())
    assert [call for call in world.calls if "revokeSignInSessions" in call.path] == []
    _, health = await wrong.get("/api/health/ready")
    assert "this machine's clock" in health["dependencies"]["ledger"]["error"]

    await delivered(made, account())
    await swept(made, 60)
    assert await states(made, account()) == ["done"]

from __future__ import annotations

from azsim.services.graph import Directory
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import Account
from tests.scenario import Scenario


def valid_from(world: World, user: str = contoso.ADELE) -> str:
    return str(world.state(Directory).users[user]["signInSessionsValidFromDateTime"])


scenario = Scenario(
    entity=Account(upn="adele.vance@contoso.example"),
    effect=lambda world: valid_from(world) > "2026-03-02",
)

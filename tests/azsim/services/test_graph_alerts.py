"""The alerts of Microsoft Graph."""

from __future__ import annotations

import pytest

from azsim.services.graph_alerts import Alerts
from azsim.world import World
from tests.azsim.caller import allow_graph, ask, error

URL = "https://graph.microsoft.com/v1.0/security/alerts_v2"


@pytest.fixture
def tenant(world: World) -> World:
    for number in range(3):
        made = f"2026-03-02T09:0{number}:00.1234567Z"
        world.state(Alerts).add({"id": f"{number}", "createdDateTime": made, "lastUpdateDateTime": made})
    return world


@pytest.mark.parametrize("permission", ["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"])
async def test_listing_takes_a_permission_and_gives_the_newest_first(permission: str, tenant: World) -> None:
    assert error(await ask(tenant, "GET", URL)) == (403, "Authorization_RequestDenied")
    allow_graph(tenant, permission)

    answer = (await ask(tenant, "GET", URL)).json()

    assert [alert["id"] for alert in answer["value"]] == ["2", "1", "0"]
    assert "@odata.nextLink" not in answer


async def test_a_filter_and_pages(tenant: World) -> None:
    allow_graph(tenant, "SecurityAlert.Read.All")

    first = (await ask(tenant, "GET", f"{URL}?$filter=lastUpdateDateTime ge 2026-03-02T09:01:00Z&$top=1")).json()
    second = (await ask(tenant, "GET", first["@odata.nextLink"])).json()

    assert [alert["id"] for alert in first["value"] + second["value"]] == ["2", "1"]
    assert "@odata.nextLink" not in second


@pytest.mark.parametrize("query", ["$orderby=createdDateTime", "$filter=title eq 'a'", "$top=2001"])
async def test_what_the_api_does_not_know_is_refused(query: str, tenant: World) -> None:
    allow_graph(tenant, "SecurityAlert.Read.All")

    assert error(await ask(tenant, "GET", f"{URL}?{query}"))[0] == 400


def test_a_snapshot_is_a_copy(tenant: World) -> None:
    kept = tenant.state(Alerts).snapshot()
    tenant.state(Alerts).alerts["0"]["id"] = "changed"
    assert kept["0"]["id"] == "0"

"""The alerts of Defender for Cloud."""

from __future__ import annotations

from azsim import arm as store
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, azure, error

LIST = f"{contoso.SUBSCRIPTION}/providers/Microsoft.Security/alerts"
READ = "Microsoft.Security/alerts/read"
OTHER = "/subscriptions/00000000-1111-2222-3333-444444444444"


def alert(world: World, name: str, *, scope: str = contoso.SHOP) -> None:
    place = f"{scope}/providers/Microsoft.Security/locations/westeurope/alerts/{name}"
    store.put(world, place, {"properties": {"systemAlertId": name}})


async def test_a_subscription_lists_the_alerts_of_all_its_groups_and_locations(world: World) -> None:
    refused = await arm(world, "GET", LIST)
    assert error(refused) == (403, "AuthorizationFailed")
    assert f"'{READ}'" in refused.json()["error"]["message"]
    allow(world, READ)
    alert(world, "1")
    alert(world, "2", scope=contoso.SUBSCRIPTION)
    alert(world, "3", scope=OTHER)

    answer = await arm(world, "GET", LIST)

    assert [found["name"] for found in answer.json()["value"]] == ["1", "2"]
    assert answer.json()["value"][0]["type"].lower() == "microsoft.security/locations/alerts"
    assert "nextLink" not in answer.json()


async def test_alerts_come_page_by_page(world: World) -> None:
    allow(world, READ)
    for number in range(250):
        alert(world, f"{number:03d}")
    client = await azure(world).arm()

    found = await client.list(LIST, "2022-01-01")

    assert [each["name"] for each in found] == [f"{number:03d}" for number in range(250)]
    assert len([call for call in world.calls if call.path == LIST]) == 3

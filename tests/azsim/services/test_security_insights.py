"""A Sentinel incident's alerts and entities."""

from __future__ import annotations

from typing import Any

import pytest

from azsim import arm as store
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, ask, azure, error

INCIDENT = f"{contoso.WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/73e01a99-5cd7-4139-a149-9f2736ff2ab5"
READ = "Microsoft.SecurityInsights/incidents/read"
ENTITIES = [{"kind": "Host", "name": "a"}, {"kind": "Account", "name": "b"}, {"kind": "Host", "name": "c"}]
ALERTS = [{"kind": "SecurityAlert", "name": "alert"}]
LIST = INCIDENT.rpartition("/")[0]
CHANGED = "properties/lastModifiedTimeUtc"


@pytest.fixture
def tenant(world: World) -> World:
    store.put(world, INCIDENT, {"properties": {"title": "t"}}, hidden={"entities": ENTITIES, "alerts": ALERTS})
    return world


async def test_the_permission_to_read_an_incident_covers_its_alerts_and_entities(tenant: World) -> None:
    for action in ("entities", "alerts"):
        refused = await arm(tenant, "POST", f"{INCIDENT}/{action}")
        assert error(refused) == (403, "AuthorizationFailed")
        assert f"'{READ}'" in refused.json()["error"]["message"]
    allow(tenant, READ)
    client = await azure(tenant).arm()
    assert (await client.get(INCIDENT, "2024-03-01"))["properties"]["title"] == "t"
    assert await client.post(INCIDENT, "entities", "2024-03-01") == {
        "entities": ENTITIES,
        "metaData": [{"entityKind": "Account", "count": 1}, {"entityKind": "Host", "count": 2}],
    }
    assert await client.post(INCIDENT, "alerts", "2024-03-01") == {"value": ALERTS}


async def test_what_an_incident_hides_is_not_in_its_body(tenant: World) -> None:
    allow(tenant, READ)
    body = (await arm(tenant, "GET", INCIDENT)).json()
    assert not {"entities", "alerts", "hidden"} & (set(body) | set(body["properties"]))
    assert body["etag"]


async def test_an_incident_may_have_neither_alerts_nor_entities(tenant: World) -> None:
    allow(tenant, READ)
    store.put(tenant, f"{INCIDENT}0", {"properties": {}})
    assert (await arm(tenant, "POST", f"{INCIDENT}0/entities")).json() == {"entities": [], "metaData": []}
    assert (await arm(tenant, "POST", f"{INCIDENT}0/alerts")).json() == {"value": []}
    assert error(await arm(tenant, "POST", f"{INCIDENT}1/alerts")) == (404, "ResourceNotFound")


def several(world: World, count: int) -> None:
    for number in range(count):
        at = f"2026-03-02T{number // 60:02d}:{number % 60:02d}:00.1234567Z"
        properties = {"title": f"{number}", "lastModifiedTimeUtc": at, "createdTimeUtc": at}
        store.put(world, f"{LIST}/i{number:03d}", {"properties": properties})


def titles(answer: Any) -> list[str]:
    return [found["properties"]["title"] for found in answer["value"]]


async def test_incidents_are_listed_newest_first_in_pages_of_50(world: World) -> None:
    allow(world, READ)
    several(world, 70)

    first = (await arm(world, "GET", LIST)).json()
    second = (await ask(world, "GET", first["nextLink"])).json()

    assert titles(first) + titles(second) == [f"{number}" for number in reversed(range(70))]
    assert (len(first["value"]), "nextLink" in second) == (50, False)


async def test_incidents_are_listed_as_filter_and_order_say(world: World) -> None:
    allow(world, READ)
    several(world, 70)
    client = await azure(world).arm()

    query = {"$filter": f"{CHANGED} ge 2026-03-02T00:10:00Z", "$orderby": f"{CHANGED} asc", "$top": "20"}
    found = await client.list(LIST, "2024-09-01", query)

    assert titles({"value": found}) == [f"{number}" for number in range(10, 70)]


@pytest.mark.parametrize("query", ["$filter=nothing", "$orderby=etag", "$top=1001", "$skipToken=x"])
async def test_a_list_that_is_asked_for_wrongly_is_refused(query: str, world: World) -> None:
    allow(world, READ)

    answer = await ask(world, "GET", f"https://management.azure.com{LIST}?api-version=2024-09-01&{query}")

    assert error(answer) == (400, "BadRequest")

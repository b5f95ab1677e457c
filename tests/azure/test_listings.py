from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azsim import arm as store
from azsim.services.graph_alerts import Alerts
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.listing import Listed, Listing, as_listed, first_time
from shared.azure.listings import defender_for_cloud_alerts, graph_alerts, sentinel_incidents
from shared.engine.reconcile import listings
from shared.model.settings import read
from tests import lab
from tests.azsim.caller import azure, make_world

SUBSCRIPTION = contoso.SUBSCRIPTION.rpartition("/")[2]
SINCE = datetime(2026, 3, 2, 8, 30, 0, 500_000, tzinfo=UTC)
TIMES = ("2026-03-02T08:00:00Z", "2026-03-02T08:30:00.6000000Z", "2026-03-02T08:45:00.1234567Z")
PLACES = {
    "sentinel_incidents": contoso.WORKSPACE,
    "defender_for_cloud_alerts": SUBSCRIPTION,
    "graph_alerts": "tenant",
}


def tenant() -> World:
    """Three of each kind."""
    world = make_world()
    for number, at in enumerate(TIMES):
        incident = {"properties": {"createdTimeUtc": TIMES[0], "lastModifiedTimeUtc": at}}
        place = f"{contoso.WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/{number}"
        store.put(world, place, incident, hidden={"alerts": [{"name": "a"}], "entities": [{"kind": "Ip"}]})
        alert = {"properties": {"timeGeneratedUtc": TIMES[0], "processingEndTimeUtc": at}}
        place = f"{contoso.SHOP}/providers/Microsoft.Security/locations/westeurope/alerts/{number}"
        store.put(world, place, alert)
        world.state(Alerts).add({"id": f"{number}", "createdDateTime": TIMES[0], "lastUpdateDateTime": at})
    return world


def test_every_listing_is_found_and_used_as_the_settings_say() -> None:
    def asked(**given: str) -> dict[str, tuple[str, ...]]:
        settings = read(lab.environment(**given))
        return {name: listing.places(settings) for name, listing in listings().items() if listing.places(settings)}

    assert set(listings()) == set(PLACES)
    assert asked(RIPOSTE_SENTINEL_WORKSPACE="") == {}
    assert asked() == {"sentinel_incidents": (contoso.WORKSPACE,)}
    assert asked(RIPOSTE_SENTINEL_WORKSPACE="", RIPOSTE_RECONCILE_SUBSCRIPTIONS=f"{SUBSCRIPTION}, {SUBSCRIPTION}") == {
        "defender_for_cloud_alerts": (SUBSCRIPTION, SUBSCRIPTION)
    }
    assert asked(RIPOSTE_SENTINEL_WORKSPACE="", RIPOSTE_RECONCILE_GRAPH_ALERTS="true") == {"graph_alerts": ("tenant",)}


@pytest.mark.parametrize("name", PLACES)
async def test_what_changed_since_is_listed_with_its_times(name: str) -> None:
    world, listing = tenant(), listings()[name]
    lab.grant(world, listing.permissions)

    found = await listing.changed(PLACES[name], SINCE, azure(world))

    assert sorted(each.id for each in found) == ["1", "2"]
    last = max(found, key=lambda each: each.changed)
    assert last.changed == datetime(2026, 3, 2, 8, 45, 0, 123_456, tzinfo=UTC)


@pytest.mark.parametrize("name", PLACES)
async def test_a_listing_takes_each_of_the_permissions_it_declares_and_no_other(name: str) -> None:
    listing = listings()[name]
    lacking = tenant()
    with pytest.raises(Exception, match=r"AuthorizationFailed|Insufficient privileges"):
        await listing.changed(PLACES[name], SINCE, azure(lacking))

    world = tenant()
    lab.grant(world, listing.permissions)
    (found, *_) = await listing.changed(PLACES[name], SINCE, azure(world))
    await listing.whole(PLACES[name], found, azure(world))

    used = {permission for call in world.calls for permission, _ in call.permissions}
    assert {text.lower() for text in used} == {permission.name.lower() for permission in listing.permissions}


async def test_every_page_is_read() -> None:
    world = make_world()
    for number in range(230):
        at = f"2026-03-02T08:{40 + number % 10}:{number % 60:02d}Z"
        world.state(Alerts).add({"id": f"{number}", "createdDateTime": at, "lastUpdateDateTime": at})
    lab.grant(world, graph_alerts.listing.permissions)

    found = await graph_alerts.listing.changed("tenant", SINCE, azure(world))

    assert {each.id for each in found} == {f"{number}" for number in range(230)}
    assert len([call for call in world.calls if "alerts_v2" in call.path]) == 3


async def test_an_alert_of_graph_is_kept_as_it_came() -> None:
    world = make_world()
    body = {"id": "1", "createdDateTime": TIMES[2], "lastUpdateDateTime": TIMES[2], "unheardOf": {"a": [1, None]}}
    world.state(Alerts).add(body)
    lab.grant(world, graph_alerts.listing.permissions)

    (found,) = await graph_alerts.listing.changed("tenant", SINCE, azure(world))

    assert await graph_alerts.listing.whole("tenant", found, azure(world)) == body


async def test_an_incident_is_whole_with_its_alerts_and_entities() -> None:
    world = tenant()
    lab.grant(world, sentinel_incidents.listing.permissions)
    found = (await sentinel_incidents.listing.changed(contoso.WORKSPACE, SINCE, azure(world)))[-1]

    whole = await sentinel_incidents.listing.whole(contoso.WORKSPACE, found, azure(world))

    assert (whole["objectSchemaType"], whole["object"]["name"]) == ("Incident", "2")
    properties = whole["object"]["properties"]
    assert (properties["alerts"], properties["relatedEntities"]) == ([{"name": "a"}], [{"kind": "Ip"}])


async def test_an_alert_of_defender_for_cloud_counts_from_when_it_was_processed() -> None:
    world = tenant()
    lab.grant(world, defender_for_cloud_alerts.listing.permissions)

    found = await defender_for_cloud_alerts.listing.changed(SUBSCRIPTION, SINCE, azure(world))

    assert all(each.created == each.changed > SINCE for each in found)


def test_the_first_time_that_is_given_counts_and_one_must_be() -> None:
    wanted = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert first_time({"a": "", "b": None, "c": "2026-03-02T09:00:00"}, "a", "b", "c", "d") == wanted
    with pytest.raises(ValueError, match="none of a, b"):
        first_time({"c": TIMES[0]}, "a", "b")


async def test_what_is_listed_whole_is_taken_as_it_is() -> None:
    listed = Listed(id="1", created=SINCE, changed=SINCE, body={"a": 1})
    assert await as_listed("", listed, azure(make_world())) == {"a": 1}
    assert all(isinstance(listing, Listing) for listing in listings().values())

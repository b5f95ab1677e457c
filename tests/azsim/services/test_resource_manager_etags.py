"""Etags and conditions of Resource Manager."""

from __future__ import annotations

import pytest

from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, error

THINGS = f"{contoso.SHOP}/providers/Microsoft.Example/things"
THING = f"{THINGS}/one"
NIC = f"{contoso.NETWORK}/networkInterfaces/nic-web-01"
NSG = f"{contoso.NETWORK}/networkSecurityGroups/nsg-new"
BODY = {"location": "westeurope", "tags": {"a": "1"}, "properties": {"size": 1, "inner": {"x": 1, "y": 2}}}


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_write_holds_only_if_its_etag_does(tenant: World, method: str) -> None:
    etag = (await arm(tenant, "PUT", NSG, {"location": "westeurope"})).headers["etag"]
    await tenant.clock.sleep(10)
    body = {"tags": {"a": "1"}} | ({"location": "westeurope"} if method == "PUT" else {})
    refused = await arm(tenant, method, NSG, body, if_match='W/"another"')
    assert error(refused) == (412, "PreconditionFailed")
    assert etag in refused.json()["error"]["message"]
    assert (await arm(tenant, "GET", NSG)).headers["etag"] == etag
    assert (await arm(tenant, method, NSG, body, if_match=etag)).status == 200


async def test_any_etag_will_do_for_a_star_if_the_resource_is_there(tenant: World) -> None:
    assert error(await arm(tenant, "PUT", THING, BODY, if_match="*")) == (412, "PreconditionFailed")
    await arm(tenant, "PUT", THING, BODY)
    assert (await arm(tenant, "PUT", THING, BODY, if_match="*")).status == 200


async def test_if_none_match_creates_only(tenant: World) -> None:
    assert (await arm(tenant, "PUT", THING, BODY, if_none_match="*")).status == 201
    assert error(await arm(tenant, "PUT", THING, BODY, if_none_match="*")) == (412, "PreconditionFailed")


async def test_every_write_changes_the_etag(tenant: World) -> None:
    etags = []
    for method, body in (("PUT", {"location": "westeurope"}), ("PUT", {"location": "westeurope"}), ("PATCH", {})):
        answer = await arm(tenant, method, NSG, body)
        assert answer.json()["etag"] == answer.headers["etag"]
        etags.append(answer.headers["etag"])
        await tenant.clock.sleep(10)
    assert len(set(etags)) == 3
    assert (await arm(tenant, "GET", NSG)).headers["etag"] == etags[-1]


async def test_types_that_hide_their_etag_show_none(tenant: World) -> None:
    answer = await arm(tenant, "PUT", THING, BODY)
    assert "etag" not in answer.headers
    assert "etag" not in answer.json()

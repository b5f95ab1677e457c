from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError

from azsim.arm import put
from azsim.faults import Status
from azsim.tenants import contoso
from shared.azure.sentinel import READ, incident
from shared.wire.message import Undeclared
from tests import lab

NAME = "73e01a99-5cd7-4139-a149-9f2736ff2ab5"
PLACE = f"{contoso.WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/{NAME}"
ALERTS = [{"id": "a", "kind": "SecurityAlert"}]
ENTITIES = [{"id": "e", "kind": "Account"}, {"id": "f", "kind": "Host"}]


def tenant() -> lab.Lab:
    made = lab.make()
    body = {"properties": {"title": "Brute force", "severity": "High"}}
    put(made.world, PLACE, body, hidden={"alerts": ALERTS, "entities": ENTITIES})
    return made


async def test_an_incident_is_put_together_as_an_automation_rule_would_hand_it_on() -> None:
    made = tenant()

    found = await incident(contoso.WORKSPACE, NAME, made.app.azure((READ,), []))

    assert found["objectSchemaType"] == "Incident"
    assert found["object"]["name"] == NAME
    properties = found["object"]["properties"]
    assert (properties["title"], properties["severity"]) == ("Brute force", "High")
    assert (properties["alerts"], properties["relatedEntities"]) == (ALERTS, ENTITIES)


@pytest.mark.parametrize("part", [f"{NAME}$", "/alerts", "/entities"])
async def test_an_incident_of_which_a_part_cannot_be_read_is_an_error(part: str) -> None:
    made = tenant()
    made.world.faults.always("*", part, Status(403, "AuthorizationFailed"))

    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        await incident(contoso.WORKSPACE, NAME, made.app.azure((READ,), []))


async def test_without_the_permission_nothing_is_asked() -> None:
    made = tenant()

    with pytest.raises(Exception, match="SecurityInsights") as caught:
        await incident(contoso.WORKSPACE, NAME, made.app.azure((), []))

    assert isinstance(caught.value.__cause__, Undeclared)
    assert not [call for call in made.world.calls if "SecurityInsights" in call.path]

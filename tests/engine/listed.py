"""What the providers list: incidents and alerts in the tenant, delivered or not."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from azsim import arm
from azsim.services.graph_alerts import Alerts
from azsim.tenants import contoso
from shared.model.mark import Mark
from tests import lab
from tests.engine.cases import ISOLATE, acting, resource
from tests.lab import Lab

NAME = "c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
INCIDENTS = f"{contoso.WORKSPACE}/providers/Microsoft.SecurityInsights/incidents"
CASE = f"incident:sentinel:{NAME}"
BOTH = (contoso.WEB_VM, contoso.DC_VM)
DELAY = 900.0
"""Seconds after which a delivery is lost for certain."""


def text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}0Z"


def entities(*vms: str, others: int = 0) -> list[dict[str, Any]]:
    """Machines, after so many addresses that are nobody's target."""
    found = [{"kind": "Ip", "properties": {"address": f"198.51.100.{n}"}} for n in range(1, others + 1)]
    found += [{"kind": "Host", "properties": {"hostName": vm.rpartition("/")[2], "azureID": vm}} for vm in vms]
    return [{"id": f"{contoso.WORKSPACE}/e/{n}", "name": f"{n}", **entity} for n, entity in enumerate(found)]


def incident(made: Lab, *vms: str, others: int = 0, name: str = NAME, given: Any = None, **facts: Any) -> bytes:
    """Put an incident into the workspace, made or changed now; the body that an automation rule sends of it.

    Of its entities that body holds the first 50.
    """
    now = text(made.world.clock.now())
    body = json.loads(lab.recording("sentinel_incident_vm"))
    place = f"{INCIDENTS}/{name}"
    there = made.world.state(arm.Arm).find(place)
    created = there.properties["createdTimeUtc"] if there else now
    body["object"] |= {"id": place, "name": name}
    properties = body["object"]["properties"]
    properties |= {"createdTimeUtc": created, "lastModifiedTimeUtc": now, "incidentUrl": "", **facts}
    alerts = [{**alert, "properties": {**alert["properties"], "systemAlertId": name, "providerAlertId": name}}
              for alert in properties.pop("alerts")]  # fmt: skip
    del properties["relatedEntities"]
    found = given or entities(*vms or [contoso.WEB_VM], others=others)
    arm.put(made.world, place, {"properties": dict(properties)}, hidden={"alerts": alerts, "entities": found})
    properties |= {"alerts": alerts, "relatedEntities": found[:50]}
    return json.dumps(body).encode()


def defender_alert(made: Lab, name: str = "1", **facts: Any) -> None:
    """Put an alert of Defender for Cloud into the subscription."""
    now = text(made.world.clock.now())
    body = json.loads(lab.recording("defender_arm_vm"))
    own = f"2518110443559999999_{name}"
    body["properties"] |= {"timeGeneratedUtc": now, "processingEndTimeUtc": now, "systemAlertId": own, **facts}
    place = f"{contoso.SHOP}/providers/Microsoft.Security/locations/westeurope/alerts/{own}"
    arm.put(made.world, place, {"properties": body["properties"]})


def graph_alert(made: Lab, name: str = "1", **facts: Any) -> None:
    """Put an alert into Microsoft Graph, as a list shows it: without its type."""
    now = text(made.world.clock.now())
    body = json.loads(lab.recording("graph_alert_defender_for_cloud"))
    body |= {"id": f"dc{name}", "providerAlertId": name, "createdDateTime": now, "lastUpdateDateTime": now, **facts}
    del body["@odata.type"]
    made.world.state(Alerts).add(body)


async def reconciling(folder: Path, *steps: str, **given: Any) -> Lab:
    """Contoso with one playbook that acts, both machines unprotected, and reconciliation begun."""
    made = acting(folder, *steps or [ISOLATE], **given)
    resource(made, contoso.DC_VM)["tags"] = {}
    await reconciled(made, 0)
    return made


async def reconciled(made: Lab, seconds: float = DELAY) -> None:
    """Wait, then compare, as the timer does."""
    await asyncio.sleep(seconds)
    done = await made.host.timer("reconcile")
    if done.error is not None:
        raise done.error


async def mark_of(made: Lab, provider: str = "sentinel_incidents", place: str = contoso.WORKSPACE) -> Mark:
    """How far a list has been compared."""
    there = await made.app.ledger.mark(provider, place)
    assert there is not None
    return there[0]


def lost(made: Lab) -> list[str]:
    """Why each event counts as lost."""
    return [row["Reason"] for row in made.records if row["Decision"] == "missed"]


def listing_calls(made: Lab) -> list[str]:
    """What was asked of the providers."""
    names = ("SecurityInsights", "Microsoft.Security/", "alerts_v2")
    return [call.line for call in made.world.calls if any(name in call.path for name in names)]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)

"""Ten minutes in which Resource Manager and Graph take nothing, with work of every severity waiting."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azsim import arm
from azsim.faults import Status
from azsim.services.graph import Directory
from azsim.storm import Storm, storm
from azsim.tenants import contoso
from azsim.world import World
from shared.engine.outcome import MOST_ATTEMPTS
from tests.engine.cases import ISOLATE, REVOKE, acting, alert, delivered, isolated, states, swept
from tests.lab import Lab

SEVERITIES = ["Informational", "Low", "Medium", "High"]
MACHINES, PEOPLE = 24, 12
APIS = r"^(management\.azure|graph\.microsoft)\.com"


def tenant(made: Lab) -> None:
    """So many machines and people more."""
    world = made.world
    for number in range(MACHINES):
        machine(world, number)
    directory = world.state(Directory)
    adele = next(user for user in directory.users.values() if "adele" in user["userPrincipalName"])
    for number in range(PEOPLE):
        user = copy.deepcopy(adele)
        user["id"] = f"{number:08d}-0000-4000-8000-000000000000"
        user["userPrincipalName"] = f"user{number}@contoso.example"
        directory.add(user)


def machine(world: World, number: int) -> None:
    vm, nic = f"{contoso.WEB_VM}-{number}", f"{contoso.NETWORK}/networkInterfaces/nic-{number}"
    subnet = {"id": f"{contoso.NETWORK}/virtualNetworks/vnet-shop/subnets/snet-web"}
    address = {"privateIPAddress": f"10.20.1.{number + 20}", "privateIPAllocationMethod": "Static", "subnet": subnet}
    properties = {"virtualMachine": {"id": vm}, "ipConfigurations": [{"name": "ipconfig1", "properties": address}]}
    arm.put(world, nic, {"location": contoso.LOCATION, "properties": properties})
    profile = {"networkInterfaces": [{"id": nic, "properties": {"primary": True}}]}
    body = {"location": contoso.LOCATION, "tags": {}, "properties": {"networkProfile": profile}}
    arm.put(world, vm, body, hidden={"power": "running"})


def machines() -> list[bytes]:
    found = []
    for number in range(MACHINES):
        vm = f"{contoso.WEB_VM}-{number}"
        host = {"Type": "host", "HostName": f"vm-web-01-{number}", "AzureID": vm}
        found.append(alert(f"m{number}", vm, Severity=SEVERITIES[number % 4], Entities=[host]))
    return found


def people() -> list[bytes]:
    found = []
    for number in range(PEOPLE):
        entities = [{"Type": "account", "Name": f"user{number}", "UPNSuffix": "contoso.example"}]
        fields: dict[str, Any] = {"Entities": entities, "CompromisedEntity": "", "AzureResourceId": ""}
        found.append(alert(f"p{number}", Severity=SEVERITIES[number % 4], ResourceIdentifiers=[], **fields))
    return found


def storming(made: Lab, seconds: float, retry_after: float, calls: str = APIS) -> Storm:
    found = storm(calls, made.world.clock.now(), seconds, retry_after)
    made.world.faults.script.append(found)
    return found


def order(made: Lab, method: str, what: str) -> list[str]:
    """The severities of the machines, in the order of the first such request to each of them that was answered."""
    of_target = {f"{what}-{number}": SEVERITIES[number % 4] for number in range(MACHINES)}
    answered = [call for call in made.world.calls if call.method == method and call.status in (200, 201)]
    names = dict.fromkeys(call.path.rpartition("/")[2] for call in answered)
    return [of_target[name] for name in names if name in of_target]


@pytest.mark.parametrize("retry_after", [5, 37, 170, 400])
async def test_a_storm_ends_with_all_done_and_azure_left_alone_as_it_asked(retry_after: float, tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE, REVOKE)
    tenant(made)
    bodies = [*machines(), *people()]
    tempest = storming(made, 600, retry_after)
    begun = made.world.clock.now()

    sweeping = asyncio.create_task(minutes(made, 30))
    await delivered(made, *bodies)
    await sweeping

    found = Counter([state for body in bodies for state in await states(made, body)])
    assert (found.pop("resolved") > 0, found) == (True, {"done": MACHINES + PEOPLE})
    assert len(isolated(made)) == MACHINES
    assert tempest.early == []
    assert tempest.turned_away <= 8 * (600 / retry_after + 1)
    assert {row["Decision"] for row in made.records} == {"intent", "deferred", "done"}
    assert last(made) - begun < timedelta(seconds=600 + retry_after + 180)


async def minutes(made: Lab, number: int) -> None:
    """The timer of the sweep, as Azure runs it: never twice at a time on one instance."""
    for _ in range(number):
        await swept(made, 60)


def last(made: Lab) -> datetime:
    """When the last thing was done."""
    done = [row for row in made.records if row["Decision"] == "done"]
    return max(datetime.fromisoformat(row["TimeGenerated"]) for row in done)


async def test_what_waits_goes_on_in_order_of_severity(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE)
    tenant(made)
    storming(made, 1, 20, r"^management\.azure\.com/subscriptions/.*/virtualMachines")

    await delivered(made, *machines())

    found = order(made, "GET", "vm-web-01")
    assert found == sorted(found, key=SEVERITIES.index, reverse=True)
    assert Counter(found) == dict.fromkeys(SEVERITIES, MACHINES / 4)


async def test_with_one_slot_the_most_severe_is_next(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE, settings={"RIPOSTE_CONCURRENCY": "1"})
    tenant(made)

    await delivered(made, *machines())

    first, *others = order(made, "PUT", "nic")
    assert others == sorted(others, key=SEVERITIES.index, reverse=True)
    assert Counter([first, *others]) == dict.fromkeys(SEVERITIES, MACHINES / 4)


async def test_a_persons_request_goes_as_high(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE)
    tenant(made)
    storming(made, 1, 100, r"^management\.azure\.com/.*virtualMachines")
    await delivered(made, alert("l", f"{contoso.WEB_VM}-0", Severity="Low"))
    assert isolated(made) == []  # it is put off

    entity = {"kind": "azure_resource", "resource_id": f"{contoso.WEB_VM}-1"}
    asked = {"entities": [entity], "reason": "It is bad."}
    status, _ = await made.post("/api/playbooks/only/runs", asked, idempotency_key="1")
    assert status == 202
    await asyncio.sleep(110)

    assert isolated(made) == ["nic-1"]  # it has waited, and no sweep was needed


async def test_being_put_off_by_azure_is_no_attempt_but_ends_after_a_day(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    tenant(made)
    body, begun = people()[3], made.world.clock.now()
    made.world.faults.always("POST", "revokeSignInSessions", Status(429, "TooManyRequests", retry_after=600))

    await delivered(made, body)
    for _ in range(4 * MOST_ATTEMPTS):
        await swept(made, 660)
    assert await states(made, body) == ["planned"]
    while made.world.clock.now() < begun + timedelta(hours=24):
        await swept(made, 3600)
    await swept(made, 660)

    assert await states(made, body) == ["failed"]
    assert made.record(Decision="failed")["Reason"].startswith("given up after ")


async def test_tokens_ledger_and_records_go_on_in_a_storm(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE, REVOKE)
    tenant(made)
    storming(made, 600, 300)

    await delivered(made, *machines(), *people())

    own = [call for call in made.world.calls if "management." not in call.host and "graph." not in call.host]
    kinds = Counter(_family(call.host) for call in own if call.status in (200, 201, 202, 204))
    assert min(kinds[name] for name in ("table", "ingest", "localhost")) > 0
    assert made.world.clock.now() - own[0].at < timedelta(seconds=5)
    rows: list[Mapping[str, Any]] = [json.loads(row["Data"]) for row in made.ledger_rows() if "step-" in row["RowKey"]]
    assert {row["state"] for row in rows} == {"planned"}


def _family(host: str) -> str:
    return next(name for name in ("table", "ingest", "localhost", host) if name in host)


async def test_the_sweep_goes_on_in_order_of_severity(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE)
    tenant(made)
    calls = r"^management\.azure\.com/subscriptions/.*/virtualMachines"
    storming(made, 1, 300, calls)
    await delivered(made, *machines())
    assert order(made, "GET", "vm-web-01") == []
    await asyncio.sleep(310)
    storming(made, 10, 20, calls)

    await swept(made, 5)

    found = order(made, "GET", "vm-web-01")
    assert found == sorted(found, key=SEVERITIES.index, reverse=True)
    assert Counter(found) == dict.fromkeys(SEVERITIES, MACHINES / 4)

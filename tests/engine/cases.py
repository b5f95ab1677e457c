"""Deliveries and labs that the tests of the engine share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from azsim.arm import Arm
from azsim.call import Call
from azsim.entities import Entity, Tables
from azsim.tenants import contoso
from shared.azure.ledger import Noted
from shared.engine.act import act
from shared.engine.claim import claim
from shared.engine.guard import Verdict
from shared.engine.outcome import Outcome
from shared.engine.plan import Ask, brief, planned
from shared.engine.undo import Undone, undo_run
from shared.kinds.responder import all_responders
from shared.model.delivery import Delivery
from shared.model.event import Event
from shared.model.ids import partition
from shared.model.states import State
from shared.model.step import Actor
from tests import lab
from tests.lab import Lab

NICS = [f"{contoso.NETWORK}/networkInterfaces/{name}".lower() for name in ("nic-web-01", "nic-web-01-backend")]
ISOLATE = "network.isolate_nic"
REVOKE = "entra.revoke_user_sessions"
ROTATE = "keyvault.rotate_secret"
ANALYST = Actor("user", "ann@contoso.example", "0f1e2d3c-4b5a-4697-8877-665544332211")
SOURCES = ["defender_for_cloud", "sentinel_incident", "graph_alert", "key_vault"]


def acting(
    folder: Path,
    *steps: str,
    mode: str = "act",
    options: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    **given: Any,
) -> Lab:
    """Contoso with one playbook, `only`, that runs these responders on machines and accounts.

    Args:
        folder: Where the playbook is written.
        steps: The responders.
        mode: Whether it acts.
        options: What the playbook says of each step.
        more: Other fields of the playbook.
        given: For the lab.
    """
    accepted = frozenset[str]().union(*(all_responders()[name].target.accepts for name in steps or [ISOLATE]))
    content = {
        "name": "only",
        "description": "For tests of the engine.",
        "mode": mode,
        "when": {"source": SOURCES, "entity": sorted(accepted)},
        "then": [{name: dict(options) if options else None} for name in steps or [ISOLATE]],
        "tests": [{"recording": "defender_low_severity", "expect": []}],
        **(more or {}),
    }
    folder.mkdir(exist_ok=True)
    folder.joinpath("only.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return lab.make(playbooks=folder, **given)


def alert(name: str = "1", vm: str = contoso.WEB_VM, **fields: Any) -> bytes:
    """A Defender for Cloud alert about a machine."""
    text = lab.recording("defender_vm_bruteforce").decode().replace(contoso.WEB_VM, vm)
    return json.dumps(json.loads(text) | {"SystemAlertId": f"2518110443559999999_{name}"} | fields).encode()


def event(made: Lab, body: bytes) -> Event:
    """The one event in a body."""
    (found,), dead = made.app.sources.read(body)
    assert dead == []
    return found


def delivery(made: Lab, body: bytes) -> Delivery:
    """A body as it comes from the event hub."""
    return Delivery(body=body, door="event_hub", received=made.world.clock.now(), trace="")


async def delivered(made: Lab, *bodies: bytes) -> None:
    """Deliver bodies in one batch."""
    done = await made.host.event_hub("alerts", list(bodies))
    if done.error is not None:
        raise done.error


def isolated(made: Lab) -> list[str]:
    """The interfaces that are cut off, by name."""
    return [
        nic.rpartition("/")[2]
        for nic, found in made.tenant()["Arm"].items()
        if "quarantine" in str(found.get("properties", {}).get("networkSecurityGroup", {}).get("id", ""))
    ]


def writes(made: Lab) -> list[Call]:
    """The calls that may have changed the tenant."""
    return [
        call
        for call in made.world.calls
        if call.method in ("PUT", "PATCH", "DELETE") and "management.azure" in call.host
    ]


def ends(made: Lab) -> dict[str, str]:
    """How each step ended last, by target."""
    return {
        row["Target"]: row["Decision"]
        for row in made.records
        if row.get("StepId") and row["Decision"] not in ("intent", "deferred")
    }


def decisions_of(made: Lab, target: str) -> list[str]:
    """What was decided about a target, in order."""
    return [row["Decision"] for row in made.records if row.get("Target") == target]


def resource(made: Lab, resource_id: str) -> dict[str, Any]:
    """A resource of the tenant, to change it."""
    found = made.world.state(Arm).find(resource_id)
    assert found is not None
    body: dict[str, Any] = found.body
    return body


def turn(made: Lab, **columns: Any) -> None:
    """Set the kill switch as a person does, with any tool that writes tables."""
    rows = made.world.state(Tables).tables[contoso.STORAGE_ACCOUNT, contoso.LEDGER_TABLE]
    row = {"PartitionKey": "control", "RowKey": "kill_switch", **columns}
    rows["control", "kill_switch"] = Entity(row, 'W/"by hand"')


def without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A row less some of its columns."""
    return {key: value for key, value in row.items() if key not in names}


def account(upn: str = "adele.vance@contoso.example", name: str = "1") -> bytes:
    """An alert about a person."""
    user, _, suffix = upn.partition("@")
    found = [{"Type": "account", "Name": user, "UPNSuffix": suffix}]
    return alert(name, Entities=found, CompromisedEntity="", AzureResourceId="", ResourceIdentifiers=[])


async def steps(made: Lab, body: bytes) -> list[Noted]:
    """The steps of a delivery's case, by target."""
    found = await made.app.ledger.entries(partition(event(made, body).case))
    return sorted(found, key=lambda noted: noted.entry.step.target_id)


async def states(made: Lab, body: bytes) -> list[State]:
    """How far each of them is."""
    return [noted.entry.state for noted in await steps(made, body)]


async def undone(made: Lab, body: bytes, actor: Actor = ANALYST) -> list[Undone]:
    """Undo everything that a delivery led to."""
    case = event(made, body).case
    (run,) = {noted.entry.step.run for noted in await steps(made, body)}
    return await undo_run(partition(case), case, run, actor, made.app)


def holds(made: Lab) -> dict[str, list[str]]:
    """The cases that hold an interface, by the name of the group that goes back onto it."""
    found = [json.loads(row["Data"]).get("holds") for row in made.ledger_rows() if row["RowKey"] == "target"]
    return {
        str(held[0]["before"]["network_security_group"]).rpartition("/")[2]: [hold["case"][-1] for hold in held]
        for held in found
        if held
    }


def locked(made: Lab) -> list[str]:
    """Who has the lock of a target."""
    found = [json.loads(row["Data"]) for row in made.ledger_rows() if row["RowKey"] == "target"]
    return [target["owner"] for target in found if target.get("owner")]


def group_of(made: Lab, nic: str) -> str:
    """The name of an interface's security group; empty without one."""
    found = resource(made, nic)["properties"].get("networkSecurityGroup") or {"id": ""}
    return str(found["id"].rpartition("/")[2])


async def swept(made: Lab, seconds: float) -> None:
    """Wait, then sweep, as the timer does."""
    await asyncio.sleep(seconds)
    done = await made.host.timer("sweep")
    assert done.error is None


async def claimed(made: Lab, body: bytes) -> Noted:
    """The first step of a delivery, claimed and not done yet."""
    found = event(made, body)
    (match,), _ = made.app.playbooks.match(found)
    opened = await made.app.ledger.open(found.case, found.same)
    plan, *_ = await planned(match, brief(found, delivery(made, body)), Ask("act"), made.app)
    noted = await claim(plan, Verdict(None), opened, Ask("act"), made.app)
    assert noted is not None
    return noted


async def acted(made: Lab, body: bytes, no: str = "", **fields: Any) -> Outcome:
    """What becomes of that step; with other fields than a fresh one has."""
    noted = await claimed(made, body)
    return await act(replace(noted.entry, **fields), made.app, [], no)

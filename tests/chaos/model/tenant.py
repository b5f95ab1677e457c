"""One tenant with two playbooks, its instances, and everything that people and Azure may do to it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from azsim.tenants import contoso
from shared.model.ledger import Entry
from shared.model.states import Who
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.chaos.crash.after import steps
from tests.chaos.crash.line import Line, Point, lived
from tests.chaos.model.truth import Truth
from tests.chaos.model.watch import Watch
from tests.chaos.races.stage import ANN, BOB, NIC, QUARANTINE
from tests.engine.cases import ISOLATE, NICS, REVOKE, ROTATE, group_of, resource
from tests.lab import Lab

SETTINGS = {"RIPOSTE_EASY_AUTH": "true"}
CASES = ("asked", "low", "machine", "secret", "asked2")
CUT_OFF = f"{contoso.NETWORK}/networkSecurityGroups/{QUARANTINE}"
OTHER = f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet"

_USED = {
    "tests": [{"recording": "defender_low_severity", "expect": []}],
    "mode": "act",
    "description": "For the model.",
}
PLAYBOOKS = (
    {
        "name": "cut_off",
        **_USED,
        "when": {"source": "defender_for_cloud", "entity": ["virtual_machine", "network_interface", "account"]},
        "then": [{ISOLATE: {"expires": "4h", "approval": "when severity is high", "within": "30m"}}],
        "lapsed": [{REVOKE: None}],
    },
    {
        "name": "rotate",
        **_USED,
        "when": {"source": "key_vault", "entity": ["secret"]},
        "then": [{ROTATE: None}],
    },
)


@dataclass
class Instance:
    """One instance of the program.

    Args:
        made: It.
        line: Its line to Azure.
        who: Who it acts for just now.
    """

    made: Lab
    line: Line
    who: list[Who]


@dataclass
class Tenant:
    """The tenant.

    Args:
        folder: Where the playbooks are.
        waits: Seconds that requests take, one after the other and again from the start.
        owed: Cases whose delivery did not come to its end: the event hub delivers them again.
        delivered: Every case that was delivered.
        counted: What was done, and how often.
    """

    folder: Path
    waits: tuple[float, ...] = (0.0,)
    owed: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for playbook in PLAYBOOKS:
            (self.folder / f"{playbook['name']}.yaml").write_text(yaml.safe_dump(playbook, sort_keys=False))
        self.first = lab.make(playbooks=self.folder, settings=SETTINGS)
        self.world = self.first.world
        self.world.pace = 0.1
        self.truth = Truth(self.world.clock.now, {nic: group_of(self.first, nic) for nic in NICS})
        self.watch = Watch(self.first, self.truth)
        self._sent = 0

    def instance(self, point: Point | None = None) -> Instance:
        """One more instance, which is killed at a point if one is given."""
        line, who = Line(point), list[Who](["walk"])

        def under(send: Send) -> Send:
            return line.under(self._late(self.watch.under(send, who)))

        return Instance(lab.make(playbooks=self.folder, settings=SETTINGS, world=self.world, under=under), line, who)

    def _late(self, send: Send) -> Send:
        async def send_late(request: Request) -> Response:
            self._sent += 1
            await asyncio.sleep(self.waits[self._sent % len(self.waits)])
            return await send(request)

        return send_late

    async def do(self, deed: str, one: Instance) -> None:
        """Have an instance do something: a verb, and mostly a case."""
        verb, _, case = deed.partition(" ")
        self.counted[verb] += 1
        one.who[0] = "walk" if verb == "deliver" else "sweep" if verb == "sweep" else "analyst"
        if verb == "deliver":
            self.delivered.add(case)
            self.owed.add(case)
        work: Coroutine[Any, Any, None] = getattr(self, f"_{verb}")(one.made, case)
        if not await lived(work, one.made.app.tasks, one.line):
            self.counted["killed"] += 1
        elif verb == "deliver":
            self.owed.discard(case)

    async def _deliver(self, made: Lab, case: str) -> None:
        done = await made.host.event_hub("alerts", [report(case)])
        if done.error is not None:
            raise done.error

    async def _sweep(self, made: Lab, _: str) -> None:
        done = await made.host.timer("sweep")
        if done.error is not None:
            raise done.error

    async def _undo(self, made: Lab, case: str) -> None:
        for run in self._runs(case):
            await made.post(f"/api/runs/{run}/undo", None, **ANN)

    async def _force(self, made: Lab, case: str) -> None:
        for run in self._runs(case):
            await made.post(f"/api/runs/{run}/undo", {"force": True, "reason": "it must be"}, **ANN)

    async def _extend(self, made: Lab, case: str) -> None:
        for run in self._runs(case):
            await made.post(f"/api/runs/{run}/extend", {"lasts": "20h", "reason": "not clean yet"}, **ANN)

    async def _approve(self, made: Lab, case: str) -> None:
        await self._answer(made, case, "approve")

    async def _deny(self, made: Lab, case: str) -> None:
        await self._answer(made, case, "deny")

    async def _answer(self, made: Lab, case: str, decision: str) -> None:
        for entry in self.steps(case):
            asked = entry.approval
            if asked is not None and asked.decided is None:
                self.watch.yes |= {asked.id} if decision == "approve" else set()
                await made.post(f"/api/approvals/{asked.id}", {"decision": decision, "reason": "so"}, **BOB)

    async def _turn(self, made: Lab, mode: str) -> None:
        body = {"mode": mode, "why": "an exercise"}
        await made.request("PUT", "/api/kill-switch", body, **ANN)
        now = await made.app.ledger.switch()
        if now.mode != self.truth.switch[0]:
            self.truth.switch = (now.mode, self.world.clock.now())

    def drift(self, nic: str, group: str) -> None:
        """Somebody puts an interface into another group, in the portal; into none if it is empty."""
        self.counted["drift"] += 1
        resource(self.first, nic)["properties"]["networkSecurityGroup"] = {"id": group} if group else None
        self.truth.by_hand(nic, group_of(self.first, nic))

    def steps(self, case: str = "") -> list[Entry]:
        """The steps of a case; of every case if none is given."""
        found = steps(self.first)
        if case == "secret":
            return [entry for entry in found if entry.step.playbook == "rotate"]
        return [entry for entry in found if not case or entry.step.event.case.endswith(f"_{case}")]

    def _runs(self, case: str) -> list[str]:
        return sorted({entry.step.run for entry in self.steps(case)})


def report(case: str) -> bytes:
    """The delivery of a case."""
    if case == "secret":
        return lab.recording("keyvault_secret_near_expiry")
    body = json.loads(lab.recording("defender_vm_bruteforce"))
    place = contoso.WEB_VM if case == "machine" else NIC
    entities = [{"Type": "azure-resource", "ResourceId": place}]
    if case.startswith("asked"):
        entities.append({"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"})
    about = {
        "SystemAlertId": f"2518110443559999999_{case}",
        "Severity": "High" if case.startswith("asked") else "Medium",
        "Entities": entities,
        "CompromisedEntity": "",
        "AzureResourceId": "",
        "ResourceIdentifiers": [],
    }
    return json.dumps(body | about).encode()

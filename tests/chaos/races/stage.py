"""One network interface, and two instances that walk at it, each in its turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from azsim.world import World
from shared.azure.ledger import LEASE
from shared.engine.audit.verify import verify
from shared.wire.message import Send
from tests import lab
from tests.api.asking import signed_in
from tests.chaos.crash.after import left
from tests.chaos.crash.effects import Effects
from tests.engine.cases import ISOLATE, NICS, acting, group_of
from tests.lab import Lab

NIC = NICS[0]
BEFORE = "nsg-web"
QUARANTINE = "nsg-riposte-quarantine-westeurope"
ANN = {"x_ms_client_principal": signed_in("Riposte.Operator", "Riposte.Approver")}
BOB = {
    "x_ms_client_principal": signed_in(
        "Riposte.Approver", object_id="11111111-2222-3333-4444-555555555555", name="bob@contoso.example"
    )
}
SWEEPS = 6


class Stage:
    """A tenant with one playbook that cuts one interface off.

    Args:
        folder: Where the playbook is written.
        options: What the playbook says of the step.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._folder = folder
        self.first = acting(folder, ISOLATE, options=options, settings={"RIPOSTE_EASY_AUTH": "true"})
        self.world: World = self.first.world
        self.world.pace = 0.0  # a write is done with its answer: polling it would add requests that decide nothing
        self.effects = Effects(self.world)

    def instance(self, turned: Callable[[Send], Send] = lambda send: send) -> Lab:
        """One more instance."""
        return lab.make(
            playbooks=self._folder,
            settings={"RIPOSTE_EASY_AUTH": "true"},
            world=self.world,
            under=lambda send: turned(self.effects.under(send)),
        )

    @property
    def group(self) -> str:
        """The interface's security group."""
        return group_of(self.first, NIC)

    @property
    def written(self) -> int:
        """How often the interface was changed."""
        return sum(count for what, count in self.effects.counted.items() if "networkinterfaces" in what.lower())

    def said(self, case: str) -> list[str]:
        """What was decided in a case, in the order of its chain."""
        rows = {row["RecordId"]: row for row in self.first.records if str(row.get("CaseId", "")).endswith(f"_{case}")}
        return [row["Decision"] for row in sorted(rows.values(), key=lambda row: int(row["Sequence"]))]

    def run(self, case: str) -> str:
        """The run of a case."""
        return next(str(row["RunId"]) for row in self.first.records if str(row["CaseId"]).endswith(f"_{case}"))

    def approval(self, case: str) -> str:
        """The request for approval of a case."""
        wanted = (row for row in self.first.records if row["Decision"] == "held")
        return next(str(row["ApprovalId"]) for row in wanted if str(row["CaseId"]).endswith(f"_{case}"))

    async def settled(self) -> list[str]:
        """Sweep until nothing is left half done; what is still."""
        heir = self.instance()
        for _ in range(SWEEPS):
            await asyncio.sleep(LEASE.total_seconds() + 1)
            await swept(heir)
            if not left(heir):
                return []
        return left(heir)

    async def broken(self) -> list[str]:
        """What is wrong with the chains of the records."""
        report = verify(self.first.records, await self.first.app.ledger.heads(), in_order=True, whole=True)
        return [f"chain {one.chain}: {one.text}" for one in report.findings]


def report(case: str) -> bytes:
    """An alert about the interface alone."""
    body = json.loads(lab.recording("defender_vm_bruteforce"))
    about = {
        "SystemAlertId": f"2518110443559999999_{case}",
        "Entities": [{"Type": "azure-resource", "ResourceId": NIC}],
        "CompromisedEntity": "",
        "AzureResourceId": "",
        "ResourceIdentifiers": [],
    }
    return json.dumps(body | about).encode()


async def delivered(made: Lab, case: str) -> None:
    """Handle the alert of a case."""
    done = await made.host.event_hub("alerts", [report(case)])
    if done.error is not None:
        raise done.error


async def swept(made: Lab) -> None:
    """Sweep, as the timer does."""
    done = await made.host.timer("sweep")
    if done.error is not None:
        raise done.error


async def posted(made: Lab, url: str, body: Any, who: Mapping[str, str]) -> int:
    """Ask the API for something, and wait until it is all done; the status."""
    status, _ = await made.post(url, body, **who)
    while made.app.tasks:
        await asyncio.wait(set(made.app.tasks))
    return status

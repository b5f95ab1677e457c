"""What is measured as time goes on: memory, processor time, rows of the ledger, and how long the first act takes."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from azsim.arm import Arm
from azsim.call import Call
from azsim.entities import Rows, Tables
from azsim.services.key_vault import Vaults
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from shared.model.record import TABLE
from tests.lab import Lab

ENDS = ("done", "finished", "undone")
"""How what was begun here ends: a deed, the second half of one, and the way back."""

_STATM = Path("/proc/self/statm")
_KEPT_VERSIONS = 2
"""Of a secret: the newest, and the one before, which may still be enabled."""
_KEPT_OPERATIONS = 10
"""The newest: somebody may be waiting for their end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some minutes of work.

    Args:
        minute: Their end, in simulated minutes since the begin.
        events: Events delivered in them.
        acts: Steps that were done in them.
        rows: Rows of the ledger by kind, at the end.
        blocks: Blocks of memory that Python had then.
        megabytes: Memory of the process then; 0 if this system does not tell.
        cpu: Seconds of processor time in them.
        latency: Simulated seconds from delivery to the first write, of each act in them.
    """

    minute: int
    events: int
    acts: int
    rows: Counter[str]
    blocks: int
    megabytes: float
    cpu: float
    latency: tuple[float, ...]


@dataclass
class Meter:
    """Counts, and empties what only the simulation keeps: without that, memory would say nothing about the app.

    Args:
        lab: The lab that works.
    """

    lab: Lab
    samples: list[Sample] = field(default_factory=list)
    decisions: Counter[str] = field(default_factory=Counter)
    _delivered: dict[str, float] = field(default_factory=dict)
    _latency: list[float] = field(default_factory=list)
    _events: int = 0
    _acts: int = 0
    _cpu: float = field(default_factory=time.process_time)

    def delivers(self, targets: list[str], events: int) -> None:
        """A batch goes to the app, with these targets among its events."""
        self._events += events
        now = self.lab.world.clock.now().timestamp()
        self._delivered |= dict.fromkeys(filter(None, targets), now)

    def empty(self) -> None:
        """Count what the simulation has kept, and let it go."""
        world = self.lab.world
        for call in world.calls:
            target = _written(call)
            if target in self._delivered:
                self._latency.append(call.at.timestamp() - self._delivered.pop(target))
        world.calls.clear()
        decided = Counter(row["Decision"] for row in self.lab.records)
        self._acts += decided["done"]
        self.decisions += decided
        world.state(Logs).tables.pop(TABLE, None)
        self.lab.host.invocations.clear()
        self.lab.chance.secrets.clear()
        operations = world.state(Arm).operations
        for name in list(operations)[:-_KEPT_OPERATIONS]:
            del operations[name]
        for versions in world.state(Vaults).secrets[contoso.VAULT_HOST].values():
            del versions[:-_KEPT_VERSIONS]

    def sample(self, minute: int) -> Sample:
        """Take a sample of the time since the last one."""
        self.empty()
        cpu = time.process_time()
        gc.collect()
        made = Sample(
            minute=minute,
            events=self._events,
            acts=self._acts,
            rows=kinds(self.lab),
            blocks=sys.getallocatedblocks(),
            megabytes=_megabytes(),
            cpu=cpu - self._cpu,
            latency=tuple(self._latency),
        )
        self.samples.append(made)
        self._latency.clear()
        self._events = self._acts = 0
        self._cpu = time.process_time()
        return made


def kinds(lab: Lab) -> Counter[str]:
    """The rows of the ledger, by what they are."""
    rows = lab.world.state(Tables).tables[contoso.STORAGE_ACCOUNT, contoso.LEDGER_TABLE]
    assert isinstance(rows, Rows)
    return Counter(_kind(partition, key) for partition, key in rows)


def _kind(partition: str, key: str) -> str:
    """Rows of cases go by their own key, all others by their partition's."""
    head = partition.partition("-")[0]
    return (
        head if head in ("same", "target", "open", "finished", "packet", "control", "mark") else key.partition("-")[0]
    )


def _written(call: Call) -> str:
    """The target that a call writes to; nothing if it writes to none."""
    parts = call.path.split("/")
    if call.method == "PUT" and ("networkInterfaces" in parts or "vault.azure.net" in call.host):
        return parts[-1]
    return parts[-2] if call.method == "POST" and parts[-1] == "revokeSignInSessions" else ""


def _megabytes() -> float:
    if not _STATM.exists():
        return 0.0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2

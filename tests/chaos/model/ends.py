"""What must be so when everything has come to rest, and after that when everything is undone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.azure.ledger import LEASE
from shared.engine.audit.verify import verify
from shared.engine.outcome import DECISIONS
from shared.model.ledger import Entry
from shared.model.states import ENDS, UNDOABLE
from tests.chaos.crash.after import left
from tests.chaos.model.tenant import CASES, Tenant
from tests.engine.cases import ISOLATE, NICS, group_of

SWEEPS = 12


async def at_rest(tenant: Tenant, faults: int) -> list[str]:
    """What is wrong when all is over: the event hub delivers what it is owed, the switch is off, and sweeps come and go."""
    heir = tenant.instance()
    await tenant.do("turn off", heir)
    for case in sorted(tenant.owed):
        await tenant.do(f"deliver {case}", heir)
    for _ in range(SWEEPS):
        await asyncio.sleep(LEASE.total_seconds() + 1)
        await tenant.do("sweep", heir)
        if not left(heir.made):
            break
    found = [*tenant.truth.wrong, *left(heir.made)]
    entries = tenant.steps()
    found += [text for nic in NICS if (text := tenant.truth.at_rest(nic, group_of(tenant.first, nic)))]
    found += [
        f"step {entry.step.target_id} is {entry.state}" for entry in entries if entry.state not in {*ENDS, "held"}
    ]
    for case in tenant.delivered:
        if not tenant.steps(case):
            found.append(f"nothing came of case {case}")
    rows = {row["RecordId"]: row for row in tenant.first.records}
    found += _told(entries, rows)
    if not faults:
        found += _effects(tenant, rows)
    found += await _holds(tenant, entries)
    report = verify(tenant.first.records, await heir.made.app.ledger.heads(), in_order=True, whole=True)
    return found + [f"chain {one.chain}: {one.text}" for one in report.findings]


async def given_back(tenant: Tenant) -> list[str]:
    """What is wrong when every case has been undone, by force where somebody has changed the target since."""
    heir = tenant.instance()
    for case in CASES:
        await tenant.do(f"deny {case}", heir)
        await tenant.do(f"undo {case}", heir)
    for case in CASES:
        await tenant.do(f"force {case}", heir)
        await tenant.do(f"approve {case}", heir)
    await asyncio.sleep(LEASE.total_seconds() + 1)
    await tenant.do("sweep", heir)
    found = list(tenant.truth.wrong)
    for nic in NICS:
        if nic in tenant.truth.memory:
            found.append(f"{nic} is held still")
        if text := tenant.truth.at_rest(nic, group_of(tenant.first, nic)):
            found.append(text)
    return found


def _told(entries: list[Entry], rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The last that was told of each step is how it ended; what was refused beside it changes nothing."""
    last: dict[str, str] = {}
    for row in sorted(rows.values(), key=lambda row: int(row.get("Sequence") or 0)):
        if row.get("StepId") and row["Decision"] not in ("undo_refused", "extended", "undo_failed"):
            last[row["StepId"]] = row["Decision"]
    for entry in entries:
        state, said = entry.state, last.get(entry.step.key, "nothing")
        wanted = {DECISIONS.get(state, ""), "released"} if state == "undone" else {DECISIONS.get(state, "")}
        if (
            state in UNDOABLE
        ):  # a second half, an undo that was refused, or one that waits for an approval, has come after
            wanted |= {"finished", "intent", "held", "lapsed", "denied", "refused", "approved"}
        if state != "resolved" and said not in wanted:
            yield f"{entry.step.target_id} is {state}, and the last that was told of it is {said}"


def _effects(tenant: Tenant, rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Each step that was done has cut its interface off once.

    One that was killed between its memory and its deed finds the deed of another later, and cannot tell whose it was.
    """
    done = Counter(
        row["Target"] for row in rows.values() if row["Decision"] == "done" and row.get("Responder") == ISOLATE
    )
    for nic in NICS:
        cut, doubtful = tenant.truth.cut[nic], tenant.counted["killed"] > 0
        if not tenant.counted["drift"] and not (cut == done[nic] or (doubtful and cut < done[nic])):
            yield f"{nic} was cut off {tenant.truth.cut[nic]} times, and {done[nic]} steps were done"


async def _holds(tenant: Tenant, entries: list[Entry]) -> list[str]:
    """Whoever is done holds, and whoever holds is done."""
    holding = {hold.step for nic in NICS for hold in (await tenant.first.app.ledger.holds(nic)).holds}
    found = []
    for entry in entries:
        if entry.step.aim.responder == ISOLATE:
            holds, state = entry.step.key in holding, entry.state
            if holds != (state in UNDOABLE) and state not in ("already", "uncertain"):
                found.append(f"{entry.step.target_id} is {state}, and its step {'holds' if holds else 'does not'}")
    return found

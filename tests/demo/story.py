"""The story, told from the audit records alone: whatever is printed is what a SOC finds in Log Analytics."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from azsim.arm import Arm
from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World

WIDTH = 118


def title(text: str) -> None:
    """A heading."""
    say(f"\n{text}\n{'=' * len(text)}")


def say(text: str = "") -> None:
    """A line, at once: long work shows progress."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(records: Iterable[dict[str, Any]]) -> None:
    """Tell records event by event, and step by step within an event: they come as the work went, side by side."""
    told = list(records)
    events = list(dict.fromkeys(record["EventDigest"] for record in told))
    steps = list(dict.fromkeys(record.get("StepId", "") for record in told))
    told.sort(key=lambda r: (events.index(r["EventDigest"]), steps.index(r.get("StepId", ""))))
    event = ""
    for record in told:
        if record["EventDigest"] != event:
            event = record["EventDigest"]
            _event(record)
        _decision(record)


def state(world: World) -> dict[str, str]:
    """What the playbooks may change in the tenant, in words."""
    found: dict[str, str] = {}
    for nic in world.state(Arm).of_type("Microsoft.Network/networkInterfaces"):
        group = (nic.properties.get("networkSecurityGroup") or {}).get("id", "")
        found[f"interface {nic.name}"] = group.rpartition("/")[2] or "no security group"
    for user in world.state(Directory).users.values():
        found[f"user {user['displayName']}"] = f"sessions valid from {user['signInSessionsValidFromDateTime']}"
    for version in world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET):
        enabled = "enabled" if version.attributes["enabled"] else "disabled"
        found[f"secret {contoso.SECRET} {version.id[:8]}"] = enabled
    return found


def show_state(now: dict[str, str], before: dict[str, str] | None = None) -> None:
    """The tenant's state; with `before`, what has changed is marked."""
    for name, value in now.items():
        old = (before or now).get(name)
        mark = "  " if old == value else "* "
        was = "" if old in (value, None) else f"   (was: {old})"
        say(f"  {mark}{name:32} {value}{was}")


def table(records: Iterable[dict[str, Any]]) -> None:
    """Records as they are stored, the main columns."""
    say(f"  {'TimeGenerated':24} {'Decision':12} {'Playbook':24} {'Responder':28} Target")
    for record in records:
        target = str(record.get("Target", "")).rpartition("/")[2]
        line = f"{record['TimeGenerated'][:23]}Z {record['Decision']:12} {record.get('Playbook', '-'):24} "
        say(f"  {line}{record.get('Responder', '-'):28} {target}"[:WIDTH])


def _event(record: dict[str, Any]) -> None:
    say(f"\n{record.get('EventTitle') or 'A body that nobody can read'}")
    if record.get("EventSource"):
        severity = record.get("EventSeverity", "no severity")
        say(
            f"  read      {record['EventSource']}: {record.get('EventKind', '')}, {severity}, {record.get('EventProduct', '')}"
        )
        if record.get("CaseId"):
            say(f"  case      {record['CaseId'][: WIDTH - 12]}")


def _decision(record: dict[str, Any]) -> None:
    decision, reason = record["Decision"], record.get("Reason", "")
    if decision in ("intent", "dry_run", "refused") and record.get("Playbook"):
        say(f"  matched   {record['Playbook']} ({record['PlaybookMode']}), because")
        for why in record.get("Match") or ():
            say(f"              {why}"[:WIDTH])
        say(f"  plan      {record['Responder']} on {_short(record.get('Target', ''))}")
        for said in record.get("Guard") or ():
            say(f"  guard     {said}")
    word = {"intent": "claimed", "no_match": "no match", "dead_letter": "dead letter"}.get(decision, decision)
    say(f"  {word:9} {reason or _default(decision)}"[: WIDTH + 40])
    for difference in record.get("Diff") or ():
        before, after = _short(difference["before"]), _short(difference["after"])
        say(f"  change    {difference['field']}: {before or 'none'} -> {after or 'none'}")
    for write in record.get("WouldSend") or ():
        method, _, url = write.partition(" ")
        say(f"  kept back {method} {_short(url)}")
    for note in record.get("Verification") or ():
        say(f"  verified  {note}")


def _default(decision: str) -> str:
    return {
        "intent": "the intent is stored before the first change",
        "done": "done, and the effect was seen",
        "dry_run": "this would be done; nothing was changed",
        "undone": "the target is as it was before",
    }.get(decision, "")


def _short(value: Any) -> str:
    text = str(value or "")
    return text.rpartition("/")[2] if text.startswith(("/subscriptions/", "https://")) else text

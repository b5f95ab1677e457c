"""The story, told from the audit records alone: whatever is printed is what a SOC finds in Log Analytics."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from azsim.arm import Arm
from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World

WIDTH = 124
_SCOPE = re.compile(r"/subscriptions/\S+/(?=[^/\s]+$)")


def title(text: str) -> None:
    """A heading."""
    say(f"\n{text}\n{'=' * len(text)}")


def say(text: str = "") -> None:
    """A line, at once: long work shows progress."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(records: Iterable[dict[str, Any]], order: Sequence[str] = (), *, matched: bool = True) -> None:
    """Tell records event by event, and step by step within an event: they come as the work went, side by side.

    Args:
        records: The records.
        order: Digests of the events in the order in which to tell them; others come after these.
        matched: Whether to tell which playbook applied, and why.
    """
    told = list(records)
    events = [*order, *(record["EventDigest"] for record in told)]
    steps = [record.get("StepId", "") for record in told]
    told.sort(key=lambda r: (events.index(r["EventDigest"]), r.get("Playbook", ""), steps.index(r.get("StepId", ""))))
    event = playbook = step = ""
    for record in told:
        if record["EventDigest"] != event:
            event, playbook, step = record["EventDigest"], "", ""
            _event(record)
        if record.get("Playbook", "") != playbook:
            playbook = record["Playbook"]
            if matched:
                _match(record)
        if record.get("StepId", "") != step:
            step = record["StepId"]
            _line("step", f"{record['Responder']} on {_target(record)}")
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
    """Records as they are stored, the main columns, in the order of time."""
    say(f"  {'TimeGenerated':24} {'Decision':12} {'Playbook':24} {'Responder':28} Target")
    for record in sorted(records, key=lambda record: str(record["TimeGenerated"])):
        target = str(record.get("Target", "-")).rpartition("/")[2]
        line = f"{record['TimeGenerated'][:23]}Z {record['Decision']:12} {record.get('Playbook', '-'):24} "
        say(f"  {line}{record.get('Responder', '-'):28} {target}"[:WIDTH])


def whole(records: Iterable[dict[str, Any]]) -> None:
    """The first record of a deed, with all its columns; docs/records.md explains them."""
    done = next((record for record in records if record["Decision"] == "done"), None)
    if done is not None:
        say("\nOne of them whole (docs/records.md explains the columns):")
        say(textwrap.indent(json.dumps(done, indent=2), "  "))


def _event(record: dict[str, Any]) -> None:
    say(f"\n{record.get('EventTitle') or 'A body that nobody can read'}")
    if record.get("EventSource"):
        facts = ("EventKind", "EventSeverity", "EventProduct")
        _line("read", f"{record['EventSource']}: {', '.join(record[name] for name in facts if record.get(name))}")
        _line("case", record.get("CaseId", ""))


def _match(record: dict[str, Any]) -> None:
    _line("match", f"{record['Playbook']} (mode: {record['PlaybookMode']}), because")
    for why in record.get("Match") or ():
        _line("", f"  {_SCOPE.sub('', why)}")


def _decision(record: dict[str, Any]) -> None:
    decision = record["Decision"]
    for said in record.get("Guard") or ():
        _line("guard", said)
    word = {"intent": "claim", "no_match": "no match", "dry_run": "dry run", "dead_letter": "dead"}.get(
        decision, decision
    )
    _line(word, record.get("Reason") or _default(decision))
    for difference in record.get("Diff") or ():
        before, after = _short(difference["before"]), _short(difference["after"])
        _line("change", f"{difference['field']}: {before or 'none'} -> {after or 'none'}")
    for write in record.get("WouldSend") or ():
        method, _, url = write.partition(" ")
        _line("not sent", f"{method} {_short(url)}")
    for note in record.get("Verification") or ():
        _line("verify", note)


def _line(word: str, text: str) -> None:
    """A line of the story: what happened, and the words for it, over several lines if need be."""
    indent = " " * (12 + len(text) - len(text.lstrip()))
    wrapped = textwrap.wrap(text, WIDTH - 12, drop_whitespace=True, break_on_hyphens=False) or [""]
    say(f"  {word:9} {' ' * (len(indent) - 12)}{wrapped[0].lstrip()}")
    for more in wrapped[1:]:
        say(f"{indent}{more}")


def _default(decision: str) -> str:
    return {
        "intent": "what is to be done is stored before anything is changed",
        "done": "and the effect was seen",
        "dry_run": "this would be done; nothing is changed",
        "undone": "the target is as it was before",
    }.get(decision, "")


def _target(record: dict[str, Any]) -> str:
    """A step's target; a person by name."""
    name = (record.get("Entity") or {}).get("upn", "")
    return f"{_short(record.get('Target', ''))}{f' ({name})' if name else ''}"


def _short(value: Any) -> str:
    text = str(value or "")
    return text.rpartition("/")[2] if text.startswith(("/subscriptions/", "https://")) else text

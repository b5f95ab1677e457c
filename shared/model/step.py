"""A step: one responder for one target because of one event, from plan to end."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from shared.model.delivery import Door
from shared.model.entity import AnyEntity

Mode = Literal["dry_run", "act"]


class Actor(Struct, frozen=True):
    """Who wanted it: the system itself, or a person or program that called the API.

    Args:
        kind: `system`, `function_key` (whoever holds a key), `user` (signed in, and named) or `command` (whoever could
            run a command with the app's own identity, by the name they gave).
        name: Their name; empty for a key.
        id: Their object id; empty for a key.
    """

    kind: Literal["system", "function_key", "user", "command"] = "system"
    name: str = ""
    id: str = ""


class Brief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What later work and every record need to know of an event."""

    id: str
    source: str
    digest: str
    case: str
    provider: str = ""
    product: str = ""
    kind: str = ""
    title: str = ""
    severity: str = ""
    time: str = ""
    tenant: str = ""
    subscription: str = ""
    workspace: str = ""
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    link: str = ""
    door: Door = "event_hub"
    received: datetime | None = None
    trace: str = ""


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On what terms a step is done.

    Args:
        expires: How long it lasts, such as `4h`: the first time on a target, the second time, and so on.
        approval: Why somebody must approve it; empty if nobody needs to.
        within: How long that may take, such as `4h`.
        evidence: Whether it is tried before containment, which does not depend on it.
    """

    expires: tuple[str, ...] = ()
    approval: str = ""
    within: str = "4h"
    evidence: bool = False


class Aim(Struct, frozen=True, kw_only=True):
    """A step before its target is looked up.

    Args:
        responder: Its name: `network.isolate_nic`.
        params: What the playbook sets, as plain values.
        entity: What the alert speaks of.
    """

    responder: str
    params: dict[str, Any]
    entity: AnyEntity


class Instead(Struct, frozen=True, kw_only=True):
    """What is done instead of a step that has lapsed.

    Args:
        aim: What is to be done, its target still to be looked for.
        terms: On what terms.
        order: Its place in the playbook.
    """

    aim: Aim
    terms: Terms
    order: int


class Step(Struct, frozen=True, kw_only=True):
    """A step with its target.

    Args:
        key: Derived from case, playbook, responder and target: the same deed has the same key.
        run: The run it is part of.
        order: Its place in the playbook.
        playbook: The playbook's name.
        version: The playbook's digest.
        mode: Whether it acts.
        why: Why the playbook matched.
        event: What it is about.
        aim: What was planned.
        target: What was found, as plain values of the responder's target type; empty if nothing was.
        actor: Who wanted it.
        terms: On what terms it is done.
        targets: How many targets its run has.
        lacking: Evidence that was to be collected before, and has not been.
        instead: What is done instead, should it wait for an approval in vain.
    """

    key: str
    run: str
    order: int
    playbook: str
    version: str
    mode: Mode
    why: tuple[str, ...]
    event: Brief
    aim: Aim
    target: dict[str, Any] = field(default_factory=dict)
    actor: Actor = Actor()
    terms: Terms = Terms()
    targets: int = 1
    lacking: tuple[str, ...] = ()
    instead: tuple[Instead, ...] = ()

    @property
    def target_id(self) -> str:
        """What the target is known by; the entity's label if none was found."""
        return str(self.target.get("id") or f"entity:{self.aim.entity.label}")

"""What happened, in one form for all providers."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from shared.model.entity import AnyEntity
from shared.model.severity import Severity


class Event(Struct, frozen=True, kw_only=True):
    """One alert, incident or platform event.

    Args:
        source: The source that read it: the name of its file in `shared/sources`.
        provider: Who detected it, in the provider's own word.
        product: The product that detected it, by its current name.
        products: The products whose alerts an incident groups; a playbook's `product` may name any of them.
        id: The provider's own id.
        case: What it belongs to: an incident, or the alert itself. Equal for the same alert on every channel. A record
            without an id of its own is its own case, which the walk gives it.
        same: Case keys of everything this event contains or is also known as, such as the alerts of an incident.
        kind: The rule or type that fired: `VM_LoginBruteForceSuccess`, `Microsoft.KeyVault.SecretNearExpiry`.
        title: For people.
        severity: In order; None if the provider gave none.
        severity_word: The provider's own word for it.
        status: The provider's own word: `New`, `Active`, `Resolved`.
        time: When the provider raised it, in UTC, RFC 3339, with the digits given; empty if none were.
        start: When what it speaks of began, in the same form.
        end: When it ended.
        tenant: The Entra tenant's id.
        subscription: The subscription's id.
        workspace: The Log Analytics workspace's resource id.
        tactics: MITRE ATT&CK tactics by name, such as `LateralMovement`.
        techniques: MITRE ATT&CK techniques by id, such as `T1078.004`.
        entities: Everything it speaks of.
        links: Where a person reads more, the most telling first. Never followed by the program.
        digest: SHA-256 of the body it was read from.
        raw: The body itself, for conditions that reach further than these fields; never recorded nor shown.
    """

    source: str = ""
    provider: str = ""
    product: str = ""
    products: tuple[str, ...] = ()
    id: str = ""
    case: str = ""
    same: tuple[str, ...] = ()
    kind: str = ""
    title: str = ""
    severity: Severity | None = None
    severity_word: str = ""
    status: str = ""
    time: str = ""
    start: str = ""
    end: str = ""
    tenant: str = ""
    subscription: str = ""
    workspace: str = ""
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    entities: tuple[AnyEntity, ...] = ()
    links: tuple[str, ...] = ()
    digest: str = ""
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """Where a person reads more; empty if the provider does not say."""
        return self.links[0] if self.links else ""

    def __repr__(self) -> str:
        """Without the body, which may hold anything."""
        return f"Event(source={self.source!r}, id={self.id!r}, case={self.case!r}, kind={self.kind!r})"

"""Microsoft Entra ID: the audit log, changes to users, groups, roles, applications, consents and policies.

As diagnostic settings, Log Analytics (`AuditLogs`) and Microsoft Graph (`directoryAudit`) give them. Whoever did it and
the address are `related`, what it was done to is `target`. What Privileged Identity Management logs is `entra_pim`'s.
https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities
https://learn.microsoft.com/graph/api/resources/directoryaudit
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import directory_audit
from shared.kinds.carrier import Carrier, entra_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Source
from shared.model.event import Event


def read(body: Fields) -> Iterator[Event]:
    """One event a record."""
    yield directory_audit.read(body, "Microsoft Entra ID")


def _is_audit(body: Fields) -> bool:
    return not directory_audit.by_pim(body)


source = Source(
    marks=directory_audit.marks(_is_audit),
    read=read,
    carried_by=(
        entra_setting("AuditLogs"),
        Carrier(
            "Microsoft Graph, GET /auditLogs/directoryAudits: polled",
            (
                "Grant the application permission AuditLog.Read.All to whatever fetches the records",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)

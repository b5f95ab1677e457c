"""Microsoft Entra Privileged Identity Management: assignments and activations of roles, and its own alerts.

The audit records that PIM logs (diagnostic settings, Log Analytics, Microsoft Graph), its older `privilegedOperationEvent`,
and `unifiedRoleManagementAlert`. A request, its approval and its end share an id, and are told apart by what was done.
https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-use-audit-log
https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementalert
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import directory_audit, entities, entra, valid
from shared.kinds.carrier import Carrier, entra_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_PRODUCT = "Microsoft Entra Privileged Identity Management"
_OVER = "over"


def read(body: Fields) -> Iterator[Event]:
    """One event a record, or an alert."""
    if "alertdefinitionid" in body:
        yield _alert(body)
    elif "requesttype" in body:
        yield _operation(body)
    else:
        yield directory_audit.read(body, _PRODUCT)


def _alert(body: Fields) -> Event:
    """An alert stays for life, one a tenant and rule; each time it changes is a case of its own."""
    definition = body.fields("alertDefinition")
    rule = valid.name(body.text("alertDefinitionId"))
    alert_id = valid.name(body.text("id"))
    if not rule or not alert_id:
        raise Unreadable("the alert does not say which rule it is of", "alertDefinitionId" if alert_id else "id")
    active = "isactive" not in body or body.truth("isActive")
    changed = body.time("lastModifiedDateTime", "lastScannedDateTime")
    word = definition.text("severityLevel")
    kind = rule.rpartition("_")[2]
    return Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        id=alert_id,
        case=object_case(f"entra_pim_alert:{alert_id}", changed if active else _OVER),
        kind=kind,
        title=definition.text("displayName") or kind,
        severity=Severity.read(word) if active else Severity.INFORMATIONAL,
        severity_word=word,
        status="active" if active else "inactive",
        time=changed,
        tenant=next(filter(None, map(valid.guid, rule.split("_"))), ""),
        entities=entities.distinct(_incidents(body)),
    )


def _incidents(body: Fields) -> Iterator[AnyEntity | None]:
    """Who was found to have a role, and which: in what the alert was expanded with."""
    for incident in body.objects("alertIncidents"):
        who = {name: incident.text(f"assignee{name}") for name in ("Id", "UserPrincipalName", "DisplayName")}
        yield entities.account(Fields({**who, "userId": who["Id"]}), "target")
        yield entities.directory_role(
            Fields(
                {
                    "roleId": valid.guid(incident.text("roleTemplateId")) or incident.text("roleDefinitionId"),
                    "roleName": incident.text("roleDisplayName"),
                }
            ),
            "related",
        )


def _operation(body: Fields) -> Event:
    kind, operation = body.text("requestType"), body.text("id")
    return Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        id=operation,
        case=object_case(f"entra_pim:{operation}", kind) if operation else "",
        kind=kind,
        title=kind,
        time=body.time("creationDateTime"),
        end=body.time("expirationDateTime"),
        tenant=entra.tenant(body),
        entities=entities.distinct(
            (
                entities.account(
                    Fields({"userId": body.text("requestorId"), "displayName": body.text("requestorName")}), "related"
                ),
                entities.account(
                    Fields(
                        {
                            "userId": body.text("userId"),
                            "mail": body.text("userMail"),
                            "displayName": body.text("userName"),
                        }
                    ),
                    "target",
                ),
                entities.directory_role(body, "target"),
            )
        ),
    )


source = Source(
    marks=(
        *directory_audit.marks(directory_audit.by_pim),
        Mark(("@odata.type", "alertdefinitionid"), values=("#microsoft.graph.unifiedrolemanagementalert",)),
        Mark(("alertdefinitionid", "scopeid"), unless=("@odata.type",)),
        Mark(("requestorid", "roleid", "requesttype")),
    ),
    read=read,
    carried_by=(
        entra_setting("AuditLogs"),
        Carrier(
            "Microsoft Graph, GET /identityGovernance/roleManagementAlerts/alerts: polled",
            (
                "Grant the application permission RoleManagementAlert.Read.Directory to whatever fetches the alerts",
                "Ask the beta endpoint, with $filter=scopeId eq '/' and scopeType eq 'DirectoryRole'",
                "Add $expand=alertDefinition,alertIncidents, which say how bad it is and who is meant",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)

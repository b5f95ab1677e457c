"""Microsoft Entra ID: provisioning, accounts and groups that are made, changed and removed in other systems.

As diagnostic settings, Log Analytics (`AADProvisioningLogs`) and Microsoft Graph (`provisioningObjectSummary`) give them.
An id is that of an account or a group only on the side that is Microsoft Entra ID: other systems have ids of their own.
https://learn.microsoft.com/entra/identity/monitoring-health/howto-analyze-provisioning-logs
https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, entra, valid
from shared.kinds.carrier import Carrier, entra_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity, Role
from shared.model.errors import Unreadable
from shared.model.event import Event

_ENTRA = frozenset({"azure active directory", "microsoft entra id", "azuread"})


def read(body: Fields) -> Iterator[Event]:
    """One event for each object that was provisioned."""
    record = diagnostics.properties(body)
    entry, action = record.text("id"), record.text("provisioningAction", "action")
    if not entry and not action:
        raise Unreadable("the record does not say what was provisioned", "id, provisioningAction")
    status = record.fields("provisioningStatusInfo", "statusInfo").text("status") or body.text("resultType")
    yield Event(
        provider="Microsoft Entra ID",
        product="Microsoft Entra ID",
        id=entry,
        case=object_case(f"entra_provisioning:{entry}", action) if entry else "",
        kind=action,
        title=body.text("operationName") or "Provisioning activity",
        status=status,
        time=record.time("activityDateTime") or diagnostics.time(body),
        tenant=entra.tenant(body),
        entities=entities.distinct(_entities(record)),
    )


def _entities(record: Fields) -> Iterator[AnyEntity | None]:
    principal = record.fields("servicePrincipal")
    names = {"servicePrincipalId": principal.text("id"), "displayName": principal.text("displayName", "name")}
    yield entities.service_principal(Fields(names), "related")
    yield _identity(record.fields("sourceIdentity"), record.fields("sourceSystem"), "related")
    yield _identity(record.fields("targetIdentity"), record.fields("targetSystem"), "target")


def _identity(identity: Fields, system: Fields, role: Role) -> AnyEntity | None:
    if system.text("displayName", "name").lower() not in _ENTRA:
        return None
    object_id, name = valid.guid(identity.text("id")), identity.text("displayName", "name")
    kind = identity.text("identityType").lower()
    if kind == "user":
        upn = identity.fields("details").text("userPrincipalName")
        return entities.account(Fields({"userId": object_id, "userPrincipalName": upn, "displayName": name}), role)
    return entities.security_group(Fields({"groupId": object_id, "groupName": name}), role) if kind == "group" else None


source = Source(
    marks=(
        Mark(("category",), values=("provisioninglogs",)),
        Mark(("type",), values=("aadprovisioninglogs",)),
        Mark(("@odata.type",), values=("#microsoft.graph.provisioningobjectsummary",)),
        Mark(("provisioningsteps", "sourceidentity")),
    ),
    read=read,
    carried_by=(
        entra_setting("ProvisioningLogs"),
        Carrier(
            "Microsoft Graph, GET /auditLogs/provisioning: polled",
            (
                "Grant the application permission ProvisioningLog.Read.All to whatever fetches the records",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)

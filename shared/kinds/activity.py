"""Events of the Azure activity log, alone or inside an alert: who called, on what, and what Defender for Cloud said in it.

Texts stand alone in what Azure Monitor streams, and as `{"value", "localizedValue"}` in what Resource Manager answers.
https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.kinds import attack, entities, valid
from shared.kinds.entities.claims import short
from shared.kinds.fields import Fields
from shared.model.case import alert_case, object_case
from shared.model.entity import Account, AnyEntity, DirectoryRole, Role, ServicePrincipal
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_DEFENDER_ID = re.compile(r"[0-9]{19}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ALERT_TYPES = ("microsoft.security/locations/alerts", "microsoft.security/alerts")
_MACHINES = ("virtual machine", "virtualmachine", "server", "machine")
_GRANTS = ("roleassignment", "roleeligibility")
_STATUS = {
    "start": "started",
    "accept": "accepted",
    "success": "succeeded",
    "succeed": "succeeded",
    "failure": "failed",
    "fail": "failed",
}
"""One word for what the forms of the log call differently, so that a record has one case in all of them."""


def word(record: Fields, *names: str) -> str:
    """The first of these fields that holds a text, or an object with its `value`."""
    return next(filter(None, (record.fields(name).text("value") for name in names)), "") or record.text(*names)


def details(event: Fields) -> Fields:
    """What the service itself said: `properties`, in streams one level deeper."""
    outer = event.fields("properties", "Properties_d")
    return outer.fields("eventProperties") or outer


def defender_alert_id(event: Fields) -> str:
    """The id of the Defender for Cloud alert that an event of the category Security is; empty if it has none."""
    places = [event.text("resourceId", "_ResourceId"), event.text("id").partition("/events/")[0]]
    for place in map(ResourceId, places):
        if place.type.lower() in _ALERT_TYPES and alert_case(place.name):
            return place.name
    ids = (event.text(name) for name in ("correlationId", "eventDataId", "operationId"))
    return next((found for found in ids if _DEFENDER_ID.fullmatch(found)), "")


def operation_case(event: Fields, operation: str, resource: str, status: str) -> str:
    """The case of one step of an operation on one resource; empty if it has no id.

    The steps of an operation share a correlation id, and so do those of all that one deployment does.
    """
    ids = (event.text("correlationId"), event.text("eventDataId"))
    own = next((found for found in ids if found.strip("0-")), "")
    step = _STATUS.get(status.lower(), status)
    return object_case(f"operation:{own}", f"{operation}:{resource}:{step}".lower()) if own else ""


def rating(facts: Fields) -> tuple[Severity | None, str]:
    """How bad a Defender for Cloud alert is: that stands among its details, never in the event's level."""
    told = facts.text("severity")
    return Severity.read(told), told


def tactics(facts: Fields) -> tuple[str, ...]:
    """The tactics of a Defender for Cloud alert."""
    return attack.tactics(facts.texts("intent"))


def defender_entities(facts: Fields) -> Iterator[AnyEntity | None]:
    """What a Defender for Cloud alert in the activity log speaks of, as far as that is certain there."""
    hit = facts.text("compromisedEntity", "compromised host", "compromisedHost")
    yield entities.azure_resource(facts.text("resourceId", "azureResourceId") or hit)
    if facts.text("resourceType", "attackedResourceType").lower() in _MACHINES or facts.text("compromised host"):
        yield entities.host(Fields({"HostName": hit}))
    yield entities.account(
        Fields(
            {
                "Name": facts.text("userName", "user name"),
                "NTDomain": facts.text("domainName"),
                "Sid": facts.text("userSid"),
            }
        )
    )
    yield from entities.read(
        "process",
        Fields(
            {
                "CommandLine": facts.text("commandLine", "command line"),
                "fileName": facts.text("processName", "process name"),
                "ProcessId": facts.text("processId", "process id"),
            }
        ),
    )
    yield from entities.read("file", _file(facts.text("filePath")))
    yield entities.file_hash(facts.text("sha256", "fileSha256"))
    yield entities.ip(facts.text("attackerIp", "attacker ip", "attacker source ip", "attackerSourceIp"), "attacker")
    yield entities.ip(facts.text("clientIpAddress", "client ip address", "ipAddress", "client ip"))


def callers(event: Fields) -> Iterator[AnyEntity | None]:
    """Who called, by the token or else by name, and from where."""
    identity = event.fields("identity")
    claims = identity.fields("claims") or event.fields("claims", "Claims_d")
    yield entities.caller(claims) or _by_name(event, identity)
    address = event.text("callerIpAddress") or event.fields("httpRequest").text("clientIpAddress")
    yield entities.ip(address) or entities.ip(short(claims).text("ipaddr"))


def tenant(event: Fields, facts: Fields) -> str:
    """The tenant: the first part of the hierarchy of management groups, or whose token it was."""
    hierarchy = facts.text("hierarchy") or event.fields("properties").text("hierarchy") or event.text("hierarchy")
    claims = event.fields("identity").fields("claims") or event.fields("claims", "Claims_d")
    return valid.guid(hierarchy.strip("/").partition("/")[0]) or valid.guid(short(claims).text("tenantid", "tid"))


def authorization(event: Fields) -> Fields:
    """What the caller was allowed by."""
    return event.fields("identity").fields("authorization") or event.fields("authorization", "Authorization_d")


def granted(operation: str, facts: Fields) -> Iterator[AnyEntity | None]:
    """Whom a role was given or taken, and which: that stands only in the request or in the answer.

    `authorization.evidence` names the role of the caller, and is not asked.
    """
    if not any(grant in operation.lower() for grant in _GRANTS):
        return
    bodies = [facts.fields(name) for name in ("requestBody", "responseBody")]
    told = [body.fields("properties") or body for body in bodies]
    principal, kind, role, scope = (
        next(filter(None, (each.text(name) for each in told)), "")
        for name in ("principalId", "principalType", "roleDefinitionId", "scope")
    )
    if found := valid.guid(principal):
        yield from _principal(found, kind.lower())
    if role_id := valid.guid(role.rpartition("/")[2]):
        yield DirectoryRole(id=role_id, scope=scope, role="related")


def _principal(object_id: str, kind: str) -> Iterator[AnyEntity | None]:
    related: Role = "related"
    if kind == "group":
        yield entities.security_group(Fields({"securityGroupId": object_id}), related)
    elif kind == "serviceprincipal":
        yield entities.service_principal(Fields({"objectId": object_id}), related)
    elif kind == "user":
        yield entities.account(Fields({"AadUserId": object_id}), related)
    else:
        yield from entities.read("principal", Fields({"Name": object_id}), related)


def _by_name(event: Fields, identity: Fields) -> Account | ServicePrincipal | None:
    """Without a token: the mail-like name, or the object id where it is said what kind of principal it is."""
    told = details(event).fields("callerInfo") or event.fields("callerInfo")
    name = event.text("caller") or told.text("userPrincipalName", "upn", "email", "name")
    name = name or identity.text("upn") or event.text("identity")
    if upn := valid.upn(name):
        return Account(upn=upn, object_id=valid.guid(told.text("objectId", "oid", "principalId")))
    kind = (told.text("principalType", "type") or authorization(event).fields("evidence").text("principalType")).lower()
    object_id = valid.guid(name) or valid.guid(told.text("objectId", "oid", "principalId"))
    if not object_id:
        return None
    if kind == "serviceprincipal":
        return ServicePrincipal(object_id=object_id)
    return Account(object_id=object_id) if kind == "user" else None


def _file(path: str) -> Fields:
    at = max(path.rfind("\\"), path.rfind("/"))
    return Fields({"Name": path[at + 1 :], "Directory": path[:at] if at > 0 else ""})

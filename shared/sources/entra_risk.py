"""Microsoft Entra ID Protection: risk detections, and users and workload identities at risk.

As diagnostic settings, Log Analytics (`AADUserRiskEvents`, `AADRiskyUsers` and their sisters) and Microsoft Graph
(`riskDetection`, `riskyUser` and theirs) give them. The severity is the provider's level; the state of the risk is the
status, so that a playbook that asks for none leaves alone what was dismissed, remediated or confirmed safe. What was
confirmed as compromised keeps its level, and is high if it has none.
https://learn.microsoft.com/graph/api/resources/riskdetection
https://learn.microsoft.com/graph/api/resources/riskyuser
https://learn.microsoft.com/azure/azure-monitor/reference/tables/aaduserriskevents
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, diagnostics, entities, entra, valid
from shared.kinds.carrier import Carrier, entra_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, object_case
from shared.model.entity import AnyEntity, Other
from shared.model.errors import Unreadable
from shared.model.event import Event

_PRODUCT = "Microsoft Entra ID Protection"
_CATEGORIES = ("UserRiskEvents", "RiskyUsers", "ServicePrincipalRiskEvents", "RiskyServicePrincipals")
_WORDS = tuple(category.lower() for category in _CATEGORIES)
_RESOURCES = (
    "riskDetection",
    "riskyUser",
    "riskyUserHistoryItem",
    "servicePrincipalRiskDetection",
    "riskyServicePrincipal",
    "riskyServicePrincipalHistoryItem",
)
_DETECTION = ("riskEventType", "riskType")
_PRINCIPAL = ("servicePrincipalId", "servicePrincipalDisplayName", "servicePrincipalType", "appId")


def read(body: Fields) -> Iterator[Event]:
    """One event a detection, or a state of a user or a workload identity at risk."""
    record = diagnostics.properties(body)
    yield _detection(body, record) if _is_detection(body, record) else _at_risk(body, record)


def _is_detection(body: Fields, record: Fields) -> bool:
    """By its log or type, or by what it tells: one at risk has no type of risk, and no time of detection."""
    word = body.text("category") or body.text("@odata.type") or body.text("Type")
    if word:
        return "risky" not in word.lower()
    return bool(record.text(*_DETECTION, "detectedDateTime", "detectionTimingType"))


def _detection(body: Fields, record: Fields) -> Event:
    """An alert: Sentinel and the alerts of Graph name its id as that of the product's own alert."""
    alert_id = record.text("id")
    case = alert_case(alert_id)
    if not case:
        raise Unreadable("the detection has no id", _place(body, "id"))
    told = entra.pairs(record, "additionalInfo")
    kind, level, state = record.text(*_DETECTION), record.text("riskLevel"), record.text("riskState")
    return Event(
        provider=record.text("source") or _PRODUCT,
        product=_PRODUCT,
        id=alert_id,
        case=case,
        kind=kind,
        title=kind,
        severity=entra.risk(level, state),
        severity_word=level,
        status=state,
        time=record.time("detectedDateTime", "lastUpdatedDateTime") or diagnostics.time(body),
        start=record.time("activityDateTime"),
        tenant=entra.tenant(body),
        techniques=attack.techniques([*record.texts("mitreTechniqueId"), *told.texts("mitreTechniques")]),
        entities=entities.distinct((*_who(record, ""), entities.ip(record.text("ipAddress")), *_credentials(record))),
        links=told.links("alertUrl"),
    )


def _at_risk(body: Fields, record: Fields) -> Event:
    """A user or workload identity keeps its id for life: each change of its risk is a case of its own."""
    risky_id = record.text("userId", "servicePrincipalId", "id")
    if not risky_id:
        raise Unreadable("the record does not say who is at risk", _place(body, "id"))
    level, state = record.text("riskLevel"), record.text("riskState")
    changed = record.time("riskLastUpdatedDateTime")
    what = "risky_service_principal" if _is_principal(record) else "risky_user"
    title = "Risk of a service principal changed" if _is_principal(record) else "Risk of a user changed"
    return Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        id=record.text("id") or risky_id,
        case=object_case(f"{what}:{risky_id}", changed or state),
        kind=what,
        title=title,
        severity=entra.risk(level, state),
        severity_word=level,
        status=state,
        time=changed or diagnostics.time(body),
        tenant=entra.tenant(body),
        entities=entities.distinct(_who(record, risky_id)),
    )


def _is_principal(record: Fields) -> bool:
    return any(name.lower() in record for name in _PRINCIPAL)


def _who(record: Fields, risky_id: str) -> Iterator[AnyEntity | None]:
    """Whose risk it is; an entry of a history has an id of its own, and names the user or the application besides."""
    if _is_principal(record):
        principal = {
            "servicePrincipalId": risky_id or record.text("servicePrincipalId"),
            "appId": record.text("appId"),
            "displayName": record.text("servicePrincipalDisplayName", "displayName"),
        }
        yield entities.service_principal(Fields(principal), "target")
    else:
        user = {name: record.text(name) for name in ("userPrincipalName", "userDisplayName")}
        yield entities.account(Fields({**user, "userId": risky_id or record.text("userId")}), "target")


def _credentials(record: Fields) -> Iterator[Other]:
    """The secrets and certificates of an application that were misused, by their ids."""
    for key in filter(None, map(valid.guid, record.texts("keyIds"))):
        yield Other(type="credential", name=key, role="related")


def _place(body: Fields, name: str) -> str:
    return f"properties.{name}" if "properties" in body else name


source = Source(
    marks=(
        Mark(("category",), values=_WORDS),
        Mark(("type",), values=(*_WORDS, *(f"aad{word}" for word in _WORDS))),
        Mark(("@odata.type",), values=tuple(f"#microsoft.graph.{resource.lower()}" for resource in _RESOURCES)),
        Mark(("riskeventtype", "id")),
        Mark(("risktype", "id")),
        Mark(("risklastupdateddatetime", "risklevel")),
    ),
    read=read,
    carried_by=(
        entra_setting(*_CATEGORIES),
        Carrier(
            "Microsoft Graph, GET /identityProtection/riskDetections and /identityProtection/riskyUsers: polled",
            (
                "Grant the application permissions IdentityRiskEvent.Read.All and IdentityRiskyUser.Read.All",
                "Workload identities have lists of their own: servicePrincipalRiskDetections, riskyServicePrincipals",
                "For these grant IdentityRiskyServicePrincipal.Read.All",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)

"""Microsoft Entra ID: sign-ins of users, service principals and managed identities.

As diagnostic settings, Log Analytics (`SigninLogs` and its sisters) and Microsoft Graph (`signIn`) give them. A sign-in
is as bad as its risk: one without risk has no severity.
https://learn.microsoft.com/entra/identity/monitoring-health/reference-azure-monitor-sign-ins-log-schema
https://learn.microsoft.com/graph/api/resources/signin
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, entra, valid
from shared.kinds.carrier import Carrier, entra_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity, LogonSession
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_CATEGORIES = (
    "SignInLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
    "MicrosoftServicePrincipalSignInLogs",
    "ADFSSignInLogs",
)
_BY_WORD = {"signin": "SignInLogs", **{category.lower(): category for category in _CATEGORIES}}
"""Once, the log of users was named as in the older documentation."""
_TYPES = {
    "interactiveuser": "SignInLogs",
    "noninteractiveuser": "NonInteractiveUserSignInLogs",
    "serviceprincipal": "ServicePrincipalSignInLogs",
    "managedidentity": "ManagedIdentitySignInLogs",
}
_WORKLOADS = frozenset(
    {"ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs", "MicrosoftServicePrincipalSignInLogs"}
)
_WORDS = (*_BY_WORD, *(f"aad{word}" for word in _BY_WORD))
"""Categories, and tables, of which most bear the same name with three letters more."""
_OTHERS = ("activitydisplayname", "reportid")
"""Of audit records, and of rows of advanced hunting."""


def read(body: Fields) -> Iterator[Event]:
    """One event a sign-in, by what its risk is and how it ended."""
    record = diagnostics.properties(body)
    kind = _kind(body, record)
    found = entities.distinct(_entities(body, record, kind))
    sign_in = record.text("id")
    if not sign_in and not found:
        raise Unreadable("the record does not say who signed in", "properties" if "properties" in body else "id")
    level, state, code = _level(record), record.text("riskState"), _code(body, record)
    status = {"": "", "0": "success"}.get(code, f"failure {code}")
    yield Event(
        provider="Microsoft Entra ID",
        product="Microsoft Entra ID",
        id=sign_in,
        case=object_case(f"entra_sign_in:{sign_in}", _cause(status, level, state)) if sign_in else "",
        kind=kind,
        title=body.text("operationName") or "Sign-in activity",
        severity=_severity(level, state),
        severity_word=level,
        status=status,
        time=record.time("createdDateTime") or diagnostics.time(record) or diagnostics.time(body),
        tenant=entra.tenant(body),
        entities=found,
    )


def _kind(body: Fields, record: Fields) -> str:
    """The log it is of, by one name on all channels."""
    for text in (body.text("category"), body.text("Type")):
        if found := _BY_WORD.get(text.lower().removeprefix("aad")):
            return found
    for told in record.texts("signInEventTypes"):
        if told.lower() in _TYPES:
            return _TYPES[told.lower()]
    if not record.text("userId") and record.text("servicePrincipalId"):
        return "ServicePrincipalSignInLogs"
    unattended = "isinteractive" in record and not record.truth("isInteractive")
    return "NonInteractiveUserSignInLogs" if unattended else "SignInLogs"


def _cause(status: str, level: str, state: str) -> str:
    """A sign-in is logged again when its risk changes: that is another case."""
    return "/".join(filter(None, (status, level if Severity.read(level) else "", state)))


def _level(record: Fields) -> str:
    """The higher of the two levels, in the provider's word."""
    words = [record.text("riskLevelDuringSignIn"), record.text("riskLevelAggregated")]
    return max(words, key=lambda word: Severity.read(word) or 0) or words[1]


def _severity(level: str, state: str) -> Severity | None:
    """That of the risk: high at least if somebody confirmed that it was not the user, informational if it is over.

    The status of a sign-in says whether it succeeded, so playbooks cannot see there that a risk is over.
    """
    if state.lower() in entra.CLEARED:
        return Severity.INFORMATIONAL
    found = entra.risk(level, state)
    return max(found or Severity.HIGH, Severity.HIGH) if state.lower() == entra.CONFIRMED else found


def _code(body: Fields, record: Fields) -> str:
    """The error code, 0 for none; empty if it does not say."""
    for text in (record.fields("status").text("errorCode"), body.text("resultType"), record.text("resultType")):
        if text.isdecimal():
            return str(int(text))
    return ""


def _entities(body: Fields, record: Fields, kind: str) -> Iterator[AnyEntity | None]:
    app = {"appName": record.text("appDisplayName"), "appId": record.text("appId")}
    if kind in _WORKLOADS:
        named = record.text("servicePrincipalName", "appDisplayName")
        principal = {"servicePrincipalId": record.text("servicePrincipalId"), "servicePrincipalName": named}
        yield entities.service_principal(Fields({**principal, "appId": app["appId"]}))
    else:
        user = {name: record.text(name) for name in ("userId", "userPrincipalName", "userDisplayName")}
        yield entities.account(Fields({**user, "aadTenantId": record.text("homeTenantId")}))
        yield entities.cloud_application(Fields(app))
    yield entities.ip(record.text("ipAddress"))
    yield entities.ip(diagnostics.address(body))
    device = record.fields("deviceDetail")
    if device_id := valid.guid(device.text("deviceId")):
        named = device.text("displayName")
        yield entities.host(
            Fields({"aadDeviceId": device_id, "hostName": named, "operatingSystem": device.text("operatingSystem")})
        )
    if session := valid.guid(record.text("sessionId")):
        yield LogonSession(id=session)


source = Source(
    marks=(
        Mark(("category",), values=_WORDS),
        Mark(("type",), values=_WORDS),
        Mark(("@odata.type",), values=("#microsoft.graph.signin", "#microsoft.graph.restrictedsignin")),
        *(
            Mark((key, other), unless=_OTHERS)
            for key, other in (
                ("conditionalaccessstatus", "id"),
                ("appliedconditionalaccesspolicies", "id"),
                ("signineventtypes", "id"),
                ("risklevelduringsignin", "id"),
                ("isinteractive", "createddatetime"),
                ("devicedetail", "appdisplayname"),
                ("serviceprincipalcredentialkeyid", "id"),
            )
        ),
    ),
    read=read,
    carried_by=(
        entra_setting(*_CATEGORIES),
        Carrier(
            "Microsoft Graph, GET /auditLogs/signIns: polled",
            (
                "Grant the application permission AuditLog.Read.All to whatever fetches the sign-ins",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)

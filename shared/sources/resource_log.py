"""Azure Monitor: resource logs of every service that has no source of its own, as far as all of them say the same.

The audit logs of Kubernetes and SQL, and the access logs of App Service and API Management, are read a little further.
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import activity, diagnostics, entities, valid
from shared.kinds.azure_services import product_of
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_ADDRESSES = (
    "CIp",
    "clientIp",
    "client_ip",
    "client_ip_s",
    "clientIp_s",
    "clientIP_s",
    "ClientIpAddress",
    "remoteAddress",
)
_PRINCIPALS = ("server_principal_name", "server_principal_name_s", "ServerPrincipalName", "UserPrincipalName", "Upn")
_KUBERNETES = {
    "daemonsets": "KubernetesController",
    "deployments": "KubernetesController",
    "namespaces": "KubernetesNamespace",
    "pods": "KubernetesPod",
    "replicasets": "KubernetesController",
    "secrets": "KubernetesSecret",
    "serviceaccounts": "KubernetesServiceAccount",
    "services": "KubernetesService",
    "statefulsets": "KubernetesController",
}
_SERVICE_ACCOUNT = "system:serviceaccount:"
_TABLES = ("aksaudit", "aksauditadmin", "apimanagementgatewaylogs", "appserviceauditlogs", "appservicehttplogs")
_OTHERS = ("specversion", "eventtype", "schemaid", "@odata.type", "systemalertid", "activitydisplayname")
"""Fields of bodies that are no log records, although they have a category."""


def read(body: Fields) -> Iterator[Event]:
    """One event a record. Its correlation id is no id of its own: other records of the same request have it too."""
    told = diagnostics.properties(body)
    audit = _audit(body, told)
    operation = body.text("operationName")
    place = body.text("resourceId", "_ResourceId", "ResourceUri")
    level = body.text("level")
    informs = level.lower() in ("information", "informational")
    yield Event(
        provider="Azure Monitor",
        product=product_of(ResourceId(place).type) or product_of(operation),
        id=audit.text("auditID") or body.text("correlationId", "CorrelationId_g", "CorrelationId_s"),
        kind=diagnostics.category(body) or operation,
        title=_title(audit) or operation or diagnostics.category(body),
        severity=Severity.INFORMATIONAL if informs else None,
        severity_word=level,
        status=body.text("resultType", "statusText", "resultSignature", "statusCode"),
        time=diagnostics.time(body),
        tenant="" if "TimeGenerated" in body else valid.guid(body.text("tenantId")) or activity.tenant(body, told),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body, told, audit, place)),
    )


def _entities(body: Fields, told: Fields, audit: Fields, place: str) -> Iterator[AnyEntity | None]:
    yield from activity.callers(body)
    yield entities.ip(diagnostics.address(body))
    for name in _ADDRESSES:
        yield entities.ip(told.text(name))
    for name in _PRINCIPALS:
        yield _principal(told.text(name), name)
    yield entities.azure_resource(place)
    yield from _kubernetes(audit, place)


def _principal(text: str, name: str) -> AnyEntity | None:
    """A mail-like name is one of Entra; any other name of SQL's is one that the server knows."""
    if valid.upn(text):
        return entities.account(Fields({"UserPrincipalName": text}))
    return entities.account(Fields({"Name": text})) if name.lower().startswith("server") else None


def _audit(body: Fields, told: Fields) -> Fields:
    """The event of Kubernetes' own audit log: a text inside of the record, or the columns of a row."""
    event = told.fields("log", "log_s") or body.fields("log_s")
    return event if "objectRef" in event or "auditID" in event else body if "auditId" in body else Fields({})


def _title(audit: Fields) -> str:
    target = audit.fields("objectRef")
    words = (audit.text("verb"), target.text("resource"), target.text("namespace"), target.text("name"))
    return " ".join(filter(None, words)) if target else ""


def _kubernetes(audit: Fields, place: str) -> Iterator[AnyEntity | None]:
    """Who called the cluster's API, from where, and the object it was about."""
    cluster = {"Cluster": {"CloudResource": {"ResourceId": place}}}
    user = audit.fields("user").text("username")
    if user.startswith(_SERVICE_ACCOUNT):
        space, _, name = user.removeprefix(_SERVICE_ACCOUNT).partition(":")
        found = {"Name": name, "Namespace": {"Name": space, **cluster}}
        yield from entities.read("KubernetesServiceAccount", Fields(found))
    elif not user.startswith("system:"):
        yield entities.account(
            Fields({"UserPrincipalName": user, "Name": "" if "@" in user or valid.guid(user) else user})
        )
    for address in audit.texts("sourceIPs"):
        yield entities.ip(address)
    target = audit.fields("objectRef")
    if kind := _KUBERNETES.get(target.text("resource").lower(), ""):
        inside = {"Namespace": {"Name": target.text("namespace"), **cluster}, **cluster}
        yield from entities.read(kind, Fields({"Name": target.text("name"), **inside}))


def _is_log(body: Fields) -> bool:
    """A record that says when it was written, and by which resource or by which operation of which provider."""
    operation = body.text("operationName").lower()
    named = bool(body.text("resourceId", "_ResourceId", "ResourceUri")) or operation.startswith("microsoft.")
    return named and bool(diagnostics.time(body))


source = Source(
    marks=(
        Mark(("category",), unless=_OTHERS, when=_is_log, rest=True),
        Mark(("operationname",), unless=("category", *_OTHERS), when=_is_log, rest=True),
        Mark(("type",), values=_TABLES, when=_is_log, rest=True),
    ),
    read=read,
    carried_by=(
        diagnostic_setting("Kubernetes cluster", "kube-audit-admin", "guard"),
        diagnostic_setting("SQL database", "SQLSecurityAuditEvents"),
        diagnostic_setting("App Service app", "AppServiceHTTPLogs", "AppServiceAuditLogs"),
        diagnostic_setting("API Management service", "GatewayLogs"),
    ),
)

"""Microsoft Graph security API: `alerts_v2`, alerts of every Microsoft Defender product and of Entra ID Protection.

https://learn.microsoft.com/graph/api/resources/security-alert
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.kinds import attack, entities, products, valid
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case
from shared.model.entity import (
    AnyEntity,
    MailMessage,
    RegistryKey,
    RegistryValue,
    Role,
    SecurityGroup,
)
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_ROLES: dict[str, Role] = {
    "attacker": "attacker",
    "commandandcontrol": "attacker",
    "attacked": "target",
    "compromised": "target",
    "destination": "target",
    "source": "related",
    "contextual": "related",
}


def read(body: Fields) -> Iterator[Event]:
    """One event an alert."""
    case = alert_case(body.text("providerAlertId") or body.text("id"))
    if not case:
        raise Unreadable("the alert has no id", "id")
    found = entities.distinct(entity for item in body.objects("evidence") for entity in _evidence(item))
    word = body.text("severity")
    yield Event(
        provider="Microsoft Graph",
        product=products.current(body.text("productName", "serviceSource")),
        id=body.text("id"),
        case=case,
        kind=body.text("detectorId", "alertPolicyId") or body.text("detectionSource"),
        title=body.text("title"),
        severity=Severity.read(word),
        severity_word=word,
        status=body.text("status"),
        time=body.time("createdDateTime", "lastUpdateDateTime", "firstActivityDateTime"),
        tenant=valid.guid(body.text("tenantId")),
        subscription=next((s for e in found if (s := _subscription(e))), ""),
        tactics=attack.tactics(body.texts("category", "categories")),
        techniques=attack.techniques(body.texts("mitreTechniques")),
        entities=found,
        link=body.text("alertWebUrl"),
    )


def _evidence(item: Fields) -> Iterator[AnyEntity]:
    kind = item.text("@odata.type").rpartition(".")[2].removesuffix("Evidence").lower()
    build = _BUILDERS.get(kind)
    if build is None:
        return
    role: Role = next((_ROLES[r.lower()] for r in item.texts("roles") if r.lower() in _ROLES), "")
    yield from (entity for entity in build(item, role) if entity is not None)


def _device(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    machine = item.fields("vmMetadata")
    merged = {**item.raw, "azureResourceId": machine.text("resourceId"), "vmId": machine.text("vmId")}
    yield entities.host(Fields(merged), role)


def _user(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.account(item.fields("userAccount"), role)


def _ip(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.ip(item.text("ipAddress"), role)


def _url(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.url(item, role)


def _file(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield from _file_details(item.fields("fileDetails"), role)


def _file_details(details: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.file(details, role)
    for algorithm in ("sha256", "sha1", "md5"):
        yield entities.file_hash(details.text(algorithm), role)


def _process(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.process(item, role)
    image = item.fields("imageFile")
    for algorithm in ("sha256", "sha1", "md5"):
        yield entities.file_hash(image.text(algorithm), role)
    yield entities.account(item.fields("userAccount"))


def _mailbox(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    account = item.fields("userAccount")
    owner = {"Upn": account.text("userPrincipalName"), "AadId": account.text("azureAdUserId")}
    yield entities.mailbox(Fields({**item.raw, **owner}), role)


def _message(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    network_id = valid.guid(item.text("networkMessageId"))
    internet_id = item.text("internetMessageId")
    if network_id or internet_id:
        yield MailMessage(
            network_message_id=network_id,
            internet_message_id=internet_id,
            sender=valid.upn(item.fields("p2Sender", "p1Sender").text("emailAddress")),
            recipient=valid.upn(item.text("recipientEmailAddress")),
            subject=item.text("subject"),
            role=role,
        )


def _application(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.cloud_application(item, role)


def _resource(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    yield entities.azure_resource(item.text("resourceId"), role)


def _group(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    group_id = valid.guid(item.text("securityGroupId"))
    yield SecurityGroup(object_id=group_id, name=item.text("displayName"), role=role) if group_id else None


def _registry_key(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    if key := item.text("registryKey"):
        yield RegistryKey(key=key, hive=item.text("registryHive"), role=role)


def _registry_value(item: Fields, role: Role) -> Iterator[AnyEntity | None]:
    if name := item.text("registryValueName"):
        value = item.text("registryValue")
        yield RegistryValue(name=name, key=item.text("registryKey"), value=value, role=role)


def _subscription(entity: AnyEntity) -> str:
    place = getattr(entity, "azure_id", "") or getattr(entity, "resource_id", "")
    return valid.subscription(ResourceId(place).subscription)


_BUILDERS: dict[str, Callable[[Fields, Role], Iterator[AnyEntity | None]]] = {
    "device": _device,
    "user": _user,
    "ip": _ip,
    "url": _url,
    "file": _file,
    "process": _process,
    "mailbox": _mailbox,
    "analyzedmessage": _message,
    "cloudapplication": _application,
    "oauthapplication": _application,
    "azureresource": _resource,
    "securitygroup": _group,
    "registrykey": _registry_key,
    "registryvalue": _registry_value,
}


def _is_security_alert(body: Fields) -> bool:
    kind = body.text("@odata.type").lower()
    return kind in ("", "#microsoft.graph.security.alert")


source = Source(
    marks=(
        Mark(("evidence", "servicesource", "detectionsource"), when=_is_security_alert),
        Mark(("alertweburl", "id", "detectionsource"), unless=("evidence",), when=_is_security_alert),
    ),
    read=read,
    carried_by=(
        "Graph: GET /security/alerts_v2",
        "Graph change notifications on security/alerts_v2, fetched and forwarded to the event hub",
    ),
)

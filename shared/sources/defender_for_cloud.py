"""Microsoft Defender for Cloud: security alerts, as continuous export, workflow automation and Resource Manager write them.

https://learn.microsoft.com/azure/defender-for-cloud/continuous-export and
https://learn.microsoft.com/rest/api/defenderforcloud-composite/alerts/get-subscription-level
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from shared.kinds import attack, entities, products, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.form import Form, named
from shared.kinds.source import Mark, Source
from shared.kinds.times import utc
from shared.model.case import alert_case
from shared.model.entity import Account, AnyEntity, Host, Role
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_PRODUCT = "Microsoft Defender for Cloud"
_HEAD = Form(
    provider=named("VendorName"),
    product=(products.current, ("ProductName",)),
    kind=named("AlertType", "alertName"),
    title=named("AlertDisplayName"),
    severity_word=named("Severity", "reportedSeverity"),
    status=named("Status", "state"),
    time=(
        utc,
        (
            "TimeGenerated",
            "TimeGeneratedUtc",
            "reportedTimeUtc",
            "ProcessingEndTime",
            "ProcessingEndTimeUtc",
            "detectedTimeUtc",
            "EndTimeUtc",
            "StartTimeUtc",
        ),
    ),
    start=(utc, ("StartTimeUtc", "detectedTimeUtc")),
    end=(utc, ("EndTimeUtc",)),
)
_TYPES = ("microsoft.security/locations/alerts", "microsoft.security/alerts")
_ALERT_ID = re.compile(r"/providers/microsoft\.security/(?:locations/[^/]+/)?alerts/[^/]+/?$", re.IGNORECASE)
_IN_LINK = re.compile(r"/subscriptionId/([^/?#]+)", re.IGNORECASE)
_MACHINES = frozenset(
    {
        "microsoft.compute/virtualmachines",
        "microsoft.classiccompute/virtualmachines",
        "microsoft.hybridcompute/machines",
    }
)
_DATABASES = ("sql.", "synapse.")

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_IS_ADDRESS = re.compile(r"\bips?\b|\bip address|\bipaddress|\battackers\b|\bcompromised host\b")
_IS_ATTACKER = re.compile(r"\battack(?:er|ers|ing)\b")
_IS_TARGET = re.compile(r"\b(?:attacked|compromised|target|targeted|victim)\b")
_WORD = re.compile(r"[^\s,;\[\]\"'()]+")


def read(body: Fields) -> Iterator[Event]:
    """One event an alert. An alert that groups others has theirs among what it is also known as."""
    resource = body.fields("data") or body
    alert = resource.fields("properties") or resource
    alert_id = alert.text("SystemAlertId")
    name = "" if alert is resource else resource.text("name") or resource.text("id").rpartition("/")[2]
    case = alert_case(alert_id) or alert_case(name)
    if not case:
        way = "data." if resource is not body else ""
        where = f"{way}SystemAlertId" if alert is resource else f"{way}properties.systemAlertId, {way}name"
        raise Unreadable("the alert has no id of its own", where)
    identifiers = list(alert.objects("ResourceIdentifiers"))
    extended = alert.fields("ExtendedProperties")
    head = _HEAD.read(alert)
    found = entities.distinct(_entities(alert, identifiers, extended, head.get("kind", "").lower()))
    tenants = (valid.guid(i.text("AadTenantId", "AzureResourceTenantId")) for i in identifiers)
    subscriptions = map(valid.subscription, _subscriptions(resource, alert, identifiers, found))
    yield Event(
        **{"product": _PRODUCT, **head},
        id=alert_id or name,
        case=case,
        same=_others(alert, case, name),
        severity=Severity.read(head.get("severity_word")),
        tenant=next(filter(None, tenants), ""),
        subscription=next(filter(None, subscriptions), ""),
        tactics=attack.tactics(alert.texts("Intent")),
        techniques=attack.techniques(_techniques(alert, extended)),
        entities=found,
        links=alert.links("AlertUri"),
    )


def _entities(alert: Fields, identifiers: list[Fields], extended: Fields, kind: str) -> list[AnyEntity | None]:
    found: list[AnyEntity | None] = []
    for fields in alert.objects("Entities"):
        found += entities.read(fields.text("Type", "kind"), fields)
    if kind.removeprefix("simulated_").startswith(_DATABASES):
        found = [_login(entity) if type(entity) is Account else entity for entity in found]
    compromised = alert.text("CompromisedEntity") or extended.text("compromised host")
    places = dict.fromkeys([place.text("AzureResourceId", "associatedResource") for place in (*identifiers, alert)])
    if compromised and Host not in map(type, found):
        found += _machine(compromised, places)
    found += map(entities.azure_resource, places | {compromised: None} if compromised else places)
    found += _addresses(extended)
    return found


def _login(account: Account) -> Account:
    """The account of an alert on a database: `name@server` is a login there, and nobody's user principal name."""
    name, _, domain = account.upn.partition("@")
    return account if "." in domain else replace(account, upn="", name=account.name or name)


def _machine(name: str, places: Iterable[str]) -> Iterator[Host]:
    """The machine that the alert calls compromised by its short name, if it also says which resource that is."""
    last = f"/{name}".lower()
    for place in places:
        if place.lower().endswith(last) and (short := valid.host(name)):
            known = ResourceId(valid.resource_id(place))
            if known.type.lower() in _MACHINES:
                yield Host(azure_id=str(known), name=short)
                return


def _addresses(extended: Fields) -> Iterator[AnyEntity | None]:
    """The addresses among the extended properties, in those whose name says that they hold some."""
    known: tuple[tuple[str, Role], ...] | None = extended.shape.kept.get(_addresses)
    if known is None:
        known = extended.shape.kept[_addresses] = tuple(_named_addresses(extended.raw))
    for name, role in known:
        for text in extended.texts(name):
            for word in _WORD.findall(text):
                yield entities.ip(word, role)


def _named_addresses(names: Iterable[str]) -> Iterator[tuple[str, Role]]:
    for name in names:
        words = _HUMP.sub(" ", name).replace("_", " ").lower()
        if _IS_ADDRESS.search(words):
            yield name, "attacker" if _IS_ATTACKER.search(words) else "target" if _IS_TARGET.search(words) else ""


def _others(alert: Fields, case: str, name: str) -> tuple[str, ...]:
    """The other ids of an alert, and those of the alerts that it groups."""
    found = {alert_case(name)} if name else set()
    if alert.truth("IsIncident"):
        for entity in alert.objects("Entities"):
            if entity.text("Type", "kind").lower().replace("-", "") in ("alert", "securityalert"):
                found.add(alert_case(entity.text("SystemAlertId")))
    return tuple(sorted(found - {case, ""})) if found else ()


def _subscriptions(
    resource: Fields, alert: Fields, identifiers: list[Fields], found: tuple[AnyEntity, ...]
) -> Iterator[str]:
    """Where it says which subscription, the surest first. An alert on a subscription names no resource in it."""
    for place in (alert, *identifiers):
        yield ResourceId(place.text("AzureResourceId", "associatedResource")).subscription
    for entity in found:
        yield ResourceId(getattr(entity, "resource_id", "") or getattr(entity, "azure_id", "")).subscription
    yield ResourceId(alert.text("CompromisedEntity")).subscription
    yield ResourceId(resource.text("id")).subscription
    yield alert.text("subscriptionId") or resource.text("subscriptionId")
    yield from _IN_LINK.findall(alert.text("AlertUri"))


def _techniques(alert: Fields, extended: Fields) -> list[str]:
    return alert.texts("Techniques") + alert.texts("SubTechniques") + extended.texts("Techniques", "MitreTechniques")


def _is_alert(fields: Fields) -> bool:
    return "alerttype" in fields or "alertdisplayname" in fields or "alertname" in fields


def _is_own(body: Fields) -> bool:
    """Sentinel hands its alerts to playbooks in nearly the same form, and keeps all alerts as rows."""
    row = body.text("type").lower() == "securityalert"
    return not row and _is_alert(body) and products.current(body.text("ProductName")) != "Microsoft Sentinel"


def _is_resource(body: Fields) -> bool:
    """An alert of Resource Manager that does not say its type, and nothing that lies below one."""
    return _ALERT_ID.search(body.text("id")) is not None and _is_alert(body.fields("properties"))


def _holds_alert(body: Fields) -> bool:
    """Whether an event of Event Grid, in either schema, carries an alert."""
    data = body.fields("data")
    if data.text("type").lower() in _TYPES or _is_resource(data):
        return True
    return _is_alert(data) and "systemalertid" in data


source = Source(
    marks=(
        Mark(
            ("systemalertid",),
            unless=("alertseverity", "vendororiginalid", "provideralertid", "providername", "kind"),
            when=_is_own,
        ),
        Mark(("type",), values=_TYPES),
        Mark(("properties", "id"), unless=("type", "kind", "object"), when=_is_resource),
        Mark(("data",), unless=("systemalertid", "recordtype"), when=_holds_alert),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Continuous export of Defender for Cloud: security alerts",
            (
                "Defender for Cloud > Environment settings > the subscription > Continuous export > Event hub",
                "Choose Security alerts, all severities, and the event hub `alerts`",
            ),
        ),
        Carrier(
            "Workflow automation of Defender for Cloud: a Logic App that runs on security alerts",
            (
                "Create a Logic App: trigger When a Microsoft Defender for Cloud Alert is created or triggered",
                "Add to it the action Event Hubs > Send event, with the trigger's body, event hub `alerts`",
                "Defender for Cloud > Workflow automation > Add: Security alert, all severities, the Logic App",
            ),
        ),
    ),
)

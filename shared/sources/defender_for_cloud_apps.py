"""Microsoft Defender for Cloud Apps: alerts and activities of its own API.

https://learn.microsoft.com/defender-cloud-apps/api-alerts and
https://learn.microsoft.com/defender-cloud-apps/api-activities
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.kinds import attack, entities, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import NOTHING, Fields
from shared.kinds.source import Mark, Source
from shared.kinds.times import from_epoch
from shared.model.case import alert_case, object_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_PRODUCT = "Microsoft Defender for Cloud Apps"
_SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.INFORMATIONAL)
_STATUSES = ("Open", "Dismissed", "Resolved", "FalsePositive", "Benign", "TruePositive")
_THOUSAND = 1000


def read(body: Fields) -> Iterator[Event]:
    """One event an alert or an activity; the API's own list of them may come whole."""
    if "_id" in body:
        yield _one(body, "")
        return
    for number, item in enumerate(body.objects("data")):
        yield _one(item, f"data[{number}].")


def _one(body: Fields, place: str) -> Event:
    return _activity(body) if _is_activity(body) else _alert(body, place)


def _alert(body: Fields, place: str) -> Event:
    alert_id = body.text("_id")
    case = alert_case(alert_id)
    if not case:
        raise Unreadable("the alert has no id", f"{place}_id")
    items = list(body.objects("entities"))
    policies = [item for item in items if item.text("type").lower() == "policyrule"]
    word = body.text("severityValue", "severity")
    return Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        id=alert_id,
        case=case,
        kind=next((text for item in policies if (text := item.text("policyType"))), "alert"),
        title=body.text("title"),
        severity=_of(_SEVERITIES, body.number("severityValue")) or Severity.read(body.text("severity")),
        severity_word=word,
        status=_of(_STATUSES, body.number("resolutionStatusValue")) or "",
        time=_time(body, "timestamp"),
        tenant=valid.guid(body.text("aadTenantId")),
        techniques=attack.techniques([body.text("description")]),
        entities=entities.distinct(found for item in items for found in _entities(item)),
        links=body.links("URL"),
    )


def _entities(item: Fields) -> Iterator[AnyEntity | None]:
    """What an entity of an alert stands for; policies, groups and countries are none."""
    kind, label = item.text("type").lower(), item.text("label")
    told: dict[str, Any] = {"role": item.text("entityRole")}
    if kind in ("account", "user", "discovery_user"):
        address = valid.upn(item.text("pa")) or valid.upn(label)
        name = {} if "@" in label else {"displayName": label}
        yield from entities.read("account", Fields({**told, "upn": address, "mail": item.text("em"), **name}))
    elif kind in ("device", "host", "machine"):
        yield from entities.read("host", Fields({**told, "hostName": label}))
    elif kind == "ip":
        yield from entities.read("ip", Fields({**told, "address": valid.ip(label) or item.text("id")}))
    elif kind in ("service", "discovery_service"):
        yield from entities.read("cloudapplication", Fields({**told, "name": label, "appId": item.text("id")}))
    elif kind in ("file", "discovery_file"):
        yield from entities.read("file", Fields({**told, "name": label}))
    elif kind == "url":
        yield from entities.read("url", Fields({**told, "url": label}))


def _activity(body: Fields) -> Event:
    kind, word = body.text("eventTypeValue", "eventTypeName"), body.text("severity")
    return Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        id=body.text("_id"),
        case=object_case(f"mdca:{body.text('_id')}", "activity"),
        kind=kind,
        title=body.text("description"),
        severity=Severity.read(word),
        severity_word=word,
        time=_time(body, "timestamp") or _time(body, "created"),
        tenant=valid.guid(body.text("aadTenantId")),
        entities=entities.distinct(_involved(body)),
    )


def _involved(body: Fields) -> Iterator[AnyEntity | None]:
    actor, user = body.fields("resolvedActor"), body.fields("user")
    name = valid.upn(user.text("userName")) or valid.upn(actor.text("id")) or valid.upn(actor.text("name"))
    yield entities.account(
        Fields({"upn": name, "displayName": "" if name == actor.text("name") else actor.text("name")})
    )
    yield entities.ip(body.fields("device").text("clientIP"))
    if label := body.text("appName"):
        yield entities.cloud_application(Fields({"name": label, "appId": body.text("appId")}))


def _is_activity(body: Fields) -> bool:
    return "eventtypevalue" in body or "resolvedactor" in body


def _of(values: tuple[Any, ...], number: int | None) -> Any:
    return values[number] if number is not None and 0 <= number < len(values) else None


def _time(body: Fields, name: str) -> str:
    """A time in milliseconds since 1970, or one as text."""
    milliseconds = body.number(name)
    if milliseconds is None:
        return body.time(name)
    time = from_epoch(milliseconds // _THOUSAND)
    return f"{time[:-1]}.{milliseconds % _THOUSAND:03d}Z" if time else ""


def _is_list(body: Fields) -> bool:
    first = next(body.objects("data"), NOTHING)
    return "_id" in first and ("severityvalue" in first or _is_activity(first))


source = Source(
    marks=(
        *(Mark((key, "_id")) for key in ("severityvalue", "statusvalue", "resolutionstatusvalue")),
        *(Mark((key, "_id")) for key in ("eventtypevalue", "resolvedactor")),
        Mark(("hasnext", "data"), when=_is_list),
    ),
    read=read,
    carried_by=(
        Carrier(
            "API of Defender for Cloud Apps, GET /api/v1/alerts/: polled",
            (
                "Grant the application permission Investigation.Read of Microsoft Cloud App Security to whatever polls",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)

"""Microsoft Defender XDR: alerts and telemetry of every Defender product as the streaming API writes them.

An alert comes in pieces: its head in AlertInfo, one record of AlertEvidence for each entity. Those that come together are one
event. The same rows are read from Log Analytics and from exports of hunting queries.
https://learn.microsoft.com/defender-xdr/streaming-api and
https://learn.microsoft.com/defender-xdr/advanced-hunting-alertevidence-table
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from shared.kinds import attack, entities, hunting, products, valid
from shared.kinds.carrier import Carrier, data_export
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, object_case
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_PRODUCTS = {
    "device": "Microsoft Defender for Endpoint",
    "file": "Microsoft Defender for Office 365",
    "email": "Microsoft Defender for Office 365",
    "message": "Microsoft Defender for Office 365",
    "url": "Microsoft Defender for Office 365",
    "campaign": "Microsoft Defender for Office 365",
    "identity": "Microsoft Defender for Identity",
    "cloudapp": "Microsoft Defender for Cloud Apps",
    "oauthapp": "Microsoft Defender for Cloud Apps",
    "cloud": "Microsoft Defender for Cloud",
    "entra": "Microsoft Entra ID",
    "aads": "Microsoft Entra ID",
    "graphapi": "Microsoft Entra ID",
    "datasecurity": "Microsoft Purview",
}
"""Whose telemetry a table holds, by how its name begins."""
_LONG = 16
"""Ids of reports of devices are counters; only longer ones are ids on their own."""


def read(body: Fields) -> Iterator[Event]:
    """One event a record."""
    table, row = hunting.table(body), hunting.row(body)
    found = hunting.evidence(row) if "entitytype" in row else hunting.observed(row)
    common = Event(
        provider="Microsoft Defender XDR",
        product=products.current(row.text("ServiceSource")) or _product(table),
        time=row.time("Timestamp", "TimeGenerated") or body.time("time"),
        tenant=valid.guid(body.text("tenantId")) if hunting.is_streamed(body) else "",
        subscription=valid.guid(row.text("SubscriptionId")) or next(entities.subscriptions(found), ""),
        techniques=attack.techniques(row.texts("AttackTechniques")),
        entities=found,
    )
    yield _alert(common, body, row) if hunting.is_alert(table) else _observation(common, table, row)


def _alert(common: Event, body: Fields, row: Fields) -> Event:
    alert_id, word = row.text("AlertId"), row.text("Severity")
    case = alert_case(alert_id)
    if not case:
        raise Unreadable("the alert has no id", "properties.AlertId" if "properties" in body else "AlertId")
    return replace(
        common,
        id=alert_id,
        case=case,
        kind=row.text("DetectionSource", "Category"),
        title=row.text("Title"),
        severity=Severity.read(word),
        severity_word=word,
        tactics=attack.tactics(row.texts("Categories", "Category")),
    )


def _observation(common: Event, table: str, row: Fields) -> Event:
    behavior, kind = row.text("BehaviorId"), table or row.text("ActionType")
    return replace(
        common,
        id=behavior,
        case=object_case(f"xdr:{behavior}", "behavior") if behavior else _record(row, kind),
        kind=kind,
        tactics=attack.tactics(row.texts("Categories")) if behavior else (),
    )


def _product(table: str) -> str:
    word = table.lower()
    return next((name for start, name in _PRODUCTS.items() if word.startswith(start)), "Microsoft Defender XDR")


def _record(row: Fields, kind: str) -> str:
    """The case of a record of telemetry, if it can be told from all others."""
    report, device, time = row.text("ReportId"), valid.device(row.text("DeviceId")), row.time("Timestamp")
    if device and report.strip("0") and time:
        return object_case(f"xdr:{device}/{report}/{time}", kind)
    return object_case(f"xdr:{report}", kind) if len(report) >= _LONG and report.strip("0-") else ""


def _has_time(body: Fields) -> bool:
    return bool(hunting.row(body).time("Timestamp", "TimeGenerated"))


_OTHERS = ("recordtype", "properties", "entities", "devices", "evidence", "operation")
"""Fields of other products' alerts and logs that have some of the same names."""

_EXPORTED = (
    *(("alertid", kind) for kind in ("string", "s", "g")),
    *(("reportid", kind) for kind in ("long", "string", "guid", "s", "d", "g")),
)
"""Columns of exports that have the type at the end of their names."""

source = Source(
    marks=(
        Mark(("category",), values=(f"{hunting.PREFIX}*",)),
        Mark(("type",), values=hunting.TABLES, unless=("properties",)),
        Mark(("servicesource", "alertid"), unless=_OTHERS, when=_has_time),
        Mark(("evidencerole", "alertid"), unless=_OTHERS, when=_has_time),
        Mark(("reportid", "timestamp"), unless=_OTHERS, when=_has_time),
        Mark(("reportid", "timegenerated"), unless=_OTHERS, when=_has_time),
        *(Mark((f"{column}_{kind}",), unless=_OTHERS, when=_has_time) for column, kind in _EXPORTED),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Streaming API of Defender XDR: `AlertInfo` and `AlertEvidence`, other tables if playbooks need them",
            (
                "Microsoft Defender portal > System > Settings > Microsoft Defender XDR > Streaming API > Add",
                "Choose Forward events to Event Hub: the resource id of the namespace, hub `alerts`",
                "Event types: Alerts & Behaviors > AlertInfo, AlertEvidence",
            ),
        ),
        data_export("AlertInfo", "AlertEvidence"),
    ),
    joins=True,
)

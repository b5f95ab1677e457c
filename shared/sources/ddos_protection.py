"""Azure DDoS Protection: attacks on public addresses begin and end, what was dropped, and reports (records and rows).

https://learn.microsoft.com/azure/ddos-protection/monitor-ddos-protection-reference
https://learn.microsoft.com/azure/ddos-protection/ddos-view-diagnostic-logs
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, valid
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields, as_text, decoded
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity, Role
from shared.model.event import Event

_NOTICES, _REPORTS, _FLOWS = "DDoSProtectionNotifications", "DDoSMitigationReports", "DDoSMitigationFlowLogs"
_NAMES = {log.lower(): log for log in (_NOTICES, _REPORTS, _FLOWS)}
_TARGET = ("publicIpAddress", "ipAddress", "destPublicIpAddress", "destinationPublicIpAddress")
_SOURCE = ("sourcePublicIpAddress", "sourceIpAddress")
_DROPPED_SOURCES = ("topSourceIPsForDroppedPackets", "topSourceIpAddressesForDroppedPackets")
_SOURCES = ("topSourceIPs", "topSourceIpAddresses", "topSources")
_MOST = 50
_SECONDS = len("2026-03-02T09:00:00")
_TABLE = "azurediagnostics"


def read(body: Fields) -> Iterator[Event]:
    """One event a record. The public address is the target; who sent what was dropped attacked it.

    All reports on one mitigation are one case: they say when it began.
    """
    log = _NAMES[diagnostics.category(body).lower()]
    facts = diagnostics.properties(body)
    resource = diagnostics.resource(body)
    start = facts.time("mitigationPeriodStart")
    message = facts.text("message", "msg")
    status = _status(log, body, facts)
    yield Event(
        provider="Azure DDoS Protection",
        product="Azure DDoS Protection",
        case=object_case(resource, f"ddos:{start[:_SECONDS]}") if start and log == _REPORTS else "",
        kind=log,
        title=_title(log, facts, status, message),
        status=status,
        time=diagnostics.time(body),
        start=start,
        end=facts.time("mitigationPeriodEnd"),
        tenant=diagnostics.tenant(body),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(facts, resource, message)),
    )


def _entities(facts: Fields, resource: str, message: str) -> Iterator[AnyEntity | None]:
    yield entities.ip(facts.text(*_TARGET), "target")
    yield entities.azure_resource(resource, "target")
    dropped = bool(message) and "forwarded" not in message.lower()
    role: Role = "attacker" if dropped else ""
    yield entities.ip(facts.text(*_SOURCE), role)
    for text in _addresses(facts.value(*_DROPPED_SOURCES)):
        yield entities.ip(text, "attacker")
    for text in _addresses(facts.value(*_SOURCES)):
        yield entities.ip(text)


def _addresses(value: object) -> Iterator[str]:
    """The addresses in a breakdown, which has them as names, or in texts or objects, each with its share."""
    found = decoded(value)
    items = list(found) if isinstance(found, (dict, list)) else as_text(found).split(",")
    for item in items[:_MOST]:
        text = Fields(item).text("sourceIp", "ipAddress", "ip", "name") if isinstance(item, dict) else as_text(item)
        words = text.replace("=", " ").replace("::", " ").split()
        if words:
            yield words[0].rstrip(":;")


def _status(log: str, body: Fields, facts: Fields) -> str:
    """What a notification tells of, or what kind of report it is. In a row the table's name may stand where that does."""
    if log == _REPORTS:
        return facts.text("reportType")
    if log == _FLOWS:
        return ""
    told = facts.text("type")
    return body.text("type_s", "notificationType") if told.lower() in ("", _TABLE, log.lower()) else told


def _title(log: str, facts: Fields, status: str, message: str) -> str:
    target = valid.ip(facts.text(*_TARGET))
    of = f" of {target}" if target else ""
    if log == _REPORTS:
        return " ".join(filter(None, ("DDoS mitigation report", status and f"({status})", target and f"on {target}")))
    if log == _FLOWS:
        source = valid.ip(facts.text(*_SOURCE))
        ends = " ".join(filter(None, (source and f"from {source}", target and f"to {target}")))
        return f"{message or 'Flow during a DDoS mitigation'} {ends}".strip()
    return message or f"DDoS mitigation{of}: {status or 'notification'}"


source = Source(
    marks=(Mark(("category",), values=tuple(_NAMES)),),
    read=read,
    carried_by=(diagnostic_setting("public IP address", _NOTICES, _REPORTS, _FLOWS),),
)

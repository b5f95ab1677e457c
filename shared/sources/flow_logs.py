"""Flow logs of Azure Network Watcher: of network security groups, of virtual networks, and as Traffic Analytics sums them up.

https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview
https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview
https://learn.microsoft.com/azure/network-watcher/traffic-analytics-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.kinds import diagnostics, entities, valid
from shared.kinds.carrier import Carrier, data_export
from shared.kinds.fields import Fields, as_text
from shared.kinds.flow_tuples import Flow, Sum, flows, is_public, texts
from shared.kinds.source import Mark, Source
from shared.kinds.times import from_epoch
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event

_PRODUCT = "Azure Network Watcher"
_GROUP, _NETWORK = "NetworkSecurityGroupFlowEvent", "FlowLogFlowEvent"
_NAMES = {log.lower(): log for log in (_GROUP, _NETWORK)}
_TABLES = ("ntanetanalytics", "azurenetworkanalytics_cl")
_MOST = 50
_PART = re.compile(r"flow\.(\d{1,6})", re.IGNORECASE)
_DENIED = frozenset({"d", "deny", "denied"})
_ALLOWED = frozenset({"a", "allow", "allowed"})
_RESOURCES = ("resourceId", "targetResourceID", "_ResourceId", "aclID")
_PUBLIC = ("PublicIPs", "SrcPublicIps", "DestPublicIps")

_CREATE = (
    "az network watcher flow-log create --name riposte --location <region> --vnet <network id> "
    "--storage-account <account id> --enabled true"
)


def read(body: Fields) -> Iterator[Event]:
    """One event a record, which holds many flows, or one a row. They are context: scanners are denied all day long."""
    if diagnostics.log(body).lower() in _TABLES:
        yield _row(body)
        return
    log = _NAMES[body.text("category").lower()]
    texts_there = [*_nested(body), *_in_parts(body)]
    counted = Sum()
    for flow in (*flows(texts_there), *_named(body)):
        counted.add(flow)
    if not counted.denied + counted.allowed and (texts_there or not _has_flows(body)):
        place = "flowRecords" if log == _NETWORK else "properties"
        raise Unreadable("the record has no flow that can be read", f"{place}.flows")
    resources = [entities.azure_resource(body.text(name)) for name in _RESOURCES]
    yield Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        kind=log,
        title=_title(counted),
        status=("Denied" if counted.denied else "Allowed") if counted.denied + counted.allowed else "",
        time=diagnostics.time(body),
        tenant=diagnostics.tenant(body),
        subscription=_subscription(body),
        start=from_epoch(counted.first) if counted.first else "",
        end=from_epoch(counted.last) if counted.last else "",
        entities=entities.distinct((*resources, *map(entities.ip, counted.addresses(_MOST)))),
    )


def _subscription(body: Fields) -> str:
    """Rows of Traffic Analytics name resources as `<subscription>/<group>/<name>`."""
    places = (valid.subscription_of(body.text(name)) for name in (*_RESOURCES, "flowLogResourceID"))
    short = (body.text(name).partition("/")[0] for name in ("Subscription", "TargetResourceId", "AclGroup"))
    found = next(filter(None, (*places, *map(valid.guid, short))), "")
    return found or diagnostics.subscription(body)


def _title(counted: Sum) -> str:
    if not counted.denied + counted.allowed:
        return "No flows"
    if not counted.denied:
        return f"{_count(counted.allowed, 'flow entry', 'flow entries')} allowed"
    sources = _count(len(counted.refused), "source", "sources")
    rule = counted.rules.most_common(1)[0][0]
    by = f", most by {rule}" if rule else ""
    return (
        f"{_count(counted.denied, 'flow entry', 'flow entries')} denied from {sources}{by}; {counted.allowed} allowed"
    )


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _nested(body: Fields) -> Iterator[tuple[str, str]]:
    for outer in (body.fields("properties"), body.fields("flowRecords"), body):
        found = list(texts(outer.raw))
        if found:
            yield from found
            return


def _in_parts(body: Fields) -> Iterator[tuple[str, str]]:
    """One flow, of which a shipper made every part a field of its own: `flow.0` is when, `flow.1` the source."""
    found = sorted((int(name[1]), key) for key in body.raw if (name := _PART.fullmatch(key)))
    parts = [as_text(body.raw[key]) for _, key in found]
    if parts and not any("," in part for part in parts):
        yield body.text("rule", "ruleName", "nsgRule"), ",".join(parts)


def _named(body: Fields) -> Iterator[Flow]:
    """A flow that a shipper gave names to."""
    decision = body.text("deviceAction", "decision", "trafficDecision", "action").lower()
    addresses = (
        body.text("sourceAddress", "srcIp", "sourceIp"),
        body.text("destinationAddress", "destIp", "destinationIp"),
    )
    if decision in _DENIED | _ALLOWED and any(addresses):
        yield Flow(0, *addresses, decision in _DENIED, body.text("rule", "nsgRule"))


def _has_flows(body: Fields) -> bool:
    return any("flows" in outer for outer in (body.fields("properties"), body.fields("flowRecords"), body))


def _row(body: Fields) -> Event:
    """A row of Traffic Analytics: flows of one kind between the same ends. It calls out addresses that are known for malice."""
    row = diagnostics.plain(body)
    word = row.text("FlowStatus")
    status = "Denied" if word.lower() in _DENIED else "Allowed" if word.lower() in _ALLOWED else word
    kind = row.text("FlowType")
    ends = [row.text(name) for name in ("SrcIp", "DestIp", "VMIP")]
    public = [text.partition("|")[0] for name in _PUBLIC for text in row.text(name).split()]
    source, destination = ends[0] or next(iter(public), ""), ends[1]
    words = (kind, source and f"from {source}", destination and f"to {destination}", status.lower())
    verdict = {"verdict": "malicious"} if kind.lower() == "maliciousflow" else {}
    found: list[AnyEntity | None] = []
    for text in (*ends[:2], *public[:_MOST], ends[2]):
        address = valid.ip(text)
        told = verdict if address and is_public(address) else {}
        found += entities.read("ip", Fields({"Address": address, **told}))
    found += [entities.azure_resource(row.text(name)) for name in ("TargetResourceId", "AclGroup", "_ResourceId")]
    return Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        kind=kind or diagnostics.log(body),
        title=" ".join(filter(None, words)) or diagnostics.log(body),
        status=status,
        time=diagnostics.time(body),
        tenant=diagnostics.tenant(body),
        subscription=_subscription(row),
        start=row.time("FlowStartTime"),
        end=row.time("FlowEndTime"),
        entities=entities.distinct(found),
    )


source = Source(
    marks=(
        Mark(("category",), values=tuple(_NAMES)),
        Mark(("type",), values=_TABLES, unless=("properties",)),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Flow logs of Network Watcher, which are blobs: a function or a Logic App of yours sends each hour's blob on",
            (
                _CREATE,
                "Send the records of each finished blob `PT1H.json` to the event hub `alerts`, as they are",
            ),
        ),
        data_export("NTANetAnalytics"),
    ),
)

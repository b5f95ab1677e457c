"""Microsoft Sentinel: entities as the entity trigger hands them to a playbook, and as Resource Manager lists them.

https://learn.microsoft.com/azure/sentinel/respond-threats-during-investigation and
https://learn.microsoft.com/rest/api/securityinsights/incidents/list-entities
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.kinds import entities, sentinel, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId

_ALERTS = frozenset({"securityalert", "bookmark", "huntingbookmark"})
_LISTS = ("accounts", "hosts", "ips", "urls", "filehashes", "dnsresolutions")
"""What the connector's actions `Entities - Get …` answer with."""
_ALERT = ("title", "severity", "displayname", "alertname", "status")
"""What shows that entities stand there for something that happened, which is not read here."""
_INCIDENT = ("incidentArmId", "incidentId")
_FLAT = {
    "account": ("name", "upnsuffix", "aaduserid", "sid", "ntdomain"),
    "host": ("hostname", "netbiosname", "azureid", "omsagentid"),
    "ip": ("address",),
    "url": ("url",),
    "filehash": ("value", "algorithm"),
    "file": ("directory",),
    "dns": ("domainname",),
    "azure-resource": ("resourceid",),
    "azureresource": ("resourceid",),
    "mailbox": ("mailboxprimaryaddress",),
    "malware": ("category",),
    "cloud-application": ("appid",),
    "registry-key": ("key",),
    "mail-message": ("networkmessageid",),
}
"""The entities that come without the resource around them, and what one of them has."""
_OTHER = (
    "process",
    "cloudapplication",
    "dnsresolution",
    "securitygroup",
    "registrykey",
    "registryvalue",
    "mailmessage",
    "mailcluster",
    "submissionmail",
    "iotdevice",
    "nic",
)


def read(body: Fields) -> Iterator[Event]:
    """One event with all the entities: what is the matter with them, the incident says and not they."""
    items = list(_items(body))
    if items and not any(map(sentinel.kind_of, items)):
        raise Unreadable("no entity says of what kind it is", "kind")
    places = [place for place in (body.text(*_INCIDENT), *(item.text("id") for item in items)) if place]
    subscriptions = [ResourceId(place).subscription for place in places]
    subscriptions.append(body.fields("workspaceInfo").text("SubscriptionId"))
    yield Event(
        provider="Microsoft Sentinel",
        product="Microsoft Sentinel",
        case=sentinel.named_incident(body.text(*_INCIDENT)) or _own_case(items),
        same=tuple(dict.fromkeys(case for item in items for case in _alert_cases(item))),
        kind="entity",
        subscription=next(filter(None, map(valid.subscription, subscriptions)), ""),
        workspace=next(filter(None, map(sentinel.workspace, places)), ""),
        entities=entities.distinct(entity for item in items for entity in sentinel.entity(item)),
    )


def _items(body: Fields) -> Iterator[Fields]:
    """Every entity in a body, which may be one itself."""
    lists = [name for name in _LISTS if name in body]
    if "entities" in body:
        yield from body.objects("entities")
    elif "entity" in body or "object" in body:
        yield body.fields("entity", "object")
    elif lists and "kind" not in body and "type" not in body:
        yield from (item for name in lists for item in body.objects(name))
    else:
        yield body


def _own_case(items: list[Fields]) -> str:
    """The case of one entity alone, if it is certain which."""
    if len(items) != 1:
        return ""
    place = items[0].text("id")
    resource = ResourceId(place)
    certain = resource.type.lower() == sentinel.ENTITY and valid.guid(resource.name)
    return object_case(place, "entity") if certain and sentinel.workspace(place) else ""


def _alert_cases(item: Fields) -> tuple[str, ...]:
    return sentinel.alert_cases(sentinel.properties(item)) if _kind(item) == "securityalert" else ()


def _kind(item: Fields) -> str:
    return sentinel.kind_of(item).lower()


def _is_entity(body: Fields) -> bool:
    return _kind(body) not in _ALERTS


def _is_flat(body: Fields) -> bool:
    wanted = _FLAT.get(_kind(body))
    return wanted is None or any(name in body for name in wanted)


def _is_answer(body: Fields) -> bool:
    """A list of nothing but entities."""
    return _all_entities(body.items("entities"))


def _is_list(body: Fields) -> bool:
    """What an action answered: lists of entities under the names of their kinds."""
    found = [item for name in _LISTS for item in body.items(name)]
    return bool(found) and _all_entities(found)


def _is_trigger(body: Fields) -> bool:
    """One entity, and beside it the incident that an analyst found it in, if there is one."""
    entity = body.fields("entity")
    return bool(entity) and ("incidentarmid" in body or ("properties" in entity and bool(_kind(entity))))


def _carries_entity(body: Fields) -> bool:
    """What an automation rule would hand over, if it ran on an entity."""
    carried = body.fields("object")
    return carried.text("type").lower() == sentinel.ENTITY and bool(_kind(carried)) and _is_entity(carried)


def _all_entities(items: list[Any]) -> bool:
    return all(isinstance(item, dict) and sentinel.kind_of(Fields(item)) for item in items if item is not None)


source = Source(
    marks=(
        Mark(("type",), values=(sentinel.ENTITY,), when=_is_entity),
        Mark(("kind", "properties"), values=tuple(_FLAT) + _OTHER, unless=("type",)),
        Mark(("type",), values=tuple(_FLAT), unless=("kind", "properties", "category"), when=_is_flat),
        Mark(("entities",), unless=_ALERT, when=_is_answer, rest=True),
        Mark(("entity",), unless=("entities",), when=_is_trigger),
        Mark(("object",), when=_carries_entity),
        *(Mark((name,), unless=("kind", "type", "entity", *_ALERT), when=_is_list, rest=True) for name in _LISTS),
    ),
    read=read,
    carried_by=(
        Carrier(
            "A playbook of Sentinel with the entity trigger, which an analyst runs",
            (
                "Create a playbook: trigger Microsoft Sentinel entity, action Event Hubs > Send event with the trigger's body",
                "Sentinel > Incidents > the incident > Entities > the entity > Run playbook",
            ),
        ),
    ),
)

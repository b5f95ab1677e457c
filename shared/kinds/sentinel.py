"""What incidents, alerts and entities of Microsoft Sentinel have in common, in whatever form a client writes them.

Resource Manager keeps the facts under `properties` with camel-case names; clients flatten that (`title`), write it with
underscores (`created_time_utc`) or with the way in the name (`properties.additionalData.tactics`).
https://learn.microsoft.com/rest/api/securityinsights/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shared.kinds import entities, products, valid
from shared.kinds.fields import Fields
from shared.model.case import alert_case, incident_case
from shared.model.entity import AnyEntity
from shared.model.resource_id import ResourceId

INCIDENT = "microsoft.securityinsights/incidents"
ENTITY = "microsoft.securityinsights/entities"

_WAY = re.compile(r"^properties[._]", re.IGNORECASE)
_OF_THE_RESOURCE = frozenset({"id", "name", "type", "kind", "etag", "systemdata"})
_DEPTH = 8
_ALERT_IDS = ("vendorOriginalId", "providerAlertId")


def properties(resource: Fields) -> Fields:
    """The facts of a resource under the names that Resource Manager gives them; of any other object, its fields."""
    inside = resource.fields("properties")
    if inside:
        return _named(inside, dict(inside.raw))
    own = resource.raw
    if is_resource(resource):
        own = {name: value for name, value in own.items() if name.strip().lower() not in _OF_THE_RESOURCE}
    return _named(resource, own)


def is_resource(fields: Fields) -> bool:
    """Whether an object is one of Sentinel's resources, by its type or by its id."""
    kind = fields.text("type") or ResourceId(fields.text("id")).type
    return kind.lower().startswith("microsoft.securityinsights/")


def kind_of(item: Fields) -> str:
    """What kind of entity an object is."""
    kind = item.text("kind") or ("" if is_resource(item) else item.text("type"))
    return kind or item.fields("properties").text("Type", "kind")


def entity(item: Fields) -> Sequence[AnyEntity | None]:
    """The entities in one entity resource, or in one that a client has flattened."""
    kind = kind_of(item)
    if not kind:
        return ()
    return entities.read(kind, properties(item) if "kind" in item or "properties" in item else item)


def listed(fields: Fields, *names: str) -> list[str]:
    """The texts of a list; none of one that is empty, also if it came as text."""
    return [text for text in fields.texts(*names) if text != "[]"]


def alert_id(alert: Fields) -> str:
    """The id that Sentinel gave an alert, or else the one its own product gave it; empty if neither is one."""
    found = (alert.text(name) for name in ("systemAlertId", *_ALERT_IDS))
    return next((text for text in found if alert_case(text)), "")


def alert_cases(alert: Fields) -> tuple[str, ...]:
    """The cases of an alert: by the id its own product gave it, if it says that, and by Sentinel's.

    Of an alert that a rule of Sentinel raised, Sentinel is the product; what stands for the product's id there is the rule's.
    """
    names = (*_ALERT_IDS, "systemAlertId")
    if products.current(alert.text("productName")) == "Microsoft Sentinel":
        names = ("systemAlertId", *_ALERT_IDS)
    found = [alert_case(alert.text(name)) for name in names]
    return tuple(dict.fromkeys(filter(None, found)))


def workspace(resource: str) -> str:
    """The workspace that one of Sentinel's resources lies in; empty if its id does not say."""
    before, _, _ = str(ResourceId(resource)).rpartition("/providers/")
    return valid.resource_id(before) if valid.subscription_of(before) else ""


def incident_name(resource: str) -> str:
    """The name of an incident, by its resource id or by a link to it; empty if that names none."""
    head, _, last = resource.strip().rstrip("/").rpartition("/")
    if head and not head.lower().endswith("/incidents"):
        return ""
    return valid.guid(last) or (valid.name(last) if head and last.strip("0-") else "")


def named_incident(resource: str) -> str:
    """The case of the incident with this resource id; empty if that names none."""
    return incident_case("sentinel", incident_name(resource))


def _named(fields: Fields, own: dict[str, Any]) -> Fields:
    """These fields, under the names of Resource Manager."""
    if len(own) == len(fields.raw) and not any("_" in name or "." in name for name in own):
        return fields
    return Fields(_without_underscores(_nested(own), _DEPTH))


def _nested(own: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in own.items():
        *way, last = _WAY.sub("", name).split(".")
        place = found
        for step in way:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[last] = value
    return found


def _without_underscores(value: Any, depth: int) -> Any:
    if depth and isinstance(value, dict):
        return {name.replace("_", ""): _without_underscores(inner, depth - 1) for name, inner in value.items()}
    if depth and isinstance(value, list):
        return [_without_underscores(inner, depth - 1) for inner in value]
    return value

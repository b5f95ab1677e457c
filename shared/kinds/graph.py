"""What alerts have in common wherever Microsoft Graph and the Microsoft 365 Defender API show them.

https://learn.microsoft.com/graph/api/resources/security-alert and
https://learn.microsoft.com/graph/api/resources/security-alertevidence
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from shared.kinds import entities, products, valid
from shared.kinds.fields import Fields, decoded
from shared.model.case import alert_case
from shared.model.entity import AnyEntity

TYPE = ("@odata.type", "odata.type", "odata_type", "odataType", "at_sign_odata_type", "atSignOdataType", "@x.type")
"""What the type of an object is called: some proxies and adapters cannot keep the sign in front."""

MARKED = ("@odata.type", "odata_type", "at_sign_odata_type", "@x.type")
"""Those of them by which objects are told apart, in lower case."""

_SNAKE = (
    "created_date_time",
    "created_time",
    "event_date_time",
    "incident_name",
    "incident_web_url",
    "provider_alert_id",
    "service_source",
    "vendor_information",
)
_EVIDENCE = "evidence"
_DEPTH = 24
_UNTOLD = frozenset({"", "unknown", "unknownfuturevalue"})


def plain(body: Fields) -> Fields:
    """The object with the names of fields that Graph gives them, where an SDK dumped it in snake case."""
    return Fields(_joined_up(body.raw, _DEPTH)) if body.shape[_SNAKE] else body


def own_id(text: str) -> str:
    """An id, or nothing if documentation's word for one stands there: `String (identifier)`."""
    return "" if text.lower().startswith("string (") else valid.name(text)


def alert_cases(alert: Fields, *names: str) -> tuple[str, ...]:
    """The case keys of an alert by the ids it has, each once, in the order of the names."""
    return tuple(dict.fromkeys(filter(None, (alert_case(own_id(alert.text(name))) for name in names))))


def product(alert: Fields) -> str:
    """The product that raised an alert; empty if it does not say."""
    names = (alert.text(name) for name in ("productName", "serviceSource"))
    return next((products.current(name) for name in names if name.lower() not in _UNTOLD), "")


def evidence(alert: Fields) -> Iterator[AnyEntity | None]:
    """The entities in an alert's evidence: a list of typed objects, or objects under the names of their types."""
    for item in alert.objects(_EVIDENCE):
        kind = _kind(item)
        yield from entities.read(kind, item) if kind else _by_name(item)
    yield from _by_name(alert)
    yield from _by_name(alert.fields(_EVIDENCE))


def _by_name(holder: Fields) -> Iterator[AnyEntity | None]:
    kinds = holder.shape.kept.get(_by_name)
    if kinds is None:
        kinds = holder.shape.kept[_by_name] = tuple(_kinds(holder.keys()))
    for name, kind in kinds:
        for item in (*holder.objects(name), holder.fields(name)):
            if item:
                yield from entities.read(_kind(item) or kind, item)


def _kinds(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names among these that are types of evidence."""
    for name in names:
        kind = name.strip("{}[]")
        if kind.endswith(_EVIDENCE) and kind != _EVIDENCE:
            yield name, kind


def _kind(item: Fields) -> str:
    """The type of a piece of evidence without the namespace: `deviceEvidence`."""
    return item.text(*TYPE).rpartition(".")[2]


def _joined_up(value: Any, depth: int) -> Any:
    value = decoded(value)
    if depth and isinstance(value, dict):
        return {
            key if key[:1] == "@" else key.replace("_", ""): _joined_up(inner, depth - 1)
            for key, inner in value.items()
        }
    if depth and isinstance(value, list):
        return [_joined_up(inner, depth - 1) for inner in value]
    return value

"""Microsoft Graph: change notifications, which say that an object changed, and lifecycle notifications of subscriptions.

They carry no data, only the way to the object: the alert or incident itself has to be fetched, and its own source reads it.

https://learn.microsoft.com/graph/change-notifications-delivery-event-hubs and
https://learn.microsoft.com/azure/event-grid/partner-events-graph-api
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.kinds import graph, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, incident_case
from shared.model.errors import Unreadable
from shared.model.event import Event

_NAME = "Microsoft Graph"
_TEST = "validation:"
_PREFIXES = ("#", "microsoft.graph.")
_WAY = re.compile(r"(?:^|/)security/(alerts_v2|alerts|incidents)(?:/|\(')([^/()'?\s]{1,256})", re.IGNORECASE)
_WHAT = {
    "alerts_v2": "security.alert",
    "alerts": "security.alert",
    "incidents": "security.incident",
    "alert": "security.alert",
    "security.alert": "security.alert",
    "security.incident": "security.incident",
}
_LIFECYCLE = {
    "missed": "missed",
    "subscriptionremoved": "subscriptionRemoved",
    "reauthorizationrequired": "reauthorizationRequired",
    "subscriptionreauthorizationrequired": "reauthorizationRequired",
}


def read(body: Fields) -> Iterator[Event]:
    """One event a notification, without entities. `clientState` is a secret of the subscription: no field has it."""
    note = body.fields("data") or body
    change = note.text("changeType").lower()
    lifecycle = note.text("lifecycleEvent")
    named = body.text("type").rpartition(".")[2] if note is not body else ""
    word = _LIFECYCLE.get((lifecycle or named).lower(), lifecycle)
    if change.startswith(_TEST):
        kind, title = "validation", f"{_NAME} tests whether its notifications arrive"
    elif word:
        kind, title = word, f"{_NAME} subscription: {word}"
    elif change or named:
        kind = f"{change} {_type(note, named)}".strip() if change else named
        title = f"{_NAME}: {kind}"
    else:
        raise Unreadable("the notification says neither what changed nor what became of the subscription", "changeType")
    yield Event(
        provider=_NAME,
        product=_NAME,
        id=body.text("id"),
        case="" if kind == "validation" or word else _case(note, named),
        kind=kind,
        title=title,
        time=body.time("time") if note is not body else "",
        tenant=valid.guid(note.text("tenantId")) or valid.guid(note.text("organizationId")),
    )


def _type(note: Fields, named: str) -> str:
    """What changed: `security.alert`, `user`; empty if it does not say."""
    if named.lower().startswith("alert"):
        return "security.alert"
    word = note.fields("resourceData").text(*graph.TYPE).lower()
    for prefix in _PREFIXES:
        word = word.removeprefix(prefix)
    return _WHAT.get(word, word) or next((what for what, _ in _ways(note)), "")


def _case(note: Fields, named: str) -> str:
    """The case of the alert or incident it points to; empty if it points to neither, or to two."""
    found = set(_ways(note))
    what, inner = _type(note, named), graph.own_id(note.fields("resourceData").text("id"))
    if inner and what in _WHAT:
        found.add((what, inner.lower()))
    if len(found) != 1:
        return ""
    what, name = found.pop()
    return alert_case(name) if what == "security.alert" else incident_case("xdr", name)


def _ways(note: Fields) -> Iterator[tuple[str, str]]:
    for text in (note.text("resource"), note.fields("resourceData").text("@odata.id")):
        if way := _WAY.search(text):
            yield _WHAT[way[1].lower()], way[2].lower()


_SUBSCRIBE = "POST https://graph.microsoft.com/v1.0/subscriptions with resource security/alerts_v2 and notificationUrl "
_VAULT = "EventHub:https://<vault>.vault.azure.net/secrets/<secret>?tenantId=<domain of the tenant>"
_GRID = "EventGrid:?azuresubscriptionid=<subscription>&resourcegroup=<group>&partnertopic=<name>&location=<region>"
_TOPIC = "az eventgrid partner topic"
_TO = "--endpoint-type azurefunction --endpoint <function app id>/functions/events"

source = Source(
    marks=(
        Mark(("changetype", "subscriptionid", "resource")),
        Mark(("lifecycleevent", "subscriptionid")),
        Mark(("type", "specversion", "data"), values=("microsoft.graph.*",)),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Change notifications of Microsoft Graph, to the event hub",
            (
                "Keep a connection string of the hub that may send in a key vault",
                "Let Microsoft Graph Change Tracking read that secret: role Key Vault Secrets User",
                f"{_SUBSCRIBE}{_VAULT}",
            ),
        ),
        Carrier(
            "Events of Microsoft Graph, through a partner topic of Event Grid",
            (
                f"{_SUBSCRIBE}{_GRID}",
                f"{_TOPIC} activate --resource-group <group> --name <name>",
                f"{_TOPIC} event-subscription create --resource-group <group> --partner-topic-name <name> --name riposte {_TO}",
            ),
        ),
    ),
)

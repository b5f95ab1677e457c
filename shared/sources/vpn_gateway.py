"""Azure VPN Gateway: configuration, tunnels, routes, IKE and clients (records and rows, of Virtual WAN too).

https://learn.microsoft.com/azure/vpn-gateway/monitor-vpn-gateway-reference
https://learn.microsoft.com/azure/vpn-gateway/troubleshoot-vpn-with-azure-diagnostics
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.kinds import diagnostics, entities
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.entity import AnyEntity
from shared.model.event import Event

_LOGS = (
    "GatewayDiagnosticLog",
    "TunnelDiagnosticLog",
    "RouteDiagnosticLog",
    "IKEDiagnosticLog",
    "P2SDiagnosticLog",
)
_NAMES = {log.lower(): log for log in _LOGS}
_LONGEST = 16_384
_TITLE = 300
_END = r"\[?([0-9a-f:]*:[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})"
_PEERS = (
    re.compile(rf"\bRemote(?: ?IP| address)?[ =:]{{1,3}}{_END}", re.IGNORECASE),
    re.compile(rf"\b(?:BGP )?(?:peer|neighbor)(?: ?IP| address)?[ =:]{{1,3}}{_END}", re.IGNORECASE),
    re.compile(rf"(?<![\w.])(?<!server )(?<!local )(?<!private )(?<!virtual )IP(?: address)?= ?{_END}", re.IGNORECASE),
)
_USER = re.compile(r"(?<!\w)(?:UserName|User name|User|UPN)[=:] ?\"?([^\s\",;\[\](){}]{1,256})", re.IGNORECASE)
_ONES = re.compile(r"\b(succeeded|successful(?:ly)?|failed|failure|denied|rejected)\b", re.IGNORECASE)
_STATUS = {"s": "Succeeded", "f": "Failed", "d": "Denied", "r": "Rejected"}


def read(body: Fields) -> Iterator[Event]:
    """One event a record. Its sentences name the other end of a tunnel and the user of a client; what else they hold is left.

    The local end is ours, and is no entity.
    """
    log = _NAMES[diagnostics.category(body).lower()]
    facts = diagnostics.properties(body)
    message = (facts.text("message", "msg") or body.text("message", "resultDescription"))[:_LONGEST]
    operation = body.text("operationName")
    reason = facts.text("stateChangeReason")
    peer = facts.text("remoteIP")
    title = message or " ".join(filter(None, (operation or log, peer and f"to {peer}", reason and f"({reason})")))
    yield Event(
        provider="Azure VPN Gateway",
        product="Azure VPN Gateway",
        kind=operation or log,
        title=title[:_TITLE],
        status=facts.text("status") or _outcome(message if log == "P2SDiagnosticLog" else ""),
        time=diagnostics.time(body),
        tenant=diagnostics.tenant(body),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body, facts, message)),
    )


def _entities(body: Fields, facts: Fields, message: str) -> Iterator[AnyEntity | None]:
    yield entities.ip(facts.text("remoteIP"))
    for form in _PEERS:
        for found in form.findall(message):
            yield entities.ip(found)
    for name in (*_USER.findall(message), facts.text("userName")):
        yield _user(name)
    yield entities.azure_resource(diagnostics.resource(body))


def _user(name: str) -> AnyEntity | None:
    """An account that is named as one; a plain word may as well be what a certificate is called."""
    return entities.account(Fields({"Name" if "\\" in name else "UserPrincipalName": name.rstrip(".")}))


def _outcome(message: str) -> str:
    """How a client's attempt ended, if the sentence says so in one way only."""
    found = {_STATUS[word[0].lower()] for word in _ONES.findall(message)}
    return found.pop() if len(found) == 1 else ""


source = Source(
    marks=(Mark(("category",), values=tuple(_NAMES)),),
    read=read,
    carried_by=(diagnostic_setting("VPN gateway", *_LOGS),),
)

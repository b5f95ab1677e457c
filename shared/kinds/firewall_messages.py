"""The sentences in which Azure Firewall wrote its first logs, taken apart into the fields of its later ones.

`TCP request from 10.0.0.4:50306 to 203.0.113.9:443. Action: Deny. …`: what follows is labelled, and free text in it may hold
dots and brackets. https://learn.microsoft.com/azure/firewall/diagnostic-logs#legacy-azure-diagnostics-logs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest

_REQUEST = re.compile(
    r"\s*(?P<protocol>\S{1,32})(?: \S{1,32})? request from (?P<source>\S{1,300}?)(?: to (?P<to>\S{1,300}?))?"
    r"(?:\.?\s+was DNAT'?ed to (?P<translated>\S{1,300}?))?(?:\.?$|\.?\s)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:^|(?<=\s))(Action|Url|Reason|Policy|Rule Collection Group|Rule Collection|Rule|Web Category|ThreatIntel|Signature"
    r"|IDS|Priority|Classification): ?",
    re.IGNORECASE,
)
_NAMES = {
    "url": "TargetUrl",
    "reason": "ActionReason",
    "rule collection group": "RuleCollectionGroup",
    "rule collection": "RuleCollection",
    "web category": "WebCategory",
    "threatintel": "ThreatDescription",
    "signature": "SignatureId",
    "ids": "Description",
    "priority": "Severity",
    "classification": "Category",
}
_QUERY = re.compile(
    r"\s*DNS Request: (?P<source>\S{1,300}) \S (?P<id>\d+) (?P<type>\S+) (?P<class>\S+) (?P<name>\S{1,300}) (?P<protocol>\S+)"
    r"(?: \d+ \S+ \d+ (?P<code>\S+))?",
    re.IGNORECASE,
)
_FAILED = re.compile(r"\s*Error: \d+ (?P<name>\S{1,300}) \w+: (?P<why>.*)", re.IGNORECASE | re.DOTALL)
_LONGEST = 16_384
_PORT = re.compile(r"\[?(?P<host>.*?)\]?:(?P<port>\d*)", re.DOTALL)
_ADDRESS = re.compile(r"[\d.]+|[0-9a-f.]*:[0-9a-f.:]*", re.IGNORECASE)


def taken_apart(message: str) -> dict[str, str]:
    """What a message says, by the names that the structured logs have for it; empty for a sentence of another form."""
    message = message[:_LONGEST].strip()
    if query := _QUERY.match(message):
        asked = {"QueryType": query["type"], "QueryName": query["name"], "ResponseCode": query["code"]}
        return _told(_end("Source", query["source"]), {"Protocol": query["protocol"], **asked})
    if failed := _FAILED.match(message):
        return _told({"QueryName": failed["name"], "ErrorMessage": failed["why"].strip()})
    request = _REQUEST.match(message)
    if request is None:
        return {}
    return _told(
        _labelled(message, request.end() - 1),
        {"Protocol": request["protocol"]},
        _end("Source", request["source"]),
        _end("Destination", request["to"], "Fqdn"),
        _end("Translated", request["translated"]),
    )


def _labelled(message: str, start: int) -> dict[str, str]:
    """The labelled parts; each reaches to the next label."""
    found: dict[str, str] = {}
    labels = list(_LABEL.finditer(message, start))
    for label, after in zip_longest(labels, labels[1:]):
        end = after.start() if after else len(message)
        name = _NAMES.get(label[1].lower(), label[1].capitalize())
        found.setdefault(name, message[label.end() : end].strip().rstrip(".").strip())
    action, more, why = found.get("Action", "").partition(". ")
    if more:  # "Deny. No rule matched. Proceeding with default action"
        found["Action"] = action
        found.setdefault("ActionReason", why)
    return found


def _end(side: str, text: str | None, if_name: str = "") -> dict[str, str]:
    """One end of a connection: an address or a name, and its port; ICMP has an empty one."""
    if not text:
        return {}
    with_port = _PORT.fullmatch(text) if text.count(":") == 1 or text.startswith("[") else None
    host, port = (with_port["host"], with_port["port"]) if with_port else (text, "")
    return {f"{side}Ip" if not if_name or _ADDRESS.fullmatch(host) else if_name: host, f"{side}Port": port}


def _told(*parts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for part in parts for name, text in part.items() if text}

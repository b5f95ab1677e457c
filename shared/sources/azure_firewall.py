"""Azure Firewall: rules, threat intelligence, intrusion detection, DNS and flows (records and rows, structured and legacy).

https://learn.microsoft.com/azure/firewall/monitor-firewall-reference
https://learn.microsoft.com/azure/firewall/diagnostic-logs
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields
from shared.kinds.firewall_messages import taken_apart
from shared.kinds.source import Mark, Source
from shared.model.entity import Role
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_LOGS = (
    "AZFWNetworkRule",
    "AZFWApplicationRule",
    "AZFWNatRule",
    "AZFWThreatIntel",
    "AZFWIdpsSignature",
    "AZFWDnsQuery",
    "AZFWDnsFlowTrace",
    "AZFWFqdnResolveFailure",
    "AZFWInternalFqdnResolutionFailure",
    "AZFWFatFlow",
    "AZFWFlowTrace",
    "AZFWNetworkRuleAggregation",
    "AZFWApplicationRuleAggregation",
    "AZFWNatRuleAggregation",
)
_NAMES = {log.lower(): log for log in _LOGS}
_LEGACY = ("AzureFirewallNetworkRule", "AzureFirewallApplicationRule", "AzureFirewallDnsProxy")
_LEGACY_NAMES = tuple(map(str.lower, _LEGACY))
_SEVERITIES = {"1": Severity.HIGH, "2": Severity.MEDIUM, "3": Severity.LOW}
_OURS = ("DestinationIp", "TranslatedIp")


def read(body: Fields) -> Iterator[Event]:
    """One event a record. Who attacks whom it does not say: the suspicious party is as often the source as not.

    Only where a destination is translated it is known to be the firewall's own public address, and what stands behind it.
    """
    log = diagnostics.log(body).lower()
    facts = diagnostics.properties(body)
    message = ""
    if log in _LEGACY_NAMES:
        message = facts.text("msg", "message")
        if not message:
            raise Unreadable("the record has no message", "properties.msg")
        facts = Fields(taken_apart(message))
    kind = _NAMES.get(log) or (_kind(log, facts) if facts else body.text("category"))
    word = facts.text("Severity") if kind == "AZFWIdpsSignature" else ""
    role: Role = "target" if "translatedip" in facts else ""
    yield Event(
        provider="Azure Firewall",
        product="Azure Firewall",
        kind=kind,
        title=_title(kind, facts) or message or kind,
        severity=_SEVERITIES.get(word) or Severity.read(word),
        severity_word=word,
        status=facts.text("Action"),
        time=diagnostics.time(body),
        tenant=diagnostics.tenant(body),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(
            (
                entities.ip(facts.text("SourceIp")),
                *(entities.ip(facts.text(name), role) for name in _OURS),
                entities.ip(facts.text("Fqdn")),
                *(entities.domain(facts.text(name)) for name in ("Fqdn", "QueryName")),
                entities.url(facts.text("TargetUrl", "Url")),
                entities.azure_resource(diagnostics.resource(body)),
            )
        ),
    )


def _kind(log: str, facts: Fields) -> str:
    """The structured log that says the same: the first ones put five of them into three."""
    if "signatureid" in facts:
        return "AZFWIdpsSignature"
    if "threatdescription" in facts:
        return "AZFWThreatIntel"
    if "translatedip" in facts:
        return "AZFWNatRule"
    if "queryname" in facts or "dnsproxy" in log:
        return "AZFWDnsQuery"
    if "fqdn" in facts or "targeturl" in facts or "application" in log:
        return "AZFWApplicationRule"
    return "AZFWNetworkRule"


def _title(kind: str, facts: Fields) -> str:
    if kind == "AZFWIdpsSignature":
        return facts.text("Description") or facts.text("Category")
    if kind == "AZFWThreatIntel" and (threat := facts.text("ThreatDescription")):
        return f"Threat intelligence: {threat}"
    if kind.endswith("Failure") and (name := facts.text("Fqdn")):
        return f"DNS knows no address of {name}"
    source = facts.text("SourceIp")
    if name := facts.text("QueryName"):
        return f"DNS query for {name.rstrip('.')}" + (f" from {source}" if source else "")
    target = facts.text("TargetUrl", "Url", "Fqdn", "DestinationIp")
    words = [facts.text("Action"), facts.text("Protocol"), source and f"from {source}", target and f"to {target}"]
    if translated := facts.text("TranslatedIp"):
        words.append(f"translated to {translated}")
    return " ".join(filter(None, words)) if source or target else ""


source = Source(
    marks=(
        Mark(("category",), values=(*_NAMES, *_LEGACY_NAMES)),
        Mark(("type",), values=tuple(_NAMES), unless=("properties",)),
        # Rows that were asked for without their table's name.
        Mark(("signatureid", "sourceip"), unless=("type", "properties")),
        Mark(("threatdescription", "sourceip"), unless=("type", "category", "properties")),
        Mark(("translatedip", "sourceip"), unless=("type", "category", "properties")),
        Mark(("rulecollectiongroup", "sourceip"), unless=("type", "category", "properties")),
        Mark(("queryname", "queryclass", "sourceip"), unless=("type", "category", "properties")),
    ),
    read=read,
    carried_by=(diagnostic_setting("firewall", *_LOGS[:6]), diagnostic_setting("firewall, legacy logs", *_LEGACY)),
)

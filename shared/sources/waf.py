"""Web application firewalls of Azure Front Door and Application Gateway, and their access logs (records and rows).

https://learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-monitor
https://learn.microsoft.com/azure/web-application-firewall/ag/web-application-firewall-logs
https://learn.microsoft.com/azure/application-gateway/monitor-application-gateway-reference
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, valid
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity, Role, Url
from shared.model.event import Event

_FRONT_DOOR, _GATEWAY = "Azure Front Door", "Azure Application Gateway"
_WAF = "Azure Web Application Firewall"
_LOGS = {
    "frontdoorwebapplicationfirewalllog": (_FRONT_DOOR, True),
    "azurefrontdoorwebapplicationfirewalllog": (_FRONT_DOOR, True),
    "webapplicationfirewalllogs": ("Azure CDN", True),
    "applicationgatewayfirewalllog": (_GATEWAY, True),
    "agwfirewalllogs": (_GATEWAY, True),
    "frontdooraccesslog": (_FRONT_DOOR, False),
    "azurefrontdooraccesslog": (_FRONT_DOOR, False),
    "applicationgatewayaccesslog": (_GATEWAY, False),
    "agwaccesslogs": (_GATEWAY, False),
    "trafficcontrollerfirewalllog": (_GATEWAY, True),
    "agcfirewalllogs": (_GATEWAY, True),
    "trafficcontrolleraccesslog": (_GATEWAY, False),
    "agcaccesslogs": (_GATEWAY, False),
}
"""Which service writes a log, and whether it is one of rules or only one of requests."""
_BLOCKED = frozenset({"block", "blocked"})
_ID = ("trackingReference", "transactionId")
_RULE = ("ruleName", "ruleId")


def read(body: Fields) -> Iterator[Event]:
    """One event a record: a rule that matched, what was decided of a request, or that there was a request.

    Only of a request that was blocked, and not merely would have been, it is known who attacks whom. What a rule says of a request in which it matched is one
    case, whichever rule, and what was decided of it is another.
    """
    log = diagnostics.log(body)
    provider, rules = _LOGS.get(log.lower()) or (_GATEWAY, True)
    facts = diagnostics.properties(body)
    request = _known(facts.text(*_ID))
    status = _known(facts.text("action")) if rules else facts.text("httpStatusCode", "httpStatus")
    blocked = rules and status.lower() in _BLOCKED and facts.text("policyMode").lower() != "detection"
    yield Event(
        provider=provider,
        product=_WAF if rules else provider,
        id=request,
        case=_case(request, status.lower() if rules else "request"),
        kind=(rules and _known(facts.text(*_RULE))) or log,
        title=_of_rule(facts, status) if rules else _of_request(facts, status),
        status=status,
        time=diagnostics.time(body),
        tenant=diagnostics.tenant(body),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body, facts, blocked=blocked)),
    )


def _case(request: str, cause: str) -> str:
    """Rows of the table that all services share write a transaction's id as a GUID, the others without dashes."""
    return object_case(f"waf:{request.replace('-', '')}", cause) if request else ""


def _entities(body: Fields, facts: Fields, *, blocked: bool) -> Iterator[AnyEntity | None]:
    """The client, what stands between if that is another, and what is ours: the address asked for, the service, its policy."""
    attacker: Role = "attacker" if blocked else ""
    target: Role = "target" if blocked else ""
    yield entities.ip(facts.text("clientIp"), attacker)
    yield entities.ip(facts.text("socketIp"))
    address = facts.text("requestUri")
    if address[:8].lower().startswith(("http://", "https://")) and (url := valid.url(address)):
        yield Url(url=url, role="target")
    yield entities.azure_resource(diagnostics.resource(body), target)
    yield entities.azure_resource(facts.text("policyId"))


def _of_rule(facts: Fields, status: str) -> str:
    details = facts.fields("details")
    said = details.text("msg") or facts.text("details_msg", "message") or details.text("message")
    return said or " ".join(filter(None, (status, _known(facts.text(*_RULE))))) or "A rule matched"


def _of_request(facts: Fields, status: str) -> str:
    return (
        " ".join(filter(None, (facts.text("httpMethod"), facts.text("requestUri").partition("?")[0], status)))
        or "Request"
    )


def _known(text: str) -> str:
    """What stands in a field, if it is not the dash that stands for nothing."""
    return text if text != "-" else ""


source = Source(
    marks=(
        Mark(("category",), values=tuple(_LOGS)),
        Mark(("type",), values=tuple(_LOGS), unless=("properties",)),
        # A row that was asked for without its table's name.
        Mark(("rulesettype", "transactionid", "action"), unless=("type", "category", "properties")),
    ),
    read=read,
    carried_by=(
        diagnostic_setting("Front Door profile", "FrontDoorWebApplicationFirewallLog", "FrontDoorAccessLog"),
        diagnostic_setting("application gateway", "ApplicationGatewayFirewallLog", "ApplicationGatewayAccessLog"),
    ),
)

"""Microsoft Defender for Cloud: the state of regulatory compliance (continuous export and Log Analytics).

https://learn.microsoft.com/rest/api/defenderforcloud/regulatory-compliance-assessments/get and
https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityregulatorycompliance
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import exported, valid
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.errors import Unreadable
from shared.model.event import Event

_STANDARD = "Microsoft.Security/regulatoryComplianceStandards"
_CONTROL = f"{_STANDARD}/regulatoryComplianceControls"
_ASSESSMENT = f"{_CONTROL}/regulatoryComplianceAssessments"
_TYPES = {
    _STANDARD.lower(): _STANDARD,
    _CONTROL.lower(): _CONTROL,
    _ASSESSMENT.lower(): _ASSESSMENT,
    "securityregulatorycompliance": _ASSESSMENT,
}
_FAILED = ("failedResources", "failedAssessments", "failedControls")


def read(body: Fields) -> Iterator[Event]:
    """One event a standard, control or assessment. As long as its state and what failed do not change it is one case."""
    found = body.fields("properties") if "compliancestandard" not in body else body
    found = found or body
    place = body.text("id", "RecommendationId")
    standard = _after("regulatorycompliancestandards", place) or body.text("ComplianceStandard")
    control = _after("regulatorycompliancecontrols", place) or body.text("ComplianceControl")
    name = body.text("name") or place.rpartition("/")[2] or body.text("RecommendationName")
    state = found.text("state")
    if not standard or not name:
        raise Unreadable("it does not say with what it complies", "id, name")
    if not state:
        raise Unreadable("the state is not given", "state" if found is body else "properties.state")
    kind = _TYPES.get(body.text("type").lower(), _ASSESSMENT)
    subscription = exported.subscription(place, body.text("AssessedResourceId")) or valid.subscription(
        body.text("RegulatoryComplianceSubscriptionId", "_SubscriptionId")
    )
    status = exported.status(body, state)
    whole = f"{subscription}/{standard}/{control}/{name}"
    yield Event(
        provider="Microsoft",
        product=exported.PRODUCT,
        id=name,
        case=object_case(whole, exported.cause(status, state, found.text(*_FAILED))),
        kind=f"{kind}/{standard}",
        title=found.text("description", "RecommendationName") or " ".join(filter(None, (standard, control))),
        status=status,
        time=body.time("TimeGenerated"),
        tenant=exported.tenant(body),
        subscription=subscription,
        links=found.links("RecommendationLink"),
    )


def _after(word: str, place: str) -> str:
    """What follows a name in an id."""
    names = place.split("/")
    at = next((number for number, name in enumerate(names) if name.lower() == word), len(names))
    return names[at + 1] if at + 1 < len(names) else ""


source = Source(
    marks=(
        Mark(("type",), values=tuple(_TYPES)),
        Mark(("compliancestandard", "state"), unless=("type",)),
    ),
    read=read,
    carried_by=exported.export("Regulatory compliance"),
)

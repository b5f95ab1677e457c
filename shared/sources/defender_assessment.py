"""Microsoft Defender for Cloud: recommendations, their findings and the secure score (continuous export and Log Analytics).

https://learn.microsoft.com/rest/api/defenderforcloud-composite/assessments/get,
https://learn.microsoft.com/rest/api/defenderforcloud/sub-assessments/get and
https://learn.microsoft.com/rest/api/defenderforcloud/secure-scores/get
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.kinds import attack, entities, exported, valid
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import Account, AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_ASSESSMENT = "Microsoft.Security/assessments"
_FINDING = "Microsoft.Security/assessments/subAssessments"
_SCORE = "Microsoft.Security/secureScores"
_CONTROL = "Microsoft.Security/secureScores/secureScoreControls"
_TYPES = {
    "microsoft.security/assessments": _ASSESSMENT,
    "securityrecommendation": _ASSESSMENT,
    "microsoft.security/assessments/subassessments": _FINDING,
    "microsoft.security/subassessments": _FINDING,
    "securitynestedrecommendation": _FINDING,
    "microsoft.security/securescores": _SCORE,
    "securescores": _SCORE,
    "microsoft.security/securescores/securescorecontrols": _CONTROL,
    "microsoft.security/securescorecontrols": _CONTROL,
    "securescorecontrols": _CONTROL,
}
"""Resource types and the tables of Log Analytics, by what they hold."""
_OF = re.compile(r"/providers/microsoft\.security/(?:assessments|subassessments)/([^/]+)", re.IGNORECASE)
"""What stands behind the resource in the id of an assessment: its key, which is the same for all resources."""


def read(body: Fields) -> Iterator[Event]:
    """One event a recommendation, finding or score."""
    kind = _TYPES.get(body.text("type").lower()) or _told_by_names(body)
    yield _score(body, kind) if kind in (_SCORE, _CONTROL) else _assessment(body, kind)


def _assessment(body: Fields, kind: str) -> Event:
    """What was found out about one resource. As long as its state does not change it is one case."""
    found = body.fields("properties") if "recommendationstate" not in body else body
    found = found or body
    about, state, additional = (found.fields(name) for name in ("metadata", "status", "additionalData"))
    details = found.fields("resourceDetails")
    place = body.text("NestedRecommendationId", "id", "RecommendationId")
    key = _OF.search(place)
    resource = place[: key.start()] if key else body.text("AssessedResourceId") or details.text("id")
    name = body.text("name") or place.rpartition("/")[2] or body.text("RecommendationName")
    rule = key[1] if key else body.text("ParentRecommendationId").rpartition("/")[2] or name
    if not resource or not name:
        raise Unreadable("the recommendation does not say what it is about", "id, name")
    word = (
        about.text("severity")
        or state.text("severity")
        or found.text("RecommendationSeverity", "severity")
        or additional.text("severity")
    )
    code = state.text("code") or found.text("RecommendationState", "status")
    status = exported.status(body, code)
    changed = state.time("statusChangeDate") or found.time("StatusChangeDate")
    return Event(
        provider="Microsoft",
        product=exported.PRODUCT,
        id=name,
        case=object_case(place if key else f"{resource}/{name}", exported.cause(status, code, changed)),
        kind=f"{kind}/{rule}",
        title=found.text("displayName", "RecommendationDisplayName", "RecommendationName")
        or about.text("displayName")
        or name,
        severity=Severity.read(word),
        severity_word=word,
        status=status,
        time=changed or found.time("timeGenerated") or body.time("TimeGenerated", "DiscoveredTimeUTC"),
        start=state.time("firstEvaluationDate") or found.time("FirstEvaluationDate"),
        tenant=exported.tenant(body),
        subscription=exported.subscription(place, resource, details.text("id")),
        tactics=attack.tactics(about.texts("tactics")),
        techniques=attack.techniques(about.texts("techniques")),
        entities=entities.distinct(
            _entities(resource, details, additional or found.fields("RecommendationAdditionalData"))
        ),
        links=_links(found.fields("links").text("azurePortal", "azurePortalUri") or found.text("RecommendationLink")),
    )


def _entities(resource: str, details: Fields, additional: Fields) -> Iterator[AnyEntity | None]:
    yield entities.azure_resource(details.text("id")) or entities.azure_resource(resource)
    if details.text("source").lower().startswith("onpremise"):
        machine = {"HostName": details.text("machineName"), "vmId": details.text("vmuuid")}
        yield entities.host(Fields(machine | {"OMSAgentID": details.text("sourceComputerId")}))
    for text in additional.texts("usersWithNoMfaObjectIdList"):
        if object_id := valid.guid(text):
            yield Account(object_id=object_id)
    for place in (additional, additional.fields("data"), additional.fields("artifactDetails")):
        image = {"Digest": place.text("imageDigest", "digest"), "Registry": place.text("registryHost")}
        if image["Digest"]:
            yield from entities.read("containerimage", Fields(image))


def _links(text: str) -> tuple[str, ...]:
    """The link to the portal, which the export writes without its scheme."""
    return Fields({"link": f"https://{text}" if text.lower().startswith("portal.azure.") else text}).links("link")


def _score(body: Fields, kind: str) -> Event:
    """How a subscription, or one control of it, is rated. Another rating is another case."""
    found = body if "currentscore" in body else body.fields("properties") or body
    score = found.fields("score")
    place = body.text("id", "ControlId", "AssessedResourceId")
    current = score.text("current") or found.text("CurrentScore")
    most = score.text("max") or found.text("MaxScore")
    name = body.text("name") or ResourceId(place).name
    if not name or not current:
        raise Unreadable("the score is not given", "properties.score.current" if found is not body else "CurrentScore")
    title = found.text("displayName", "ControlName") or name
    where = exported.subscription(place, body.text("AssessedResourceId")) or valid.subscription(
        body.text("SecureScoresSubscriptionId", "_SubscriptionId")
    )
    return Event(
        provider="Microsoft",
        product=exported.PRODUCT,
        id=name,
        case=object_case(f"{where}:{place or name}", f"score {current}"),
        kind=kind,
        title=f"{title}: {current} of {most}" if most else f"{title}: {current}",
        status=exported.status(body, ""),
        time=body.time("TimeGenerated"),
        tenant=exported.tenant(body),
        subscription=where,
    )


def _told_by_names(body: Fields) -> str:
    """What a record without a type is, by the fields that only such records have."""
    if "securescoressubscriptionid" in body:
        return _CONTROL if "controlid" in body or "controlname" in body else _SCORE
    nested = "subassessmenteventdataenrichment" in body or "parentrecommendationid" in body
    return _FINDING if nested else _ASSESSMENT


source = Source(
    marks=(
        Mark(("type",), values=tuple(_TYPES)),
        Mark(("assessmenteventdataenrichment",), unless=("type",)),
        Mark(("subassessmenteventdataenrichment",), unless=("type",)),
        Mark(("recommendationstate",), unless=("type",)),
        Mark(("securescoressubscriptionid",), unless=("type",)),
    ),
    read=read,
    carried_by=exported.export("Security recommendations") + exported.export("Secure score"),
)

"""Microsoft Defender for Endpoint: alerts of its own API, with or without evidence, and detections of its older SIEM API.

https://learn.microsoft.com/defender-endpoint/api/alerts and
https://learn.microsoft.com/defender-endpoint/api/pull-alerts-using-rest-api
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_PRODUCT = "Microsoft Defender for Endpoint"
_FALSE = "falsepositive"
_HASHES = ("FileHash", "fileSha1", "fileSha256")


def read(body: Fields) -> Iterator[Event]:
    """One event an alert. A detection of the older API is a part of one: those that come together are one event."""
    names = ("AlertId",) if _is_detection(body) else ("id", "alertId")
    alert_id = body.text(*names)
    case = alert_case(alert_id)
    if not case:
        raise Unreadable("the alert has no id", names[0])
    word = body.text("severity")
    yield Event(
        provider=_PRODUCT,
        product=_PRODUCT,
        id=alert_id,
        case=case,
        kind=body.text("detectorId", "IoaDefinitionId") or body.text("detectionSource", "Source"),
        title=body.text("title", "AlertTitle"),
        severity=Severity.read(word),
        severity_word=word,
        status=_status(body),
        time=body.time("alertCreationTime", "AlertTime", "lastUpdateTime", "LastProcessedTimeUtc", "firstEventTime"),
        start=body.time("firstEventTime"),
        end=body.time("lastEventTime"),
        tenant=valid.guid(body.text("aadTenantId")),
        tactics=attack.tactics(body.texts("category")),
        techniques=attack.techniques(body.texts("mitreTechniques")),
        entities=entities.distinct(_entities(body)),
        links=body.links("alertWebUrl", "LinkToMTP", "LinkToWDATP"),
    )


def _status(body: Fields) -> str:
    """Its status, or that it was found to be false: nobody should act on such an alert, open or not."""
    classification = body.text("classification")
    return classification if classification.replace(" ", "").lower() == _FALSE else body.text("status")


def _is_detection(body: Fields) -> bool:
    return "alertcreationtime" not in body


def _entities(body: Fields) -> Iterator[AnyEntity | None]:
    yield entities.host(body)
    for item in body.objects("evidence"):
        kind = item.text("entityType")
        yield from entities.read(kind, item)
        if kind.lower() == "process":  # its program is a file too
            yield from entities.read("file", item)
    yield entities.account(body.fields("relatedUser"))
    yield from (entities.account(user, "related") for user in body.objects("loggedOnUsers"))
    if _is_detection(body):
        yield from _detected(body)
    if threat := body.text("threatName", "threatFamilyName", "threatFamily"):
        yield from entities.read("malware", Fields({"Name": threat}))
    yield from (entities.file_hash(body.text(name)) for name in _HASHES)


def _detected(body: Fields) -> Iterator[AnyEntity | None]:
    """What the columns of a detection name. The addresses of the machine itself are no entities."""
    yield entities.account(body)
    yield from entities.read("process" if body.text("CommandLine") else "file", body)
    yield from entities.read("file", body)
    yield entities.ip(body.text("IpAddress"))
    yield entities.url(body.text("Url"))


source = Source(
    marks=(
        Mark(("alertcreationtime",), unless=("properties",)),
        Mark(("alerttitle", "linktowdatp"), unless=("properties",)),
        Mark(("alerttitle", "alerttime"), unless=("properties",)),
    ),
    read=read,
    carried_by=(
        Carrier(
            "API of Defender for Endpoint, GET /api/alerts?$expand=evidence: polled, or fetched by a workflow",
            (
                "Grant the application permission Alert.Read.All of WindowsDefenderATP to whatever fetches the alerts",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
        Carrier(
            "Logic Apps connector of Defender for Endpoint: the trigger for new alerts",
            (
                "Create a workflow: trigger Microsoft Defender ATP > Triggers - Trigger when new WDATP alert occurs",
                "Add the action Alerts - Get single alert, then Event Hubs > Send event with its body to the hub `alerts`",
            ),
        ),
    ),
    joins=True,
)

"""Office 365 Management Activity: security alerts, automated investigations and the audit records around them.

An alert comes in pieces: a head, one record for each entity, and updates. Those that come together are one event.
https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from shared.kinds import attack, entities, products, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields, as_text
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, object_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_ALERTS = frozenset({"40", "securitycompliancealerts"})
_INVESTIGATIONS = frozenset(
    {"64", "airinvestigation", "86", "airmanualinvestigation", "89", "airadminactioninvestigation"}
)
_PRODUCTS = {
    "airinvestigation": "Microsoft Defender for Office 365",
    "azureactivedirectory": "Microsoft Entra ID",
    "cloudappsecurity": "Microsoft Defender for Cloud Apps",
    "exchange": "Exchange Online",
    "mcas": "Microsoft Defender for Cloud Apps",
    "microsoftteams": "Microsoft Teams",
    "onedrive": "OneDrive for Business",
    "securitycompliancecenter": "Microsoft Defender for Office 365",
    "sharepoint": "SharePoint Online",
    "threatintelligence": "Microsoft Defender for Office 365",
}
"""By workload."""
_ADDRESSES = ("ClientIP", "ClientIPAddress", "Client_IPAddress", "ActorIpAddress", "UserIp", "SenderIp")
_BRACKETED = re.compile(r"\[([^\]]+)\](?::\d+)?")
_IN_LINK = re.compile(r"/alerts/([0-9a-f]{24})\b", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
_LINKS = ("AlertUri", "AlertUrl", "AlertLink", "DeeplinkURL", "EventDeepLink")
_BETWEEN = re.compile(r"[;,\s]+")


def read(body: Fields) -> Iterator[Event]:
    """One event a record; a search of the audit log holds it in `AuditData`."""
    record = body.fields("AuditData") or body
    kind = (record.text("RecordType") or body.text("RecordType", "auditLogRecordType")).lower()
    workload = record.text("Workload", "OfficeWorkload")
    data = record.fields("Data")
    word = record.text("Severity", "AlertSeverity") or data.text("sev", "Severity")
    common = Event(
        provider="Office 365 Management Activity",
        product=products.current(record.text("Source")) or _PRODUCTS.get(workload.lower(), workload),
        id=record.text("Id", "OfficeId"),
        kind=record.text("Operation") or body.text("Operation", "Operations"),
        severity=Severity.read(word),
        severity_word=word,
        status=record.text("Status"),
        time=record.time("CreationTime", "TimeGenerated") or body.time("CreationDate", "createdDateTime"),
        tenant=valid.guid(record.text("OrganizationId")) or valid.guid(data.text("tid")),
    )
    if kind in _ALERTS or record.text("AlertId"):
        yield _alert(common, record, data)
    elif kind in _INVESTIGATIONS:
        yield _investigation(common, record, data)
    else:
        yield _activity(common, record)


def _alert(common: Event, record: Fields, data: Fields) -> Event:
    case = alert_case(record.text("AlertId"))
    if not case:
        raise Unreadable("the alert has no id", "AlertId")
    links = [link for item in record.objects("AlertLinks") for link in item.links("AlertLinkHref")]
    return replace(
        common,
        id=record.text("AlertId"),
        case=case,
        title=_title(record.text("Name", "AlertDisplayName", "AlertName") or data.text("an", "lon")),
        start=data.time("ts"),
        end=data.time("te"),
        entities=entities.distinct((*_of_alert(record, data), *_addresses(record.items("ClientIPs")))),
        links=(*links, *data.links("alk"), *record.links(*_LINKS)),
    )


def _of_alert(record: Fields, data: Fields) -> Iterator[AnyEntity | None]:
    """Whom and what the short names in `Data` speak of. `UserId` is the service that wrote the record."""
    kind, found = record.text("EntityType") or data.text("etype"), record.text("AlertEntityId") or data.text("eid")
    match kind.lower():
        case "user":
            yield from map(_person, _BETWEEN.split(found))
        case "recipients" | "recipient" | "sender" | "mailbox":
            yield from _mailboxes(_BETWEEN.split(found))
        case "malwarefamily":
            yield from entities.read("malware", Fields({"Name": found}))
        case "url":
            yield entities.url(found)
    yield from map(_person, _BETWEEN.split(data.text("f3u")))
    message = {"InternetMessageId": data.text("imsgid"), "Sender": data.text("tsd"), "Subject": data.text("ms")}
    yield from entities.read("mailmessage", Fields(message))
    yield from _mailboxes([*_BETWEEN.split(data.text("trc")), data.text("tsd")])
    yield from map(entities.url, data.texts("zu"))
    yield from _file(
        Fields({"FileName": data.text("zfn"), "SHA256": data.text("zfh"), "MalwareFamily": data.text("thn")})
    )
    yield _address(data.text("sip"))


def _investigation(common: Event, record: Fields, data: Fields) -> Event:
    """What an automated investigation found: it holds the alert that it began with."""
    investigation = record.text("InvestigationId")
    case = alert_case(data.text("ProviderAlertId")) or alert_case(data.text("SystemAlertId"))
    if not case and investigation:
        case = object_case(f"investigation:{investigation}", common.status)
    return replace(
        common,
        id=investigation or common.id,
        case=case or _own(common),
        title=_title(data.text("AlertDisplayName") or record.text("InvestigationName")),
        start=data.time("StartTimeUtc") or record.time("StartTimeUtc"),
        end=data.time("EndTimeUtc") or record.time("EndTimeUtc"),
        tactics=attack.tactics(data.texts("Intent")),
        entities=entities.distinct(_investigated(data)),
        links=(
            *record.links(*_LINKS),
            *(link for item in data.objects("ExtendedLinks") for link in item.links("Href")),
        ),
    )


def _investigated(data: Fields) -> Iterator[AnyEntity | None]:
    for item in data.objects("Entities"):
        yield from entities.read(item.text("Type"), item)
        yield _address(item.text("SenderIP"))
        yield from (entities.url(as_text(text)) for text in item.items("Urls"))


def _activity(common: Event, record: Fields) -> Event:
    """Anything else that was logged. An alert of Defender for Cloud Apps has its id in its link alone."""
    in_link = _IN_LINK.search(" ".join(record.links(*_LINKS)))
    if in_link:
        common = replace(common, id=in_link[1], case=alert_case(in_link[1]))
    return replace(
        common,
        case=common.case or _own(common),
        status=common.status or ("" if in_link else record.text("ResultStatus")),
        title=_title(record.text("AlertDisplayName", "AlertName")),
        entities=entities.distinct(_logged(record)),
        links=record.links(*_LINKS),
    )


def _own(common: Event) -> str:
    """The case of a record by its own id."""
    return object_case(f"o365:{common.id}", common.kind) if common.id else ""


def _logged(record: Fields) -> Iterator[AnyEntity | None]:
    yield _person(record.text("UserId"))
    yield _person(record.text("TargetUserOrGroupName"))
    yield from (_person(item.text("ID")) for item in record.objects("Target") if item.text("Type") == "5")
    yield from _addresses([*(record.text(name) for name in _ADDRESSES), *record.items("ClientIPs")])
    yield entities.url(record.text("Url"))
    yield from map(entities.url, record.links("ObjectId", "OfficeObjectId"))
    yield from _file(Fields({"FileName": record.text("SourceFileName"), "MalwareFamily": record.text("VirusInfo")}))
    for file in (record.fields("FileData"), *record.objects("AttachmentData")):
        yield from _file(file)
    for message in (record, record.fields("Item"), *record.objects("AffectedItems")):
        yield from entities.read("mailmessage", message)
    yield from _mailboxes([record.text("MailboxOwnerUPN"), *record.texts("Recipients")])


def _person(text: str) -> AnyEntity | None:
    """A user, if the text is the name of one: services and applications stand in the same fields."""
    return entities.account(Fields({"upn": text})) if "." in text.partition("@")[2] else None


def _mailboxes(addresses: Iterable[object]) -> Iterator[AnyEntity | None]:
    for address in addresses:
        yield from entities.read("mailbox", Fields({"primaryAddress": address}))


def _file(file: Fields) -> Iterator[AnyEntity | None]:
    """A file, its hash, where it is if that is on the web, and the malware in it."""
    yield from entities.read("file", Fields({"Name": file.text("FileName"), "SHA256": file.text("SHA256")}))
    yield from map(entities.url, file.links("FilePath"))
    yield from entities.read("malware", Fields({"Name": file.text("MalwareFamily")}))


def _addresses(texts: Iterable[object]) -> Iterator[AnyEntity | None]:
    return map(_address, map(as_text, texts))


def _address(text: str) -> AnyEntity | None:
    bracketed = _BRACKETED.fullmatch(text)
    return entities.ip(bracketed[1] if bracketed else text)


def _title(text: str) -> str:
    """A title without the blanks of no width that some have between their words."""
    return _INVISIBLE.sub("", text)


def _holds_record(body: Fields) -> bool:
    return "operation" in body.fields("AuditData")


source = Source(
    marks=(
        Mark(("recordtype", "operation"), unless=("properties", "auditdata")),
        Mark(("auditdata",), when=_holds_record),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Office 365 Management Activity API: content type Audit.General, polled",
            (
                "Grant the application permission ActivityFeed.Read of Office 365 Management APIs to whatever polls",
                "POST /subscriptions/start?contentType=Audit.General, then send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
    joins=True,
)

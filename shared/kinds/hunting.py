"""Rows of advanced hunting: what they are called, and the entities in their columns.

Defender XDR streams them as `properties` of a record, Log Analytics keeps them as rows, and exports of a query put the type
of what a column holds at the end of its name.
https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from shared.kinds import entities
from shared.kinds.entities.part import part_of
from shared.kinds.fields import NOTHING, Fields, as_text
from shared.model.entity import Account, AnyEntity, File, FileHash, Host, Ip, Other, Role, Url

PREFIX = "advancedhunting-"
TABLES = (
    *("alertinfo", "alertevidence", "behaviorinfo", "behaviorentities", "campaigninfo", "disruptionandresponseevents"),
    *("aadsignineventsbeta", "aadspnsignineventsbeta", "entraidsigninevents", "entraidspnsigninevents"),
    *("cloudappevents", "cloudauditevents", "cloudprocessevents", "clouddnsevents", "cloudstorageaggregatedevents"),
    *("datasecuritybehaviors", "datasecurityevents", "deviceevents", "devicefilecertificateinfo", "devicefileevents"),
    *("deviceimageloadevents", "deviceinfo", "devicelogonevents", "devicenetworkevents", "devicenetworkinfo"),
    *("deviceprocessevents", "deviceregistryevents", "emailattachmentinfo", "emailevents", "emailpostdeliveryevents"),
    *("emailurlinfo", "filemaliciouscontentinfo", "graphapiauditevents", "identityaccountinfo", "identityevents"),
    *("identitydirectoryevents", "identityinfo", "identitylogonevents", "identityqueryevents", "messageevents"),
    *("messagepostdeliveryevents", "messageurlinfo", "oauthappinfo", "urlclickevents"),
)
_TYPED = re.compile(r"(.+)_(?:string|long|int|real|decimal|bool|boolean|datetime|dynamic|guid|[sdgbt])", re.IGNORECASE)
_FLAT = re.compile(r"properties[._]", re.IGNORECASE)
_ALERT = frozenset({"alertinfo", "alertevidence"})
_APPLICATIONS = frozenset({"cloudapplication", "oauthapplication"})
_ADDRESSES = ("RemoteIP", "IPAddress", "SenderIPv4", "SenderIPv6", "FileOriginIP")
_URLS = ("Url", "RemoteUrl", "FileOriginUrl")
_ACTOR = "initiatingprocess"
_OBJECTS = ("target", "destination", "remote")

Found = Iterator[AnyEntity | None]


def row(record: Fields) -> Fields:
    """The row in a record, by the plain names of its columns."""
    if inner := record.fields("properties"):
        return inner
    renamed: dict[str, str] | None = record.shape.kept.get(row)
    if renamed is None:
        renamed = record.shape.kept[row] = {name: bare for name in record.raw if (bare := _bare(name)) != name}
    if not renamed:
        return record
    return Fields({renamed.get(name, name): value for name, value in record.raw.items()})


def is_streamed(record: Fields) -> bool:
    """Whether it is a record of the streaming API, which says of itself what it is."""
    return record.text("category").lower().startswith(PREFIX)


def table(record: Fields) -> str:
    """The table a record is of; empty if neither it nor its columns tell."""
    if is_streamed(record):
        return record.text("category")[len(PREFIX) :]
    kind = record.text("Type")
    if kind.lower() in TABLES:
        return kind
    columns = row(record)
    if "alertid" not in columns:
        return ""
    return "AlertEvidence" if "entitytype" in columns else "AlertInfo"


def is_alert(name: str) -> bool:
    """Whether a table holds alerts; the others hold what was observed."""
    return name.lower() in _ALERT


def evidence(columns: Fields) -> tuple[AnyEntity, ...]:
    """The entity that a row of evidence is about, and those that stand beside it.

    The columns describe the entity; `AdditionalFields` says more about it, but where the two differ the columns count.
    """
    kind, more = columns.text("EntityType"), columns.fields("AdditionalFields")
    role: Role = part_of(Fields({"role": columns.text("EvidenceRole", "EntityRole")})).get("role", "")
    told = [entity for entity in _main(kind, columns, role) if entity]
    known = [entity for entity in _main(kind, more, role) if entity]
    own: set[type] = {type(entity) for entity in told or known[:1]}
    known += [
        found for found in (entities.host(more.fields("Host")), entities.account(more.fields("Account"))) if found
    ]
    told += [entity for entity in _beside(columns, own) if entity]
    return entities.distinct(_together(told, [_context(entity, own) for entity in known], own))


def observed(columns: Fields) -> tuple[AnyEntity, ...]:
    """The entities in a row of telemetry."""
    return entities.distinct(_in_folder(entity) for entity in _observed(columns) if entity)


def _bare(name: str) -> str:
    typed = _TYPED.fullmatch(name)
    return _FLAT.sub("", typed[1] if typed else name, count=1)


def _main(kind: str, fields: Fields, role: Role) -> Found:
    """What the fields say of an entity of this kind, its own parts included."""
    if not fields:
        return
    word = kind.lower()
    if word == "oauthapplication":
        app = {"appId": fields.text("OAuthApplicationId", "AppId", "ApplicationId")}
        app["name"] = fields.text("Application", "Name")
        yield entities.cloud_application(Fields(app), role)
        yield entities.service_principal(Fields(app), role)
        return
    for entity in entities.read(kind, fields, role):
        if isinstance(entity, Other) and not entity.name:
            yield replace(entity, name=fields.text("CloudResource", "ResourceID", "Application", "Id"))
        elif entity:
            yield _in_folder(entity)
    if word == "process":
        image = fields.fields("ImageFile") or fields
        yield from (_in_folder(entity) for entity in entities.read("file", image, role) if entity)
    if word == "mailmessage":
        yield entities.ip(fields.text("SenderIP"), role)
        yield from (entities.url(as_text(text), role) for text in fields.items("Urls"))
        for item in fields.objects("Files"):
            yield from entities.read("file", item, role)
    yield entities.azure_resource(fields.text("ResourceID"), role)


def _beside(columns: Fields, own: set[type]) -> Found:
    """What else the columns of a row of evidence name."""
    if Host not in own:
        yield entities.host(columns, "related")
    if Account not in own:
        yield entities.account(columns, "related")
    if Ip not in own:
        yield entities.ip(columns.text("RemoteIP"), "related")
    if Url not in own:
        yield entities.url(columns.text("RemoteUrl"), "related")
    if threat := columns.text("ThreatFamily"):
        yield from entities.read("malware", Fields({"Name": threat}), "related")
    if columns.text("Application") and columns.text("EntityType").lower() not in _APPLICATIONS:
        yield _application(columns, "related")


def _application(columns: Fields, role: Role = "") -> AnyEntity | None:
    """The application in columns that have other names than applications as well."""
    names = ("Application", "ApplicationId")
    return entities.cloud_application(Fields({name: columns.text(name) for name in names}), role)


def _context(entity: AnyEntity, own: set[type]) -> AnyEntity:
    """An account or a machine that stands inside of another entity is beside it."""
    beside = isinstance(entity, (Account, Host)) and type(entity) not in own and not entity.role
    return replace(entity, role="related") if beside else entity


def _together(told: list[AnyEntity], known: list[AnyEntity], own: set[type]) -> Iterator[AnyEntity]:
    """Both views on the same things, as one where they are."""
    known = list(entities.distinct(known))
    hashes = {entity.value for entity in told if isinstance(entity, FileHash)}
    agreed = hashes <= {entity.value for entity in known if isinstance(entity, FileHash)}
    for entity in told:
        same = [other for other in known if type(other) is type(entity)]
        alone = len(same) == 1 and sum(type(other) is type(entity) for other in told) == 1
        if alone and (type(entity) in own or _agree(entity, same[0])):
            known.remove(same[0])
            yield _filled(entity, same[0])
        else:
            yield entity
    yield from (entity for entity in known if agreed or not isinstance(entity, FileHash))


def _agree(first: AnyEntity, second: AnyEntity) -> bool:
    pairs = ((getattr(first, name), getattr(second, name)) for name in first.__struct_fields__ if name != "role")
    return all(not one or not other or str(one).lower() == str(other).lower() for one, other in pairs)


def _filled(entity: AnyEntity, other: AnyEntity) -> AnyEntity:
    """An entity with what another view on it knows besides."""
    gaps = {name: getattr(other, name) for name in entity.__struct_fields__ if not getattr(entity, name)}
    return replace(entity, **gaps)


def _in_folder(entity: AnyEntity) -> AnyEntity:
    """A file without its own name at the end of its folder's, where the tables of devices put it."""
    if not isinstance(entity, File) or not entity.directory:
        return entity
    at = len(entity.directory) - len(entity.name)
    ends = entity.directory[at:].lower() == entity.name.lower() and entity.directory[at - 1 : at] in ("/", "\\")
    return replace(entity, directory=entity.directory[: at - 1]) if ends else entity


def _observed(columns: Fields) -> Found:
    yield entities.host(columns)
    yield entities.account(columns)
    for item in columns.objects("LoggedOnUsers"):
        yield entities.account(item)
    for part in filter(None, (_part(columns, beginning) for beginning in _OBJECTS)):
        yield entities.host(part)
        yield entities.account(part)
        yield entities.ip(part.text("IPAddress"))
    yield entities.ip(columns.text("PublicIP"), "related")  # the device's own, as the world sees it
    yield from (entities.ip(columns.text(name)) for name in _ADDRESSES)
    yield from (entities.url(columns.text(name)) for name in _URLS)
    yield from (entities.url(as_text(text)) for text in columns.items("UrlChain"))
    for kind in ("process" if columns.text("ProcessCommandLine") else "file", "file", "registry", "mailmessage"):
        yield from entities.read(kind, columns)
    if actor := _part(columns, _ACTOR):
        yield from entities.read("process", Fields({**actor.raw, "ProcessId": actor.text("Id")}))
        yield entities.account(actor)
    yield from _mailboxes(columns)
    if columns.text("ServicePrincipalId"):
        yield entities.service_principal(columns)
    yield _application(columns)
    yield entities.azure_resource(columns.text("ResourceId"))
    for item in columns.fields("RawEventData").fields("Data").objects("Entities"):
        yield from entities.read(item.text("Type"), item)


def _part(columns: Fields, beginning: str) -> Fields:
    """The columns whose names begin so, by the rest of their names."""
    kept, size = columns.shape.kept, len(beginning)
    names = kept.get((_part, beginning))
    if names is None:
        names = [name for name in columns.raw if name.lower().startswith(beginning)]
        kept[_part, beginning] = names
    return Fields({name[size:]: columns.raw[name] for name in names}) if names else NOTHING


def _mailboxes(columns: Fields) -> Found:
    for fields in (columns, *columns.objects("RecipientDetails")):
        address = fields.text("RecipientEmailAddress", "RecipientSmtpAddress")
        yield from _mailbox(address, fields.text("RecipientObjectId"), fields.text("RecipientDisplayName"))
    if not columns.text("NetworkMessageId", "InternetMessageId"):
        yield from _mailbox(columns.text("SenderEmailAddress"), columns.text("SenderObjectId"), "")


def _mailbox(address: str, owner: str, name: str) -> Found:
    yield from entities.read("mailbox", Fields({"primaryAddress": address, "aadId": owner, "displayName": name}))

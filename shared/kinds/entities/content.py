"""Files, mail, and the malware in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.kinds import valid
from shared.kinds.entities.part import NO_PART, Part
from shared.kinds.fields import Fields
from shared.kinds.form import Form, named
from shared.model.entity import AnyEntity, File, FileHash, Mailbox, MailCluster, MailMessage, Malware


def _message_id(text: str) -> str:
    """A message's own id as it was written: what stands in angle brackets is no placeholder here."""
    return text if valid.name(text.strip("<>")) else ""


_FILE = Form(
    name=(valid.name, ("Name", "fileName")),
    directory=named("Directory", "filePath", "folderPath"),
)
_HASHES = Form(
    sha256=(valid.hash_text, ("sha256",)),
    sha1=(valid.hash_text, ("sha1",)),
    md5=(valid.hash_text, ("md5",)),
)
_MALWARE = Form(
    name=(valid.name, ("Name", "malwareName", "displayName", "threatName")),
    category=named("Category"),
)
_MAILBOX = Form(
    address=(valid.upn, ("MailboxPrimaryAddress", "primaryAddress", "mailboxAddress")),
    upn=(valid.upn, ("Upn", "userPrincipalName", "accountUpn")),
    object_id=(valid.guid, ("ExternalDirectoryObjectId", "AadId", "azureAdUserId", "aadUserId", "accountObjectId")),
    display_name=(valid.name, ("DisplayName", "mailboxDisplayName")),
)
_MESSAGE = Form(
    network_message_id=(valid.guid, ("NetworkMessageId",)),
    internet_message_id=(_message_id, ("InternetMessageId",)),
    sender=(valid.upn, ("Sender", "P1Sender", "P2Sender", "senderFromAddress", "senderMailFromAddress")),
    recipient=(valid.upn, ("Recipient", "recipientEmailAddress")),
    subject=(valid.name, ("Subject", "emailSubject")),
)
_CLUSTER = Form(query=(valid.name, ("Query",)))
_OF_NO_BYTES = frozenset({"sha256ac", "authenticodehash256", "lshash", "ctph"})
"""Algorithms whose hashes are not those of a file's bytes."""


def file_hash(text: str, part: Part = NO_PART) -> FileHash | None:
    """A file's hash, if it is one."""
    known = valid.file_hash(text)
    return FileHash(value=known[0], algorithm=known[1], **part) if known else None


def listed_hash(fields: Fields, part: Part = NO_PART) -> FileHash | None:
    """A hash in an object of its own, if it is one of the file's bytes: Authenticode's is of the same length."""
    algorithm = fields.text("Algorithm", "hashType").lower()
    return None if algorithm in _OF_NO_BYTES else file_hash(fields.text("Value", "hashValue"), part)


def hashes(fields: Fields, part: Part) -> Iterator[FileHash | None]:
    """The hashes that a file's object names one by one, and those it lists."""
    for text in _HASHES.read(fields).values():
        yield file_hash(text, part)
    if listed := fields.shape["FileHashes",]:
        for item in fields.objects(*listed):
            yield listed_hash(item, part)


def file(fields: Fields, part: Part = NO_PART) -> File | None:
    """A file, if its name is known."""
    found = _FILE.read(fields)
    return File(**found, **part) if "name" in found else None


def files(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A file and its hashes."""
    details = fields.fields("fileDetails") or fields
    return (file(details, part), *hashes(details, part))


def file_hashes(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A hash."""
    return (listed_hash(fields, part),)


def malware(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """Malware, and the files it was found in."""
    found = _MALWARE.read(fields)
    inside = [entity for item in fields.objects("Files") for entity in files(item, part)]
    return (Malware(**found, **part) if "name" in found else None, *inside)


def mailbox(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A mailbox, if its address or its owner is certain."""
    found = {**_MAILBOX.read(fields.fields("userAccount")), **_MAILBOX.read(fields)}
    return (Mailbox(**found, **part) if found.keys() & {"address", "upn", "object_id"} else None,)


def mail_message(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A message, if one of its ids is certain."""
    found = _MESSAGE.read(fields)
    if "sender" not in found:
        found["sender"] = valid.upn(fields.fields("p2Sender", "p1Sender").text("emailAddress"))
    return (MailMessage(**found, **part) if found.keys() & {"network_message_id", "internet_message_id"} else None,)


def mail_cluster(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """Messages that are alike, if there is anything that tells which."""
    found = _CLUSTER.read(fields)
    messages = tuple(filter(None, map(valid.guid, fields.texts("NetworkMessageIds"))))
    return (MailCluster(**found, network_message_ids=messages, **part) if found or messages else None,)

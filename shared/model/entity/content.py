"""Entities: files, mail, and the malware in them."""

from __future__ import annotations

from typing import Literal

from shared.model.entity.base import Entity


class File(Entity, tag="file", frozen=True, kw_only=True):
    """A file by name and place."""

    name: str = ""
    directory: str = ""


class FileHash(Entity, tag="file_hash", frozen=True, kw_only=True):
    """The hash of a file."""

    value: str = ""
    algorithm: Literal["", "md5", "sha1", "sha256"] = ""


class Malware(Entity, tag="malware", frozen=True, kw_only=True):
    """Malware by its name."""

    name: str = ""
    category: str = ""


class Mailbox(Entity, tag="mailbox", frozen=True, kw_only=True):
    """A mailbox."""

    address: str = ""
    upn: str = ""
    object_id: str = ""
    display_name: str = ""


class MailMessage(Entity, tag="mail_message", frozen=True, kw_only=True):
    """One message."""

    network_message_id: str = ""
    internet_message_id: str = ""
    sender: str = ""
    recipient: str = ""
    subject: str = ""


class MailCluster(Entity, tag="mail_cluster", frozen=True, kw_only=True):
    """Messages that are alike."""

    query: str = ""
    network_message_ids: tuple[str, ...] = ()

"""Kinds that no responder acts on: kept by the most telling name, with what they bring.

https://learn.microsoft.com/graph/api/resources/security-alertevidence
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.kinds import valid
from shared.kinds.entities import cloud, content, network
from shared.kinds.entities.part import NO_PART, Part, part_of
from shared.kinds.fields import Fields
from shared.model.entity import AnyEntity, Other

_NAMES = {
    "activedirectorydomain": ("activeDirectoryDomainName",),
    "aiagent": ("agentId", "agentName"),
    "amazonresource": ("amazonResourceId", "resourceName"),
    "blobcontainer": ("url", "name"),
    "cloudlogonrequest": ("requestId",),
    "containerregistry": ("registry",),
    "gcpresource": ("fullResourceName", "resourceName"),
    "githuborganization": ("login", "orgId", "displayName"),
    "githubrepo": ("baseUrl", "repoId"),
    "githubuser": ("login", "userId", "name"),
    "googlecloudresource": ("fullResourceName", "resourceName"),
    "mailboxconfiguration": ("configurationId", "displayName"),
    "sastoken": ("signatureHash",),
    "teamsmessage": ("messageId", "threadId"),
}
"""By kind, the fields that hold the name, the most telling first."""


def _builder(kind: str, names: tuple[str, ...]) -> Callable[[Fields, Part], Sequence[AnyEntity | None]]:
    def read(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
        name = next(filter(None, (valid.name(fields.text(one)) for one in names)), "")
        return (Other(type=kind, name=name, **part) if name else None, *_brought(fields))

    return read


def _brought(fields: Fields) -> list[AnyEntity | None]:
    """What stands inside: the files and addresses in a message, the storage account, the mailbox."""
    found: list[AnyEntity | None] = []
    for item in fields.objects("files"):
        found += content.files(item, part_of(item))
    for item in fields.objects("urls"):
        found += network.url(item, part_of(item))
    found += cloud.resources(fields.fields("storageResource"), NO_PART)
    if fields.shape["mailboxPrimaryAddress",]:
        owner = Fields({name: text for name, text in fields.raw.items() if name.lower() != "displayname"})
        found += content.mailbox(owner, NO_PART)
    return found


BUILDERS = {kind: _builder(kind, names) for kind, names in _NAMES.items()}
"""What reads each of them, by the word for its kind."""

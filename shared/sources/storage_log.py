"""Azure Storage: who read, wrote and deleted what in blobs, files, queues and tables.

As a diagnostic setting streams it, and as rows of `StorageBlobLogs` and its like.
https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage-reference
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.kinds import diagnostics, entities, valid
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity, Blob, Other
from shared.model.event import Event
from shared.model.severity import Severity

_CATEGORIES = ("storageread", "storagewrite", "storagedelete")
_TABLES = ("storagebloblogs", "storagefilelogs", "storagequeuelogs", "storagetablelogs")


def read(body: Fields) -> Iterator[Event]:
    """One event a request."""
    request = body.text("correlationId")
    operation = body.text("operationName")
    yield Event(
        provider="Azure Storage",
        product="Azure Storage",
        id=request,
        case=object_case(f"storage:{request}", operation) if request.strip("0-") else "",
        kind=operation,
        title=operation,
        severity=_severity(body.text("level")),
        severity_word=body.text("level"),
        status=body.text("statusText") or body.text("statusCode"),
        time=diagnostics.time(body),
        tenant=valid.guid(_requester(body).text("tenantId") or body.text("RequesterTenantId")),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body)),
    )


def _entities(body: Fields) -> Iterator[AnyEntity | None]:
    yield entities.ip(diagnostics.address(body))
    yield _caller(body)
    place = entities.azure_resource(diagnostics.resource(body))
    yield place
    address = _without_query(body.text("uri"))
    if address and _service(body, address) == "blob":
        yield Blob(url=address, container=_container(address), storage_id=_account(diagnostics.resource(body)))
    else:
        yield entities.url(address)


def _requester(body: Fields) -> Fields:
    return body.fields("identity").fields("requester")


def _caller(body: Fields) -> AnyEntity | None:
    """Who asked, if with a token of Entra: keys and shared access signatures are nobody's.

    Without a mail-like name, only the roles that allowed the request say what kind of principal it was.
    """
    told = _requester(body)
    upn = valid.upn(told.text("upn") or body.text("RequesterUpn"))
    object_id = valid.guid(told.text("objectId") or body.text("RequesterObjectId"))
    if upn:
        return entities.account(Fields({"UserPrincipalName": upn, "AadUserId": object_id}))
    if not object_id:
        return None
    kinds = {
        principal.text("type").lower()
        for role in (*body.fields("identity").objects("authorization"), *body.objects("AuthorizationDetails"))
        for principal in role.objects("principals")
        if valid.guid(principal.text("id")) == object_id
    }
    if "serviceprincipal" in kinds:
        return entities.service_principal(Fields({"objectId": object_id}))
    if "user" in kinds:
        return entities.account(Fields({"AadUserId": object_id}))
    return Other(type="principal", name=object_id)


def _without_query(uri: str) -> str:
    """The address without what comes after it: a shared access signature is a key."""
    address = uri.partition("?")[0].partition("#")[0]
    return address if uri[:4].lower() == "http" and _split(address)[0] else ""


def _service(body: Fields, address: str) -> str:
    """Which service was asked, by its name or else by the host's."""
    told = body.fields("properties").text("serviceType") or body.text("ServiceType")
    host = _split(address)[0].split(".")
    return told.lower() or (host[1].lower() if len(host) > 1 else "")


def _container(address: str) -> str:
    return _split(address)[1].strip("/").partition("/")[0]


def _split(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:  # no address at all
        return "", ""
    return parts.netloc, parts.path


def _account(place: str) -> str:
    """The storage account that a service of it belongs to."""
    parts = place.split("/")
    lower = [part.lower() for part in parts]
    at = lower.index("storageaccounts") if "storageaccounts" in lower else 0
    return valid.resource_id("/".join(parts[: at + 2])) if at else ""


def _severity(level: str) -> Severity | None:
    return Severity.INFORMATIONAL if level.lower() in ("information", "informational") else None


source = Source(
    marks=(
        Mark(("category", "operationname"), values=_CATEGORIES),
        Mark(("type", "operationname"), values=_TABLES),
    ),
    read=read,
    carried_by=(
        diagnostic_setting(
            "storage account's blob, file, queue or table service", "StorageRead", "StorageWrite", "StorageDelete"
        ),
    ),
)

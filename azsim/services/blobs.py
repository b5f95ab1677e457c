"""Blob storage: block blobs with metadata and conditions.

https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from azsim import storage
from azsim.call import Call
from azsim.messages import Response
from azsim.problem import Problem
from azsim.service import Service


def envelope(problem: Problem) -> Response:
    """The error form of Blob storage."""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{problem.code}</Code>'
        f"<Message>{escape(problem.message)}</Message></Error>"
    )
    headers = {"content-type": "application/xml", "x-ms-error-code": problem.code, **problem.headers}
    return Response(problem.status, headers, text.encode())


service = Service("*.blob.core.windows.net", audiences=(storage.AUDIENCE,), envelope=envelope)


@dataclass(slots=True)
class Blob:
    """A block blob; its etag without the quotes that it has in headers."""

    content: bytes
    metadata: dict[str, str]
    etag: str
    modified: datetime


@dataclass(slots=True)
class Blobs:
    """Containers by (account, name); blobs by name."""

    containers: dict[tuple[str, str], dict[str, Blob]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Every blob's content and metadata."""
        return {
            f"{account}/{container}/{name}": (blob.content, dict(blob.metadata))
            for (account, container), blobs in sorted(self.containers.items())
            for name, blob in sorted(blobs.items())
        }


@service.route("PUT", "/{container}")
def create_container(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/create-container."""
    place = (storage.account_of(call).name.lower(), call.params["container"])
    containers = call.world.state(Blobs).containers
    storage.need(call, "blobServices/default", "blobServices/containers/write", data=False)
    if place in containers:
        raise Problem(409, "ContainerAlreadyExists", "The specified container already exists.")
    containers[place] = {}
    return Response(201, {"etag": f'"{call.world.chance.hex(16)}"', "last-modified": _date(call.world.clock.now())})


@service.route("GET", "/{container}")
def list_blobs(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/list-blobs."""
    _need(call, "read")
    prefix = call.query.get("prefix", "")
    with_metadata = "metadata" in call.query.get("include", "").split(",")
    found = "".join(
        f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{_date(blob.modified)}</Last-Modified>"
        f"<Etag>{blob.etag}</Etag><Content-Length>{len(blob.content)}</Content-Length>"
        f"<BlobType>BlockBlob</BlobType></Properties>{_listed(blob.metadata) if with_metadata else ''}</Blob>"
        for name, blob in sorted(_container(call).items())
        if name.startswith(prefix)
    )
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{call.params["container"]}">'
        f"<Blobs>{found}</Blobs><NextMarker /></EnumerationResults>"
    )
    return Response(200, {"content-type": "application/xml"}, body.encode())


@service.route("PUT", "/{container}/{name+}")
def put_blob(call: Call) -> Response:
    """Put Blob, or Set Blob Metadata with `comp=metadata`."""
    _need(call, "write")
    blobs, name = _container(call), call.params["name"]
    old = blobs.get(name)
    metadata = {k.removeprefix("x-ms-meta-"): v for k, v in call.headers.items() if k.startswith("x-ms-meta-")}
    if call.query.get("comp") == "metadata":
        if old is None:
            raise _not_found()
        _conditions(call, old, exists=_not_met())
        content = old.content
    elif call.headers.get("x-ms-blob-type") != "BlockBlob" or "comp" in call.query:
        raise Problem(400, "InvalidHeaderValue", "azsim knows block blobs written in one piece.")
    else:
        _conditions(call, old, exists=Problem(409, "BlobAlreadyExists", "The specified blob already exists."))
        content = call.body
    now = call.world.clock.now()
    blobs[name] = Blob(content, metadata, f"0x{call.world.chance.hex(16).upper()}", now)
    return Response(
        200 if "comp" in call.query else 201, {"etag": f'"{blobs[name].etag}"', "last-modified": _date(now)}
    )


@service.route("GET", "/{container}/{name+}")
@service.route("HEAD", "/{container}/{name+}")
def get_blob(call: Call) -> Response:
    """Get Blob and Get Blob Properties."""
    _need(call, "read")
    blob = _container(call).get(call.params["name"])
    if blob is None:
        raise _not_found()
    headers = {
        "etag": f'"{blob.etag}"',
        "last-modified": _date(blob.modified),
        "x-ms-blob-type": "BlockBlob",
        "content-type": "application/octet-stream",
        "content-length": str(len(blob.content)),
        **{f"x-ms-meta-{key}": value for key, value in blob.metadata.items()},
    }
    if call.method == "HEAD":
        return Response(200, headers)
    if "x-ms-range" in call.headers:
        first, _, last = call.headers["x-ms-range"].removeprefix("bytes=").partition("-")
        piece = blob.content[int(first) : int(last) + 1 if last else None]
        if not piece:
            raise Problem(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
        headers |= {
            "content-range": f"bytes {first}-{int(first) + len(piece) - 1}/{len(blob.content)}",
            "content-length": str(len(piece)),
        }
        return Response(206, headers, piece)
    return Response(200, headers, blob.content)


def _container(call: Call) -> dict[str, Blob]:
    place = (storage.account_of(call).name.lower(), call.params["container"])
    found = call.world.state(Blobs).containers.get(place)
    if found is None:
        raise Problem(404, "ContainerNotFound", "The specified container does not exist.")
    return found


def _need(call: Call, verb: str) -> None:
    scope = f"blobServices/default/containers/{call.params['container']}"
    storage.need(call, scope, f"blobServices/containers/blobs/{verb}")


def _conditions(call: Call, old: Blob | None, *, exists: Problem) -> None:
    if call.headers.get("if-none-match") == "*" and old is not None:
        raise exists
    wanted = call.headers.get("if-match")
    if wanted is not None and (old is None or wanted.strip('"') not in ("*", old.etag)):
        raise _not_met()


def _listed(metadata: dict[str, str]) -> str:
    return f"<Metadata>{''.join(f'<{key}>{escape(value)}</{key}>' for key, value in metadata.items())}</Metadata>"


def _not_met() -> Problem:
    return Problem(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _not_found() -> Problem:
    return Problem(404, "BlobNotFound", "The specified blob does not exist.")


def _date(when: datetime) -> str:
    return format_datetime(when, usegmt=True)

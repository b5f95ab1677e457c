"""Least privilege at run time: a request outside the declared permissions is not sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from shared.model.cloud import Cloud
from shared.model.permission import Api, Permission
from shared.wire.message import Request, Response, Send, Undeclared

_POLLING = ("operations", "operationresults", "operationstatuses")


def guarded(
    send: Send, cloud: Cloud, permissions: Iterable[Permission], used: Callable[[Permission], None] = lambda _: None
) -> Send:
    """Wrap a transport so that only what `permissions` cover passes.

    Args:
        send: The transport below.
        cloud: Tells which API a host belongs to; other hosts are refused.
        permissions: What is declared.
        used: Told of each permission that let a request pass.

    Raises:
        Undeclared: From the returned transport, for anything else.
    """
    declared = tuple(permissions)

    async def send_guarded(request: Request) -> Response:
        api, path = _where(cloud, request.url)
        if api is Api.ARM and request.method == "GET" and _polls(path):
            return await send(request)
        for permission in declared:
            if permission.api is api and permission.allows(request.method, path):
                used(permission)
                return await send(replace(request, reads=True) if permission.reads else request)
        raise Undeclared(
            f"{request.method} {urlsplit(request.url).netloc}{path} needs a permission that is not declared; declared: "
            f"{', '.join(sorted(map(str, declared))) or 'none'}"
        )

    return send_guarded


def _where(cloud: Cloud, url: str) -> tuple[Api | None, str]:
    """The API a request goes to, and its path there."""
    path = unquote(urlsplit(url).path).rstrip("/")
    if cloud.host_is(url, cloud.resource_manager):
        return Api.ARM, path
    if cloud.host_is(url, cloud.graph):
        return Api.GRAPH, "/" + path.removeprefix("/").partition("/")[2]
    return (Api.DATA, path) if cloud.is_vault(url) else (None, path)


def _polls(path: str) -> bool:
    """Whether a path asks for the state or result of a long-running operation."""
    parts = path.lower().split("/")
    return "locations" in parts and any(word in parts for word in _POLLING)

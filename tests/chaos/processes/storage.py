"""The storage account: Azurite, in the place of one with a name of its own.

The app is told names as Azure gives them. Azurite answers to such names, too, but to no transaction of a table under
one; so requests go to its own address, which has the account in the path. A transaction's addresses are in its body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.wire.message import Request, Response, Send
from tests.azure.azurite import Azurite

TABLES = "https://stripostecontoso.table.core.windows.net"
BLOBS = "https://stripostecontoso.blob.core.windows.net"


def addresses(azurite: Azurite) -> dict[str, str]:
    """Where each name leads."""
    return {TABLES: azurite.tables, BLOBS: azurite.blobs}


def under_names(send: Send, addresses: Mapping[str, str]) -> Send:
    """A transport to Azurite, and to everything else as before."""

    async def send_there(request: Request) -> Response:
        for name, address in addresses.items():
            if request.url.startswith(f"{name}/"):
                answer = await send(_moved(request, name, address))
                kept = {
                    key: value for key, value in answer.headers.items() if key != "date"
                }  # Azurite's time is slower
                return Response(answer.status, kept, answer.body)
        return await send(request)

    return send_there


def _moved(request: Request, name: str, address: str) -> Request:
    body, headers = request.body, dict(request.headers)
    if "/$batch" in request.url:
        body = body.replace(f"{name}/".encode(), f"{address}/".encode())
        headers = {key: value for key, value in headers.items() if key.lower() != "content-length"}
    return replace(request, url=address + request.url.removeprefix(name), headers=headers, body=body)

from __future__ import annotations

import pytest

from shared.model.cloud import CLOUDS
from shared.model.permission import Permission, arm, data, graph, linked
from shared.wire.guard import guarded
from shared.wire.message import Request, Response, Send, Undeclared

CLOUD = CLOUDS["AzureCloud"]
NIC = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n"
READ_NIC = arm("Microsoft.Network/networkInterfaces/read")
WRITE_NIC = arm("Microsoft.Network/networkInterfaces/write")


async def answer(request: Request) -> Response:
    return Response(200, {"reads": str(request.writes)})


def under(*permissions: Permission, used: list[Permission] | None = None) -> Send:
    return guarded(answer, CLOUD, permissions, (used if used is not None else []).append)


@pytest.mark.parametrize(
    ("method", "url", "permission"),
    [
        ("GET", f"{NIC}?api-version=1", READ_NIC),
        ("PUT", NIC, WRITE_NIC),
        ("PATCH", NIC, WRITE_NIC),
        ("DELETE", NIC, arm("Microsoft.Network/networkInterfaces/delete")),
        ("POST", f"{NIC}/start", arm("Microsoft.Network/networkInterfaces/start/action")),
        ("GET", "https://graph.microsoft.com/v1.0/users/a%40b", graph("User.Read.All", "GET /users/{}")),
        ("PUT", "https://kv.vault.azure.net/secrets/a", data("x/setSecret/action", "PUT /secrets/{}")),
    ],
)
async def test_what_is_declared_passes(method: str, url: str, permission: Permission) -> None:
    used: list[Permission] = []

    assert (await under(permission, used=used)(Request(method, url))).status == 200
    assert used == [permission]


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("PUT", NIC),
        ("POST", f"{NIC}/effectiveNetworkSecurityGroups"),
        ("GET", NIC.replace("networkInterfaces", "networkSecurityGroups")),
        ("GET", "https://graph.microsoft.com/v1.0/users"),
        ("GET", NIC.replace("https", "http")),
        ("GET", NIC.replace("management.azure.com", "management.azure.com.example")),
        ("GET", NIC.replace("https://", "https://management.azure.com@evil.example/")),
        ("GET", "https://kv.vault.azure.net.example/secrets/a"),
        ("GET", "http://169.254.169.254/metadata/identity/oauth2/token"),
    ],
)
async def test_anything_else_is_not_sent(method: str, url: str) -> None:
    with pytest.raises(Undeclared, match="networkInterfaces/read"):
        await under(READ_NIC)(Request(method, url))


async def test_a_linked_permission_lets_no_request_pass() -> None:
    with pytest.raises(Undeclared):
        await under(linked("Microsoft.Network/networkInterfaces/read"))(Request("GET", NIC))


async def test_a_permission_of_another_api_lets_no_request_pass() -> None:
    with pytest.raises(Undeclared):
        await under(graph("User.Read.All", "GET /users"))(Request("GET", "https://kv.vault.azure.net/users"))


async def test_looking_at_a_long_running_operation_takes_no_permission() -> None:
    base = "https://management.azure.com/subscriptions/s/providers/Microsoft.Network/locations/westeurope"

    for kind in ("operations", "operationResults", "operationStatuses"):
        assert (await under()(Request("GET", f"{base}/{kind}/1?api-version=1"))).status == 200
    with pytest.raises(Undeclared):
        await under()(Request("PUT", f"{base}/operations/1"))
    with pytest.raises(Undeclared):
        await under()(Request("GET", f"{base}/usages"))


async def test_a_post_that_reads_is_told_from_one_that_writes() -> None:
    reading = arm("Microsoft.Network/networkInterfaces/look/action", reads=True)
    writing = arm("Microsoft.Network/networkInterfaces/start/action")

    read = await under(reading, writing)(Request("POST", f"{NIC}/look"))
    write = await under(reading, writing)(Request("POST", f"{NIC}/start"))

    assert (read.headers["reads"], write.headers["reads"]) == ("False", "True")

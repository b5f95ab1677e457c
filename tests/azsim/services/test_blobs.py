"""Blob storage, by the unmodified SDK."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from azsim.messages import Response
from azsim.services.blobs import Blobs
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import ACCOUNT, allow, allow_data, ask, azure, storage_options

ENDPOINT = f"{ACCOUNT}.blob.core.windows.net"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
CREATE = "Microsoft.Storage/storageAccounts/blobServices/containers/write"


@pytest.fixture
def tenant(world: World) -> World:
    allow_data(world, f"{BLOBS}/*")
    return world


def service(world: World) -> BlobServiceClient:
    return BlobServiceClient(ENDPOINT, azure(world).credential, **storage_options(world))


def sdk(world: World, container: str = contoso.CONTAINER) -> ContainerClient:
    return service(world).get_container_client(container)


async def refusal(doing: Awaitable[Any]) -> tuple[int | None, str]:
    """What a call is refused with."""
    with pytest.raises(HttpResponseError) as caught:
        await doing
    code: Any = getattr(caught.value, "error_code", None)
    return caught.value.status_code, str(getattr(code, "value", code))


async def raw(world: World, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(world, method, f"{ENDPOINT}/{path}", body, head)


async def content(client: ContainerClient, name: str, **options: Any) -> bytes:
    return bytes(await (await client.download_blob(name, **options)).readall())


async def names(client: ContainerClient, **options: Any) -> list[str]:
    return [blob.name async for blob in client.list_blobs(**options)]


async def test_what_is_uploaded_is_downloaded_with_its_metadata(tenant: World) -> None:
    client = sdk(tenant)
    blob = await client.upload_blob("case/ü 1.json", bytes(range(256)), metadata={"reason": "a<b & c", "door": "http"})
    assert await content(client, "case/ü 1.json") == bytes(range(256))
    properties = await blob.get_blob_properties()
    assert properties.size == 256
    assert properties.metadata == {"reason": "a<b & c", "door": "http"}
    assert properties.last_modified == tenant.clock.now()
    assert await blob.exists()
    assert tenant.snapshot(Blobs)["Blobs"] == {
        f"{contoso.STORAGE_ACCOUNT}/dead-letters/case/ü 1.json": (
            bytes(range(256)),
            {"reason": "a<b & c", "door": "http"},
        )
    }


async def test_a_blob_is_not_written_over_unless_that_is_wanted(tenant: World) -> None:
    client = sdk(tenant)
    await client.upload_blob("b", b"first", metadata={"a": "1"})
    with pytest.raises(ResourceExistsError):
        await client.upload_blob("b", b"second")
    assert await refusal(client.upload_blob("b", b"second", overwrite=False)) == (409, "BlobAlreadyExists")
    assert await content(client, "b") == b"first"
    blob = await client.upload_blob("b", b"third", overwrite=True)
    assert await content(client, "b") == b"third"
    assert (await blob.get_blob_properties()).metadata == {}


async def test_a_blob_that_is_not_there_is_a_404(tenant: World) -> None:
    client = sdk(tenant)
    assert await refusal(client.download_blob("none")) == (404, "BlobNotFound")
    with pytest.raises(ResourceNotFoundError):
        await client.get_blob_client("none").get_blob_properties()
    assert not await client.get_blob_client("none").exists()
    assert await refusal(client.get_blob_client("none").set_blob_metadata({"a": "1"})) == (404, "BlobNotFound")


async def test_a_container_that_is_not_there_is_a_404(tenant: World) -> None:
    client = sdk(tenant, "none")
    missing = (404, "ContainerNotFound")
    assert await refusal(client.upload_blob("b", b"x")) == missing
    assert await refusal(client.download_blob("b")) == missing
    assert await refusal(names(client)) == missing


async def test_a_container_is_created_once(world: World) -> None:
    allow(world, CREATE)
    allow_data(world, f"{BLOBS}/*")
    client = await service(world).create_container("new")
    assert await refusal(client.create_container()) == (409, "ContainerAlreadyExists")
    await client.upload_blob("b", b"x")
    assert await names(client) == ["b"]


async def test_metadata_can_be_set_without_the_content(tenant: World) -> None:
    client = sdk(tenant)
    blob = await client.upload_blob("b", b"content", metadata={"a": "1", "b": "1"})
    before = await blob.get_blob_properties()
    await tenant.clock.sleep(60)
    written = await blob.set_blob_metadata({"b": "2"})
    after = await blob.get_blob_properties()
    assert after.metadata == {"b": "2"}
    assert after.etag == written["etag"] != before.etag
    assert after.last_modified == tenant.clock.now()
    assert await content(client, "b") == b"content"


async def test_a_write_holds_only_if_its_etag_does(tenant: World) -> None:
    client = sdk(tenant)
    blob = client.get_blob_client("b")
    first = (await blob.upload_blob(b"one"))["etag"]
    condition: dict[str, Any] = {"etag": first, "match_condition": MatchConditions.IfNotModified}
    second = (await blob.upload_blob(b"two", overwrite=True, **condition))["etag"]
    assert second != first
    with pytest.raises(ResourceModifiedError):
        await blob.upload_blob(b"three", overwrite=True, **condition)
    with pytest.raises(ResourceModifiedError):
        await blob.set_blob_metadata({"a": "1"}, **condition)
    assert await content(client, "b") == b"two"
    present: dict[str, Any] = {"match_condition": MatchConditions.IfPresent}
    await blob.set_blob_metadata({"a": "1"}, **present)
    assert await refusal(client.get_blob_client("none").upload_blob(b"x", overwrite=True, **present)) == (
        412,
        "ConditionNotMet",
    )


async def test_metadata_of_a_blob_that_is_there_is_not_set_if_none_may_be(tenant: World) -> None:
    blob = await sdk(tenant).upload_blob("b", b"")
    missing: dict[str, Any] = {"match_condition": MatchConditions.IfMissing}
    assert await refusal(blob.set_blob_metadata({"a": "1"}, **missing)) == (412, "ConditionNotMet")


async def test_blobs_are_listed_by_prefix_and_in_order(tenant: World) -> None:
    client = sdk(tenant)
    for name in ("b/2", "a & <b>", "b/10", "c"):
        await client.upload_blob(name, name.encode(), metadata={"n": f"<{name}>"})
    assert await names(client) == ["a & <b>", "b/10", "b/2", "c"]
    assert await names(client, name_starts_with="b/") == ["b/10", "b/2"]
    assert await names(client, name_starts_with="none") == []
    (listed,) = [blob async for blob in client.list_blobs(name_starts_with="a", include=["metadata"])]
    properties = await client.get_blob_client("a & <b>").get_blob_properties()
    assert (listed.size, listed.metadata) == (7, {"n": "<a & <b>>"})
    assert (listed.etag, listed.last_modified) == (properties.etag.strip('"'), properties.last_modified)


async def test_metadata_is_listed_only_if_asked_for(tenant: World) -> None:
    client = sdk(tenant)
    await client.upload_blob("b", b"", metadata={"a": "1"})
    assert [blob.metadata async for blob in client.list_blobs()] == [{}]
    assert [blob.metadata async for blob in client.list_blobs(include=["metadata"])] == [{"a": "1"}]


async def test_a_piece_can_be_downloaded(tenant: World) -> None:
    client = sdk(tenant)
    await client.upload_blob("b", b"0123456789")
    assert await content(client, "b", offset=2, length=3) == b"234"
    assert await content(client, "b", offset=7) == b"789"
    assert await content(client, "b", offset=7, length=100) == b"789"
    piece = await raw(tenant, "GET", "dead-letters/b", x_ms_range="bytes=4-")
    assert (piece.status, piece.body, piece.headers["content-range"]) == (206, b"456789", "bytes 4-9/10")
    assert (await raw(tenant, "GET", "dead-letters/b")).body == b"0123456789"
    assert await refusal(content(client, "b", offset=10)) == (416, "InvalidRange")


async def test_an_empty_blob_can_be_downloaded(tenant: World) -> None:
    client = sdk(tenant)
    await client.upload_blob("b", b"")
    assert await content(client, "b") == b""


async def test_only_whole_block_blobs_are_known(tenant: World) -> None:
    assert (await raw(tenant, "PUT", "dead-letters/b")).status == 400
    assert (await raw(tenant, "PUT", "dead-letters/b", x_ms_blob_type="PageBlob")).status == 400
    block = await raw(tenant, "PUT", "dead-letters/b?comp=block&blockid=1", x_ms_blob_type="BlockBlob")
    assert (block.status, block.headers["x-ms-error-code"]) == (400, "InvalidHeaderValue")
    assert (await raw(tenant, "DELETE", "dead-letters/b")).status == 405


@pytest.mark.parametrize(
    ("method", "path", "enough", "not_enough"),
    [
        ("GET", "dead-letters/b", "read", "write"),
        ("HEAD", "dead-letters/b", "read", "write"),
        ("GET", "dead-letters?restype=container&comp=list", "read", "write"),
        ("PUT", "dead-letters/b", "write", "read"),
    ],
)
async def test_a_call_wants_its_permission(world: World, method: str, path: str, enough: str, not_enough: str) -> None:
    world.state(Blobs).containers[contoso.STORAGE_ACCOUNT, "other"] = {}
    allow(world, "*")
    allow_data(world, f"{BLOBS}/{not_enough}")
    allow_data(world, f"{BLOBS}/{enough}", at=f"{contoso.STORAGE}/blobServices/default/containers/other")
    refused = await raw(world, method, path, x_ms_blob_type="BlockBlob")
    assert (refused.status, refused.headers["x-ms-error-code"]) == (403, "AuthorizationPermissionMismatch")
    allow_data(world, f"{BLOBS}/{enough}", at=f"{contoso.STORAGE}/blobServices/default/containers/dead-letters")
    assert (await raw(world, method, path, x_ms_blob_type="BlockBlob")).status in (200, 201, 404)


async def test_who_may_not_create_a_container_is_refused(world: World) -> None:
    allow_data(world, "*")
    assert await refusal(service(world).create_container("new")) == (403, "AuthorizationPermissionMismatch")


async def test_an_account_that_is_not_there_is_a_404(tenant: World) -> None:
    allow_data(tenant, "*", at="/")
    missing = await ask(tenant, "GET", "https://stnowhere.blob.core.windows.net/dead-letters/b")
    assert (missing.status, missing.headers["x-ms-error-code"]) == (404, "ResourceNotFound")

from __future__ import annotations

import json

from shared.wire.dry_run import KeptBack, dry
from shared.wire.message import Request, Response

NIC = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n"


class Azure:
    """Remembers what reached it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, request: Request) -> Response:
        self.asked.append(request.method)
        return Response(200, body=b"{}")


async def test_reads_pass_and_writes_are_kept_back() -> None:
    azure, kept = Azure(), list[KeptBack]()
    send = dry(azure.send, kept.append)

    for method in ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"):
        await send(Request(method, f"{NIC}?api-version=1"))

    assert azure.asked == ["GET", "HEAD"]
    assert [str(one) for one in kept] == [f"{method} {NIC}" for method in ("PUT", "PATCH", "POST", "DELETE")]


async def test_a_post_that_only_reads_passes() -> None:
    azure, kept = Azure(), list[KeptBack]()

    await dry(azure.send, kept.append)(Request("POST", NIC, reads=True))

    assert (azure.asked, kept) == (["POST"], [])


async def test_the_written_fields_are_told_without_their_values() -> None:
    kept: list[KeptBack] = []
    body = json.dumps({"value": "hunter2", "attributes": {"enabled": True}, "tags": {}}).encode()

    await dry(Azure().send, kept.append)(Request("PUT", "https://kv.vault.azure.net/secrets/a", body=body))

    assert kept[0].fields == ("attributes.enabled", "tags", "value")
    assert "hunter2" not in repr(kept)


async def test_the_answer_looks_like_the_written_object() -> None:
    answer = await dry(Azure().send, lambda _: None)(Request("PUT", NIC, body=b'{"location": "westeurope"}'))

    shown = json.loads(answer.body)
    assert (shown["location"], shown["name"], shown["id"][:15]) == ("westeurope", "n", "/subscriptions/")


async def test_the_answer_of_a_vault_names_a_version_but_no_value() -> None:
    body = b'{"value": "hunter2", "attributes": {"enabled": true}}'
    answer = await dry(Azure().send, lambda _: None)(Request("PUT", "https://kv.vault.azure.net/secrets/a", body=body))

    shown = json.loads(answer.body)
    assert shown == {"attributes": {"enabled": True}, "id": "https://kv.vault.azure.net/secrets/a/dry-run"}


async def test_a_body_that_is_no_json_has_no_fields_to_tell() -> None:
    kept: list[KeptBack] = []

    await dry(Azure().send, kept.append)(Request("PUT", NIC, body=b"<xml/>"))

    assert kept[0].fields == ()

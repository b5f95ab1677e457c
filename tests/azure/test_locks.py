from __future__ import annotations

import json

from azsim import arm
from azsim.tenants import contoso
from shared.azure.locks import READ, locks_over
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.lab import Lab

LOCKS = "providers/Microsoft.Authorization/locks"
SECRET = f"{contoso.VAULT}/secrets/{contoso.SECRET}"


def locked(*scopes: str, made: Lab | None = None) -> Lab:
    made = made or lab.make()
    for number, scope in enumerate(scopes):
        arm.put(made.world, f"{scope}/{LOCKS}/lock-{number}", {"properties": {"level": "ReadOnly"}})
    return made


async def over(made: Lab, *places: str) -> list[tuple[str, str]]:
    found = await locks_over(places, made.app.azure((READ,), []))
    assert {lock.level for lock in found} <= {"ReadOnly"}
    return [(lock.scope, lock.name) for lock in found]


async def test_a_part_is_looked_up_with_its_whole() -> None:
    made = locked(SECRET, contoso.VAULT, f"{SECRET}-2", contoso.SHOP, contoso.SECURITY)

    found = await over(made, contoso.VAULT, SECRET.upper())

    expected = [(contoso.SHOP, "lock-3"), (contoso.VAULT, "lock-1"), (SECRET, "lock-0")]
    assert found == [(scope.lower(), name) for scope, name in expected]
    asked = [call.path for call in made.world.calls if "/locks" in call.path]
    assert asked == [f"{contoso.VAULT.lower()}/{LOCKS}"]


async def test_things_apart_are_asked_for_side_by_side_and_a_lock_is_told_once() -> None:
    made = locked(contoso.SHOP)
    await over(made, contoso.WEB_VM, contoso.DC_VM)
    made.world.latency = 1.0
    began = made.world.clock.now()

    assert await over(made, contoso.WEB_VM, contoso.DC_VM) == [(contoso.SHOP.lower(), "lock-0")]

    assert (made.world.clock.now() - began).total_seconds() == 1.0


async def test_every_page_is_read() -> None:
    def in_pages(send: Send) -> Send:
        async def page(request: Request) -> Response:
            answer = await send(request)
            if "/locks?" not in request.url:
                return answer
            number = int(request.url.partition("&page=")[2] or 0)
            items = json.loads(answer.body)["value"]
            after = f"{request.url.partition('&page=')[0]}&page={number + 1}" if number + 1 < len(items) else None
            return Response(200, answer.headers, json.dumps({"value": items[number:][:1], "nextLink": after}).encode())

        return page

    made = locked(contoso.WEB_VM, contoso.SHOP, contoso.SUBSCRIPTION, made=lab.make(wrap=in_pages))

    assert [name for _, name in await over(made, contoso.WEB_VM)] == ["lock-2", "lock-1", "lock-0"]


async def test_nothing_is_asked_for_nothing() -> None:
    assert await over(lab.make()) == []

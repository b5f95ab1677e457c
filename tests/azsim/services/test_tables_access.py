"""Tables themselves, and the permission that every call wants."""

from __future__ import annotations

import pytest
from azure.core.exceptions import (
    ResourceExistsError,
)
from azure.data.tables.aio import TableServiceClient

from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import pipeline
from tests.azsim.caller import allow, allow_data, azure
from tests.azsim.services.tables import (
    ENDPOINT,
    ENTITIES,
    KEY,
    entity,
    keys,
    problem,
    raw,
    refusal,
    sdk,
    table_rows,
    told,
)

CREATE = "Microsoft.Storage/storageAccounts/tableServices/tables/write"


async def test_a_table_is_created_once(world: World) -> None:
    allow(world, CREATE)
    allow_data(world, f"{ENTITIES}/*")
    client = sdk(world, "Another1")
    await client.create_table()
    with pytest.raises(ResourceExistsError) as caught:
        await client.create_table()
    assert told(caught.value) == (409, "TableAlreadyExists")
    await client.create_entity(entity())
    assert await keys(sdk(world, "ANOTHER1"), "RowKey eq 'r'") == ["r"]
    under = azure(world)
    service = TableServiceClient(ENDPOINT, credential=under.credential, **pipeline(under.send, under.clock))
    await service.create_table_if_not_exists("Another1")


@pytest.mark.parametrize("name", ["ab", "1abc", "with-dash", "x" * 64, ""])
async def test_a_tables_name_is_letters_and_digits(world: World, name: str) -> None:
    allow(world, CREATE)
    assert problem(await raw(world, "POST", "Tables", {"TableName": name})) == (400, "InvalidResourceName")


REFUSED = (403, "AuthorizationPermissionMismatch")


async def test_who_may_not_create_a_table_is_refused(world: World) -> None:
    allow_data(world, "*")
    assert await refusal(sdk(world, "another").create_table()) == REFUSED


ADD, UPDATE, DELETE, WRITE, READ = (
    f"{ENTITIES}/{name}" for name in ("add/action", "update/action", "delete", "write", "read")
)
ETAG = {"if_match": "*"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "enough", "not_enough"),
    [
        ("POST", "riposte", {}, [ADD], [UPDATE, DELETE, READ]),
        ("POST", "riposte", {}, [WRITE], [UPDATE, DELETE, READ]),
        ("PUT", KEY, ETAG, [UPDATE], [ADD, DELETE, READ]),
        ("PUT", KEY, {}, [ADD, UPDATE], [UPDATE, DELETE, READ]),
        ("PATCH", KEY, {}, [ADD, UPDATE], [ADD, DELETE, READ]),
        ("MERGE", KEY, {}, [WRITE], [UPDATE, DELETE, READ]),
        ("DELETE", KEY, ETAG, [DELETE], [ADD, UPDATE, READ]),
        ("DELETE", KEY, ETAG, [WRITE], [ADD, UPDATE, READ]),
        ("GET", KEY, {}, [READ], [ADD, UPDATE, DELETE, WRITE]),
        ("GET", "riposte()", {}, [READ], [ADD, UPDATE, DELETE, WRITE]),
    ],
)
async def test_a_call_wants_its_permission(
    world: World, method: str, path: str, headers: dict[str, str], enough: list[str], not_enough: list[str]
) -> None:
    allow(world, "*")
    body = None if method in ("GET", "DELETE") else entity()
    allow_data(world, *not_enough)
    assert problem(await raw(world, method, path, body, **headers)) == REFUSED
    scope = f"{contoso.STORAGE}/tableServices/default/tables/riposte"
    allow_data(world, *enough, at=scope)
    assert (await raw(world, method, path, body, **headers)).status in (200, 204, 404)
    assert {permission for permission, _ in world.calls[-1].permissions} <= {*enough, *not_enough}
    assert {where for _, where in world.calls[-1].permissions} == {scope}


async def test_a_transaction_wants_the_permission_of_every_write(world: World) -> None:
    allow_data(world, ADD)
    client = sdk(world)
    assert await refusal(client.submit_transaction([("create", entity("one")), ("delete", entity("two"))])) == REFUSED
    assert table_rows(world) == []
    await client.submit_transaction([("create", entity("one"))])
    assert len(table_rows(world)) == 1

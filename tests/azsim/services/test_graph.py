"""Microsoft Graph: users, their sessions and their groups."""

from __future__ import annotations

from typing import Any

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.user import User
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_service_client import GraphServiceClient

from azsim.services.graph import Directory
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow_graph, ask, azure, error

GRAPH = "https://graph.microsoft.com/v1.0"
ALEX = "2c3d4e5f-6a7b-48c9-9d0e-1f2a3b4c5d6e"
EVERYBODY = {"Adele Vance", "Alex Wilber", "Emergency access 1"}


async def sdk(world: World, *permissions: str) -> GraphServiceClient:
    allow_graph(world, *permissions)
    return await azure(world).graph()


async def listed(graph: GraphServiceClient, expression: str) -> set[str]:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(filter=expression)
    found = await graph.users.get(RequestConfiguration(query_parameters=query))
    assert found is not None
    return {str(user.display_name) for user in found.value or []}


async def names(world: World, expression: str) -> set[str]:
    allow_graph(world, "User.Read.All")
    query = expression.replace("%", "%25").replace("&", "%26").replace("+", "%2B")
    answer = await ask(world, "GET", f"{GRAPH}/users?$filter={query}")
    return {user["displayName"] for user in answer.json()["value"]}


@pytest.mark.parametrize(
    "key", [contoso.ADELE, contoso.ADELE.upper(), "adele.vance@contoso.example", "Adele.Vance@Contoso.Example"]
)
async def test_a_user_is_found_by_id_or_principal_name_in_any_case(world: World, key: str) -> None:
    user = await (await sdk(world, "User.Read.All")).users.by_user_id(key).get()
    assert user is not None
    assert (user.id, user.display_name) == (contoso.ADELE, "Adele Vance")


async def test_a_user_shows_the_usual_properties_or_those_selected(world: World) -> None:
    graph = await sdk(world, "User.Read.All")
    usual = await graph.users.by_user_id(contoso.ADELE).get()
    assert usual is not None
    assert usual.user_principal_name == "adele.vance@contoso.example"
    assert usual.account_enabled is None
    assert usual.sign_in_sessions_valid_from_date_time is None
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(
        select=["accountEnabled", "signInSessionsValidFromDateTime"]
    )
    selected = await graph.users.by_user_id(contoso.ADELE).get(RequestConfiguration(query_parameters=query))
    assert selected is not None
    assert selected.account_enabled is True
    assert selected.sign_in_sessions_valid_from_date_time is not None
    assert selected.user_principal_name is None
    answer = await ask(world, "GET", f"{GRAPH}/users/{contoso.ADELE}?$select=id, mail")
    assert answer.json() == {"id": contoso.ADELE, "mail": "adele.vance@contoso.example"}


async def test_a_user_that_there_is_not_is_a_404(world: World) -> None:
    graph = await sdk(world, "User.Read.All")
    with pytest.raises(ODataError) as caught:
        await graph.users.by_user_id("nobody@contoso.example").get()
    assert caught.value.response_status_code == 404
    assert caught.value.error is not None
    assert caught.value.error.code == "Request_ResourceNotFound"
    assert "'nobody@contoso.example' does not exist" in str(caught.value.error.message)


async def test_users_are_listed_and_filtered_by_the_sdk(world: World) -> None:
    graph = await sdk(world, "User.Read.All")
    everybody = await graph.users.get()
    assert everybody is not None
    assert {str(user.display_name) for user in everybody.value or []} == EVERYBODY
    assert await listed(graph, f"id eq '{contoso.ADELE}'") == {"Adele Vance"}
    with pytest.raises(ODataError) as caught:
        await listed(graph, "startswith(displayName,'A')")
    assert caught.value.response_status_code == 400


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("userPrincipalName eq 'adele.vance@contoso.example'", {"Adele Vance"}),
        ("mail eq 'ADELE.VANCE@contoso.example'", {"Adele Vance"}),
        ("displayName eq 'Adele'", set()),
        (f"id eq '{contoso.ADELE}' or id eq '{ALEX}'", {"Adele Vance", "Alex Wilber"}),
        (f"id eq 'none' or  id eq '{ALEX}'  or id eq 'nobody'", {"Alex Wilber"}),
        ("displayName eq 'Tom or Jerry''s'", {"Tom or Jerry's"}),
        (f"displayName eq 'Tom or Jerry''s' or id eq '{ALEX}'", {"Tom or Jerry's", "Alex Wilber"}),
        ("displayName eq 'Tom'", set()),
        ("onPremisesSecurityIdentifier eq 'S-1-5-21-3623811015-3361044348-30300820-1100'", {"Adele Vance"}),
        ("securityIdentifier eq 'S-1-12-1-465505852-1202081106-3424919180-1061452801'", {"Alex Wilber"}),
    ],
)
async def test_a_filter_of_equalities_picks_users(world: World, expression: str, wanted: set[str]) -> None:
    world.state(Directory).add({"id": "t", "displayName": "Tom or Jerry's", "userPrincipalName": "t@contoso.example"})
    assert await names(world, expression) == wanted


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "displayName",
        "displayName eq Adele",
        "displayName eq 'Adele",
        "displayName eq 'it's'",
        "displayName ne 'Adele'",
        "id eq 'x' and mail eq 'y'",
        "id eq 'x' or",
        "id eq 'x' or mail ne 'y'",
        "startswith(displayName,'A')",
        "jobTitle eq 'x'",
        "accountEnabled eq true",
    ],
)
async def test_a_filter_that_graph_does_not_support_here_is_refused(world: World, expression: str) -> None:
    allow_graph(world, "User.Read.All")
    refused = await ask(world, "GET", f"{GRAPH}/users?$filter={expression}")
    assert error(refused) == (400, "Request_UnsupportedQuery")


async def test_revoking_sessions_moves_the_time_that_they_are_valid_from(world: World) -> None:
    graph = await sdk(world, "User.RevokeSessions.All")
    await world.clock.sleep(90)
    answer = await graph.users.by_user_id(contoso.ADELE).revoke_sign_in_sessions.post()
    assert answer is not None
    assert answer.value is True
    users = world.state(Directory).users
    assert users[contoso.ADELE]["signInSessionsValidFromDateTime"] == f"{world.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert users[ALEX]["signInSessionsValidFromDateTime"] == "2026-01-15T08:00:00Z"
    missing = await ask(world, "POST", f"{GRAPH}/users/nobody/revokeSignInSessions")
    assert error(missing) == (404, "Request_ResourceNotFound")


async def test_of_the_groups_asked_for_those_that_the_user_is_in_come_back(world: World) -> None:
    graph = await sdk(world, "User.Read.All", "GroupMember.Read.All")

    async def member_of(user: str) -> list[str]:
        body = CheckMemberGroupsPostRequestBody(group_ids=["11111111", contoso.PROTECTED_GROUP])
        answer = await graph.users.by_user_id(user).check_member_groups.post(body)
        assert answer is not None
        return list(answer.value or [])

    assert await member_of(contoso.BREAK_GLASS) == [contoso.PROTECTED_GROUP]
    assert await member_of(contoso.ADELE) == []


@pytest.mark.parametrize("asked", [None, "one", [], ["g"] * 21])
async def test_one_to_twenty_groups_are_asked_for_at_once(world: World, asked: Any) -> None:
    allow_graph(world, "Directory.Read.All")
    url = f"{GRAPH}/users/{contoso.ADELE}/checkMemberGroups"
    assert error(await ask(world, "POST", url, {"groupIds": asked})) == (400, "Request_BadRequest")
    assert (await ask(world, "POST", url, {"groupIds": ["g"] * 20})).json() == {"value": []}


@pytest.mark.parametrize(
    ("method", "path", "enough", "not_enough"),
    [
        ("GET", "users", ["User.Read.All"], ["User.RevokeSessions.All"]),
        ("GET", f"users/{contoso.ADELE}", ["Directory.Read.All"], ["GroupMember.Read.All"]),
        ("POST", f"users/{contoso.ADELE}/revokeSignInSessions", ["User.RevokeSessions.All"], ["User.Read.All"]),
        ("POST", f"users/{contoso.ADELE}/revokeSignInSessions", ["User.ReadWrite.All"], ["Directory.Read.All"]),
        (
            "POST",
            f"users/{contoso.ADELE}/checkMemberGroups",
            ["User.Read.All", "GroupMember.Read.All"],
            ["User.Read.All"],
        ),
        ("POST", f"users/{contoso.ADELE}/checkMemberGroups", ["Directory.Read.All"], ["GroupMember.Read.All"]),
    ],
)
async def test_graph_wants_its_permissions(
    world: World, method: str, path: str, enough: list[str], not_enough: list[str]
) -> None:
    allow_graph(world, *not_enough)
    before = world.snapshot(Directory)
    refused = await ask(world, method, f"{GRAPH}/{path}", {"groupIds": ["g"]})
    assert error(refused) == (403, "Authorization_RequestDenied")
    assert refused.json()["error"]["message"] == "Insufficient privileges to complete the operation."
    assert world.snapshot(Directory) == before
    allow_graph(world, *enough)
    assert (await ask(world, method, f"{GRAPH}/{path}", {"groupIds": ["g"]})).status == 200
    assert {name for name, _ in world.calls[-1].permissions} <= {*enough, *not_enough}
    assert {where for _, where in world.calls[-1].permissions} == {"graph"}


async def test_the_sdk_raises_what_graph_answers(world: World) -> None:
    graph = await sdk(world)
    with pytest.raises(ODataError) as caught:
        await graph.users.by_user_id(contoso.ADELE).get()
    assert caught.value.response_status_code == 403
    assert caught.value.error is not None
    assert caught.value.error.code == "Authorization_RequestDenied"


def test_every_property_of_a_sample_user_is_one_of_graphs(world: World) -> None:
    known = set(User().get_field_deserializers())
    assert all(set(user) <= known for user in world.state(Directory).users.values())


def test_a_snapshot_shows_users_with_their_groups(world: World) -> None:
    shown = world.state(Directory).snapshot()
    assert list(shown) == sorted(world.state(Directory).users)
    assert shown[contoso.BREAK_GLASS]["groups"] == [contoso.PROTECTED_GROUP]
    assert shown[contoso.ADELE]["groups"] == []

"""Users of Microsoft Entra ID, found by any id that names exactly one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.azure.clients import Azure
from shared.azure.target import Population, TargetKind
from shared.model.entity import Account, AnyEntity
from shared.model.errors import Refused
from shared.model.permission import graph
from shared.model.target import Target

if TYPE_CHECKING:
    from msgraph.generated.models.user import User as GraphUser

READ = graph("User.Read.All", "GET /users", "GET /users/{}")

GROUPS = graph("GroupMember.Read.All", "POST /users/{}/checkMemberGroups", "GET /users/{}/transitiveMemberOf")
"""What it takes to ask for a user's groups; together with the right to read users."""

MOST_GROUPS = 20
"""That Graph checks in one call."""

_SELECT = ["id", "userPrincipalName", "mail", "userType", "onPremisesSecurityIdentifier", "securityIdentifier"]


class User(Target, frozen=True, kw_only=True):
    """A user.

    Args:
        object_id: The object's id in the directory.
        user_type: `Member` or `Guest`; guests sign in at their home tenant.
    """

    object_id: str
    user_type: str = ""


async def resolve(entity: AnyEntity, azure: Azure) -> tuple[User, ...]:
    """The one user an account stands for, looked up by object id, UPN, mail or SID, whichever is there first.

    Raises:
        Refused: If no user or more than one has that id, or another id of the account says it is somebody else.
    """
    account = entity if isinstance(entity, Account) else Account()
    by, users = await _look_up(account, azure)
    if len(users) != 1:
        raise Refused(f"{len(users)} users have {by}: nobody is acted on")
    user = users[0]
    _agree(account, user, by)
    upn = user.user_principal_name or ""
    return (
        User(
            id=f"user:{str(user.id).lower()}",
            kind="user",
            name=upn,
            ids=tuple(i for i in (str(user.id).lower(), upn.lower()) if i),
            object_id=str(user.id),
            user_type=user.user_type or "",
        ),
    )


async def group_among(user: User, groups: Sequence[str], azure: Azure) -> str:
    """The first of these groups that the user is in, directly or through others; empty if none.

    https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups
    """
    client = await azure.graph()
    from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
        CheckMemberGroupsPostRequestBody,
    )

    for start in range(0, len(groups), MOST_GROUPS):
        body = CheckMemberGroupsPostRequestBody(group_ids=list(groups[start : start + MOST_GROUPS]))
        answer = await client.users.by_user_id(user.object_id).check_member_groups.post(body)
        found = list(answer.value or []) if answer else []
        if found:
            return str(found[0])
    return ""


async def _look_up(account: Account, azure: Azure) -> tuple[str, list[GraphUser]]:
    if account.object_id:
        return f"object id {account.object_id}", await _where(azure, f"id eq {_quoted(account.object_id)}")
    if account.upn:
        return f"UPN {account.upn}", await _where(azure, f"userPrincipalName eq {_quoted(account.upn)}")
    if account.mail:
        return f"mail {account.mail}", await _where(azure, f"mail eq {_quoted(account.mail)}")
    if account.sid:
        sid = _quoted(account.sid)
        either = f"onPremisesSecurityIdentifier eq {sid} or securityIdentifier eq {sid}"
        return f"SID {account.sid}", await _where(azure, either)
    raise Refused(
        f"account {account.label or '(no name)'} carries no object id, UPN, mail or SID: a bare name may be anybody's"
    )


async def _where(azure: Azure, condition: str) -> list[GraphUser]:
    graph_client = await azure.graph()
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder

    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(filter=condition, select=_SELECT)
    page = await graph_client.users.get(request_configuration=RequestConfiguration(query_parameters=query))
    return list(page.value or []) if page else []


def _agree(account: Account, user: GraphUser, by: str) -> None:
    """Every other id of the account must be this user's too: two ids of two people are nobody's."""
    names = {(text or "").lower() for text in (user.user_principal_name, user.mail)}
    sids = {(text or "").lower() for text in (user.on_premises_security_identifier, user.security_identifier)}
    for name, value, mine in (("UPN", account.upn, names), ("mail", account.mail, names), ("SID", account.sid, sids)):
        if value and value.lower() not in mine:
            raise Refused(f"{by} is user {user.id}, but {name} {value} is not theirs: nobody is acted on")


def _quoted(text: str) -> str:
    """A text as an OData literal."""
    return "'" + text.replace("'", "''") + "'"


async def count(_: User, azure: Azure) -> int:
    """How many users the tenant has, guests included.

    https://learn.microsoft.com/graph/api/user-list#example-7-get-only-a-count-of-users
    """
    client = await azure.graph()
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.count.count_request_builder import CountRequestBuilder

    asked: RequestConfiguration[CountRequestBuilder.CountRequestBuilderGetQueryParameters] = RequestConfiguration()
    asked.headers.add("ConsistencyLevel", "eventual")  # Graph counts by that index alone
    return int(await client.users.count.get(asked) or 0)


USER = TargetKind(
    type=User,
    accepts=frozenset({"account"}),
    permissions=(READ,),
    resolve=resolve,
    population=Population(of=lambda _: "users of the tenant", permissions=(READ,), count=count),
)

"""Sign a user out everywhere: refresh tokens and browser sessions from before now are void.

user: revokeSignInSessions: https://learn.microsoft.com/graph/api/user-revokesigninsessions
"""

from __future__ import annotations

from datetime import UTC

from msgspec import Struct

from shared.azure.clients import Azure
from shared.azure.targets.user import USER, User
from shared.kinds.responder import Facts, Operation, Params, Seen
from shared.kinds.times import instant
from shared.model.cause import Cause
from shared.model.change import Change
from shared.model.errors import Refused, Unverified
from shared.model.permission import graph

_FACTS = Facts(
    permissions=(
        graph("User.Read.All", "GET /users", "GET /users/{}"),
        graph("User.RevokeSessions.All", "POST /users/{}/revokeSignInSessions"),
    ),
    attack=("M1018",),
    d3fend=("D3-ANCI", "D3-ST"),
    mcsb=("IR-6", "IM-2"),
    impact="medium",
    limits=(
        (
            "Access tokens already issued live on: about an hour, up to 28 hours where continuous access evaluation "
            "holds the session; resources that evaluate continuously drop it within 15 minutes."
        ),
        "Sessions that an application issued itself are not touched.",
        "Whoever has the password signs in again: reset it, too.",
    ),
)

_EXTERNAL = "#ext#"
"""In the UPN of everybody who was invited from outside, whether as a guest or as a member."""


class RevokeUserSessionsParams(Params, frozen=True, kw_only=True):
    """Nothing to set."""


class RevokeUserSessionsState(Struct, frozen=True):
    """Sessions that began before this time are void: `signInSessionsValidFromDateTime`, in UTC."""

    sessions_valid_from: str


async def read(user: User, _: RevokeUserSessionsParams, azure: Azure) -> Seen[RevokeUserSessionsState]:
    """Since when the user's sessions are valid.

    Raises:
        Refused: If the user signs in at another tenant, as guests do and members from outside.
    """
    if user.user_type.lower() == "guest" or _EXTERNAL in user.name.lower():
        raise Refused(f"{user.name} is external: their sessions belong to their home tenant and cannot be revoked here")
    client = await azure.graph()
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(
        select=["id", "signInSessionsValidFromDateTime"]
    )
    found = await client.users.by_user_id(user.object_id).get(RequestConfiguration(query_parameters=query))
    time = found.sign_in_sessions_valid_from_date_time if found else None
    return Seen(RevokeUserSessionsState(f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if time else ""))


def done(_: User, seen: Seen[RevokeUserSessionsState], cause: Cause) -> bool:
    """Everything that began before the event, or before this deed was first tried, is void already.

    The directory keeps whole seconds.
    """
    if not seen.state.sessions_valid_from:
        return False
    void_before = instant(seen.state.sessions_valid_from)
    if cause.event_time:
        return void_before > instant(cause.event_time)
    return void_before >= cause.started.replace(microsecond=0)


async def do(
    user: User, _: RevokeUserSessionsParams, _seen: Seen[RevokeUserSessionsState], _cause: Cause, azure: Azure
) -> RevokeUserSessionsState:
    """Revoke."""
    client = await azure.graph()
    await client.users.by_user_id(user.object_id).revoke_sign_in_sessions.post()
    return RevokeUserSessionsState(f"{azure.clock.now():%Y-%m-%dT%H:%M:%SZ}")


async def verify(
    user: User, params: RevokeUserSessionsParams, revoked: Change[RevokeUserSessionsState], azure: Azure
) -> tuple[str, ...]:
    """The time has moved.

    Raises:
        Unverified: If it has not.
    """
    now = (await read(user, params, azure)).state.sessions_valid_from
    if now <= revoked.before.sessions_valid_from:
        raise Unverified(f"signInSessionsValidFromDateTime of {user.name} is still {now}")
    return (f"Sessions from before {now} are void.",)


responder = Operation(
    facts=_FACTS,
    target=USER,
    params=RevokeUserSessionsParams,
    state=RevokeUserSessionsState,
    read=read,
    done=done,
    do=do,
    verify=verify,
    repeatable=True,
)

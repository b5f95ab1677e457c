"""What the storage services share: the account behind a host name, permissions and time stamps."""

from __future__ import annotations

from azsim.arm import Arm, Resource
from azsim.call import Call
from azsim.problem import Problem

AUDIENCE = "https://storage.azure.com"


def account_of(call: Call) -> Resource:
    """The storage account that the host name belongs to.

    Raises:
        Problem: 404 if there is none.
    """
    name = call.host.partition(".")[0]
    for account in call.world.state(Arm).of_type("Microsoft.Storage/storageAccounts"):
        if account.name.lower() == name:
            return account
    raise Problem(404, "ResourceNotFound", "The specified resource does not exist.")


def need(call: Call, scope: str, *any_of: str, data: bool = True) -> None:
    """Let the call pass with one of these permissions on a scope below the account.

    Args:
        call: The request.
        scope: Path below the account, such as `tableServices/default/tables/ledger`.
        any_of: Permissions without their common prefix, the narrowest first; `a+b` needs both.
        data: Whether they are data actions.

    Raises:
        Problem: 403 in the storage services' words.
    """
    place = f"{account_of(call).id}/{scope}"
    for choice in any_of:
        if all(call.may(f"Microsoft.Storage/storageAccounts/{one}", place, data=data) for one in choice.split("+")):
            return
    raise Problem(
        403,
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
    )

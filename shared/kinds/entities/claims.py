"""Who called, out of the claims of a token as the logs of Azure keep them.

Resource Manager keeps the claims under their full names (`http://schemas.microsoft.com/identity/claims/objectidentifier`),
data planes under short ones (`oid`), and some exporters take the full names apart at their dots.
"""

from __future__ import annotations

from typing import Any

from shared.kinds import valid
from shared.kinds.entities.part import NO_PART, Part
from shared.kinds.fields import Fields, as_text
from shared.model.entity import Account, CloudApplication, ServicePrincipal

_DEPTH = 8
_UPN = ("upn", "name", "unique_name", "preferred_username", "callerAadUPN", "emailaddress")
_OBJECT = ("objectidentifier", "oid", "callerAadObjectId")
_APP = ("appid", "azp", "callerAadAppId", "applicationid")
_TENANT = ("tenantid", "tid", "callerAadTenantId")


def short(claims: Fields) -> Fields:
    """Claims by the last part of their names, whichever form they came in."""
    found: dict[str, Any] = {}
    _gather(claims.raw, found, _DEPTH)
    return Fields(found)


def caller(claims: Fields, part: Part = NO_PART) -> Account | ServicePrincipal | None:
    """The user that a token was issued for, or the application if it speaks for itself; None if neither is certain.

    Args:
        claims: Of the token, in any form.
        part: What is known of the caller's part.
    """
    told = short(claims)
    upn, object_id, app = valid.upn(told.text(*_UPN)), valid.guid(told.text(*_OBJECT)), valid.guid(told.text(*_APP))
    tenant = valid.guid(told.text(*_TENANT))
    alone = told.text("idtyp").lower() == "app" or (not upn and told.text("appidacr") in ("1", "2"))
    if app and not upn and (alone or not object_id or not told.text("scope", "scp")):
        return ServicePrincipal(object_id=object_id, app_id=app, **part)
    if upn or object_id:
        return Account(upn=upn, object_id=object_id, puid=valid.puid(told.text("puid")), tenant=tenant, **part)
    return None


def application(claims: Fields, part: Part = NO_PART) -> CloudApplication | None:
    """The application that a user's token was issued to; None if it is not certain, or is the caller itself."""
    app = valid.guid(short(claims).text(*_APP))
    return CloudApplication(app_id=app, **part) if app and isinstance(caller(claims), Account) else None


def _gather(value: dict[str, Any], found: dict[str, Any], depth: int) -> None:
    for name, inner in value.items():
        if isinstance(inner, dict):
            if depth:
                _gather(inner, found, depth - 1)
        elif text := as_text(inner):
            found.setdefault(name.rpartition("/")[2].strip().lower(), text)

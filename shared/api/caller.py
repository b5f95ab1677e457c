"""Who calls: whoever holds a function key, or the person whom App Service authentication has signed in.

https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from shared.api.answer import Problem, problem
from shared.api.routes import Needs
from shared.kinds import valid
from shared.kinds.fields import Fields
from shared.model.settings import Settings
from shared.model.step import Actor

log = logging.getLogger(__name__)

HEADER = "x-ms-client-principal"

_OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_NAME = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "upn",
    "name",
    "appid",
    "azp",
)


def caller(headers: Mapping[str, str], settings: Settings, *, needs: Needs) -> Actor:
    """The caller.

    The header is believed only when the settings say that App Service authentication is in front, which replaces
    whatever a client sends under that name. Otherwise anybody could call themselves anything.

    Args:
        headers: Of the request, names in lower case.
        settings: Say whether the header can be believed, and which role may act.
        needs: The role that the request takes.

    Raises:
        Problem: 401 for somebody who is not signed in, 403 for somebody who may not do this.
    """
    if not settings.easy_auth:
        return Actor("function_key")
    principal = _principal(headers.get(HEADER, ""))
    if principal is None:
        raise _nobody("This API takes signed-in callers only.")
    claims = [(claim.text("typ"), claim.text("val")) for claim in principal.objects("claims")]
    role_types = {"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role", principal.text("role_typ")}
    object_id = valid.guid(_first(claims, _OBJECT_ID))
    if not object_id:
        raise _nobody("The sign-in names nobody: it carries no object id.")
    roles = {value for kind, value in claims if kind in role_types}
    wanted = settings.approver_role if needs == "approver" else settings.operator_role
    if needs and wanted not in roles:
        log.warning("user %s may not act: the app role %s is missing", object_id, wanted)
        detail = f"{'Approving plans' if needs == 'approver' else 'Running playbooks'} takes the app role {wanted}."
        raise Problem(problem(403, "Not allowed", detail))
    return Actor("user", _first(claims, _NAME), object_id)


def _principal(header: str) -> Fields | None:
    try:
        value: Any = msgspec.json.decode(base64.b64decode(header, validate=True))
    except (ValueError, msgspec.DecodeError, RecursionError):
        return None
    fields = Fields(value)
    return fields or None


def _nobody(detail: str) -> Problem:
    log.warning("a caller was turned away: %s", detail)
    return Problem(problem(401, "Not signed in", detail, headers={"WWW-Authenticate": "Bearer"}))


def _first(claims: list[tuple[str, str]], names: tuple[str, ...]) -> str:
    return next((value for name in names for kind, value in claims if kind == name and value), "")

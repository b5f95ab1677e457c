"""Azure Key Vault and Managed HSM: audit logs of every call, also of those that were refused (`AuditEvent`).

https://learn.microsoft.com/azure/key-vault/general/logging
https://learn.microsoft.com/azure/key-vault/managed-hsm/logging
https://learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, valid, vaults
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.entities.claims import application, short
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event

_PRODUCTS = {vaults.VAULT: "Azure Key Vault", vaults.HSM: "Azure Key Vault Managed HSM"}
_REFUSED = 400


def read(body: Fields) -> Iterator[Event]:
    """One event, about one call. Refused calls are logged as a success too: the HTTP status tells."""
    operation = body.text("operationName")
    if not operation:
        raise Unreadable("the record does not say what was done", "operationName")
    claims = vaults.claims(body)
    product = _PRODUCTS[vaults.service(body)]
    call, time = body.text("correlationId"), diagnostics.time(body)
    status = _status(body)
    yield Event(
        provider=product,
        product=product,
        id=call,
        # A caller may give many calls the same id.
        case=object_case(f"key_vault_audit:{call}", f"{operation}:{status}:{time}") if call else "",
        kind=operation,
        title=operation,
        status=status,
        time=time,
        tenant=valid.guid(short(claims).text("tid", "tenantid")) or diagnostics.tenant(body),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body, claims)),
    )


def _entities(body: Fields, claims: Fields) -> Iterator[AnyEntity | None]:
    vault = diagnostics.resource(body)
    yield vaults.vault_object(vaults.text(body, "id"), vault) or vaults.vault_object(
        vaults.text(body, "requestUri"), vault
    )
    yield entities.azure_resource(vault)
    yield entities.caller(claims)
    yield application(claims)
    yield entities.ip(vaults.text(body, "callerIpAddress"))


def _status(body: Fields) -> str:
    code = vaults.status_code(body, "httpStatusCode")
    if code is None:
        return body.text("resultType")
    return "Failed" if code >= _REFUSED else "Success"


def _is_vault(body: Fields) -> bool:
    return vaults.service(body) in _PRODUCTS


source = Source(
    marks=(
        Mark(("category",), values=("auditevent",), when=_is_vault),
        Mark(("type",), values=("azkvauditlogs",), when=_is_vault),
        Mark(("httpstatuscode", "operationname"), unless=("category", "type"), when=_is_vault),
        Mark(("httpstatuscode_d", "operationname"), unless=("category", "type"), when=_is_vault),
    ),
    read=read,
    carried_by=(diagnostic_setting("key vault or managed HSM", "AuditEvent"),),
)

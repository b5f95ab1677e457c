"""Azure Attestation: logs of attestation requests and of changes to policies.

https://learn.microsoft.com/azure/attestation/view-logs
https://learn.microsoft.com/azure/azure-monitor/reference/tables/azureattestationdiagnostics
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, valid, vaults
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.entities.claims import application, short
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.event import Event

_REFUSED = 400


def read(body: Fields) -> Iterator[Event]:
    """One event, about one request. Requests that were answered with an error are logged as succeeded: the status tells.

    What could not be processed at all may name no operation: then the log it is in says what happened.
    """
    operation = body.text("operationName") or diagnostics.log(body)
    claims = vaults.claims(body)
    yield Event(
        provider="Azure Attestation",
        product="Azure Attestation",
        kind=operation,
        title=operation,
        status=_status(body),
        time=diagnostics.time(body),
        tenant=valid.guid(short(claims).text("callerAadTenantId", "tid", "tenantid")) or diagnostics.tenant(body),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(
            (
                entities.azure_resource(diagnostics.resource(body)),
                entities.caller(claims),
                application(claims),
                entities.ip(diagnostics.address(body)),
            )
        ),
    )


def _status(body: Fields) -> str:
    code = vaults.status_code(body, "resultSignature", "httpStatusCode")
    if code is None:
        return body.text("resultType")
    return "Failed" if code >= _REFUSED else "Succeeded"


def _is_attestation(body: Fields) -> bool:
    return vaults.service(body) == vaults.ATTESTATION


source = Source(
    marks=(
        Mark(("category",), values=("auditevent", "operational", "notprocessed"), when=_is_attestation),
        Mark(("type",), values=("azureattestationdiagnostics",)),
    ),
    read=read,
    carried_by=(diagnostic_setting("attestation provider", "Operational", "NotProcessed", "AuditEvent"),),
)

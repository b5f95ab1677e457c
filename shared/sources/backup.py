"""Azure Backup: alerts, jobs, operations, and what is protected, as vaults log it.

As diagnostic settings of Recovery Services and Backup vaults stream it, and as rows. What is done to a vault is in the activity
log. https://learn.microsoft.com/azure/backup/backup-azure-reports-data-model
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import diagnostics, entities, valid
from shared.kinds.carrier import diagnostic_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, object_case
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.severity import Severity

_TABLES = (
    "CoreAzureBackup",
    "AddonAzureBackupAlerts",
    "AddonAzureBackupJobs",
    "AddonAzureBackupPolicy",
    "AddonAzureBackupProtectedInstance",
    "AddonAzureBackupStorage",
    "AzureBackupOperations",
    "AzureBackupReport",
)
_NAMES = tuple(map(str.lower, _TABLES))
_TYPED = ("", "_s", "_g", "_t")
"""What the table `AzureDiagnostics` adds to the name of a column."""


def read(body: Fields) -> Iterator[Event]:
    """One event a record: an alert, a job, an operation, or the state of an item, container, policy or vault."""
    told = diagnostics.properties(body)
    alert, job = _text(told, "AlertUniqueId"), _text(told, "JobUniqueId")
    item = _text(told, "BackupItemUniqueId")
    status = _text(told, "AlertStatus", "JobStatus", "BackupItemProtectionState", "ProtectionState", "State")
    operation = _text(told, "OperationType", "JobOperation") or body.text("operationName")
    kind = (_text(told, "AlertType", "AlertCode") if alert else "") or operation or diagnostics.category(body)
    word = _text(told, "AlertSeverity") if alert else body.text("level")
    yield Event(
        provider="Azure Backup",
        product="Azure Backup",
        id=alert or job or body.text("correlationId"),
        case=alert_case(alert) or (object_case(f"backup:{job}", status.lower()) if job.strip("0-") else ""),
        kind=kind,
        title=_title(told, kind, item),
        severity=Severity.read({"information": "informational"}.get(word.lower(), word)) if alert else None,
        severity_word=word,
        status=status,
        time=_time(told, "AlertOccurrenceDateTime", "AlertRaisedOn", "OperationStartTime") or diagnostics.time(body),
        start=_time(told, "JobStartDateTime"),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body, told)),
    )


def _entities(body: Fields, told: Fields) -> Iterator[AnyEntity | None]:
    """The vault; the machine, if the item is one; and its resource, where that is written out."""
    yield entities.azure_resource(diagnostics.resource(body))
    extended = told.fields("ExtendedProperties", "ExtendedProperties_s")
    for place in (told, extended):
        yield entities.azure_resource(
            _text(place, "DatasourceResourceId", "SourceResourceId", "AzureResourceId", "BackupItemResourceId")
        )
    if _text(told, "BackupItemType").lower() in ("vm", "azurevm", "iaasvm"):
        yield entities.host(Fields({"HostName": _text(told, "BackupItemFriendlyName")}))


def _title(told: Fields, kind: str, item: str) -> str:
    name = valid.name(_text(told, "BackupItemFriendlyName")) or valid.name(item.rpartition(";")[2])
    return f"{kind}: {name}" if name else kind


def _text(told: Fields, *names: str) -> str:
    return told.text(*(f"{name}{typed}" for name in names for typed in _TYPED))


def _time(told: Fields, *names: str) -> str:
    return told.time(*(f"{name}{typed}" for name in names for typed in _TYPED))


source = Source(
    marks=(
        Mark(("category",), values=_NAMES),
        Mark(("type",), values=_NAMES),
    ),
    read=read,
    carried_by=(diagnostic_setting("Recovery Services or Backup vault", *_TABLES[:-1]),),
)

"""Operations of Azure Resource Manager, which more than one source must tell apart in the same way.

https://learn.microsoft.com/azure/role-based-access-control/permissions/networking
"""

from __future__ import annotations

from collections.abc import Callable

from shared.kinds.fields import Fields
from shared.kinds.source import Mark


def is_private_endpoint(operation: str) -> bool:
    """Whether an operation is on a private endpoint, or on a connection of one, in any letter case.

    These are read by one source, and left out by those that read every other operation.
    """
    return "privateendpoint" in operation.lower()


CATEGORIES = (
    *("administrative", "write", "delete", "action", "security", "alert", "autoscale"),
    *("policy", "recommendation", "resourcehealth", "servicehealth"),
)
"""Those of the activity log, in lower case; the oldest records have the kind of the operation there."""


def activity_log_marks(
    streamed: Callable[[Fields], bool], answered: Callable[[Fields], bool], row: Callable[[Fields], bool]
) -> tuple[Mark, ...]:
    """How records of the activity log are known, for the sources that share them out by their operations.

    Args:
        streamed: Which of those that a diagnostic setting writes.
        answered: Which of those that Resource Manager gives, with texts as objects.
        row: Which rows of Log Analytics.
    """
    directory = ("activitydisplayname", "loggedbyservice")
    return (
        Mark(("category", "operationname"), values=CATEGORIES, unless=directory, when=streamed),
        Mark(("eventdataid", "operationname"), when=answered),
        Mark(("operationnamevalue",), when=row),
        Mark(("activitystatus", "operationname"), when=row),
        Mark(("type",), values=("azureactivity",), when=row),
    )

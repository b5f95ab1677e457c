"""What Riposte runs on, as far as its settings tell: resources whose names are globally unique."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

STORAGE = "microsoft.storage/storageaccounts"
NAMESPACE = "microsoft.eventhub/namespaces"
SITE = "microsoft.web/sites"

_HOST = re.compile(r"(?:https://)?([^./:]+?)(?:-secondary)?[.]")
_NAME = re.compile(r"([^/]+)")
_NAMED_BY = (
    ("RIPOSTE_LEDGER", STORAGE, _HOST),
    ("RIPOSTE_BLOBS", STORAGE, _HOST),
    ("AzureWebJobsStorage", STORAGE, re.compile(r"(?:.*;)?\s*AccountName=([^;]+)", re.IGNORECASE)),
    ("AzureWebJobsStorage__accountName", STORAGE, _NAME),
    ("AzureWebJobsStorage__blobServiceUri", STORAGE, _HOST),
    ("RIPOSTE_EVENTHUB", NAMESPACE, re.compile(r"(?:.*;)?\s*Endpoint=sb://([^./;]+)", re.IGNORECASE)),
    ("RIPOSTE_EVENTHUB__fullyQualifiedNamespace", NAMESPACE, _HOST),
    ("WEBSITE_SITE_NAME", SITE, _NAME),
)


def own_resources(environment: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Type and name, in lower case, of every resource that the app's settings name.

    App Service itself sets WEBSITE_SITE_NAME. Not here: a vault whose secrets settings refer to (App Service puts them in
    before the app starts), and the data collection rule, of which settings hold no name.
    https://learn.microsoft.com/azure/app-service/reference-app-settings
    """
    return frozenset(_found(environment))


def _found(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for setting, kind, pattern in _NAMED_BY:
        match = pattern.match(environment.get(setting, "").strip())
        if match:
            yield kind, match[1].lower()

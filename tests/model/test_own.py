from __future__ import annotations

import pytest

from shared.model.own import NAMESPACE, SITE, STORAGE, own_resources


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("RIPOSTE_LEDGER", "https://stContoso.table.core.windows.net", (STORAGE, "stcontoso")),
        ("RIPOSTE_LEDGER", "https://stcontoso-secondary.table.core.windows.net", (STORAGE, "stcontoso")),
        ("RIPOSTE_BLOBS", " https://stcontoso.z12.blob.storage.azure.net/ ", (STORAGE, "stcontoso")),
        ("AzureWebJobsStorage__accountName", "stHost", (STORAGE, "sthost")),
        ("AzureWebJobsStorage__blobServiceUri", "https://sthost.blob.core.windows.net", (STORAGE, "sthost")),
        (
            "AzureWebJobsStorage",
            "DefaultEndpointsProtocol=https;AccountName=sthost;AccountKey=x==",
            (STORAGE, "sthost"),
        ),
        ("RIPOSTE_EVENTHUB__fullyQualifiedNamespace", "evhns.servicebus.windows.net", (NAMESPACE, "evhns")),
        ("RIPOSTE_EVENTHUB", "Endpoint=sb://evhns.servicebus.windows.net/;SharedAccessKey=x", (NAMESPACE, "evhns")),
        ("RIPOSTE_EVENTHUB", "SharedAccessKey=x;Endpoint=sb://evhns.servicebus.windows.net/", (NAMESPACE, "evhns")),
        ("WEBSITE_SITE_NAME", "func-Riposte", (SITE, "func-riposte")),
    ],
)
def test_a_setting_names_a_resource(name: str, text: str, found: tuple[str, str]) -> None:
    assert own_resources({name: text}) == {found}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RIPOSTE_LEDGER", ""),
        ("AzureWebJobsStorage", "UseDevelopmentStorage=true"),
        ("RIPOSTE_EVENTHUB", "Endpoint=sb://"),
        ("RIPOSTE_LOGS", "https://dce-riposte.westeurope-1.ingest.monitor.azure.com"),
        ("OTHER", "https://stcontoso.table.core.windows.net"),
    ],
)
def test_others_name_none(name: str, text: str) -> None:
    assert own_resources({name: text}) == frozenset()

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.model import settings
from shared.model.budget import read_budgets
from shared.model.cloud import CLOUDS
from shared.model.errors import Mistakes

SUBSCRIPTION = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
WORKSPACE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law"
GUID = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"
NEEDED = {
    "RIPOSTE_LEDGER": "https://stcontoso.table.core.windows.net",
    "RIPOSTE_BLOBS": "https://stcontoso.blob.core.windows.net/",
    "RIPOSTE_LOGS": "https://dce.westeurope-1.ingest.monitor.azure.com",
    "RIPOSTE_LOGS_RULE": "dcr-1",
    "RIPOSTE_ALERTS_HUB": "alerts",
    "RIPOSTE_EVENTHUB__fullyQualifiedNamespace": "evhns.servicebus.windows.net",
    "AZURE_CLIENT_ID": GUID,
    "RIPOSTE_IDENTITY_OBJECT_ID": GUID.upper(),
    "RIPOSTE_OWN_SCOPES": f"{SUBSCRIPTION}/resourceGroups/rg-riposte/",
}


def mistakes(**other: str) -> list[str]:
    with pytest.raises(Mistakes) as raised:
        settings.read({**NEEDED, **other})
    return [str(mistake) for mistake in raised.value.mistakes]


def test_what_is_needed_is_enough_and_the_rest_has_safe_defaults() -> None:
    found = settings.read(NEEDED)

    assert found == settings.Settings(
        ledger="https://stcontoso.table.core.windows.net",
        ledger_table="riposte",
        blobs="https://stcontoso.blob.core.windows.net",
        blob_container="dead-letters",
        logs="https://dce.westeurope-1.ingest.monitor.azure.com",
        logs_rule="dcr-1",
        alerts_hub="alerts",
        dead_letters_hub="dead-letters",
        identity_client_id=GUID,
        identity_object_id=GUID,
        own_scopes=(f"{SUBSCRIPTION}/resourcegroups/rg-riposte",),
        protected_ids=(),
        protected_tag=("riposte", "protected"),
        protected_groups=(),
        protected_locks=("CanNotDelete", "ReadOnly"),
        protected_roles=("*",),
        sentinel_workspace="",
        reconcile_subscriptions=(),
        reconcile_graph_alerts=False,
        playbooks="playbooks",
        cloud=CLOUDS["AzureCloud"],
        easy_auth=False,
        operator_role="Riposte.Operator",
        approver_role="Riposte.Approver",
        retention=timedelta(days=90),
        budgets=read_budgets("*=30/1h,10%/1h"),
        concurrency=32,
        max_targets=10,
        preview_seconds=60,
        own_resources=frozenset(
            {("microsoft.storage/storageaccounts", "stcontoso"), ("microsoft.eventhub/namespaces", "evhns")}
        ),
    )


def test_a_setting_is_needed_exactly_if_it_has_no_default() -> None:
    needed = {name for name, field in settings.names().items() if field.metadata["default"] is None}

    assert needed == {name for name in NEEDED if not name.startswith(settings.EVENT_HUB)}


def test_a_connection_string_to_the_event_hubs_will_do_as_well() -> None:
    environment = {name: value for name, value in NEEDED.items() if not name.startswith(settings.EVENT_HUB)}

    assert settings.read(environment | {"RIPOSTE_EVENTHUB": "Endpoint=sb://…"}).alerts_hub == "alerts"


def test_nothing_set_is_every_mistake_at_once_each_saying_what_it_is_for() -> None:
    with pytest.raises(Mistakes) as raised:
        settings.read({})

    found = {mistake.file: mistake.text for mistake in raised.value.mistakes}
    assert set(found) == {name for name in NEEDED if "__" not in name} | {settings.EVENT_HUB}
    assert found["RIPOSTE_LEDGER"] == "is not set. Table endpoint of the ledger's storage account."
    assert found[settings.EVENT_HUB].startswith("is not set. Set RIPOSTE_EVENTHUB__fullyQualifiedNamespace to")


def test_a_blank_value_is_no_value() -> None:
    assert mistakes(RIPOSTE_LEDGER="  ") == [
        "RIPOSTE_LEDGER: is not set. Table endpoint of the ledger's storage account."
    ]
    assert settings.read({**NEEDED, "RIPOSTE_CONCURRENCY": " "}).concurrency == 32


def test_mistakes_of_every_kind_are_told_together_in_order() -> None:
    found = mistakes(RIPOSTE_LOGS="http://x", RIPOSTE_MAX_TARGET="3", RIPOSTE_CONCURRENCY="many", AZURE_CLIENT_ID="")

    assert [text.partition(":")[0] for text in found] == [
        "AZURE_CLIENT_ID", "RIPOSTE_CONCURRENCY", "RIPOSTE_LOGS", "RIPOSTE_MAX_TARGET"
    ]  # fmt: skip


def test_a_name_that_does_not_exist_is_told_with_the_nearest_that_does() -> None:
    assert mistakes(RIPOSTE_PROTECTED_GROUP="x") == [
        "RIPOSTE_PROTECTED_GROUP: there is no such setting; did you mean RIPOSTE_PROTECTED_GROUPS?"
    ]
    assert mistakes(RIPOSTE_QQQQQQQQQQQQ="x") == ["RIPOSTE_QQQQQQQQQQQQ: there is no such setting"]


def test_what_belongs_to_others_is_none_of_its_business() -> None:
    others = {"PATH": "/bin", "riposte_x": "1", "RIPOSTE_EVENTHUB__clientId": GUID, "RIPOSTE": "1"}

    assert settings.read(NEEDED | others) == settings.read(NEEDED)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("RIPOSTE_PROTECTED_IDS", f" {SUBSCRIPTION.upper()}/ , Adele@Contoso.example,, ", "protected_ids",
            (SUBSCRIPTION, "adele@contoso.example")),
        ("RIPOSTE_PROTECTED_TAG", "keep", "protected_tag", ("keep", "*")),
        ("RIPOSTE_PROTECTED_TAG", " tier = 0 ", "protected_tag", ("tier", "0")),
        ("RIPOSTE_PROTECTED_TAG", "tier=a=b", "protected_tag", ("tier", "a=b")),
        ("RIPOSTE_PROTECTED_TAG", "tier=", "protected_tag", ("tier", "")),
        ("RIPOSTE_PROTECTED_GROUPS", f"{GUID.upper()}, {GUID}", "protected_groups", (GUID, GUID)),
        ("RIPOSTE_SENTINEL_WORKSPACE", WORKSPACE.upper(), "sentinel_workspace", WORKSPACE.upper()),
        ("RIPOSTE_CLOUD", "AzureUSGovernment", "cloud", CLOUDS["AzureUSGovernment"]),
        ("RIPOSTE_EASY_AUTH", "TRUE", "easy_auth", True),
        ("RIPOSTE_EASY_AUTH", "False", "easy_auth", False),
        ("RIPOSTE_CONCURRENCY", "500", "concurrency", 500),
        ("RIPOSTE_MAX_TARGETS", "1", "max_targets", 1),
        ("RIPOSTE_PREVIEW_SECONDS", "0", "preview_seconds", 0),
        ("RIPOSTE_OWN_SCOPES", f"{SUBSCRIPTION}, {WORKSPACE}", "own_scopes", (SUBSCRIPTION, WORKSPACE.lower())),
        ("RIPOSTE_LOGS", "https://Host:8443/", "logs", "https://Host:8443"),
    ],
)  # fmt: skip
def test_a_good_value_is_read_into_its_type(name: str, text: str, field: str, value: object) -> None:
    assert getattr(settings.read({**NEEDED, name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("RIPOSTE_LEDGER", "stcontoso", "must be an https address"),
        ("RIPOSTE_LEDGER", "http://stcontoso.table.core.windows.net", "must be an https address"),
        ("RIPOSTE_LEDGER", "https://", "must be an https address"),
        ("RIPOSTE_LEDGER", "https://stcontoso.table.core.windows.net/table", "without a path"),
        ("AZURE_CLIENT_ID", "riposte", "must be a GUID"),
        ("AZURE_CLIENT_ID", f"{GUID}0", "must be a GUID"),
        ("RIPOSTE_PROTECTED_GROUPS", f"{GUID}, admins", "must be a GUID"),
        ("RIPOSTE_OWN_SCOPES", f"{SUBSCRIPTION}, rg-riposte", "'rg-riposte' must be a resource id"),
        ("RIPOSTE_OWN_SCOPES", ",", "must name at least one resource id"),
        ("RIPOSTE_PROTECTED_TAG", "=protected", "must be a tag's name"),
        ("RIPOSTE_SENTINEL_WORKSPACE", "law", "must be the resource id of a Log Analytics workspace"),
        ("RIPOSTE_SENTINEL_WORKSPACE", SUBSCRIPTION, "must be the resource id of a Log Analytics workspace"),
        ("RIPOSTE_CLOUD", "azurecloud", "must be one of AzureCloud, AzureUSGovernment, AzureChinaCloud"),
        ("RIPOSTE_EASY_AUTH", "yes", "must be true or false"),
        ("RIPOSTE_CONCURRENCY", "0", "must be a whole number from 1 to 500"),
        ("RIPOSTE_CONCURRENCY", "501", "must be a whole number from 1 to 500"),
        ("RIPOSTE_CONCURRENCY", "-1", "must be a whole number"),
        ("RIPOSTE_CONCURRENCY", "1.5", "must be a whole number"),
        ("RIPOSTE_CONCURRENCY", "9" * 5000, ""),
        ("RIPOSTE_MAX_TARGETS", "0", "must be a whole number from 1 to 1000"),
        ("RIPOSTE_PREVIEW_SECONDS", "3601", "must be a whole number from 0 to 3600"),
    ],
)
def test_a_value_that_cannot_be_understood_is_told_with_what_it_should_be(name: str, text: str, says: str) -> None:
    (found,) = mistakes(**{name: text})

    assert found.startswith(f"{name}: ")
    assert says in found
    assert found.endswith(f"; it is {text!r}")


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(settings.names())), st.text())
def test_no_value_does_worse_than_a_mistake(name: str, text: str) -> None:
    with suppress(Mistakes):
        settings.read({**NEEDED, name: text})


def test_every_setting_says_what_it_is_and_is_read_from_one_name() -> None:
    assert all(field.metadata["doc"].endswith(".") for field in settings.names().values())
    assert len(settings.names()) == len(dataclasses.fields(settings.Settings)) - len(["own_resources"])

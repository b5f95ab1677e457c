"""Riposte does not act on what it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from azsim.tenants import contoso
from shared.engine.guards.own import own
from shared.model.settings import Settings, read
from shared.model.target import Target
from tests import lab
from tests.engine.cases import ROTATE, acting
from tests.engine.guards.verdicts import refusal, settings
from tests.lab import recording

ELSEWHERE = f"{contoso.SUBSCRIPTION}/resourceGroups/rg-moved/providers".lower()
STORAGE = f"{ELSEWHERE}/microsoft.storage/storageaccounts"
HUBS = f"{ELSEWHERE}/microsoft.eventhub/namespaces"
SITES = f"{ELSEWHERE}/microsoft.web/sites"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-none"


def given(**other: str) -> Settings:
    """Settings whose own scopes hold nothing of what the others name."""
    return read(lab.environment(RIPOSTE_OWN_SCOPES=GROUP, **other))


def said(*ids: str, **other: str) -> str:
    no = own(Target(id=ids[0], kind="", name="it", ids=ids), given(**other), [])
    return no.reason if no else ""


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (f"{STORAGE}/{contoso.STORAGE_ACCOUNT}", {}),
        (f"{STORAGE}/{contoso.STORAGE_ACCOUNT}/blobservices/default/containers/dead-letters", {}),
        (f"{STORAGE}/stletters", {"RIPOSTE_BLOBS": "https://stletters.blob.core.windows.net"}),
        (f"{STORAGE}/sthost", {"AzureWebJobsStorage__accountName": "sthost"}),
        (f"{HUBS}/evhns-riposte-contoso/eventhubs/alerts", {}),
        (f"{SITES}/func-riposte", {"WEBSITE_SITE_NAME": "func-Riposte"}),
        (f"{SITES}/func-riposte/slots/staging", {"WEBSITE_SITE_NAME": "func-riposte"}),
        (f"{STORAGE}/{contoso.STORAGE_ACCOUNT}/providers/microsoft.security/defenderforstoragesettings/current", {}),
        (contoso.WORKSPACE.lower(), {}),
        (f"{contoso.WORKSPACE.lower()}/tables/riposte_cl", {}),
    ],
)
def test_what_its_settings_name_is_its_own_wherever_it_is(place: str, other: dict[str, str]) -> None:
    assert said(place, **other).startswith("it is part of what Riposte itself runs on (")
    assert said("something", place, **other) != ""


@pytest.mark.parametrize(
    "place",
    [
        f"{STORAGE}/{contoso.STORAGE_ACCOUNT}2",
        f"{HUBS}/{contoso.STORAGE_ACCOUNT}",
        f"{STORAGE}/evhns-riposte-contoso",
        f"{SITES}/func-riposte",
        f"{contoso.WORKSPACE.lower()}2",
        f"{ELSEWHERE}/microsoft.compute/virtualmachines/{contoso.STORAGE_ACCOUNT}",
        contoso.STORAGE_ACCOUNT,
    ],
)
def test_what_is_only_named_alike_is_not(place: str) -> None:
    assert said(place) == ""


@pytest.mark.parametrize("place", [contoso.IDENTITY.object_id, contoso.IDENTITY.client_id])
def test_its_own_identity_is_known_by_both_of_its_ids(place: str) -> None:
    assert said(place) == "it is Riposte's own identity"


@pytest.mark.parametrize("scope", [contoso.VAULT, f"{contoso.VAULT}/secrets/{contoso.SECRET}", contoso.SHOP])
async def test_a_secret_in_its_own_vault_is_its_own(scope: str, tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE, settings=settings(own_scopes=scope))

    told = await refusal(made, recording("keyvault_secret_near_expiry"))

    assert told == f"{contoso.SECRET} is part of what Riposte itself runs on ({scope.lower()})"

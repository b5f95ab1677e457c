"""The application that a token was issued to is told apart from the caller."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kinds.entities.claims import application
from shared.kinds.fields import Fields
from shared.model.entity import CloudApplication

APP = "3a4b5c6d-7e8f-4901-a2b3-c4d5e6f70819"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"


@pytest.mark.parametrize(
    ("token", "known"),
    [
        ({"upn": "adele.vance@contoso.example", "appid": APP}, True),
        ({"claim": {"oid": ADELE, "scp": "user_impersonation", "azp": APP}}, True),
        ({"oid": ADELE, "appid": APP, "appidacr": "2"}, False),
        ({"appid": APP}, False),
        ({"upn": "adele.vance@contoso.example", "appid": "<application-id>"}, False),
        ({"upn": "adele.vance@contoso.example"}, False),
        ({}, False),
    ],
)
def test_it_is_known_if_a_user_is_the_caller_and_its_id_is_certain(token: Any, *, known: bool) -> None:
    assert application(Fields(token)) == (CloudApplication(app_id=APP) if known else None)

from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, SecurityGroup, ServicePrincipal
from tests.sources.bodies import read, refused
from tests.sources.entra import logged, record
from tests.sources.goldens import events

RECORDS = "entra_provisioning_records"
CRM = ServicePrincipal(object_id="c4a1b2d3-0e5f-4687-9a1b-2c3d4e5f6a70", name="Contoso CRM", role="related")
UPN, OBJECT = "adele.vance@contoso.example", "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"


def test_a_change_is_the_same_case_as_a_record_as_a_row_and_from_graph() -> None:
    found = [events(f"entra_provisioning_{form}")[0] for form in ("records", "rows", "graph")]

    assert len({(event.case, event.entities, event.kind, event.status.lower()) for event in found}) == 1


def test_an_account_is_related_where_it_comes_from_and_the_target_where_it_goes_to() -> None:
    out, into = (read(record(RECORDS, number)).entities for number in (0, 1))

    assert out == (CRM, Account(upn=UPN, object_id=OBJECT, display_name="Adele Vance", role="related"))
    assert into == (CRM, Account(object_id=OBJECT, role="target"))


@pytest.mark.parametrize("system", ["Contoso HR", "", None])
def test_the_ids_of_other_systems_are_no_ids_of_accounts(system: str | None) -> None:
    assert read(logged(RECORDS, sourceSystem={"displayName": system})).entities == (CRM,)


def test_a_group_is_a_group() -> None:
    (_, group) = events("entra_provisioning_graph")[1].entities

    assert isinstance(group, SecurityGroup)
    assert group.object_id == "88b9c0d1-e2f3-4041-a526-3748596a7b8c"


@pytest.mark.parametrize("placeholder", ["00000000-0000-0000-0000-000000000000", "user-1", None])
def test_what_is_no_id_makes_no_entity(placeholder: Any) -> None:
    identity = {"id": placeholder, "identityType": "User", "details": {"userPrincipalName": placeholder}}
    given = logged(RECORDS, sourceIdentity=identity, servicePrincipal={"id": placeholder})

    assert read(given).entities == ()


def test_a_record_without_an_id_is_its_own_case() -> None:
    assert read(logged(RECORDS, id=None)).case.startswith("record:entra_provisioning:")


def test_a_record_that_says_nothing_is_unreadable() -> None:
    letter = refused({"records": [logged(RECORDS, id=None, provisioningAction="")]})

    assert letter.reason == "the record does not say what was provisioned"
    assert (letter.where, letter.source) == ("$.records[0].id, provisioningAction", "entra_provisioning")

from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, Blob, Ip, Other, ServicePrincipal, Url
from shared.model.severity import Severity
from tests.sources.bodies import body, read
from tests.sources.goldens import RECORDINGS, event, events, golden

SAS = "storage_log_blob_sas"
ROW = "storage_log_row"
ACCOUNT = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.Storage/storageAccounts/stcontosoblue"
)


def record(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = body(SAS)["records"][0]
    return {**given, **changes}


def test_a_signature_in_an_address_is_cut_off() -> None:
    assert (
        Blob(
            url="https://stcontosoblue.blob.core.windows.net:443/orders/2026.csv",
            container="orders",
            storage_id=ACCOUNT,
        )
        in event(SAS).entities
    )
    for name in (file.stem for file in RECORDINGS.glob("storage_log_*")):
        assert "sig=" not in str(golden(name))


@pytest.mark.parametrize("uri", ["", None, "/relative?sig=a", "https://[broken/a?sig=b"])
def test_an_address_that_is_none_is_left_out(uri: str | None) -> None:
    assert not [entity for entity in read(record(uri=uri)).entities if isinstance(entity, Blob)]


def test_what_is_no_blob_is_an_address() -> None:
    found = read(record(uri="https://stcontosoblue.file.core.windows.net/share/a?sig=b", properties={}))

    assert Url(url="https://stcontosoblue.file.core.windows.net/share/a") in found.entities


def test_keys_and_signatures_are_nobodys() -> None:
    assert not [entity for entity in event(SAS).entities if isinstance(entity, (Account, ServicePrincipal, Other))]


def test_a_caller_with_a_token_is_what_the_log_says_it_is() -> None:
    removed, written = events("storage_log_delete_oauth")
    odd = events("storage_log_odd")[0]

    assert ServicePrincipal(object_id="0f9e8d7c-6b5a-4948-b837-261504f3e2d1") in removed.entities
    ada = Account(upn="ada@contoso.example", object_id="5a0c7e12-3d4b-4f6a-8b90-1c2d3e4f5a6b")
    assert ada in written.entities
    assert Account(object_id="5a0c7e12-3d4b-4f6a-8b90-1c2d3e4f5a6b") in event(ROW).entities
    assert Other(type="principal", name="5a0c7e12-3d4b-4f6a-8b90-1c2d3e4f5a6b") in odd.entities


def test_a_role_that_a_group_holds_does_not_say_what_its_member_is() -> None:
    group = [{"principals": [{"id": "d4c3b2a1-0f9e-4d8c-8b7a-69584736a5b4", "type": "User"}]}]
    identity = {"authorization": group, "requester": {"objectId": "5a0c7e12-3d4b-4f6a-8b90-1c2d3e4f5a6b"}}

    assert (
        Other(type="principal", name="5a0c7e12-3d4b-4f6a-8b90-1c2d3e4f5a6b") in read(record(identity=identity)).entities
    )


@pytest.mark.parametrize(
    ("given", "address"), [("203.0.113.54:49539", "203.0.113.54"), ("10.0.0.10", "10.0.0.10"), ("::1", ""), (None, "")]
)
def test_a_port_is_cut_off_and_the_machine_itself_is_no_address(given: str | None, address: str) -> None:
    found = [entity.address for entity in read(record(callerIpAddress=given)).entities if isinstance(entity, Ip)]

    assert found == ([address] if address else [])


def test_a_request_is_its_own_case() -> None:
    first, second = events("storage_log_delete_oauth")

    assert first.case == "object:storage:e3ae0a7a-5817-4fd4-91f2-f8eb1df0aa02:DeleteBlob"
    assert first.case != second.case
    assert read(record(correlationId=None)).case.startswith("record:storage_log:")


def test_a_level_is_no_severity_but_for_what_only_informs() -> None:
    assert read(record(level="Informational")).severity is Severity.INFORMATIONAL
    assert read(record(level="Error")).severity is None


def test_the_workspace_of_a_row_is_not_its_tenant() -> None:
    assert event(ROW).tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
    assert read({**body(ROW), "RequesterTenantId": ""}).tenant == ""


def test_a_row_is_known_by_its_table_alone() -> None:
    assert read({**body(ROW), "Category": None}).source == "storage_log"

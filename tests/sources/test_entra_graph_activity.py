from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, CloudApplication, Host, Ip, LogonSession, ServicePrincipal
from tests.sources.bodies import read, refused
from tests.sources.entra import logged, record
from tests.sources.goldens import events

RECORDS = "entra_graph_activity_records"


def test_a_request_is_the_same_case_as_a_record_and_as_a_row() -> None:
    for as_record, as_row in zip(events(RECORDS), events("entra_graph_activity_rows"), strict=True):
        assert (as_record.case, as_record.entities) == (as_row.case, as_row.entities)
        assert as_record.tenant == as_row.tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"


def test_a_user_asks_through_an_application() -> None:
    assert read(record(RECORDS)).entities == (
        Account(object_id="1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"),
        CloudApplication(app_id="de8bc8b5-d9f9-48b1-a8ad-b748da725064"),
        Ip(address="198.51.100.23"),
        LogonSession(id="00aabbcc-1122-4334-8556-6778899aabbc"),
    )


def test_an_application_asks_for_itself_as_a_service_principal() -> None:
    assert read(record(RECORDS, 1)).entities == (
        ServicePrincipal(
            object_id="c4a1b2d3-0e5f-4687-9a1b-2c3d4e5f6a70", app_id="2f8c9d0e-1b3a-4c5d-8e6f-70819203a4b5"
        ),
        Ip(address="192.0.2.44"),
    )


def test_the_title_says_what_was_asked_for_without_what_was_searched() -> None:
    assert read(record(RECORDS)).title == "GET /v1.0/users"


@pytest.mark.parametrize("name", ["deviceId", "C_DeviceId"])
def test_the_device_is_known_by_its_id(name: str) -> None:
    found = read(logged(RECORDS, **{name: "6b7c8d9e-0f1a-4b2c-8d3e-4f5061728394"})).entities

    assert Host(entra_device_id="6b7c8d9e-0f1a-4b2c-8d3e-4f5061728394") in found
    assert not [entity for entity in read(logged(RECORDS, **{name: "device-1"})).entities if isinstance(entity, Host)]


@pytest.mark.parametrize(("code", "status"), [(403, "403"), ("404", "404"), (None, "200")])
def test_the_status_is_that_of_the_answer(code: Any, status: str) -> None:
    assert read(logged(RECORDS, responseStatusCode=code)).status == status


def test_a_request_without_an_id_is_its_own_case() -> None:
    given = {**logged(RECORDS, requestId=None), "correlationId": ""}

    assert read(given).case.startswith("record:entra_graph_activity:")


@pytest.mark.parametrize("placeholder", ["N/A", "<null>", "00000000-0000-0000-0000-000000000000", "user1", None])
def test_what_is_no_id_makes_no_entity(placeholder: Any) -> None:
    names = ("userId", "appId", "servicePrincipalId", "ipAddress", "sessionId")
    given = logged(RECORDS, **dict.fromkeys(names, placeholder))

    assert read({**given, "callerIpAddress": placeholder}).entities == ()


def test_a_record_that_does_not_say_what_was_asked_for_is_unreadable() -> None:
    letter = refused({"records": [logged(RECORDS, requestMethod="", requestUri=None)]})

    assert letter.reason == "the record does not say what was asked for"
    assert (letter.where, letter.source) == ("$.records[0].requestMethod, requestUri", "entra_graph_activity")

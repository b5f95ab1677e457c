from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, CloudApplication, Host, Ip, LogonSession, ServicePrincipal
from shared.model.severity import Severity
from tests.sources.bodies import read, refused
from tests.sources.entra import logged, record
from tests.sources.goldens import events

RECORDS = "entra_sign_in_records"
ADELE = Account(
    upn="adele.vance@contoso.example",
    object_id="1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f",
    tenant="7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4",
    display_name="Adele Vance",
)
DEPLOY = ServicePrincipal(
    object_id="c4a1b2d3-0e5f-4687-9a1b-2c3d4e5f6a70",
    app_id="2f8c9d0e-1b3a-4c5d-8e6f-70819203a4b5",
    name="shop-deploy",
)


def test_a_sign_in_is_the_same_case_as_a_record_as_a_row_and_from_graph() -> None:
    risky = [events(f"entra_sign_in_{form}")[0] for form in ("records", "rows", "graph")]
    workload = [events(RECORDS)[3], events("entra_sign_in_rows")[2], events("entra_sign_in_graph")[1]]

    assert len({event.case for event in risky}) == len({event.case for event in workload}) == 1
    assert len({event.entities for event in risky}) == len({event.entities for event in workload}) == 1
    assert {event.kind for event in risky} == {"SignInLogs"}
    assert {event.kind for event in workload} == {"ServicePrincipalSignInLogs"}


@pytest.mark.parametrize(
    ("during", "aggregated", "state", "severity"),
    [
        ("none", "none", "none", None),
        ("hidden", "hidden", "none", None),
        (None, None, None, None),
        ("unknownFutureValue", "", "atRisk", None),
        ("low", "none", "atRisk", Severity.LOW),
        ("none", "Medium", "atRisk", Severity.MEDIUM),
        ("medium", "high", "atRisk", Severity.HIGH),
        ("high", "high", "dismissed", Severity.INFORMATIONAL),
        ("high", "high", "Remediated", Severity.INFORMATIONAL),
        ("high", "low", "confirmedSafe", Severity.INFORMATIONAL),
        ("low", "none", "confirmedCompromised", Severity.HIGH),
        ("hidden", "hidden", "confirmedCompromised", Severity.HIGH),
    ],
)
def test_the_severity_is_the_higher_risk_unless_its_state_says_otherwise(
    during: str | None, aggregated: str | None, state: str | None, severity: Severity | None
) -> None:
    changes = {"riskLevelDuringSignIn": during, "riskLevelAggregated": aggregated, "riskState": state}

    assert read(logged(RECORDS, **changes)).severity is severity


def test_a_sign_in_whose_risk_changed_is_another_case() -> None:
    cases = {read(logged(RECORDS, riskState=state)).case for state in ("none", "atRisk", "dismissed")}

    assert len(cases) == 3


@pytest.mark.parametrize(
    ("status", "result", "told"),
    [
        ({"errorCode": 0}, "0", "success"),
        ({"errorCode": 50126}, "0", "failure 50126"),
        ('{"errorCode": "50074"}', None, "failure 50074"),
        (None, 0, "success"),
        ({}, "50053", "failure 50053"),
        (None, "Success", ""),
        (None, None, ""),
    ],
)
def test_the_status_says_whether_it_succeeded_or_with_which_code_it_failed(status: Any, result: Any, told: str) -> None:
    assert read({**logged(RECORDS, status=status), "resultType": result}).status == told


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (0, "SignInLogs"), (2, "NonInteractiveUserSignInLogs"), (3, "ServicePrincipalSignInLogs"),
        (4, "ManagedIdentitySignInLogs"),
    ],
)  # fmt: skip
def test_the_log_has_one_name_in_every_form(number: int, kind: str) -> None:
    inner = record(RECORDS, number)["properties"]
    row = {"Type": f"AAD{kind}", "TimeGenerated": "2026-03-02T08:40:00Z", "Id": inner["id"], "AppId": inner["appId"]}

    assert read(record(RECORDS, number)).kind == read(row).kind == kind


def test_the_log_is_known_by_the_name_it_once_had() -> None:
    old, new = read(record(RECORDS, category="SignIn")), read(record(RECORDS))

    assert (old.kind, old.case, old.entities) == (new.kind, new.case, new.entities)


@pytest.mark.parametrize("told", [["servicePrincipal"], '["servicePrincipal"]', "servicePrincipal"])
def test_graph_says_by_the_types_of_a_sign_in_which_log_it_would_be_in(told: Any) -> None:
    assert read(record("entra_sign_in_graph", 2, signInEventTypes=told)).kind == "ServicePrincipalSignInLogs"


def test_a_user_signs_in_to_an_application_from_an_address_and_a_device() -> None:
    (_, failed, *_) = events(RECORDS)

    assert failed.entities == (
        ADELE,
        CloudApplication(name="OfficeHome", app_id="4765445b-32c6-49b0-83e6-1d93765276ca"),
        Ip(address="203.0.113.77"),
        Host(name="ws-adele", entra_device_id="6b7c8d9e-0f1a-4b2c-8d3e-4f5061728394", os="Windows 10"),
    )


def test_an_application_that_signs_in_is_a_service_principal_and_no_account() -> None:
    assert read(record(RECORDS, 3)).entities == (DEPLOY, Ip(address="192.0.2.44"))


def test_the_session_is_an_entity_of_its_own() -> None:
    assert LogonSession(id="00aabbcc-1122-4334-8556-6778899aabbc") in events(RECORDS)[0].entities


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": "00000000-0000-0000-0000-000000000000", "userPrincipalName": "N/A"},
        {"userId": "user-1", "userPrincipalName": "ANONYMIZED"},
        {"userId": None, "userPrincipalName": "adele"},
    ],
)
def test_what_is_no_id_makes_no_account(changes: dict[str, Any]) -> None:
    assert not [found for found in read(logged(RECORDS, 1, **changes)).entities if isinstance(found, Account)]


@pytest.mark.parametrize("device", ["", "device-1", "00000000-0000-0000-0000-000000000000", "{PII Removed}", None])
def test_a_device_without_its_id_is_no_machine(device: Any) -> None:
    given = logged(RECORDS, 1, deviceDetail={"deviceId": device, "displayName": "ws-adele"})

    assert not [found for found in read(given).entities if isinstance(found, Host)]


@pytest.mark.parametrize("address", ["::1", "127.0.0.1", "X.X.X.X", "123.456.7.89", "<null>", None, 7])
def test_what_is_no_address_is_left_out(address: Any) -> None:
    found = read({**logged(RECORDS, ipAddress=address), "callerIpAddress": address}).entities

    assert not [entity for entity in found if isinstance(entity, Ip)]


def test_the_tenant_is_that_of_the_log_and_not_the_workspace_nor_the_user_s() -> None:
    guest = logged(RECORDS, homeTenantId="8e7f6a5b-4c3d-4e2f-9a1b-0c9d8e7f6a5b")
    row = record("entra_sign_in_rows", 2)

    assert read(guest).tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
    assert read(row).tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4" != row["TenantId"]
    assert read({**row, "ResourceId": None}).tenant == ""


def test_the_properties_may_be_written_as_text() -> None:
    given = record(RECORDS)

    assert read({**given, "properties": json.dumps(given["properties"])}).entities == read(given).entities


def test_a_sign_in_without_an_id_is_its_own_case() -> None:
    assert read(logged(RECORDS, id=None)).case.startswith("record:entra_sign_in:")


@pytest.mark.parametrize("inner", [{}, {"unknown": 1}, {"userId": "N/A", "status": {"errorCode": 0}}])
def test_a_record_that_does_not_say_who_signed_in_is_unreadable(inner: dict[str, Any]) -> None:
    letter = refused({"records": [{**record(RECORDS), "callerIpAddress": None, "properties": inner}]})

    assert letter.reason == "the record does not say who signed in"
    assert (letter.where, letter.source) == ("$.records[0].properties", "entra_sign_in")

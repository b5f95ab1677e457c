from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, Ip, Other, ServicePrincipal
from shared.model.severity import Severity
from tests.sources.bodies import read, refused
from tests.sources.entra import logged, record
from tests.sources.goldens import events

RECORDS = "entra_risk_records"
DETECTION, SAFE, RISKY, REMEDIATED = range(4)
ADELE = Account(
    upn="adele.vance@contoso.example",
    object_id="1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f",
    display_name="Adele Vance",
    role="target",
)
DEPLOY = ServicePrincipal(
    object_id="c4a1b2d3-0e5f-4687-9a1b-2c3d4e5f6a70",
    app_id="2f8c9d0e-1b3a-4c5d-8e6f-70819203a4b5",
    name="shop-deploy",
    role="target",
)


def test_a_detection_is_the_same_alert_as_a_record_as_a_row_and_from_graph() -> None:
    found = [events(f"entra_risk_{form}")[0] for form in ("records", "rows", "graph")]

    assert {event.case for event in found} == {f"alert:{found[0].id}"}
    assert {event.entities for event in found} == {(ADELE, Ip(address="198.51.100.23"))}


def test_a_user_at_risk_is_another_case_each_time_the_risk_changes() -> None:
    risky, remediated = events(RECORDS)[RISKY:]

    assert risky.id == remediated.id
    assert risky.case != remediated.case
    assert risky.case == events("entra_risk_rows")[1].case


def test_a_user_at_risk_without_a_time_is_one_case_for_each_state() -> None:
    cases = [
        read(logged(RECORDS, RISKY, riskLastUpdatedDateTime=None, riskState=s)).case for s in ("atRisk", "dismissed")
    ]

    assert cases == [f"object:risky_user:{ADELE.object_id}:{state}" for state in ("atRisk", "dismissed")]


@pytest.mark.parametrize("number", [DETECTION, RISKY])
@pytest.mark.parametrize(
    ("level", "state", "severity"),
    [
        ("low", "atRisk", Severity.LOW),
        ("Medium", "atRisk", Severity.MEDIUM),
        ("high", "atRisk", Severity.HIGH),
        ("medium", "confirmedCompromised", Severity.MEDIUM),
        ("none", "confirmedCompromised", Severity.HIGH),
        ("hidden", "ConfirmedCompromised", Severity.HIGH),
        ("hidden", "atRisk", None),
        ("none", "none", None),
        ("unknownFutureValue", "unknownFutureValue", None),
        (None, None, None),
        ("high", "remediated", Severity.HIGH),
        ("high", "Dismissed", Severity.HIGH),
        ("high", "confirmedSafe", Severity.HIGH),
    ],
)
def test_the_severity_is_the_level_unless_the_risk_was_cleared_or_confirmed_without_one(
    number: int, level: str | None, state: str | None, severity: Severity | None
) -> None:
    event = read(logged(RECORDS, number, riskLevel=level, riskState=state))

    assert event.severity is severity
    assert event.status == ("" if state in (None, "none") else state)


@pytest.mark.parametrize(
    ("changes", "techniques"),
    [
        ({"mitreTechniqueId": "T1078, T1110.003"}, ("T1078", "T1110.003", "T1539", "T1550.001")),
        ({"mitreTechniqueId": ["T1078"], "additionalInfo": None}, ("T1078",)),
        ({"additionalInfo": {"mitreTechniques": "T1090.003"}}, ("T1090.003",)),
        ({"additionalInfo": [{"key": "mitreTechniques", "value": "T1090.003"}]}, ("T1090.003",)),
        ({"additionalInfo": '[{"Key":"userAgent","Value":"T1000"}]'}, ()),
        ({"additionalInfo": "not JSON"}, ()),
    ],
)
def test_techniques_are_in_a_field_of_their_own_or_in_the_additional_information(
    changes: dict[str, Any], techniques: tuple[str, ...]
) -> None:
    assert read(logged(RECORDS, **changes)).techniques == techniques


def test_the_time_is_when_it_was_detected_and_the_start_when_it_happened() -> None:
    event = read({**logged(RECORDS, detectedDateTime="2026-03-02T8:57:20Z"), "time": "3/2/2026 9:58:10 AM"})
    undetected = read({**logged(RECORDS, detectedDateTime=None, lastUpdatedDateTime=""), "time": "3/2/2026 9:58:10 AM"})

    assert (event.time, event.start) == ("2026-03-02T08:57:20Z", "2026-03-02T08:40:00.5Z")
    assert undetected.time == "2026-03-02T09:58:10Z"


def test_an_alert_of_another_product_is_linked() -> None:
    link = "https://portal.cloudappsecurity.com/#/alerts/603b704aaf7417985bbf3b22"

    assert read(record("entra_risk_odd", 4)).links == (link,)


def test_a_workload_identity_is_a_service_principal_and_names_the_credential_that_leaked() -> None:
    detected, risky = events("entra_risk_workload")

    assert detected.entities == (
        DEPLOY,
        Other(type="credential", name="9c8d7e6f-5a4b-4c3d-8e2f-1a0b9c8d7e6f", role="related"),
    )
    assert risky.entities == (DEPLOY,)
    assert risky.case == f"object:risky_service_principal:{DEPLOY.object_id}:{risky.time}"


def test_an_entry_of_a_history_is_the_case_of_its_user() -> None:
    entry = record("entra_risk_graph", 3)
    user = {**entry, "@odata.type": "#microsoft.graph.riskyUser", "id": entry["userId"], "userId": None}

    assert read(entry).case == read(user).case
    assert read(entry).id == "h-100"


@pytest.mark.parametrize("number", [DETECTION, RISKY])
def test_a_resource_of_graph_is_known_without_its_type(number: int) -> None:
    given = record(RECORDS, number)

    assert read(given["properties"]).case == read(given).case


@pytest.mark.parametrize("address", ["123.456.7.89", "127.0.0.1", "", None, "X.X.X.X"])
def test_what_is_no_address_is_left_out(address: Any) -> None:
    assert read(logged(RECORDS, ipAddress=address)).entities == (ADELE,)


@pytest.mark.parametrize("placeholder", ["user1", "00000000-0000-0000-0000-000000000000", "ANONYMIZED", None])
def test_what_is_no_id_makes_no_account(placeholder: Any) -> None:
    given = logged(RECORDS, userId=placeholder, userPrincipalName=placeholder, ipAddress=None)

    assert read(given).entities == ()


@pytest.mark.parametrize("missing", [None, "", "00000000-0000-0000-0000-000000000000", "N/A"])
def test_a_detection_without_an_id_is_unreadable(missing: Any) -> None:
    letter = refused({"records": [logged(RECORDS, id=missing)]})

    assert letter.reason == "the detection has no id"
    assert (letter.where, letter.source) == ("$.records[0].properties.id", "entra_risk")


def test_a_record_that_does_not_say_who_is_at_risk_is_unreadable() -> None:
    as_record = refused({"records": [logged(RECORDS, RISKY, id=None)]})
    as_resource = refused(record("entra_risk_odd", 3))

    assert as_record.reason == as_resource.reason == "the record does not say who is at risk"
    assert (as_record.where, as_resource.where) == ("$.records[0].properties.id", "$.id")

from __future__ import annotations

import pytest

from shared.model.case import alert_case, incident_case, object_case, record_case

MDC = "2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"


def test_an_alert_has_one_case_in_every_letter_case() -> None:
    assert alert_case(MDC.upper()) == alert_case(f" {MDC} ") == f"alert:{MDC}"


GUID = "5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"


@pytest.mark.parametrize("own", [GUID, MDC, "5f" * 12, "5f" * 20, "5f" * 32])
@pytest.mark.parametrize("letters", ["ca", "AD", "fa", "sn", "dc", "aa", "ma"])
def test_an_alert_has_in_defender_xdr_the_case_that_it_has_in_its_own_product(letters: str, own: str) -> None:
    assert alert_case(f"{letters}{own}") == alert_case(own) == f"alert:{own}"


@pytest.mark.parametrize(
    "alert_id", ["da637551227677560813_-961444813", f"da{GUID}_1", "ed638877561142735991_1", f"zz{GUID}", "dc1"]
)
def test_an_id_that_only_begins_like_that_is_the_alerts_own(alert_id: str) -> None:
    assert alert_case(alert_id) == f"alert:{alert_id}"


def test_a_record_is_a_case_by_its_source_and_content() -> None:
    assert record_case("azure_firewall", "0f") == "record:azure_firewall:0f"


def test_an_incident_has_one_case_for_its_product_in_every_letter_case() -> None:
    assert incident_case("sentinel", "C0FFEE11-2B3C-4D5E-8F60-718293A4B5C6 ") == (
        "incident:sentinel:c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
    )


def test_the_same_number_in_two_products_is_two_incidents() -> None:
    assert incident_case("sentinel", "2088") != incident_case("defender_xdr", "2088")


@pytest.mark.parametrize("text", ["", " ", "0", "00000000-0000-0000-0000-000000000000", "{0000}", "0_0-0"])
def test_an_id_of_zeros_or_nothing_has_no_case(text: str) -> None:
    assert alert_case(text) == ""
    assert incident_case("sentinel", text) == ""


def test_an_object_has_one_case_for_each_thing_that_is_the_matter_with_it() -> None:
    secret = "https://KV.vault.azure.net/secrets/A/1"

    assert object_case(secret, "expiry") == object_case(f"{secret.lower()} ", "expiry")
    assert object_case(secret, "expiry") != object_case(secret, "exposure")
    assert object_case(" ", "expiry") == ""


def test_an_alert_an_incident_and_an_object_never_share_a_case() -> None:
    assert len({alert_case("1"), incident_case("sentinel", "1"), object_case("1", "expiry")}) == 3

from __future__ import annotations

import pytest

from shared.model.case import alert_case, incident_case, object_case

MDC = "2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"


def test_an_alert_has_one_case_in_every_letter_case() -> None:
    assert alert_case(MDC.upper()) == alert_case(f" {MDC} ") == f"alert:{MDC}"


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

from __future__ import annotations

import pytest

from shared.kinds.products import _NAMES, current


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("Azure Security Center", "Microsoft Defender for Cloud"),
        ("AZURE SENTINEL ", "Microsoft Sentinel"),
        ("microsoftDefenderForEndpoint", "Microsoft Defender for Endpoint"),
        ("Microsoft Defender Advanced Threat Protection", "Microsoft Defender for Endpoint"),
        ("azureAdIdentityProtection", "Microsoft Entra ID Protection"),
        ("Microsoft 365 Defender", "Microsoft Defender XDR"),
    ],
)
def test_a_product_has_its_current_name_whatever_an_alert_calls_it(name: str, product: str) -> None:
    assert current(name) == product


def test_a_product_that_is_not_known_stays_as_it_is() -> None:
    assert current(" Contoso Watch ") == "Contoso Watch"
    assert current("") == ""


@pytest.mark.parametrize("product", sorted(set(_NAMES.values())))
def test_a_current_name_is_nobody_elses_old_one(product: str) -> None:
    assert current(product) == product

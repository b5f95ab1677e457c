from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from shared.model.entity import Account, Host, Ip, Process
from tests.sources.bodies import body, read, readers, refused

NAME = "graph_alert_token_theft"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"


def evidence(kind: str, *roles: str, **fields: Any) -> dict[str, Any]:
    return {"@odata.type": f"#microsoft.graph.security.{kind}Evidence", "roles": list(roles), **fields}


def test_an_alert_names_its_victim_and_its_attacker() -> None:
    assert read(body(NAME)).entities == (
        Account(
            role="target",
            verdict="suspicious",
            upn="adele.vance@contoso.example",
            object_id=ADELE,
            sid="S-1-12-1-465505852-1202081106-3424919180-1061452800",
            name="adele.vance",
            display_name="Adele Vance",
        ),
        Ip(role="attacker", verdict="suspicious", address="198.51.100.23"),
    )


@pytest.mark.parametrize(("given", "case"), [("A_1", "alert:a_1"), (None, "alert:ca1"), ("null", "alert:ca1")])
def test_the_case_is_the_products_own_id_or_else_graphs(given: str | None, case: str) -> None:
    event = read(body(NAME, providerAlertId=given, id="CA1"))

    assert (event.case, event.id) == (case, "CA1")
    assert event.same == (("alert:ca1",) if given == "A_1" else ())


def test_the_two_letters_of_xdr_before_the_products_own_id_make_no_second_case() -> None:
    event = read(body(NAME, providerAlertId=ADELE, id=f"dc{ADELE}"))

    assert (event.case, event.same) == (f"alert:{ADELE}", ())


@pytest.mark.parametrize("provider_id", [None, "", "String", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize("graph_id", [None, "String (identifier)"])
def test_an_alert_without_any_id_is_unreadable(provider_id: str | None, graph_id: str | None) -> None:
    letter = refused({"value": [body(NAME, providerAlertId=provider_id, id=graph_id)]})

    assert (letter.reason, letter.where, letter.source) == ("the alert has no id", "$.value[0].id", "graph_alert")


@pytest.mark.parametrize(
    "changes",
    [
        {"@odata.type": None},
        {"@odata.type": "#Microsoft.Graph.Security.Alert", "serviceSource": None, "alertWebUrl": None},
        {"@odata.type": None, "at_sign_odata_type": "#microsoft.graph.security.alert", "serviceSource": None},
        {"@odata.type": None, "serviceSource": None, "alertWebUrl": None},
        {"@odata.type": None, "serviceSource": None, "providerAlertId": None},
        {"@odata.type": None, "alertWebUrl": None, "providerAlertId": None, "detectionSource": None},
        {"evidence": None},
        {"evidence": []},
    ],
)
def test_an_alert_is_known_by_its_type_or_by_any_field_that_only_alerts_have(changes: dict[str, Any]) -> None:
    assert read(body(NAME, **changes)).title == "Anomalous token"


@pytest.mark.parametrize(
    "changes",
    [
        {"@odata.type": "#microsoft.graph.signInAlert"},
        {"@odata.type": None, "id": None},
        {"@odata.type": None, "title": None},
        {"@odata.type": None, "serviceSource": None, "alertWebUrl": None, "providerAlertId": None},
        {"@odata.type": None, "alertId": "ca1"},
        {"@odata.type": None, "machineId": "0f1e"},
    ],
)
def test_what_is_no_alert_of_graph_is_not_taken_for_one(changes: dict[str, Any]) -> None:
    assert "graph_alert" not in readers(body(NAME, **changes))


@pytest.mark.parametrize(
    ("roles", "detailed", "role"),
    [
        (["attacker"], [], "attacker"),
        (["CommandAndControl"], [], "attacker"),
        (["attacked"], [], "target"),
        (["compromised", "attacker"], [], "target"),
        (["destination"], [], "target"),
        (["source"], [], "related"),
        (["source", "attacker"], [], "attacker"),
        (["contextual", "compromised"], None, "target"),
        (["contextual"], ["Attacker"], "attacker"),
        ([], ["Victim"], "target"),
        (None, ["PrimaryDevice"], ""),
        (["unknownFutureValue", "attacker"], [], "attacker"),
        (["created"], [], "related"),
        (["loaded"], [], "related"),
        (["suspicious"], [], ""),
        ([], [], ""),
        (None, None, ""),
        ("Attacker", None, "attacker"),
    ],
)
def test_the_role_is_the_first_that_says_attacker_or_target_else_the_first_known(
    roles: Any, detailed: Any, role: str
) -> None:
    item = {**evidence("ip", ipAddress="203.0.113.54"), "roles": roles, "detailedRoles": detailed}

    assert [entity.role for entity in read(body(NAME, evidence=[item])).entities] == [role]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("malicious", "malicious"),
        ("NoThreatsFound", "clean"),
        ("unknown", "unknown"),
        ("unknownFutureValue", ""),
        (None, ""),
    ],
)
def test_a_verdict_is_kept_with_what_it_is_of(said: str | None, verdict: str) -> None:
    item = evidence("url", url="https://pool.example/x", verdict=said)

    assert [entity.verdict for entity in read(body(NAME, evidence=[item])).entities] == [verdict]


def test_a_device_is_also_the_virtual_machine_it_is() -> None:
    vm = f"/subscriptions/{ADELE}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
    item = evidence("device", deviceDnsName="vm.contoso.example", vmMetadata={"resourceId": vm, "vmId": TENANT})

    event = read(body(NAME, evidence=[item]))

    assert event.entities == (Host(name="vm", fqdn="vm.contoso.example", azure_id=vm, vm_id=TENANT),)
    assert event.subscription == ADELE


def test_the_addresses_of_a_device_itself_are_not_entities() -> None:
    item = evidence("device", deviceDnsName="vm", ipInterfaces=["10.20.1.4", "203.0.113.99"])

    assert read(body(NAME, evidence=[item])).entities == (Host(name="vm"),)


def test_a_process_brings_the_account_it_ran_under_without_its_role() -> None:
    account = {"accountName": "SYSTEM", "domainName": "NT AUTHORITY", "userSid": "S-1-5-18"}
    item = evidence("process", "attacker", processCommandLine="a.exe", userAccount=account)

    assert read(body(NAME, evidence=[item])).entities == (
        Process(role="attacker", command_line="a.exe"),
        Account(name="SYSTEM", nt_domain="NT AUTHORITY", sid="S-1-5-18"),
    )


def test_evidence_without_a_type_or_of_a_wrong_form_is_passed_over() -> None:
    items: list[Any] = [
        {"ipAddress": "203.0.113.54"},
        {"@odata.type": "", "ipAddress": "203.0.113.54"},
        None,
        "text",
        7,
        [],
        {},
    ]

    assert read(body(NAME, evidence=items)).entities == ()


def test_what_an_sdk_dumps_in_snake_case_reads_like_what_graph_sent() -> None:
    def snake(value: Any) -> Any:
        if isinstance(value, dict):
            return {re.sub("([A-Z])", r"_\1", name).lower(): snake(inner) for name, inner in value.items()}
        return [snake(inner) for inner in value] if isinstance(value, list) else value

    given, dumped = read(body(NAME)), read(snake(body(NAME)))

    assert replace(dumped, digest="", raw={}) == replace(given, digest="", raw={})


def test_a_dump_of_only_some_fields_is_read_too() -> None:
    given = {"id": "dc1", "provider_alert_id": "p-1", "title": "Token", "service_source": "microsoftSentinel"}
    found = read(given)

    assert (found.case, found.same, found.product) == ("alert:p-1", ("alert:dc1",), "Microsoft Sentinel")


def test_analysts_are_no_entities() -> None:
    comment = {"comment": "See kai@contoso.example", "createdByDisplayName": "kai@contoso.example"}

    assert read(body(NAME, assignedTo="kai@contoso.example", comments=[comment], evidence=[])).entities == ()


@pytest.mark.parametrize(
    ("changes", "product"),
    [
        ({}, "Microsoft Entra ID Protection"),
        ({"productName": "Azure Sentinel", "serviceSource": "unknownFutureValue"}, "Microsoft Sentinel"),
        ({"serviceSource": "MicrosoftDefenderForOffice365"}, "Microsoft Defender for Office 365"),
        ({"serviceSource": "dataLossPrevention"}, "Microsoft Purview Data Loss Prevention"),
        ({"productName": "unknown", "serviceSource": "unknownFutureValue"}, ""),
    ],
)
def test_the_product_is_the_one_that_raised_it(changes: dict[str, Any], product: str) -> None:
    assert read(body(NAME, **changes)).product == product


@pytest.mark.parametrize(
    ("changes", "time"),
    [
        ({}, "2026-03-02T08:57:20.1234567Z"),
        ({"createdDateTime": None}, "2026-03-02T08:58:01.3333333Z"),
        ({"createdDateTime": "", "lastUpdateDateTime": "0001-01-01T00:00:00Z"}, "2026-03-02T08:40:00.5Z"),
    ],
)
def test_the_time_is_the_first_that_can_be_read(changes: dict[str, Any], time: str) -> None:
    assert read(body(NAME, **changes)).time == time


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"detectorId": "d", "alertPolicyId": "p"}, "d"),
        ({"detectorId": None, "alertPolicyId": "p"}, "p"),
        ({"detectorId": None}, "azureAdIdentityProtection"),
    ],
)
def test_the_kind_is_the_detector_the_policy_or_what_detected_it(changes: dict[str, Any], kind: str) -> None:
    assert read(body(NAME, **changes)).kind == kind


def test_placeholders_are_no_ids() -> None:
    event = read(body(NAME, tenantId="String", severity="String", evidence=[evidence("ip", ipAddress="String")]))

    assert (event.tenant, event.severity, event.severity_word, event.entities) == ("", None, "String", ())

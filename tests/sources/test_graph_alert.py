from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, Host, Ip, Process
from tests.sources.bodies import body, read, refused

NAME = "graph_alert_token_theft"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"


def evidence(kind: str, *roles: str, **fields: Any) -> dict[str, Any]:
    return {"@odata.type": f"#microsoft.graph.security.{kind}Evidence", "roles": list(roles), **fields}


def test_an_alert_names_its_victim_and_its_attacker() -> None:
    assert read(body(NAME)).entities == (
        Account(
            role="target",
            upn="adele.vance@contoso.example",
            object_id=ADELE,
            sid="S-1-12-1-465505852-1202081106-3424919180-1061452800",
            name="adele.vance",
            display_name="Adele Vance",
        ),
        Ip(role="attacker", address="198.51.100.23"),
    )


@pytest.mark.parametrize(("given", "case"), [("A_1", "alert:a_1"), (None, "alert:ca1"), ("null", "alert:ca1")])
def test_the_case_is_the_products_own_id_or_else_graphs(given: str | None, case: str) -> None:
    event = read(body(NAME, providerAlertId=given, id="CA1"))

    assert (event.case, event.id) == (case, "CA1")


@pytest.mark.parametrize("provider_id", [None, "", "00000000-0000-0000-0000-000000000000"])
def test_an_alert_without_any_id_is_unreadable(provider_id: str | None) -> None:
    letter = refused({"value": [body(NAME, providerAlertId=provider_id, id=None)]})

    assert (letter.reason, letter.where, letter.source) == ("the alert has no id", "$.value[0].id", "graph_alert")


@pytest.mark.parametrize(
    "changes",
    [
        {"@odata.type": None},
        {"@odata.type": "#Microsoft.Graph.Security.Alert"},
        {"evidence": None},
        {"evidence": None, "serviceSource": None},
        {"evidence": []},
        {"alertWebUrl": None},
    ],
)
def test_an_alert_is_known_with_or_without_evidence(changes: dict[str, Any]) -> None:
    assert read(body(NAME, **changes)).title == "Anomalous token"


@pytest.mark.parametrize(
    "changes",
    [
        {"@odata.type": "#microsoft.graph.security.incident"},
        {"detectionSource": None},
        {"serviceSource": None},
        {"evidence": None, "alertWebUrl": None},
    ],
)
def test_what_is_no_alert_is_not_taken_for_one(changes: dict[str, Any]) -> None:
    assert refused(body(NAME, **changes)).reason.startswith("no source knows it; its fields: ")


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["attacker"], "attacker"),
        (["CommandAndControl"], "attacker"),
        (["attacked"], "target"),
        (["compromised", "attacker"], "target"),
        (["destination"], "target"),
        (["source"], "related"),
        (["contextual"], "related"),
        (["unknownFutureValue", "attacker"], "attacker"),
        (["created"], ""),
        ([], ""),
        (None, ""),
        ("Attacker", "attacker"),
    ],
)
def test_the_first_role_that_is_known_counts(roles: Any, role: str) -> None:
    item = {**evidence("ip", ipAddress="203.0.113.54"), "roles": roles}

    assert [entity.role for entity in read(body(NAME, evidence=[item])).entities] == [role]


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


def test_evidence_that_is_not_known_or_holds_nothing_is_passed_over() -> None:
    known = ("device", "user", "ip", "url", "file", "process", "mailbox", "analyzedMessage", "cloudApplication")
    more = ("oauthApplication", "azureResource", "securityGroup", "registryKey", "registryValue", "mailCluster", "x")
    items = [*(evidence(kind) for kind in (*known, *more)), {"ipAddress": "203.0.113.54"}, None, "text", {}]

    assert read(body(NAME, evidence=items)).entities == ()


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

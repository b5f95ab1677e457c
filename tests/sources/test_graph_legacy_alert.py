from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, AnyEntity, AzureResource, File, FileHash, Host, Ip, NetworkConnection, Url
from shared.model.severity import Severity
from tests.sources.bodies import read, readers, refused
from tests.sources.goldens import event, events

ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
VM = f"/subscriptions/{ADELE}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
SHA1 = "0123456789abcdef0123456789abcdef01234567"


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "id": "a-1",
        "azureTenantId": ADELE,
        "category": "AnonymousLogin",
        "eventDateTime": "2026-03-02T08:40:00Z",
        "severity": "high",
        "vendorInformation": {"provider": "IPC", "vendor": "Microsoft"},
        **changes,
    }


def test_an_alert_says_who_found_what_and_when() -> None:
    found = event("graph_legacy_alert_vm")

    assert (found.provider, found.product, found.kind) == (
        "Microsoft",
        "Microsoft Defender for Cloud",
        "VM_LoginBruteForceSuccess",
    )
    assert (found.severity, found.status) == (Severity.HIGH, "newAlert")
    assert (found.start, found.time, found.end) == (
        "2026-03-02T08:40:00.5Z",
        "2026-03-02T08:57:20.1234567Z",
        "2026-03-02T08:50:00.25Z",
    )


def test_the_addresses_of_a_host_are_its_own_and_no_entities() -> None:
    host = {
        "fqdn": "pc.contoso.example",
        "privateIpAddress": "10.20.1.4",
        "publicIpAddress": "203.0.113.99",
        "os": "Linux",
    }

    assert read(alert(hostStates=[host])).entities == (Host(name="pc", fqdn="pc.contoso.example", os="Linux"),)


def test_a_user_brings_the_address_of_the_logon() -> None:
    user = {"aadUserId": ADELE, "accountName": "adele", "logonIp": "198.51.100.23", "logonId": "0x3e7"}

    assert read(alert(userStates=[user])).entities == (
        Account(object_id=ADELE, name="adele"),
        Ip(address="198.51.100.23"),
    )


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("sha1", [FileHash(value=SHA1, algorithm="sha1")]), ("lsHash", []), ("authenticodeHash256", []), ("ctph", [])],
)
def test_only_a_hash_of_the_files_bytes_is_its_hash(kind: str, wanted: list[AnyEntity]) -> None:
    state = {"name": "a.exe", "path": "C:\\Temp", "fileHash": {"hashType": kind, "hashValue": SHA1}}

    assert list(read(alert(fileStates=[state])).entities) == [File(name="a.exe", directory="C:\\Temp"), *wanted]


def test_a_connection_gives_both_ends_but_no_addresses_of_nat() -> None:
    connection = {
        "sourceAddress": "10.20.1.4",
        "destinationAddress": "203.0.113.54",
        "natSourceAddress": "192.0.2.1",
        "natDestinationAddress": "192.0.2.2",
        "destinationUrl": "https://pool.example/x",
        "localDnsName": "pc",
    }

    assert read(alert(networkConnections=[connection])).entities == (
        NetworkConnection(source="10.20.1.4", destination="203.0.113.54"),
        Ip(address="10.20.1.4"),
        Ip(address="203.0.113.54"),
        Url(url="https://pool.example/x"),
    )


@pytest.mark.parametrize(
    ("kind", "role"), [("attacked", "target"), ("Related", "related"), ("unknown", ""), (None, "")]
)
def test_a_resource_has_the_part_that_the_alert_says(kind: str | None, role: Any) -> None:
    found = read(alert(securityResources=[{"resource": VM, "resourceType": kind}, {"resource": "vm-web-02"}]))

    assert found.entities == (AzureResource(resource_id=VM, role=role),)
    assert found.subscription == ADELE


def test_the_words_of_the_documentation_are_no_entities() -> None:
    placeholders = events("graph_legacy_alert_odd")[1]

    assert (placeholders.entities, placeholders.product, placeholders.severity) == ((), "", None)


@pytest.mark.parametrize("given", [None, "", "String", "String (identifier)", "00000000-0000-0000-0000-000000000000"])
def test_an_alert_without_an_id_is_unreadable(given: str | None) -> None:
    letter = refused({"value": [alert(**{"id": given, "@odata.type": "#microsoft.graph.alert"})]})

    assert (letter.reason, letter.where) == ("the alert has no id", "$.value[0].id")
    assert letter.source == "graph_legacy_alert"


def test_only_secure_links_are_kept() -> None:
    given = ["https://portal.example/1", "http://portal.example/2", "javascript:alert(1)", "HTTPS://portal.example/3"]

    assert read(alert(sourceMaterials=given)).links == ("https://portal.example/1", "HTTPS://portal.example/3")


@pytest.mark.parametrize(
    "given",
    [
        {
            "id": "s-1",
            "vendorInformation": {"provider": "SecureScore"},
            "currentScore": 17.0,
            "createdDateTime": "2026-03-02",
        },
        {"id": "c-1", "vendorInformation": {"provider": "SecureScore"}, "controlCategory": "Identity", "title": "MFA"},
        alert(**{"@odata.type": "#microsoft.graph.secureScore"}),
    ],
)
def test_what_only_names_a_vendor_is_no_alert(given: dict[str, Any]) -> None:
    assert "graph_legacy_alert" not in readers(given)


def test_an_alert_in_snake_case_reads_the_same() -> None:
    snake = {
        "id": "a-1",
        "azure_tenant_id": ADELE,
        "category": "AnonymousLogin",
        "event_date_time": "2026-03-02T08:40:00Z",
        "user_states": [{"aad_user_id": ADELE, "logon_ip": "198.51.100.23"}],
        "vendor_information": {"provider": "IPC"},
    }
    found = read(snake)

    assert (found.case, found.tenant, found.product) == ("alert:a-1", ADELE, "Microsoft Entra ID Protection")
    assert found.entities == (Account(object_id=ADELE), Ip(address="198.51.100.23"))

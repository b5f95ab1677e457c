from __future__ import annotations

from typing import Any

import pytest

from shared.kinds import entities
from shared.kinds.fields import Fields
from shared.model.entity import (
    Account,
    AnyEntity,
    AzureResource,
    CloudApplication,
    Domain,
    File,
    FileHash,
    Host,
    Ip,
    Mailbox,
    MailMessage,
    Malware,
    Other,
    Process,
    RegistryKey,
    RegistryValue,
    SecurityGroup,
    Url,
)
from tests.kinds.entity_ids import ADELE, DEVICE, GUID, SHA1, SID, TENANT, VM, ZEROS, read

BOTH_FORMS: list[tuple[str, dict[str, Any], str, dict[str, Any], AnyEntity]] = [
    (
        "account",
        {"Name": "adele.vance", "UPNSuffix": "contoso.example", "NTDomain": "CONTOSO", "Sid": SID.lower(),
            "AadUserId": GUID.upper(), "AadTenantId": TENANT, "DisplayName": "Adele Vance"},
        "Account",
        {"accountName": "adele.vance", "upnSuffix": "contoso.example", "ntDomain": "CONTOSO", "sid": SID,
            "aadUserId": GUID, "aadTenantId": TENANT, "displayName": "Adele Vance"},
        Account(upn=ADELE, object_id=GUID, sid=SID, name="adele.vance", nt_domain="CONTOSO", tenant=TENANT,
            display_name="Adele Vance"),
    ),
    (
        "host",
        {"HostName": "vm", "DnsDomain": "contoso.example", "NTDomain": "CONTOSO", "AzureID": VM, "OMSAgentID": GUID,
            "OSFamily": "Linux", "MdatpDeviceId": DEVICE, "AadDeviceId": TENANT},
        "Host",
        {"hostName": "vm", "dnsDomain": "contoso.example", "ntDomain": "CONTOSO", "azureID": VM, "omsAgentID": GUID,
            "osFamily": "Linux", "additionalData": {"MdatpDeviceId": DEVICE.upper(), "AadDeviceId": TENANT}},
        Host(name="vm", fqdn="vm.contoso.example", nt_domain="CONTOSO", azure_id=VM, agent_id=GUID, os="Linux",
            mde_device_id=DEVICE, entra_device_id=TENANT),
    ),
    ("ip", {"Address": "203.0.113.54:443"}, "Ip", {"address": " 203.0.113.54"}, Ip(address="203.0.113.54")),
    ("azure-resource", {"ResourceId": VM}, "AzureResource", {"resourceId": VM}, AzureResource(resource_id=VM)),
    (
        "file",
        {"Name": "a.exe", "Directory": "C:\\Temp"},
        "File",
        {"fileName": "a.exe", "directory": "C:\\Temp", "fileHashEntityIds": ["x"], "friendlyName": "a.exe"},
        File(name="a.exe", directory="C:\\Temp"),
    ),
    (
        "filehash",
        {"Algorithm": "SHA1", "Value": SHA1.upper()},
        "FileHash",
        {"algorithm": "SHA1", "hashValue": SHA1, "friendlyName": f"{SHA1}(SHA1)"},
        FileHash(value=SHA1, algorithm="sha1"),
    ),
    (
        "process",
        {"ProcessId": 4242, "CommandLine": "a.exe -x", "ImageFile": None},
        "Process",
        {"processId": "4242", "commandLine": "a.exe -x", "imageFileEntityId": "x"},
        Process(pid="4242", command_line="a.exe -x"),
    ),
    ("url", {"Url": "https://pool.example/x"}, "Url", {"url": "https://pool.example/x"}, Url(url="https://pool.example/x")),
    ("dns", {"DomainName": "pool.example."}, "DnsResolution", {"domainName": "pool.example"}, Domain(name="pool.example")),
    (
        "cloud-application",
        {"Name": "Contoso Mail", "AppId": 20892},
        "CloudApplication",
        {"appName": "Contoso Mail", "appId": "20892"},
        CloudApplication(name="Contoso Mail", app_id="20892"),
    ),
    (
        "security-group",
        {"ObjectGuid": GUID, "SID": SID, "DistinguishedName": "CN=Admins", "DisplayName": "Admins"},
        "SecurityGroup",
        {"objectGuid": GUID, "sid": SID, "distinguishedName": "CN=Admins", "friendlyName": "Admins"},
        SecurityGroup(object_id=GUID, sid=SID, dn="CN=Admins", name="Admins"),
    ),
    (
        "mailbox",
        {"MailboxPrimaryAddress": ADELE, "Upn": ADELE, "ExternalDirectoryObjectId": GUID, "DisplayName": "Adele"},
        "Mailbox",
        {"mailboxPrimaryAddress": ADELE, "upn": ADELE, "externalDirectoryObjectId": GUID, "displayName": "Adele"},
        Mailbox(address=ADELE, upn=ADELE, object_id=GUID, display_name="Adele"),
    ),
    (
        "mail-message",
        {"NetworkMessageId": GUID, "InternetMessageId": "<1@mail.example>", "Sender": "a@mail.example", "Recipient": ADELE,
            "Subject": "Invoice"},
        "MailMessage",
        {"networkMessageId": GUID, "internetMessageId": "<1@mail.example>", "p1Sender": "a@mail.example",
            "recipient": ADELE, "subject": "Invoice"},
        MailMessage(network_message_id=GUID, internet_message_id="<1@mail.example>", sender="a@mail.example",
            recipient=ADELE, subject="Invoice"),
    ),
    (
        "malware",
        {"Name": "Trojan:Win32/Invented.A", "Category": "Trojan"},
        "Malware",
        {"malwareName": "Trojan:Win32/Invented.A", "category": "Trojan"},
        Malware(name="Trojan:Win32/Invented.A", category="Trojan"),
    ),
    (
        "registry-key",
        {"Hive": "HKEY_LOCAL_MACHINE", "Key": "SOFTWARE\\Run"},
        "RegistryKey",
        {"hive": "HKEY_LOCAL_MACHINE", "key": "SOFTWARE\\Run"},
        RegistryKey(hive="HKEY_LOCAL_MACHINE", key="SOFTWARE\\Run"),
    ),
    (
        "registry-value",
        {"Name": "Updater", "Value": "a.exe", "registryKey": ""},
        "RegistryValue",
        {"valueName": "Updater", "valueData": "a.exe", "keyEntityId": "x"},
        RegistryValue(name="Updater", value="a.exe"),
    ),
]  # fmt: skip
NAMES = [case[2] for case in BOTH_FORMS]


@pytest.mark.parametrize(("kind", "pascal", "_other", "_camel", "wanted"), BOTH_FORMS, ids=NAMES)
def test_the_form_inside_of_alerts_is_read(
    kind: str, pascal: dict[str, Any], _other: str, _camel: dict[str, Any], wanted: AnyEntity
) -> None:
    assert read(kind, pascal) == [wanted]


@pytest.mark.parametrize(("_other", "_pascal", "kind", "camel", "wanted"), BOTH_FORMS, ids=NAMES)
def test_the_form_of_sentinels_entity_resources_is_read(
    kind: str, camel: dict[str, Any], _other: str, _pascal: dict[str, Any], wanted: AnyEntity
) -> None:
    assert read(kind, camel) == [wanted]


@pytest.mark.parametrize("kind", sorted(entities._BUILDERS))
def test_every_builder_makes_nothing_where_nothing_is_certain(kind: str) -> None:
    nothing: tuple[dict[str, Any], ...] = (
        {},
        {"Type": kind, "$id": "3"},
        {"Name": None, "HostName": "", "Address": "X.X.X.X", "Url": "<url>", "AadUserId": ZEROS, "Key": {}},
        {"AppName": "String", "MalwareName": "<name>", "AzureID": "vm", "ResourceId": "vm"},
        {
            "Sid": "none",
            "ObjectGuid": "String",
            "DistinguishedName": "null",
            "NetworkMessageId": ZEROS,
            "Value": "1" * 40,
        },
        {"DomainName": "a b", "Upn": "adele", "MailboxPrimaryAddress": ADELE.replace("@", "/"), "ProcessId": "7"},
        {"NTDomain": "CONTOSO", "UPNSuffix": "contoso.example", "OSFamily": "Linux"},
    )

    assert [raw for raw in nothing if read(kind, raw)] == []


@pytest.mark.parametrize("kind", ["account", "host", "file", "malware", "cloud-application"])
def test_a_redacted_name_is_no_name(kind: str) -> None:
    assert read(kind, {"Name": "[REDACTED]", "HostName": "[REDACTED]"}) == []


@pytest.mark.parametrize(
    "kind", ["azure-resource", "AzureResource", "AZURERESOURCE", "Azure Resource", " azure_resource"]
)
def test_a_kind_is_known_in_every_spelling(kind: str) -> None:
    assert read(kind, {"ResourceId": VM}) == [AzureResource(resource_id=VM)]


@pytest.mark.parametrize("kind", ["SecurityAlert", "security-alert", "alert", "Bookmark", "HuntingBookmark"])
def test_alerts_and_bookmarks_among_entities_are_none(kind: str) -> None:
    assert read(kind, {"Name": "x", "CloudResource": {"ResourceId": VM}}) == []


def test_a_kind_that_is_not_known_is_kept_by_name() -> None:
    assert read("Door-Sensor", {"friendlyName": "door-7"}) == [Other(type="Door-Sensor", name="door-7")]
    assert read("Door", {"Name": "<redacted>"}) == [Other(type="Door")]


def test_an_object_without_a_kind_is_nothing() -> None:
    assert read("", {"Name": "x"}) == []


def test_a_kind_that_stands_for_a_cloud_resource_is_that_resource() -> None:
    assert read("Data-Lake", {"Name": "lake", "CloudResource": {"ResourceId": VM}}) == [AzureResource(resource_id=VM)]
    assert read("Data-Lake", {"Name": "lake", "CloudResource": {"ResourceId": "lake"}}) == []


def test_the_part_that_the_provider_gives_stays_with_the_entity() -> None:
    for kind, pascal, *_ in BOTH_FORMS:
        (found,) = filter(None, entities.read(kind, Fields(pascal), "attacker"))
        assert found.role == "attacker"

from __future__ import annotations

from typing import Any

import pytest

from shared.kinds import entities
from shared.kinds.fields import Fields
from shared.model.entity import (
    Account,
    File,
    FileHash,
    Host,
    Ip,
    Process,
    RegistryValue,
)
from tests.kinds.entity_ids import ADELE, DEVICE, GUID, SHA1, SHA256, VM, read


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"Name": "CONTOSO\\adele"}, Account(name="adele", nt_domain="CONTOSO")),
        ({"Name": "CONTOSO\\adele", "NTDomain": "SHOP"}, Account(name="adele", nt_domain="SHOP")),
        ({"Name": "NT AUTHORITY\\SYSTEM"}, Account(name="SYSTEM", nt_domain="NT AUTHORITY")),
        ({"Name": "CONTOSO\\adele", "UPNSuffix": "contoso.example"},
            Account(name="adele", nt_domain="CONTOSO", upn="adele@contoso.example")),
        ({"Name": ADELE}, Account(name="adele.vance", upn=ADELE)),
        ({"Name": ADELE, "UPNSuffix": "other.example"}, Account(name="adele.vance", upn=ADELE)),
        ({"Name": ADELE, "userPrincipalName": "a@b.example"}, Account(name="adele.vance", upn="a@b.example")),
        ({"Name": "adele", "UPNSuffix": "REDACTED"}, Account(name="adele")),
        ({"Name": "adele", "UPNSuffix": "contoso example"}, Account(name="adele")),
        ({"Name": "REDACTED@contoso.example"}, None),
        ({"Name": "CONTOSO\\REDACTED"}, None),
        ({"Name": "REDACTED\\adele"}, Account(name="adele")),
        ({"UPNSuffix": "contoso.example"}, None),
        ({"accountUpn": ADELE, "mail": "adele@mail.example"}, Account(upn=ADELE, mail="adele@mail.example")),
        ({"userObjectId": GUID}, Account(object_id=GUID)),
        ({"userSid": "S-1-5-18"}, Account(sid="S-1-5-18")),
        ({"email": ADELE}, Account(mail=ADELE)),
    ],
)  # fmt: skip
def test_an_account_is_put_together_only_from_what_belongs_together(
    raw: dict[str, Any], wanted: Account | None
) -> None:
    assert entities.account(Fields(raw)) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"HostName": "vm.contoso.example"}, Host(name="vm", fqdn="vm.contoso.example")),
        ({"HostName": "vm.a.example", "DnsDomain": "b.example"}, Host(name="vm", fqdn="vm.a.example")),
        ({"NetBiosName": "VM"}, Host(name="VM")),
        ({"HostName": "REDACTED", "NetBiosName": "VM"}, Host(name="VM")),
        ({"deviceDnsName": "vm.contoso.example", "hostName": "vm"}, Host(name="vm", fqdn="vm.contoso.example")),
        ({"deviceDnsName": "pc.contoso.example", "hostName": "vm"}, Host(name="vm")),
        ({"vmMetadata": {"resourceId": VM, "vmId": GUID}}, Host(azure_id=VM, vm_id=GUID)),
        ({"HostName": "10.20.1.4"}, None),
        ({"HostName": "10.20.1.4", "AzureID": VM}, Host(azure_id=VM)),
        ({"DnsDomain": "contoso.example"}, None),
        ({"azureResourceId": VM, "vmId": GUID}, Host(azure_id=VM, vm_id=GUID)),
        ({"vmId": GUID, "OMSAgentID": GUID}, None),
        ({"azureAdDeviceId": GUID}, Host(entra_device_id=GUID)),
        ({"mdeDeviceId": DEVICE, "additionalData": {"MdatpDeviceId": "f" * 40}}, Host(mde_device_id=DEVICE)),
        ({"additionalData": f'{{"MdatpDeviceId": "{DEVICE}"}}'}, Host(mde_device_id=DEVICE)),
    ],
)
def test_a_host_has_a_name_and_a_domain_or_neither(raw: dict[str, Any], wanted: Host | None) -> None:
    assert entities.host(Fields(raw)) == wanted


def test_an_address_field_may_hold_a_list() -> None:
    assert read("ip", {"Address": "203.0.113.54:1, ::ffff:198.51.100.23,,X.X.X.X"}) == [
        Ip(address="203.0.113.54"),
        Ip(address="198.51.100.23"),
    ]


def test_a_file_brings_its_hashes_and_hashes_stay_without_their_file() -> None:
    hashes = [{"Value": SHA256}, {"hashValue": SHA1}, {"Value": "none"}, "text"]

    assert read("file", {"Name": "a.exe", "FileHashes": hashes}) == [
        File(name="a.exe"),
        FileHash(value=SHA256, algorithm="sha256"),
        FileHash(value=SHA1, algorithm="sha1"),
    ]
    assert read("file", {"FileHashes": hashes[:1]}) == [FileHash(value=SHA256, algorithm="sha256")]


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ({"Name": "a.exe"}, "a.exe"),
        ({"Directory": "C:\\Temp", "Name": "a.exe"}, "C:\\Temp\\a.exe"),
        ({"Directory": "C:\\Temp\\", "Name": "a.exe"}, "C:\\Temp\\a.exe"),
        ({"filePath": "/usr/bin/", "fileName": "a"}, "/usr/bin/a"),
        ({"Directory": "/", "Name": "a"}, "/a"),
    ],
)
def test_a_process_has_the_path_of_its_program(image: dict[str, str], path: str) -> None:
    assert read("process", {"ImageFile": image}) == [Process(image=path)]


def test_a_folder_that_names_the_program_too_is_its_path() -> None:
    image = {"fileName": "a.exe", "folderPath": "C:\\Temp\\A.exe"}

    assert read("process", {"ImageFile": image}) == [Process(image="C:\\Temp\\A.exe")]


def test_a_registry_value_has_the_key_it_is_under() -> None:
    wanted = RegistryValue(name="Updater", key="SOFTWARE\\Run")

    assert read("registry-value", {"Name": "Updater", "Key": {"Hive": "HKLM", "Key": "SOFTWARE\\Run"}}) == [wanted]
    assert read("registry-value", {"registryValueName": "Updater", "registryKey": "SOFTWARE\\Run"}) == [wanted]


def test_every_entity_comes_once_in_order_without_gaps() -> None:
    first, second = Ip(address="203.0.113.54"), Ip(address="198.51.100.23")

    assert entities.distinct([first, None, second, Ip(address="203.0.113.54")]) == (first, second)


def test_what_is_said_of_an_entity_in_one_place_counts_for_it_in_all() -> None:
    bare, other = Ip(address="203.0.113.54"), Ip(address="198.51.100.23")
    said = [Ip(address="203.0.113.54", role="attacker"), Ip(address="203.0.113.54", role="target", confidence=90)]

    assert entities.distinct([bare, other, *said]) == (
        Ip(address="203.0.113.54", role="attacker", confidence=90),
        other,
    )
    assert entities.distinct([Ip(address="203.0.113.54", role="related"), said[1]])[0].role == "target"
    assert entities.distinct([*said, bare]) == (Ip(address="203.0.113.54", role="attacker", confidence=90),)
    assert entities.distinct([Ip(address="203.0.113.54", verdict="malicious"), bare])[0].verdict == "malicious"

from __future__ import annotations

from typing import Any

import pytest

from shared.kinds import hunting, products
from shared.kinds.fields import Fields
from shared.model.entity import Account, AnyEntity, File, Host, Mailbox, MailMessage
from tests.kinds.entity_ids import ADELE, GUID, SID, read


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"properties": {"AlertId": "1"}}, {"AlertId": "1"}),
        ({"properties": '{"AlertId": "1"}'}, {"AlertId": "1"}),
        ({"AlertId_string": "1", "Port_long": 2, "At_datetime": "x"}, {"AlertId": "1", "Port": 2, "At": "x"}),
        ({"properties.AlertId": "1"}, {"AlertId": "1"}),
        ({"properties_AlertId_s": "1"}, {"AlertId": "1"}),
        ({"AlertId": "1", "_ItemId": "2", "OS_Version": "3"}, {"AlertId": "1", "_ItemId": "2", "OS_Version": "3"}),
        ({}, {}),
    ],
)
def test_a_row_has_the_plain_names_of_its_columns(raw: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert hunting.row(Fields(raw)).raw == wanted


@pytest.mark.parametrize(
    ("raw", "table"),
    [
        ({"category": "AdvancedHunting-DeviceInfo"}, "DeviceInfo"),
        ({"CATEGORY": "ADVANCEDHUNTING-DEVICEINFO"}, "DEVICEINFO"),
        ({"category": "AdvancedHunting-"}, ""),
        ({"Type": "AlertInfo", "Category": "Malware"}, "AlertInfo"),
        ({"Type": "Alerts_CL", "AlertId_s": "1"}, "AlertInfo"),
        ({"AlertId": "1", "EntityType": "Ip"}, "AlertEvidence"),
        ({"ReportId": 7}, ""),
    ],
)
def test_the_table_is_told_or_stands_in_the_columns(raw: dict[str, Any], table: str) -> None:
    assert hunting.table(Fields(raw)) == table


@pytest.mark.parametrize(
    ("kind", "raw", "wanted"),
    [
        ("user", {"AccountName": "adele", "UserDomain": "CONTOSO", "AccountDisplayName": "Adele", "AccountObjectId": SID},
            Account(name="adele", nt_domain="CONTOSO", display_name="Adele", sid=SID)),
        ("user", {"AccountId": ADELE}, Account(upn=ADELE)),
        ("machine", {"MachineName": "pc-07"}, Host(name="pc-07")),
        ("mailbox", {"AccountUpn": ADELE, "AccountObjectId": GUID}, Mailbox(upn=ADELE, object_id=GUID)),
        ("mailmessage", {"NetworkMessageId": GUID, "EmailSubject": "Hello"},
            MailMessage(network_message_id=GUID, subject="Hello")),
        ("mailmessage", {"NetworkMessageId": GUID, "EmailSubject": "ANONYMIZED"}, MailMessage(network_message_id=GUID)),
        ("file", {"FileName": "a.exe", "LastVerdict": "Malicious"}, File(name="a.exe", verdict="malicious")),
    ],
)  # fmt: skip
def test_the_columns_of_hunting_are_names_of_entities_parts(kind: str, raw: dict[str, Any], wanted: AnyEntity) -> None:
    assert read(kind, raw) == [wanted]


@pytest.mark.parametrize(
    ("folder", "directory"),
    [
        ("C:\\Temp\\A.EXE", "C:\\Temp"),
        ("/tmp/a.exe", "/tmp"),  # noqa: S108 - only text
        ("C:\\Temp", "C:\\Temp"),
        ("C:\\a.exe\\x", "C:\\a.exe\\x"),
        ("", ""),
    ],
)
def test_a_folder_does_not_end_in_the_name_of_the_file(folder: str, directory: str) -> None:
    assert hunting.observed(Fields({"FileName": "a.exe", "FolderPath": folder})) == (
        File(name="a.exe", directory=directory),
    )


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("AAD Identity Protection", "Microsoft Entra ID Protection"),
        ("Cloud App Security", "Microsoft Defender for Cloud Apps"),
        ("Office 365 Security & Compliance", "Microsoft Defender for Office 365"),
        ("Microsoft App Governance", "Microsoft Defender for Cloud Apps"),
    ],
)
def test_the_services_of_the_streaming_api_are_products(name: str, product: str) -> None:
    assert products.current(name) == product

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AnyEntity, FileHash, Host, Ip, Process, Url
from shared.model.event import Event
from shared.model.severity import Severity
from tests.sources.bodies import read, refused
from tests.sources.goldens import SOURCES, event, recording

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
ALERT = "da637551227677560813_1122334455"
DEVICE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
SHA1, OTHER_SHA1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "de9f2c7fd25e1b3afad3e85a0bd17d9b100db4b3"
SHA256, MD5 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "098f6bcd4621d373cade4e832627b4f6"
PIECES = "xdr_stream_alert_in_pieces"


def streamed(table: str, **row: Any) -> dict[str, Any]:
    return {
        "category": f"AdvancedHunting-{table}",
        "tenantId": TENANT,
        "time": "2026-03-02T09:00:00Z",
        "properties": row,
    }


def evidence(kind: str, more: Any = None, **row: Any) -> dict[str, Any]:
    extra = None if more is None else json.dumps(more)
    return streamed(
        "AlertEvidence", AlertId=ALERT, EntityType=kind, EvidenceRole="Related", AdditionalFields=extra, **row
    )


def found(body: dict[str, Any]) -> tuple[AnyEntity, ...]:
    return read(body).entities


def read_all(*bodies: dict[str, Any]) -> list[Event]:
    whole, dead = SOURCES.read(json.dumps(bodies).encode())
    assert dead == []
    return whole


def test_the_pieces_of_an_alert_that_come_together_are_one_event() -> None:
    whole = event(PIECES)

    assert (whole.id, whole.title, whole.severity) == (ALERT, "Coin miner started by a web server", Severity.HIGH)
    assert {type(entity) for entity in whole.entities} >= {Host, Process, Ip, Account, FileHash}


def test_a_piece_that_comes_alone_has_the_case_of_its_alert() -> None:
    pieces = json.loads(recording(PIECES))["records"]

    assert {read(piece).case for piece in pieces} == {event(PIECES).case} == {f"alert:{ALERT}"}


def test_pieces_of_different_alerts_stay_apart() -> None:
    pieces = read_all(
        streamed("AlertInfo", AlertId=ALERT, Title="A"),
        streamed("AlertInfo", AlertId="da1_2", Title="B"),
        streamed("AlertEvidence", AlertId=ALERT, EntityType="Ip", RemoteIP="198.51.100.77"),
    )

    assert [(piece.title, len(piece.entities)) for piece in pieces] == [("A", 1), ("B", 0)]


@pytest.mark.parametrize("table", ["AlertInfo", "AlertEvidence"])
@pytest.mark.parametrize("alert", [None, "", "00000000-0000-0000-0000-000000000000"])
def test_an_alert_without_an_id_is_unreadable(table: str, alert: str | None) -> None:
    letter = refused({"records": [streamed(table, AlertId=alert, Title="A")]})

    assert (letter.reason, letter.source) == ("the alert has no id", "xdr_stream")
    assert letter.where == "$.records[0].properties.AlertId"


def test_a_row_without_an_id_is_unreadable_at_its_column() -> None:
    assert refused({"Type": "AlertInfo", "Title": "A"}).where == "$.AlertId"


def test_the_columns_count_where_additional_fields_say_otherwise() -> None:
    more = {"ImageFile": {"Name": "xm", "FileHashes": [{"Algorithm": "SHA1", "Value": OTHER_SHA1}]}}

    hashes = [e.value for e in found(evidence("Process", more, SHA1=SHA1, FileName="xm")) if isinstance(e, FileHash)]

    assert hashes == [SHA1]


def test_additional_fields_that_agree_with_the_columns_add_what_they_know_besides() -> None:
    more = {"Name": "a.exe", "FileHashes": [{"Value": SHA1}, {"Value": MD5}]}

    hashes = {e.value for e in found(evidence("File", more, SHA1=SHA1, FileName="a.exe")) if isinstance(e, FileHash)}

    assert hashes == {SHA1, MD5}


def test_without_columns_additional_fields_describe_the_entity() -> None:
    more = {
        "ProcessId": "7",
        "CommandLine": "a.exe /q",
        "ImageFile": {"Name": "a.exe", "FileHashes": [{"Value": SHA256}]},
    }

    assert Process(role="related", command_line="a.exe /q", image="a.exe", pid="7") in found(evidence("Process", more))
    assert FileHash(role="related", value=SHA256, algorithm="sha256") in found(evidence("Process", more))


def test_the_device_and_the_account_beside_a_file_are_related_whatever_its_role() -> None:
    body = evidence("File", FileName="a.exe", DeviceName="pc-07", DeviceId=DEVICE, AccountUpn="a@contoso.example")
    body["properties"]["EvidenceRole"] = "Impacted"

    roles = {type(entity).__name__: entity.role for entity in found(body)}

    assert roles == {"File": "target", "Host": "related", "Account": "related"}


def test_a_device_and_what_is_nested_about_it_are_one_machine() -> None:
    more = {"Host": {"HostName": "pc-07", "DnsDomain": "contoso.example", "OSFamily": "Windows"}, "Type": "file"}
    body = evidence("File", more, FileName="a.exe", DeviceName="pc-07.contoso.example", DeviceId=DEVICE)

    hosts = [entity for entity in found(body) if isinstance(entity, Host)]

    assert hosts == [
        Host(role="related", name="pc-07", fqdn="pc-07.contoso.example", mde_device_id=DEVICE, os="Windows")
    ]


def test_two_machines_in_one_row_stay_two() -> None:
    body = evidence("File", {"Host": {"HostName": "pc-08"}}, FileName="a.exe", DeviceName="pc-07", DeviceId=DEVICE)

    assert {entity.name for entity in found(body) if isinstance(entity, Host)} == {"pc-07", "pc-08"}


def test_the_addresses_of_a_machine_itself_are_no_entities() -> None:
    more = {"HostName": "pc-07", "IpInterfaces": [{"Address": "203.0.113.98", "Type": "ip"}, {"Address": "127.0.0.1"}]}

    entities = found(evidence("Machine", more, DeviceName="pc-07", LocalIP="10.20.3.7"))

    assert entities == (Host(role="related", name="pc-07"),)


def test_references_in_additional_fields_are_followed() -> None:
    more = {"Name": "a.exe", "Nested": {"$id": "3", "HostName": "pc-07"}, "Host": {"$ref": "3"}}

    assert Host(role="related", name="pc-07") in found(evidence("File", more))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"RemoteUrl": "uri=https://a.example/x"}, (Url(role="related", url="https://a.example/x"),)),
        ({"RemoteUrl": "uri="}, ()),
        ({"RemoteUrl": "REDACTED"}, ()),
    ],
)
def test_a_url_may_have_the_sensors_mark_before_it(row: dict[str, Any], wanted: tuple[AnyEntity, ...]) -> None:
    assert found(evidence("Url", **row)) == wanted


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"RemoteIP": "198.51.100.77", "LocalIP": "10.20.1.4"}, ["198.51.100.77"]),
        ({"LocalIP": "10.20.1.4"}, ["10.20.1.4"]),
        ({"RemoteIP": "127.0.0.1"}, []),
        ({"RemoteIP": "X.X.X.X"}, []),
    ],
)
def test_an_address_is_the_remote_one_if_there_is_one(row: dict[str, Any], wanted: list[str]) -> None:
    assert [entity.address for entity in found(evidence("Ip", **row)) if isinstance(entity, Ip)] == wanted


@pytest.mark.parametrize(
    ("object_id", "wanted"),
    [
        ("S-1-5-21-1-2-3-1104", Account(role="related", sid="S-1-5-21-1-2-3-1104", name="adele")),
        ("adele", Account(role="related", name="adele")),
        ("00000000-0000-0000-0000-000000000000", Account(role="related", name="adele")),
        (TENANT, Account(role="related", object_id=TENANT, name="adele")),
    ],
)
def test_the_column_for_object_ids_may_hold_something_else(object_id: str, wanted: Account) -> None:
    assert found(evidence("User", AccountName="adele", AccountObjectId=object_id)) == (wanted,)


@pytest.mark.parametrize("more", ["{not json", "[]", "", "text", 7, [1]])
def test_additional_fields_that_are_no_object_are_passed_over(more: Any) -> None:
    body = evidence("Ip", RemoteIP="198.51.100.77")
    body["properties"]["AdditionalFields"] = more

    assert found(body) == (Ip(role="related", address="198.51.100.77"),)

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, Ip
from shared.model.event import Event
from tests.sources.bodies import read
from tests.sources.goldens import SOURCES, events

GATEWAY = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-hub"
    "/providers/Microsoft.Network/virtualNetworkGateways/vgw-contoso-hub"
)


def record(category: str, operation: str, **facts: Any) -> dict[str, Any]:
    said = {"time": "2026-03-02T09:00:00Z", "resourceId": GATEWAY, "category": category, "operationName": operation}
    return {**said, "properties": facts}


def client(message: Any) -> Event:
    return read(record("P2SDiagnosticLog", "P2SLogEvent", message=message))


def addresses(event: Event) -> list[str]:
    return [entity.address for entity in event.entities if isinstance(entity, Ip)]


def accounts(event: Event) -> list[Account]:
    return [entity for entity in event.entities if isinstance(entity, Account)]


@pytest.mark.parametrize(
    ("message", "peers"),
    [
        ("SESSION_ID :{8c} Remote 198.51.100.60:500: Local 203.0.113.6:500: [SEND] x", ["198.51.100.60"]),
        ("Remote [2001:db8::60]:4500: Local [2001:db8::6]:4500: x", ["2001:db8::60"]),
        ("Connect request received. IP=198.51.100.61:63871", ["198.51.100.61"]),
        ("BGP peer 10.30.0.254 disconnected", ["10.30.0.254"]),
        ("IP=198.51.100.61 and again IP=198.51.100.61", ["198.51.100.61"]),
        ("ServerIP=203.0.113.6 Server IP=203.0.113.6 Local IP=203.0.113.6 VIP=172.16.0.4 PrivateIP=172.16.0.4", []),
        ("StartAddress 0.0.0.0 EndAddress 255.255.255.255 10.0.0.4", []),
        ("Remote 999.1.1.1:500: Remote X.X.X.X:500: IP=", []),
    ],
)
def test_the_other_end_is_an_address_in_a_sentence_and_our_own_is_none(message: str, peers: list[str]) -> None:
    assert addresses(read(record("IKEDiagnosticLog", "IKELogEvent", message=message))) == peers


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("EAP authentication succeeded Username=ada@contoso.example", Account(upn="ada@contoso.example")),
        ('EAP authentication succeeded UserName="ada@contoso.example".', Account(upn="ada@contoso.example")),
        ("Failed for user: ada@contoso.example, IP=198.51.100.61", Account(upn="ada@contoso.example")),
        ("Connection failed. Username=CONTOSO\\grace", Account(name="grace", nt_domain="CONTOSO")),
    ],
)
def test_the_user_of_a_client_is_an_account(message: str, wanted: Account) -> None:
    assert accounts(client(message)) == [wanted]


@pytest.mark.parametrize(
    "message",
    [
        "Connection successful Username=ShopChildCert",
        "Username=",
        "Username=<redacted>@contoso.example",
        "mail to ada@contoso.example",
        "superuser=ada@contoso.example",
        None,
    ],
)
def test_what_a_certificate_is_called_and_what_is_redacted_is_no_account(message: str | None) -> None:
    assert accounts(client(message)) == []


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("EAP authentication succeeded Username=a", "Succeeded"),
        ("Connection successful", "Succeeded"),
        ("Connection failed, failure 13801", "Failed"),
        ("It failed after it succeeded", ""),
        ("Connect request received", ""),
    ],
)
def test_how_an_attempt_ended_is_said_only_if_the_sentence_says_so_in_one_way(message: str, status: str) -> None:
    assert client(message).status == status


def test_a_tunnel_names_its_other_end_its_state_and_why() -> None:
    for event in (events("vpn_gateway_site_to_site")[1], events("vpn_gateway_rows")[0]):
        assert (event.kind, event.status) == ("TunnelDisconnected", "Disconnected")
        assert event.title == "TunnelDisconnected to 198.51.100.60 (RemotelyTriggered)"
        assert addresses(event) == ["198.51.100.60"]


def test_nobody_attacks_and_nothing_is_rated() -> None:
    for event in events("vpn_gateway_site_to_site") + events("vpn_gateway_clients"):
        assert {entity.role for entity in event.entities} == {""}
        assert event.severity is None


@pytest.mark.parametrize("part", ["Username=", "Remote 1.", "IP=1", "failed ", "[", "BGP peer  "])
def test_a_long_message_is_read_in_one_pass(part: str) -> None:
    assert len(client(part * 20_000).title) <= 300


def test_other_logs_are_left_to_others() -> None:
    found, dead = SOURCES.read(json.dumps(record("SomeDiagnosticLog", "x", message="x")).encode())

    assert "vpn_gateway" not in [*(event.source for event in found), *(letter.source for letter in dead)]

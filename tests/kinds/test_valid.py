from __future__ import annotations

import ipaddress
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kinds import valid

GUID = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
SHOP = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/vm-web-01"

REDACTIONS = [
    "", " ", "ANONYMIZED", "anonymised", "REDACTED", "[Redacted]", "<removed>", "<placeholder>", "{ID}", "{}", "String",
    "Integer", "unknown", "xxxxxxxx", "X.X.X.X", "XX.XX.XXX.XXX", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "*redacted*",
]  # fmt: skip


@pytest.mark.parametrize("text", REDACTIONS)
def test_a_redaction_is_no_id_of_any_kind(text: str) -> None:
    checks = (valid.guid, valid.sid, valid.upn, valid.device, valid.host, valid.name, valid.ip, valid.resource_id)

    assert [check.__name__ for check in checks if check(text)] == []
    assert valid.file_hash(text) is None
    assert valid.subscription(text) == ""
    assert valid.upn(f"{text}@contoso.example") == valid.upn(f"adele@{text}") == ""


@pytest.mark.parametrize("text", [GUID, GUID.upper(), f" {GUID} ", f"{{{GUID}}}"])
def test_a_guid_is_written_in_lower_case(text: str) -> None:
    assert valid.guid(text) == GUID


@pytest.mark.parametrize(
    "text",
    ["00000000-0000-0000-0000-000000000000", GUID[:-1], f"{GUID}0", GUID.replace("f", "g"), GUID.replace("-", "")],
)
def test_what_is_no_guid_is_left_out(text: str) -> None:
    assert valid.guid(text) == ""


def test_a_subscription_is_digits_and_hyphens() -> None:
    assert valid.subscription(f" {GUID.upper()}") == GUID
    assert valid.subscription("123") == "123"
    for text in (
        "<REDACTED_SUBSCRIPTION_ID>",
        "{subscription-id}",
        "a4b7e24a-xxxx-4d84-xxxx-89e99b336784",
        "0-0",
        GUID * 2,
    ):
        assert valid.subscription(text) == ""


@pytest.mark.parametrize("text", ["S-1-5-18", "S-1-5-21-1004336348-1177238915-682003330-1104", "S-1-12-1-4-5-6-7"])
def test_a_sid_is_written_in_upper_case(text: str) -> None:
    assert valid.sid(f" {text.lower()} ") == text


@pytest.mark.parametrize(
    "text", ["S-1", "S-1-5", "S-2-5-18", "1-5-18", "S-1-5-18-", "S-1-5-x", "S-1-5-١٨", f"S-1-5{'-1' * 16}"]
)
def test_what_is_no_sid_is_left_out(text: str) -> None:
    assert valid.sid(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "adele.vance@contoso.example",
        "o'hara@contoso.example",
        "adele_fabrikam.example#EXT#@contoso.example",
        "a+b@contoso.example",
        "Ädele@contoso.example",
    ],
)
def test_a_upn_is_kept_as_it_is_written(text: str) -> None:
    assert valid.upn(f" {text}\t") == text


@pytest.mark.parametrize(
    "text",
    [
        "adele", "@contoso.example", "adele@", "adele@@contoso.example", "adele@a@b", "adele vance@contoso.example",
        "adele@contoso example", "<adele@contoso.example>", "adele@contoso.example; riley@contoso.example",
        "adele@contoso.example,riley@contoso.example", "mailto:adele@contoso.example", "adele@contoso/example",
        "adele@contoso's", "a" * 257 + "@contoso.example",
    ],
)  # fmt: skip
def test_what_is_no_upn_is_left_out(text: str) -> None:
    assert valid.upn(text) == ""


def test_a_device_is_forty_hexadecimal_digits() -> None:
    device = "0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C"

    assert valid.device(f" {device} ") == device.lower()
    for text in (device[1:], f"{device}0", device.replace("F", "G"), "0" * 40):
        assert valid.device(text) == ""


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("vm-web-01", "vm-web-01"),
        (" VM_1.contoso.example. ", "VM_1.contoso.example"),
        ("maschine-ü", "maschine-ü"),
        ("7", "7"),
    ],
)
def test_a_host_is_a_name(text: str, host: str) -> None:
    assert valid.host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "10.20.1.4",
        "127.0.0.1",
        "::1",
        "2001:db8::54",
        "CONTOSO\\vm",
        "vm/1",
        "vm web",
        "a@b",
        "<vm>",
        "a,b",
        ".",
        "a" * 256,
    ],
)
def test_an_address_a_path_or_a_list_is_no_host(text: str) -> None:
    assert valid.host(text) == ""


def test_a_name_is_anything_but_a_redaction() -> None:
    assert valid.name(" Contoso <Mail> {1} ") == "Contoso <Mail> {1}"
    assert valid.name("max") == "max"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.54", "203.0.113.54"),
        (" 203.0.113.54 ", "203.0.113.54"),
        ("203.0.113.54:49152", "203.0.113.54"),
        ("203.0.113.54:", "203.0.113.54"),
        ("::ffff:203.0.113.54", "203.0.113.54"),
        ("[2001:DB8:0:0::54]", "2001:db8::54"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.20.1.4", "10.20.1.4"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
def test_an_address_is_written_in_its_shortest_form(text: str, address: str) -> None:
    assert valid.ip(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "<null>", "X.X.X.X", "123.456.7.89", "1.2.3", "1.2.3.4.5", "1.2.3.4,5.6.7.8", "1.2.3.4/24", "010.1.2.3", "16909060",
        str(ipaddress.IPv4Address(0)), "::", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "1.2.3.4:123456", "vm-web-01", GUID,
        "1:" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_address_or_means_the_machine_itself_is_left_out(text: str) -> None:
    assert valid.ip(text) == ""


def test_a_resource_id_is_kept_as_it_is_written() -> None:
    assert valid.resource_id(f" {VM.upper()}/ ") == VM.upper()


@pytest.mark.parametrize(
    "text", ["vm-web-01", SHOP, VM[1:], f"/providers/{VM}", f"{VM}?x", f"x{VM}", VM.rpartition("/")[0]]
)
def test_what_names_no_resource_is_left_out(text: str) -> None:
    assert valid.resource_id(text) == ""


@pytest.mark.parametrize(("length", "algorithm"), [(32, "md5"), (40, "sha1"), (64, "sha256")])
def test_a_hash_is_known_by_its_length(length: int, algorithm: str) -> None:
    text = "0123456789ABCDEF" * 4

    assert valid.file_hash(f" {text[:length]} ") == (text[:length].lower(), algorithm)
    assert valid.file_hash(text[: length - 1]) is None
    assert valid.file_hash("1" * length) is None
    assert valid.file_hash(text[: length - 1] + "g") is None


@settings(deadline=None)
@given(st.ip_addresses())
def test_every_address_but_ones_own_is_an_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    found = valid.ip(str(address))

    mapped = getattr(address, "ipv4_mapped", None) or address
    assert found == ("" if mapped.is_loopback or mapped.is_unspecified else str(mapped))


@settings(deadline=None, max_examples=200)
@given(st.text() | st.text("0123456789abcdefS-@.:%[]{}<>/\\xX "))
def test_no_text_is_too_odd_to_be_asked_and_an_answer_answers_itself(text: str) -> None:
    for check in (valid.guid, valid.sid, valid.upn, valid.device, valid.host, valid.name, valid.ip, valid.resource_id):
        found = check(text)
        assert check(found) == found


@pytest.mark.parametrize("piece", ["<", "<>", "{", "{}", "!", "x", "x-", "."])
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    """Patterns that look back and forth would take nine hundred times as long for a text thirty times as long."""

    def cost(length: int) -> float:
        text = piece * (length // len(piece)) + "a"
        begin = time.process_time()
        valid.name(text)
        valid.upn(text)
        valid.host(text)
        return time.process_time() - begin

    assert cost(60_000) < 240 * max(cost(2_000), 0.0005)

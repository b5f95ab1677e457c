"""Sentences of Azure Firewall's first logs mean what the structured ones say in fields."""

from __future__ import annotations

import pytest

from shared.kinds.firewall_messages import taken_apart

ENDS = {"Protocol": "TCP", "SourceIp": "10.0.0.4", "SourcePort": "50306", "DestinationIp": "203.0.113.9"}
ENDS |= {"DestinationPort": "443"}
REQUEST = "TCP request from 10.0.0.4:50306 to 203.0.113.9:443"


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (f"{REQUEST}. Action: Deny. ", {**ENDS, "Action": "Deny"}),
        (REQUEST, ENDS),
        (f"{REQUEST}.", ENDS),
        (
            f"{REQUEST}. Action: Deny. No rule matched. Proceeding with default action",
            {**ENDS, "Action": "Deny", "ActionReason": "No rule matched. Proceeding with default action"},
        ),
        (
            f"{REQUEST}. Action: Allow. Policy: fwpol-hub. Rule Collection Group: Net. Rule Collection: Out. Rule: dns.all",
            {
                **ENDS,
                "Action": "Allow",
                "Policy": "fwpol-hub",
                "RuleCollectionGroup": "Net",
                "RuleCollection": "Out",
                "Rule": "dns.all",
            },
        ),
        (f"{REQUEST}. Action: Alert. ThreatIntel: Bot Networks", {**ENDS, "Action": "Alert", "ThreatDescription": "Bot Networks"}),
        (f"{REQUEST} was DNAT'ed to 10.0.0.9:3389", {**ENDS, "TranslatedIp": "10.0.0.9", "TranslatedPort": "3389"}),
        (
            f"{REQUEST} was DNAT'ed to 10.0.0.9:3389. Policy: fwpol-hub. Rule: rdp",
            {**ENDS, "TranslatedIp": "10.0.0.9", "TranslatedPort": "3389", "Policy": "fwpol-hub", "Rule": "rdp"},
        ),
        (
            f"{REQUEST}. Action: drop. Signature: 2028371. IDS: JA3 - [Contoso.example] v1.2. Priority: 3. Classification: Odd",
            {
                **ENDS,
                "Action": "drop",
                "SignatureId": "2028371",
                "Description": "JA3 - [Contoso.example] v1.2",
                "Severity": "3",
                "Category": "Odd",
            },
        ),
        (
            "HTTPS request from 10.0.0.4:50306 to shop.contoso.example:443. Url: shop.contoso.example/a.b. Action: Deny.",
            {
                "Protocol": "HTTPS",
                "SourceIp": "10.0.0.4",
                "SourcePort": "50306",
                "Fqdn": "shop.contoso.example",
                "DestinationPort": "443",
                "TargetUrl": "shop.contoso.example/a.b",
                "Action": "Deny",
            },
        ),
        (
            "HTTPS request from 10.0.0.4:50306. Action: Deny. Reason: SNI TLS extension was missing.",
            {
                "Protocol": "HTTPS",
                "SourceIp": "10.0.0.4",
                "SourcePort": "50306",
                "Action": "Deny",
                "ActionReason": "SNI TLS extension was missing",
            },
        ),
        (
            "ICMP request from 10.0.0.4: to 203.0.113.9:. Action: Allow",
            {"Protocol": "ICMP", "SourceIp": "10.0.0.4", "DestinationIp": "203.0.113.9", "Action": "Allow"},
        ),
        (
            "ICMP Type=8 request from 10.0.0.4 to 203.0.113.9. Action: Deny. ",
            {"Protocol": "ICMP", "SourceIp": "10.0.0.4", "DestinationIp": "203.0.113.9", "Action": "Deny"},
        ),
        (
            "TCP request from [2001:db8::4]:50306 to 2001:db8::9. Action: Deny",
            {
                "Protocol": "TCP",
                "SourceIp": "2001:db8::4",
                "SourcePort": "50306",
                "DestinationIp": "2001:db8::9",
                "Action": "Deny",
            },
        ),
        (
            "DNS Request: 10.0.0.4:5350 - 10407 A IN shop.contoso.example. udp 40 false 1232 NXDOMAIN qr,aa,rd,ra 56 0.0003s",
            {
                "SourceIp": "10.0.0.4",
                "SourcePort": "5350",
                "Protocol": "udp",
                "QueryType": "A",
                "QueryName": "shop.contoso.example.",
                "ResponseCode": "NXDOMAIN",
            },
        ),
        (
            " Error: 2 time.contoso.example. A: read udp 10.0.1.5:49126->192.0.2.53:53: i/o timeout",
            {"QueryName": "time.contoso.example.", "ErrorMessage": "read udp 10.0.1.5:49126->192.0.2.53:53: i/o timeout"},
        ),
    ],
)  # fmt: skip
def test_a_message_is_taken_apart_into_the_fields_of_the_structured_logs(message: str, found: dict[str, str]) -> None:
    assert taken_apart(message) == found


@pytest.mark.parametrize(
    "message", ["", "The firewall was updated", "request from", "TCP request from", "DNS Request:"]
)
def test_a_sentence_of_another_form_says_nothing(message: str) -> None:
    assert taken_apart(message) == {}


@pytest.mark.parametrize(
    "beginning", ["TCP request from ", "DNS Request: ", "x" * 100_000, "a request from b to c Rule: "]
)
def test_a_long_message_is_read_in_one_pass(beginning: str) -> None:
    taken_apart(beginning + "Rule: a. " * 50_000)

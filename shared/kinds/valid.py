"""Ids that are ids: what fails here is left out, for a guessed id is worse than none."""

from __future__ import annotations

import ipaddress
import re
import string
from functools import lru_cache
from typing import Literal

from shared.model.resource_id import ResourceId

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"[0-9a-f-]{1,36}", re.IGNORECASE)
_SID = re.compile(r"S-1-\d{1,14}(-\d{1,10}){1,15}", re.IGNORECASE | re.ASCII)
_UPN = re.compile(r"[^@\s<>{}\",;:]{1,256}@[^@\s<>{}\"',;:/\\]{1,256}")
_DEVICE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{32}", re.IGNORECASE)
_PUID = re.compile(r"[0-9a-f]{16}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_HOST = re.compile(r"[^\s/\\<>{}\"'@,;|]{1,255}")
_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{0,5}")
_REDACTED = re.compile(
    r"(?i)^\W*(anonymi[sz]ed|redacted|removed|unknown|string|integer|placeholder|x[x.\-]*|<.*>|\{.*\})\W*$"
)

_PLAIN = frozenset(string.ascii_letters + string.digits + "_") - frozenset("aArRuUsSiIpPeExX")
"""First letters of which no redaction begins with."""
_GUID_LENGTH = 36
_LONGEST_ADDRESS = 64
_LONGEST_REDACTION = 200
_LONGEST_URL = 8192
_LONGEST_KEPT = 512

_ALGORITHMS: dict[int, Literal["md5", "sha1", "sha256"]] = {32: "md5", 40: "sha1", 64: "sha256"}


def guid(text: str) -> str:
    """A GUID in lower case; empty for anything else, the all-zero GUID included."""
    text = text.strip().strip("{}") if len(text) >= _GUID_LENGTH else ""
    if not _GUID.fullmatch(text) or not text.strip("0-"):
        return ""
    return text.lower()


def subscription(text: str) -> str:
    """A subscription's id in lower case; empty for a placeholder or a redaction."""
    text = text.strip()
    return text.lower() if _SUBSCRIPTION.fullmatch(text) and text.strip("0-") else ""


def sid(text: str) -> str:
    """A Windows security identifier; empty for anything else."""
    text = text.strip()
    return text.upper() if _SID.fullmatch(text) else ""


def upn(text: str) -> str:
    """A user principal name or mail address; empty for anything else."""
    if "@" not in text:
        return ""
    text = text.strip()
    local, _, domain = text.partition("@")
    return text if _UPN.fullmatch(text) and not _redacted(local) and not _redacted(domain) else ""


def device(text: str) -> str:
    """A Defender for Endpoint device id; empty for anything else."""
    text = text.strip()
    return text.lower() if _DEVICE.fullmatch(text) and text.strip("0") else ""


def puid(text: str) -> str:
    """A passport user id; empty for anything else."""
    text = text.strip()
    return text.lower() if _PUID.fullmatch(text) and text.strip("0") else ""


def host(text: str) -> str:
    """A machine's name; empty for anything else, addresses included."""
    text = text.strip().rstrip(".")
    return text if text and _HOST.fullmatch(text) and not _redacted(text) and not _is_address(text) else ""


def url(text: str) -> str:
    """An address on the web as it was written, without the `uri=` that some sensors put before it; empty for none."""
    text = text.strip().removeprefix("uri=")
    return "" if not text or _redacted(text) or len(text) > _LONGEST_URL else text


def name(text: str) -> str:
    """A name that is not a redaction or a placeholder."""
    text = text.strip()
    return "" if not text or _redacted(text) else text


def ip(text: str) -> str:
    """An address in its shortest form; empty for anything else, and for those that mean the machine itself.

    A port is cut off, mapped IPv4 is unwrapped.
    """
    return _ip(text) if len(text) <= _LONGEST_ADDRESS else ""


@lru_cache(maxsize=4096)
def _ip(text: str) -> str:
    text = text.strip().strip("[]")
    with_port = _PORT.fullmatch(text)
    address = _address(with_port[1] if with_port else text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return "" if address is None or address.is_unspecified or address.is_loopback else str(address)


def resource_id(text: str) -> str:
    """An Azure resource id as it was written; empty for anything else."""
    return _resource_id(text) if len(text) <= _LONGEST_KEPT else _resource_id.__wrapped__(text)


@lru_cache(maxsize=4096)
def _resource_id(text: str) -> str:
    text = text.strip()
    if text[:15].lower() != "/subscriptions/":
        return ""
    found = ResourceId(text)
    return str(found) if found.is_resource else ""


def subscription_of(resource: str) -> str:
    """The id of the subscription that an Azure resource id lies in; empty if it lies in none."""
    return _subscription_of(resource) if len(resource) <= _LONGEST_KEPT else _subscription_of.__wrapped__(resource)


@lru_cache(maxsize=4096)
def _subscription_of(resource: str) -> str:
    return subscription(ResourceId(resource).subscription)


def hash_text(text: str) -> str:
    """A file hash in lower case; empty for anything else."""
    known = file_hash(text)
    return known[0] if known else ""


def file_hash(text: str) -> tuple[str, Literal["md5", "sha1", "sha256"]] | None:
    """A file hash in lower case, and its algorithm as its length tells."""
    text = text.strip()
    algorithm = _ALGORITHMS.get(len(text))
    if algorithm is None or not _HEX.fullmatch(text) or len(set(text)) == 1:
        return None
    return text.lower(), algorithm


def _is_address(text: str) -> bool:
    """Only what ends in a digit or has a colon can be one: the others need not be tried."""
    return (text[-1].isdigit() or ":" in text) and _address(text) is not None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    return _parsed(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _redacted(text: str) -> bool:
    """Whether a text stands for something that was taken out; what is too long for that is not even looked at."""
    return len(text) <= _LONGEST_REDACTION and text[:1] not in _PLAIN and _REDACTED.match(text) is not None

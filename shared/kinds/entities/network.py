"""Addresses and connections."""

from __future__ import annotations

from collections.abc import Sequence

from shared.kinds import valid
from shared.kinds.entities.part import NO_PART, Part
from shared.kinds.fields import Fields
from shared.kinds.form import Form, named
from shared.model.entity import AnyEntity, Domain, Ip, NetworkConnection, Nic, Url

_URL = Form(url=(valid.url, ("Url", "remoteUrl")))
_ADDRESS = ("Address", "ipAddress", "remoteIP", "localIP")
_DOMAIN = ("DomainName", "name")
_CONNECTION = Form(
    source_port=named("SourcePort"),
    destination_port=named("DestinationPort"),
    protocol=named("Protocol"),
)


def ip(text: str, part: Part = NO_PART) -> Ip | None:
    """An address, if it is one."""
    address = valid.ip(text)
    return Ip(address=address, **part) if address else None


def ips(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """The address, or those of a list in one text."""
    text = fields.text(*_ADDRESS)
    return [ip(one, part) for one in text.split(",")] if "," in text else (ip(text, part),)


def url(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """An address on the web, if there is one."""
    found = _URL.read(fields)
    return (Url(**found, **part) if found else None,)


def domain(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A DNS name, and the addresses it stood for; the provider's own misspelling is understood."""
    name = valid.host(fields.text(*_DOMAIN))
    addresses = [ip(item.text(*_ADDRESS)) for item in fields.objects("IpAdresses", "IpAddresses")]
    return (Domain(name=name, **part) if name else None, *addresses)


def nic(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A network interface."""
    mac = valid.name(fields.text("MacAddress"))
    address = valid.ip(fields.fields("IpAddress").text(*_ADDRESS) or fields.text("IpAddress"))
    return (Nic(mac=mac, address=address, **part) if mac or address else None,)


def connection(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A connection, and the addresses at its ends."""
    source = valid.ip(fields.fields("SourceAddress").text(*_ADDRESS) or fields.text("SourceAddress"))
    destination = valid.ip(fields.fields("DestinationAddress").text(*_ADDRESS) or fields.text("DestinationAddress"))
    if not source and not destination:
        return ()
    known = NetworkConnection(source=source, destination=destination, **_CONNECTION.read(fields), **part)
    return (known, ip(source), ip(destination))

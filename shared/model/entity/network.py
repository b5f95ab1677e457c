"""Entities: addresses and connections."""

from __future__ import annotations

from shared.model.entity.base import Entity


class Ip(Entity, tag="ip", frozen=True, kw_only=True):
    """An address, IPv4 or IPv6."""

    address: str = ""


class Url(Entity, tag="url", frozen=True, kw_only=True):
    """An address on the web."""

    url: str = ""


class Domain(Entity, tag="domain", frozen=True, kw_only=True):
    """A DNS name."""

    name: str = ""


class Nic(Entity, tag="nic", frozen=True, kw_only=True):
    """A network interface of a machine, as its sensors see it."""

    mac: str = ""
    address: str = ""


class NetworkConnection(Entity, tag="network_connection", frozen=True, kw_only=True):
    """A connection between two addresses."""

    source: str = ""
    source_port: str = ""
    destination: str = ""
    destination_port: str = ""
    protocol: str = ""

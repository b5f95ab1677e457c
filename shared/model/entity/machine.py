"""Entities: machines, and what ran on them."""

from __future__ import annotations

from shared.model.entity.base import Entity
from shared.model.entity.cloud import resource_kinds


class Host(Entity, tag="host", frozen=True, kw_only=True):
    """A machine."""

    azure_id: str = ""
    fqdn: str = ""
    name: str = ""
    nt_domain: str = ""
    mde_device_id: str = ""
    entra_device_id: str = ""
    vm_id: str = ""
    agent_id: str = ""
    os: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """`host`, and `virtual_machine` if it is known which one."""
        return frozenset({"host"}) | resource_kinds(self.azure_id) - {"azure_resource"}


class Process(Entity, tag="process", frozen=True, kw_only=True):
    """A process that ran."""

    command_line: str = ""
    image: str = ""
    pid: str = ""


class RegistryKey(Entity, tag="registry_key", frozen=True, kw_only=True):
    """A key of the Windows registry."""

    key: str = ""
    hive: str = ""


class RegistryValue(Entity, tag="registry_value", frozen=True, kw_only=True):
    """A value of the Windows registry."""

    name: str = ""
    key: str = ""
    value: str = ""


class IotDevice(Entity, tag="iot_device", frozen=True, kw_only=True):
    """A device that Defender for IoT knows."""

    device_id: str = ""
    name: str = ""
    azure_id: str = ""
    address: str = ""

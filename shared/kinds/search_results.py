"""Rows that a log alert brings along, and the dimensions an alert is split by.

Only columns whose name says for certain what is in them are read. `TenantId` is the id of the workspace there.
https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import entities
from shared.kinds.fields import Fields
from shared.model.entity import AnyEntity

_RESOURCES = ("_ResourceId", "ResourceId", "microsoft.resourceid", "AccountResourceId", "AzureResourceId")
_ADDRESSES = (
    "ClientIP",
    "client_ip",
    "IPAddress",
    "CallerIpAddress",
    "SourceIP",
    "SrcIpAddr",
    "RemoteIP",
    "ComputerIP",
)
_ADDRESSES_TYPED = tuple(f"{name}_s" for name in ("ClientIP", "client_ip", "CallerIPAddress", "SourceIP"))
_HOSTS = ("Computer", "DeviceName", "HostName")
_ACCOUNTS = ("UserPrincipalName", "AccountUPN", "TargetUserPrincipalName")


def rows(results: Fields) -> Iterator[AnyEntity | None]:
    """What the rows of a result speak of: `tables` of columns and rows."""
    for table in results.objects("tables"):
        names = [column.text("name") for column in table.objects("columns")]
        for row in table.items("rows"):
            if isinstance(row, list):
                yield from _row(Fields(dict(zip(names, row, strict=False))))


def dimensions(holder: Fields) -> Iterator[AnyEntity | None]:
    """What an alert was split by: a list of names and values, or an object."""
    told = {item.text("name"): item.text("value") for item in holder.objects("dimensions")}
    yield from _row(Fields(told) if told else holder.fields("dimensions"))


def _row(row: Fields) -> Iterator[AnyEntity | None]:
    for name in _HOSTS:
        yield entities.host(Fields({"HostName": row.text(name)}))
    for name in _RESOURCES:
        yield entities.azure_resource(row.text(name))
    for name in (*_ADDRESSES, *_ADDRESSES_TYPED):
        yield entities.ip(row.text(name))
    for name in _ACCOUNTS:
        yield entities.account(Fields({"UserPrincipalName": row.text(name)}))

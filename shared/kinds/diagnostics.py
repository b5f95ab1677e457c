"""What all log records of Azure Monitor have in common, in whatever letter case and form they come.

A diagnostic setting writes `{"time", "resourceId", "category", "properties": {…}}`; data export and queries of Log Analytics
give the same as rows, flat and with Pascal-case columns.
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
"""

from __future__ import annotations

import re

from shared.kinds import valid
from shared.kinds.fields import Fields
from shared.model.resource_id import ResourceId

_TIMES = ("time", "timestamp", "eventTimestamp", "TimeGenerated", "eventTime", "StartTime")
_RESOURCE = ("resourceId", "_ResourceId", "ResourceUri")
_ADDRESS = ("callerIpAddress", "callerIp", "clientIp", "IPAddress")
_ROW = "azurediagnostics"
_TYPED = re.compile(r"(.+)_[sdgbt]", re.IGNORECASE)
"""A column of the table that all services share: the type of what it holds stands at the end of its name.
https://learn.microsoft.com/azure/azure-monitor/reference/tables/azurediagnostics"""


def time(record: Fields) -> str:
    """When it was logged, in UTC; empty if it does not say."""
    return record.time(*_TIMES)


def resource(record: Fields) -> str:
    """The Azure resource that wrote it; empty if it does not say."""
    return valid.resource_id(record.text(*_RESOURCE))


def subscription(record: Fields) -> str:
    """The subscription it is of; empty if it does not say."""
    return valid.subscription_of(record.text(*_RESOURCE)) or valid.guid(
        record.text("subscriptionId", "_SubscriptionId")
    )


def resource_group(record: Fields) -> str:
    """The resource group it is of; empty if it does not say."""
    return ResourceId(record.text(*_RESOURCE)).resource_group


def tenant(record: Fields) -> str:
    """The Entra tenant it is of; empty if it does not say. `TenantId` of a row is its workspace's."""
    return valid.guid(record.text("tenantId") if "properties" in record else record.text("AADTenantId"))


def properties(record: Fields) -> Fields:
    """What the service itself logged: the record's `properties`, or the row itself, by plain names."""
    return record.fields("properties") or plain(record)


def plain(row: Fields) -> Fields:
    """A row without the types at the ends of its columns' names; a column that has no type counts before one that has."""
    typed = {name: found[1] for name in row.raw if (found := _TYPED.fullmatch(name))}
    if not typed:
        return row
    told = {name: value for name, value in row.raw.items() if name not in typed}
    return Fields(told | {bare: row.raw[name] for name, bare in typed.items() if bare.lower() not in row})


def address(record: Fields) -> str:
    """The address the call came from; empty if it does not say."""
    return valid.ip(record.text(*_ADDRESS))


def log(record: Fields) -> str:
    """Which log it is of: the category of a record, the table of a row, the category again in the table all share."""
    table = "" if "properties" in record else record.text("Type")
    return record.text("category") if not table or table.lower() == _ROW else table


def category(record: Fields) -> str:
    """The log's category, or the table of a row."""
    return record.text("category", "Type")

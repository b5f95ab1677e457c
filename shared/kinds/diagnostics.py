"""What all log records of Azure Monitor have in common, in whatever letter case and form they come.

A diagnostic setting writes `{"time", "resourceId", "category", "properties": {…}}`; data export and queries of Log Analytics
give the same as rows, flat and with Pascal-case columns.
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
"""

from __future__ import annotations

from shared.kinds import valid
from shared.kinds.fields import Fields
from shared.model.resource_id import ResourceId

_TIMES = ("time", "timestamp", "eventTimestamp", "TimeGenerated", "eventTime", "StartTime")
_RESOURCE = ("resourceId", "_ResourceId", "ResourceUri")
_ADDRESS = ("callerIpAddress", "callerIp", "clientIp", "IPAddress")


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


def properties(record: Fields) -> Fields:
    """What the service itself logged: the record's `properties`, or the row itself."""
    return record.fields("properties") or record


def address(record: Fields) -> str:
    """The address the call came from; empty if it does not say."""
    return valid.ip(record.text(*_ADDRESS))


def category(record: Fields) -> str:
    """The log's category, or the table of a row."""
    return record.text("category", "Type")

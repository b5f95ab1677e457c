"""What carries a source's bodies to us, and how to set that up in Azure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carrier:
    """One way for bodies to come.

    Args:
        what: The export, category, topic or rule.
        steps: What to do in Azure, in order; commands of the Azure CLI begin with `az`.
    """

    what: str
    steps: tuple[str, ...]


def diagnostic_setting(resource: str, *categories: str) -> Carrier:
    """A diagnostic setting of an Azure resource that streams log categories to the event hub.

    https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings

    Args:
        resource: What kind of resource, for people: "key vault".
        categories: The log categories.
    """
    command = (
        "az monitor diagnostic-settings create --name riposte --resource <resource id> --event-hub alerts "
        f"--event-hub-rule <namespace id>/authorizationRules/RootManageSharedAccessKey --logs '{_logs(categories)}'"
    )
    return Carrier(f"Diagnostic setting of the {resource}: {_named(categories)}", (command,))


def activity_log_setting(*categories: str) -> Carrier:
    """The diagnostic setting of a subscription, which streams its activity log.

    https://learn.microsoft.com/azure/azure-monitor/platform/activity-log
    """
    command = (
        "az monitor diagnostic-settings subscription create --name riposte --location <region> --event-hub-name alerts "
        f"--event-hub-auth-rule <namespace id>/authorizationRules/RootManageSharedAccessKey --logs '{_logs(categories)}'"
    )
    return Carrier(f"Diagnostic setting of the subscription, activity log: {_named(categories)}", (command,))


def data_export(*tables: str) -> Carrier:
    """The rule of a Log Analytics workspace that sends the rows of tables to the event hub.

    https://learn.microsoft.com/azure/azure-monitor/logs/logs-data-export
    """
    command = (
        "az monitor log-analytics workspace data-export create --name riposte --resource-group <resource group> "
        f"--workspace-name <workspace> --tables {' '.join(tables)} --destination <namespace id> --event-hub-name alerts --enable true"
    )
    return Carrier(f"Data export of the Log Analytics workspace: {_named(tables)}", (command,))


def entra_setting(*categories: str) -> Carrier:
    """The diagnostic setting of the Entra tenant.

    https://learn.microsoft.com/entra/identity/monitoring-health/howto-stream-logs-to-event-hub
    """
    named = _named(categories)
    return Carrier(
        f"Diagnostic setting of Microsoft Entra ID: {named}",
        (
            "Entra admin center > Monitoring & health > Diagnostic settings > Add diagnostic setting",
            f"Choose {named}, then Stream to an event hub: the namespace, hub `alerts`",
        ),
    )


def event_subscription(topic: str, *types: str) -> Carrier:
    """An Event Grid subscription that delivers to the function `events`.

    https://learn.microsoft.com/cli/azure/eventgrid/event-subscription

    Args:
        topic: What the topic belongs to, for people: "key vault".
        types: The event types; none for all.
    """
    only = f" --included-event-types {' '.join(types)}" if types else ""
    command = (
        "az eventgrid event-subscription create --name riposte --source-resource-id <resource id> "
        f"--endpoint-type azurefunction --endpoint <function app id>/functions/events{only}"
    )
    named = ": " + ", ".join(f"`{kind}`" for kind in types) if types else ""
    return Carrier(f"Event Grid, topic of the {topic}{named}", (command,))


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _logs(categories: Iterable[str]) -> str:
    return json.dumps([{"category": category, "enabled": True} for category in categories])

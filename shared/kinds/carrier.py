"""What carries a source's bodies to us, and how to set that up in Azure."""

from __future__ import annotations

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
    logs = ", ".join(f'{{"category": "{category}", "enabled": true}}' for category in categories)
    named = ", ".join(f"`{category}`" for category in categories)
    command = (
        "az monitor diagnostic-settings create --name riposte --resource <resource id> --event-hub alerts "
        f"--event-hub-rule <namespace id>/authorizationRules/RootManageSharedAccessKey --logs '[{logs}]'"
    )
    return Carrier(f"Diagnostic setting of the {resource}: {named}", (command,))


def activity_log_setting(*categories: str) -> Carrier:
    """The diagnostic setting of a subscription, which streams its activity log.

    https://learn.microsoft.com/azure/azure-monitor/platform/activity-log
    """
    logs = ", ".join(f'{{"category": "{category}", "enabled": true}}' for category in categories)
    named = ", ".join(f"`{category}`" for category in categories)
    command = (
        "az monitor diagnostic-settings subscription create --name riposte --location <region> --event-hub-name alerts "
        f"--event-hub-auth-rule <namespace id>/authorizationRules/RootManageSharedAccessKey --logs '[{logs}]'"
    )
    return Carrier(f"Diagnostic setting of the subscription, activity log: {named}", (command,))


def entra_setting(*categories: str) -> Carrier:
    """The diagnostic setting of the Entra tenant.

    https://learn.microsoft.com/entra/identity/monitoring-health/howto-stream-logs-to-event-hub
    """
    named = ", ".join(f"`{category}`" for category in categories)
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

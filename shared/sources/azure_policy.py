"""Azure Policy: a resource's compliance with a policy has changed (Event Grid).

https://learn.microsoft.com/azure/event-grid/event-schema-policy
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import entities, event_grid, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Source
from shared.model.event import Event

_TOPIC = (
    "--name policy --resource-group <resource group> --location global "
    "--topic-type Microsoft.PolicyInsights.PolicyStates"
)
_SUBSCRIPTION = "--name riposte --system-topic-name policy --resource-group <resource group>"
_ENDPOINT = "--endpoint-type azurefunction --endpoint <function app id>/functions/events"


def read(body: Fields) -> Iterator[Event]:
    """One event, about one resource and one policy.

    The id stands for both and stays while the state changes, so that the time of the state is needed to tell events apart.
    """
    data = event_grid.data(body)
    time = data.time("timestamp") or event_grid.time(body)
    place = event_grid.subject(body)
    yield Event(
        provider="Azure Policy",
        product="Azure Policy",
        id=event_grid.event_id(body),
        case=event_grid.case("azure_policy", body, time),
        kind=event_grid.kind(body),
        title=event_grid.kind(body),
        status=data.text("complianceState"),
        time=time,
        tenant=event_grid.tenant(body),
        subscription=valid.subscription(data.text("subscriptionId"))
        or valid.subscription_of(place)
        or event_grid.subscription(body),
        entities=entities.distinct((entities.azure_resource(place),)),
    )


source = Source(
    marks=event_grid.marks("microsoft.policyinsights.*"),
    read=read,
    carried_by=(
        Carrier(
            "Event Grid, system topic of Azure Policy",
            (
                f"az eventgrid system-topic create {_TOPIC} --source /subscriptions/<subscription id>",
                f"az eventgrid system-topic event-subscription create {_SUBSCRIPTION} {_ENDPOINT}",
            ),
        ),
    ),
)

"""A connection that ends at a message, without a word."""

import pytest
from azure.eventhub import EventData
from azure.eventhub.exceptions import EventHubError

from azsim.eventhubs import Broker
from azsim.eventhubs.namespace import Moment
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.sdk import producer

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]


@pytest.mark.parametrize(("moment", "stored"), [("before", []), ("after", [b"body"])])
async def test_the_client_is_told_nothing_and_only_after_the_message_is_stored(
    moment: Moment, stored: list[bytes]
) -> None:
    broker = Broker({"alerts": 1}, now=Clock(), key=KEY, cuts=lambda now: now == moment)
    async with broker.serve(), producer(broker, "alerts") as client:
        with pytest.raises(EventHubError):
            await client.send_event(EventData(b"body"))

    assert {event.body for event in broker.events("alerts")} == set(stored)  # the SDK sends it again
    assert broker.failures == []

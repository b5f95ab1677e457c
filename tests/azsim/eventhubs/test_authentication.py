"""Who the SDK may be."""

from typing import Self

import pytest
from azure.core.credentials import AccessToken
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient, EventHubSharedKeyCredential
from azure.eventhub.exceptions import AuthenticationError

from azsim.eventhubs import Broker
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.sdk import producer

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]


class Credential:
    """A JWT, as managed identity would get it."""

    async def get_token(self, *scopes: str, **_: object) -> AccessToken:
        assert scopes == ("https://eventhubs.azure.net//.default",)
        return AccessToken("header.claims.signature", 4_000_000_000)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


async def send(broker: Broker, credential: EventHubSharedKeyCredential | Credential) -> None:
    host, port = broker.connection_string.split(";")[0].removeprefix("Endpoint=sb://").split(":")
    async with EventHubProducerClient(f"{host}:{port}", "alerts", credential, use_tls=False, retry_total=0) as client:
        await client.send_event(EventData(b"event"))


async def test_the_right_key_is_accepted(broker: Broker) -> None:
    async with broker.serve():
        await send(broker, EventHubSharedKeyCredential("Root", KEY))
    assert len(broker.events("alerts")) == 1


async def test_a_wrong_key_is_refused(broker: Broker) -> None:
    async with broker.serve():
        with pytest.raises(AuthenticationError, match="InvalidSignature"):
            await send(broker, EventHubSharedKeyCredential("Root", "another"))
    assert broker.events("alerts") == []


async def test_an_expired_token_is_refused(broker: Broker, clock: Clock) -> None:
    clock.pass_(days=365 * 100)
    async with broker.serve(), producer(broker, "alerts") as client:
        with pytest.raises(AuthenticationError, match="ExpiredToken"):
            await client.get_eventhub_properties()


async def test_a_jwt_is_accepted_if_authorize_says_so(clock: Clock) -> None:
    seen = []

    def authorize(token: str) -> bool:
        seen.append(token)
        return True

    broker = Broker({"alerts": 1}, now=clock, key=KEY, authorize=authorize)
    async with broker.serve():
        await send(broker, Credential())
    assert len(broker.events("alerts")) == 1
    assert set(seen) == {"header.claims.signature"}


@pytest.mark.parametrize("authorize", [None, lambda _: False], ids=["nobody", "no"])
async def test_a_jwt_is_refused_if_authorize_says_no_or_is_not_there(clock: Clock, authorize: object) -> None:
    broker = Broker({"alerts": 1}, now=clock, key=KEY, authorize=authorize)  # type: ignore[arg-type]
    async with broker.serve():
        with pytest.raises(AuthenticationError, match="InvalidToken"):
            await send(broker, Credential())
    assert broker.events("alerts") == []

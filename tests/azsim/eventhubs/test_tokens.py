"""Which tokens open what."""

import base64
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.namespace import Namespace, path_of
from azsim.eventhubs.tokens import JWT_TYPE, SAS_TYPE, check, covers
from tests.azsim.eventhubs.given import KEY, Clock

HUB = "sb://localhost:5672/alerts"


@pytest.fixture
def namespace(clock: Clock) -> Namespace:
    return Namespace(
        hubs={},
        consumer_groups=frozenset(),
        now=clock,
        key=KEY,
        authorize="good".__eq__,
        max_message_size=1,
        idle_time_out=1,
    )


def signature(
    clock: Clock, resource: str = quote_plus(HUB), *, key: str = KEY, name: str = "Root", minutes: float = 1
) -> str:
    """A shared access signature for an escaped URI."""
    expiry = int((clock() + timedelta(minutes=minutes)).timestamp())
    digest = hmac.new(key.encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signed = quote_plus(base64.b64encode(digest))
    return f"SharedAccessSignature sr={resource}&sig={signed}&se={expiry}&skn={name}"


def test_a_signature_opens_the_entity_it_is_put_for(namespace: Namespace, clock: Clock) -> None:
    audience = f"{HUB}/Partitions/0"
    assert check(namespace, token=signature(clock), kind=SAS_TYPE, audience=audience) == "alerts/partitions/0"


def test_the_resource_may_be_escaped_in_any_way(namespace: Namespace, clock: Clock) -> None:
    lower_case = quote(HUB, safe="").replace("%3A", "%3a").replace("%2F", "%2f")
    assert check(namespace, token=signature(clock, lower_case), kind=SAS_TYPE, audience=HUB) == "alerts"


def test_a_signature_for_the_namespace_opens_everything(namespace: Namespace, clock: Clock) -> None:
    token = signature(clock, quote_plus("sb://localhost:5672/"))
    assert check(namespace, token=token, kind=SAS_TYPE, audience=HUB) == "alerts"


def refusal(namespace: Namespace, token: str, kind: str = SAS_TYPE) -> str:
    with pytest.raises(AmqpError) as caught:
        check(namespace, token=token, kind=kind, audience=HUB)
    assert caught.value.condition == Condition.UNAUTHORIZED_ACCESS
    return caught.value.description.partition(":")[0]


def test_a_signature_with_another_key_or_policy_is_refused(namespace: Namespace, clock: Clock) -> None:
    assert refusal(namespace, signature(clock, key="another")) == "InvalidSignature"
    assert refusal(namespace, signature(clock, name="Listen")) == "InvalidSignature"
    assert refusal(namespace, signature(clock).replace("SharedAccessSignature", "Bearer")) == "InvalidSignature"


def test_a_signature_ends_at_its_expiry(namespace: Namespace, clock: Clock) -> None:
    token = signature(clock, minutes=1)
    clock.pass_(seconds=59)
    check(namespace, token=token, kind=SAS_TYPE, audience=HUB)
    clock.pass_(seconds=1)
    assert refusal(namespace, token) == "ExpiredToken"


def test_the_expiry_is_signed_too(namespace: Namespace, clock: Clock) -> None:
    token = signature(clock, minutes=-1)
    later = signature(clock, minutes=1).split("&")[2]
    assert refusal(namespace, token) == "ExpiredToken"
    assert refusal(namespace, token.replace(token.split("&")[2], later)) == "InvalidSignature"


def test_a_signature_for_another_hub_is_refused(namespace: Namespace, clock: Clock) -> None:
    assert refusal(namespace, signature(clock, quote_plus(f"{HUB}-2"))) == "InvalidAudience"


@pytest.mark.parametrize("token", ["", "SharedAccessSignature", "SharedAccessSignature sr=a&sig=*&se=1&skn=Root"])
def test_a_malformed_signature_is_refused(namespace: Namespace, token: str) -> None:
    assert refusal(namespace, token) == "MalformedToken"


@pytest.mark.parametrize("expiry", ["soon", "9" * 30])
def test_a_malformed_expiry_is_refused(namespace: Namespace, clock: Clock, expiry: str) -> None:
    token = signature(clock)
    assert refusal(namespace, token.replace(token.split("&")[2], f"se={expiry}")) == "MalformedToken"


def test_authorize_decides_about_jwts(namespace: Namespace) -> None:
    assert check(namespace, token="good", kind=JWT_TYPE, audience=HUB) == "alerts"
    assert refusal(namespace, "bad", JWT_TYPE) == "InvalidToken"


def test_other_tokens_are_refused(namespace: Namespace) -> None:
    assert refusal(namespace, "good", "saml") == "UnsupportedTokenType"


@pytest.mark.parametrize(
    ("granted", "path", "open_"),
    [
        ("", "alerts", True),
        ("alerts", "alerts", True),
        ("alerts", "alerts/partitions/0", True),
        ("alerts", "alerts-2", False),
        ("alerts/partitions/0", "alerts", False),
    ],
)
def test_a_grant_opens_itself_and_what_is_below(granted: str, path: str, *, open_: bool) -> None:
    assert covers(granted, path) is open_


@pytest.mark.parametrize(
    "address",
    [
        "alerts/Partitions/0",
        "/alerts/partitions/0/",
        "amqps://Host:1/Alerts/Partitions/0",
        "sb://h/alerts%2Fpartitions/0",
    ],
)
def test_the_ways_to_write_an_address_are_one_path(address: str) -> None:
    assert path_of(address) == "alerts/partitions/0"

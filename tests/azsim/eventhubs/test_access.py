"""Which links are refused, and what request-response nodes answer."""

import pytest

from azsim.eventhubs import Broker
from azsim.eventhubs.broker import Address
from azsim.eventhubs.errors import Condition
from azsim.eventhubs.performatives import Attach, Detach, Flow
from azsim.eventhubs.values import Described, Symbol, UInt, ULong
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.raw_client import opened, receiver, sender

pytestmark = pytest.mark.real_time

PARTITION = "alerts/ConsumerGroups/$Default/Partitions/0"


@pytest.mark.parametrize(
    "attach",
    [
        sender("alerts"),
        sender("alerts/Partitions/0"),
        receiver(PARTITION),
        sender("$management"),
        receiver("alerts/$management"),
    ],
)
async def test_without_a_token_nothing_but_cbs_can_be_attached(address: Address, attach: Attach) -> None:
    async with opened(address, audience=None) as client:
        await client.expect_refusal(attach, Condition.UNAUTHORIZED_ACCESS)


async def test_a_token_opens_its_entity_and_no_other(address: Address) -> None:
    async with opened(address, audience="sb://localhost/alerts") as client:
        await client.expect_refusal(sender("dead-letters"), Condition.UNAUTHORIZED_ACCESS)
        await client.expect_refusal(
            receiver("dead-letters/ConsumerGroups/$Default/Partitions/0"), Condition.UNAUTHORIZED_ACCESS
        )
        await client.attach_sender("ALERTS/Partitions/1")
        await client.attach_receiver(PARTITION)


async def test_a_token_is_good_for_its_connection_only(address: Address) -> None:
    async with opened(address), opened(address, audience=None) as other:
        await other.expect_refusal(sender("alerts"), Condition.UNAUTHORIZED_ACCESS)


@pytest.mark.parametrize(
    ("attach", "condition"),
    [
        (sender("unknown"), Condition.NOT_FOUND),
        (sender("unknown/Partitions/0"), Condition.NOT_FOUND),
        (sender(PARTITION), Condition.NOT_FOUND),
        (sender("alerts/Publishers/me"), Condition.NOT_FOUND),
        (sender(""), Condition.NOT_FOUND),
        (sender("alerts/Partitions/4"), Condition.ARGUMENT_OUT_OF_RANGE),
        (sender("alerts/Partitions/first"), Condition.ARGUMENT_OUT_OF_RANGE),
        (Attach("bare", UInt(0), role=False), Condition.NOT_FOUND),
        (Attach("odd", UInt(0), role=False, target=Described(ULong(0x29), [7])), Condition.NOT_FOUND),
        (Attach("odder", UInt(0), role=False, target=Described(ULong(0x30), {})), Condition.NOT_FOUND),
        (receiver("alerts"), Condition.NOT_FOUND),
        (receiver("alerts/Partitions/0"), Condition.NOT_FOUND),
        (receiver("unknown/ConsumerGroups/$Default/Partitions/0"), Condition.NOT_FOUND),
        (receiver("alerts/ConsumerGroups/another/Partitions/0"), Condition.NOT_FOUND),
        (receiver("alerts/ConsumerGroups/$Default/Partitions/4"), Condition.ARGUMENT_OUT_OF_RANGE),
        (receiver(PARTITION, selector="amqp.annotation.x-opt-offset > '7'"), Condition.ARGUMENT_ERROR),
        (receiver(PARTITION, selector=7), Condition.ARGUMENT_ERROR),
        (receiver(PARTITION, properties={Symbol("com.microsoft:epoch"): "one"}), Condition.ARGUMENT_ERROR),
    ],
)
async def test_what_does_not_exist_is_refused_and_the_connection_lives(
    address: Address, attach: Attach, condition: Condition
) -> None:
    async with opened(address) as client:
        await client.expect_refusal(attach, condition)
        await client.attach_sender("alerts", handle=5)


async def test_consumer_groups_are_those_the_broker_was_made_with(clock: Clock) -> None:
    broker = Broker({"alerts": 1}, now=clock, key=KEY, authorize=lambda _: True, consumer_groups=["Riposte"])
    async with broker.serve() as address, opened(address) as client:
        await client.attach_receiver("alerts/ConsumerGroups/riposte/Partitions/0", handle=1)
        await client.expect_refusal(
            receiver("alerts/ConsumerGroups/$Default/Partitions/0", handle=2), Condition.NOT_FOUND
        )


EPOCH = Symbol("com.microsoft:epoch")


async def test_owners_come_and_go_by_their_epochs(address: Address) -> None:
    async with opened(address) as client, opened(address) as rival:
        await client.attach_receiver(PARTITION, handle=1)
        await client.attach_receiver(PARTITION, handle=2)
        # An epoch, even the lowest, ends those without one.
        await rival.attach_receiver(PARTITION, handle=3, properties={EPOCH: 0})
        for handle in (1, 2):
            detach = await client.expect(Detach)
            assert (detach.handle, detach.error and detach.error.value[0]) == (handle, Condition.LINK_STOLEN)
            client.send(Detach(detach.handle, closed=True))
        await client.expect_refusal(receiver(PARTITION, handle=4), Condition.LINK_STOLEN)
        # The same epoch takes over, too.
        await client.attach_receiver(PARTITION, handle=5, properties={EPOCH: 0})
        await rival.expect(Detach)
        client.send(receiver(PARTITION, handle=6, properties={EPOCH: 7}))
        assert (await client.expect(Detach)).handle == 5
        assert (await client.expect(Attach)).handle == 6
        await rival.expect_refusal(receiver(PARTITION, handle=7, properties={EPOCH: 6}), Condition.LINK_STOLEN)
        # Another partition is another matter, and when the owner leaves the partition is free.
        await rival.attach_receiver(PARTITION.replace("/0", "/1"), handle=8)
        client.send(Detach(UInt(6), closed=True))
        await client.expect(Detach)
        await rival.attach_receiver(PARTITION, handle=9)


async def test_the_sixth_consumer_of_a_partition_is_refused(address: Address) -> None:
    async with opened(address) as client:
        for handle in range(5):
            await client.attach_receiver(PARTITION, handle=handle)
        await client.expect_refusal(receiver(PARTITION, handle=5), Condition.RESOURCE_LIMIT_EXCEEDED)


async def test_consumers_leave_their_partition_with_the_connection(broker: Broker, address: Address) -> None:
    partition = broker._namespace.hub("alerts").partition("0")
    async with opened(address) as client:
        await client.attach_receiver(PARTITION)
        assert len(partition.readers) == 1
    async with opened(address) as client:
        await client.attach_receiver(PARTITION, properties={EPOCH: 0})
        assert len(partition.readers) == 1


READ_HUB = {"operation": "READ", "type": "com.microsoft:eventhub", "name": "alerts"}


async def test_management_tells_the_properties_of_a_hub(address: Address, clock: Clock) -> None:
    async with opened(address) as client:
        for node in ("$management", "alerts/$management"):
            answer = await client.ask(node, READ_HUB)
            assert answer.application_properties == {"status-code": 200, "status-description": "OK"}
            assert answer.value == {
                "name": "alerts",
                "type": "com.microsoft:eventhub",
                "created_at": int(clock().timestamp() * 1000),
                "partition_count": 4,
                "partition_ids": ["0", "1", "2", "3"],
            }


@pytest.mark.parametrize(
    ("change", "status", "complaint"),
    [
        ({"name": "alerts-2"}, 401, "No token was put for 'alerts-2'"),
        ({"operation": "DELETE"}, 400, "The only operation is READ"),
        ({"type": "com.microsoft:queue"}, 400, "The only operation is READ"),
        ({"type": "com.microsoft:partition", "partition": "4"}, 400, "between 0 and 3"),
        ({"type": "com.microsoft:partition"}, 400, "between 0 and 3"),
    ],
)
async def test_management_refuses_other_questions(
    address: Address, change: dict[str, str], status: int, complaint: str
) -> None:
    async with opened(address, audience="sb://localhost/alerts") as client:
        answer = await client.ask("$management", READ_HUB | change)
        assert answer.application_properties["status-code"] == status
        assert complaint in answer.application_properties["status-description"]
        assert answer.value is None


async def test_management_does_not_know_a_hub_that_does_not_exist(address: Address) -> None:
    async with opened(address) as client:
        answer = await client.ask("$management", READ_HUB | {"name": "unknown"})
        assert answer.application_properties["status-code"] == 404


async def test_cbs_takes_nothing_but_tokens(address: Address) -> None:
    async with opened(address, audience=None) as client:
        for properties, value in (({"operation": "delete-token"}, "a"), ({"operation": "put-token"}, 7)):
            answer = await client.ask("$cbs", {"type": "jwt", "name": "sb://localhost/", **properties}, value)
            assert answer.application_properties["status-code"] == 400
        assert await client.put_token("sb://localhost/", "token", "saml") == (401, "UnsupportedTokenType: saml")
        await client.expect_refusal(sender("alerts"), Condition.UNAUTHORIZED_ACCESS)


async def test_a_malformed_request_is_rejected(address: Address) -> None:
    async with opened(address) as client:
        await client.attach_sender("$management")
        client.transfer(b"\x00")
        assert (await client.expect_outcome()).descriptor == 0x25


async def test_answers_wait_for_the_link_that_takes_them(address: Address) -> None:
    async with opened(address) as client:
        await client.attach_sender("$cbs")
        client.transfer(b"", settled=True)
        client.flow(None, echo=True)
        await client.expect(Flow)
        await client.attach_receiver("$cbs")
        assert (await client.expect_message()).application_properties["status-code"] == 400

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from azsim.faults import Cut, Effect, Status
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from shared.azure.audit import MOST_BYTES, Audit, uploads
from shared.model.errors import AzureError, Forbidden, Temporary, Uncertain
from shared.model.record import STREAM, TABLE, Record
from tests.azure.given import noise, record
from tests.azure.storage import Storage, on_azsim


def audit(account: Storage) -> Audit:
    endpoint = f"https://{contoso.LOGS_HOST}"
    return Audit(account.send, account.credential, account.world.clock, endpoint, contoso.RULE_ID, STREAM)


def there(account: Storage) -> list[dict[str, Any]]:
    return account.world.state(Logs).rows(TABLE)


def unpacked(upload: bytes) -> list[Record]:
    return msgspec.json.decode(gzip.decompress(upload), type=list[Record])


async def test_records_are_delivered_in_order_with_all_they_say() -> None:
    account = on_azsim()
    sent = [record(number, Reason="ä€😀", Match=["severity", {"is": "high"}]) for number in range(5)]

    await audit(account).deliver(sent)

    assert there(account) == [msgspec.to_builtins(each) for each in sent]


async def test_no_records_are_no_request() -> None:
    account = on_azsim()

    await audit(account).deliver([])

    assert account.world.calls == []


async def test_more_than_azure_takes_at_once_is_sent_in_several_uploads() -> None:
    account = on_azsim()
    sent = [record(number, Reason=noise(30_000)) for number in range(70)]

    await audit(account).deliver(sent)

    assert [row["RecordId"] for row in there(account)] == [each.RecordId for each in sent]
    assert len([call for call in account.world.calls if call.host == contoso.LOGS_HOST]) == 4


def test_uploads_are_full_but_never_over_the_limit() -> None:
    sent = [record(number, Reason="x" * 9_000) for number in range(200)]

    packed = list(uploads(sent))

    assert [each for upload in packed for each in unpacked(upload)] == sent
    sizes = [len(gzip.decompress(upload)) for upload in packed]
    assert max(sizes) <= MOST_BYTES + 1  # the brackets
    assert min(sizes[:-1]) > MOST_BYTES - 10_000
    assert list(uploads([])) == []


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Status(403, "OperationFailed"), Forbidden),
        (Status(429, retry_after=9), Temporary),
        (Status(500), Uncertain),
        (Cut("after"), Uncertain),
        (Cut("before"), Temporary),
    ],
    ids=["forbidden", "throttled", "500", "lost after", "never sent"],
)
async def test_records_that_are_not_known_to_be_there_are_an_error(effect: Effect, expected: type[AzureError]) -> None:
    account = on_azsim()
    account.world.faults.on("POST", "dataCollectionRules", effect)

    with pytest.raises(AzureError) as caught:
        await audit(account).deliver([record()])

    assert type(caught.value) is expected
    assert len(there(account)) == (1 if effect == Cut("after") else 0)

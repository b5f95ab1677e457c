from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared.model.entity import AzureResource, Blob
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event

CREATED = "storage_events_blob_created"
DELETED = "storage_events_blob_deleted_cloudevent"
RENAMED = "storage_events_renamed_cloudevent_01"
ACCOUNT = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.Storage/storageAccounts/stcontososhop"
)
HOST = "https://stcontososhop.blob.core.windows.net"


def with_data(**changes: Any) -> dict[str, Any]:
    given = body(CREATED)
    return {**given, "data": {**given["data"], **changes}}


def blob(**changes: Any) -> Blob:
    (found,) = (entity for entity in read(with_data(**changes)).entities if isinstance(entity, Blob))
    return found


def test_the_address_and_not_the_subject_says_which_blob() -> None:
    assert blob() == Blob(
        url=f"{HOST}/uploads/2026/invoice 7.pdf", etag="0x8DC5A1B2C3D4E5F", container="uploads", storage_id=ACCOUNT
    )


def test_a_signature_in_an_address_is_nowhere_in_the_event() -> None:
    found = msgspec.structs.replace(event(CREATED), raw={})

    assert b"sig=" in msgspec.json.encode(body(CREATED))
    assert b"sig" not in msgspec.json.encode(found)
    assert b"?" not in msgspec.json.encode(found)


@pytest.mark.parametrize(
    ("etag", "wanted"),
    [
        ("0x8D58A5F0C6722F9", "0x8D58A5F0C6722F9"),
        ('"0x8D58A5F0C6722F9"', "0x8D58A5F0C6722F9"),
        ('W/"0x8D58A5F0C6722F9"', "0x8D58A5F0C6722F9"),
        ('""', ""),
        (None, ""),
    ],
)
def test_quotes_around_an_etag_are_no_part_of_it(etag: Any, wanted: str) -> None:
    assert blob(eTag=etag).etag == wanted


@pytest.mark.parametrize(
    ("path", "container"),
    [
        ("/readme.txt", ""),
        ("/$root/readme.txt", "$root"),
        ("/uploads", ""),
        ("/uploads/a/b/c.txt", "uploads"),
        ("/my%2Duploads/a.txt", "my-uploads"),
    ],
)
def test_the_container_is_in_the_address_if_anything_is_below_it(path: str, container: str) -> None:
    assert blob(url=HOST + path).container == container


@pytest.mark.parametrize(
    "address", [None, "", "null", "invoice.pdf", "/uploads/a.txt", "?sig=x", "https:///a", 17, {"url": HOST}]
)
def test_what_is_no_address_is_no_blob(address: Any) -> None:
    assert read(with_data(url=address)).entities == (AzureResource(resource_id=ACCOUNT),)


def test_a_renamed_file_is_known_by_both_names() -> None:
    names = [entity.url for entity in event(RENAMED).entities if isinstance(entity, Blob)]

    assert [name.rpartition("/")[2] for name in names] == ["final.txt", "draft.txt"]


@pytest.mark.parametrize(
    "place", ["/subscriptions/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "", None, ACCOUNT.replace("Storage/st", "Web/st")]
)
def test_the_account_is_known_only_if_the_event_comes_from_one(place: Any) -> None:
    found = read(body(CREATED, topic=place))

    assert [entity.storage_id for entity in found.entities if isinstance(entity, Blob)] == [""]
    assert not any("storage_account" in entity.kinds for entity in found.entities)


def test_test_events_that_share_an_id_of_zeros_are_cases_of_their_own() -> None:
    first, second = body("storage_events_policy_odd"), body("storage_events_policy_odd", time="2026-03-03T10:13:00Z")

    assert read(first).case != read(second).case
    assert read(first).time == "2026-03-02T10:13:00.1880331Z"


def test_creation_and_deletion_are_different_cases_and_a_second_delivery_is_not() -> None:
    created = body(DELETED, type="Microsoft.Storage.BlobCreated")

    assert read(created).case != event(DELETED).case
    assert read(body(DELETED, time=None)).case == event(DELETED).case


def test_an_event_that_says_nothing_is_unreadable() -> None:
    letter = refused([body(CREATED, data=None)])

    assert (letter.reason, letter.where, letter.source) == ("the event says nothing", "$[0].data", "storage_events")

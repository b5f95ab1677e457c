"""Which partition a filter is about, so that a table need not look at the others."""

from __future__ import annotations

import pytest

from azsim.odata import only_partition


@pytest.mark.parametrize(
    ("text", "partition"),
    [
        ("PartitionKey eq 'a'", "a"),
        ("PartitionKey eq 'it''s' and RowKey ge 'or not'", "it's"),
        ("PartitionKey eq 'a' or RowKey eq 'b'", None),
        ("PartitionKey eq 'a' and (x eq 1 or y eq 2)", None),
        ("not PartitionKey eq 'a'", None),
        ("PartitionKey ge 'a'", None),
        ("RowKey eq 'PartitionKey eq'", None),
        ("", None),
    ],
)
def test_a_filter_that_can_hold_in_one_partition_alone_says_so(text: str, partition: str | None) -> None:
    assert only_partition(text) == partition

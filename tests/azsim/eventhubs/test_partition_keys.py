"""Keys against the hash in the SDK, which it uses for the same purpose in its buffered producer."""

from azure.eventhub._buffered_producer._partition_resolver import generate_hash_code
from hypothesis import given
from hypothesis import strategies as st

from azsim.eventhubs.partition_key import partition_of


@given(st.text(st.characters(max_codepoint=127), min_size=1, max_size=40), st.integers(1, 32))
def test_a_key_goes_where_the_service_sends_it(key: str, partitions: int) -> None:
    # The service divides as C# does, with the sign of the dividend; the Python SDK does not, for negative hashes.
    theirs = generate_hash_code(key)  # type: ignore[no-untyped-call]
    assert partition_of(key, partitions) == abs(theirs) % partitions


@given(st.text(), st.integers(1, 32))
def test_every_key_has_a_partition(key: str, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions


def test_keys_spread_over_the_partitions() -> None:
    assert {partition_of(f"host-{number}", 4) for number in range(50)} == {0, 1, 2, 3}

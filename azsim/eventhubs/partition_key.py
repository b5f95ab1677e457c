"""Which partition a partition key belongs to: the hash of Event Hubs, so that keys land where they do in Azure."""

_MASK = 0xFFFFFFFF


def partition_of(key: str, partitions: int) -> int:
    """The index, below `partitions`, of the partition that events with this key go to."""
    first, second = _lookup3(key.encode())
    short = (first ^ second) & 0xFFFF
    # The service takes the hash for a signed number of 16 bits.
    return abs(short - 0x10000 if short & 0x8000 else short) % partitions


def _lookup3(octets: bytes) -> tuple[int, int]:
    """Both halves of Bob Jenkins' lookup3 hash with seeds of 0."""
    a = b = c = (0xDEADBEEF + len(octets)) & _MASK
    if not octets:
        return c, b
    last = (len(octets) - 1) // 12 * 12
    for start in range(0, last, 12):
        a, b, c = _mix(*_add(a, b, c, octets[start : start + 12]))
    a, b, c = _final(*_add(a, b, c, octets[last:].ljust(12, b"\0")))
    return c, b


def _add(a: int, b: int, c: int, block: bytes) -> tuple[int, int, int]:
    x, y, z = (int.from_bytes(block[start : start + 4], "little") for start in (0, 4, 8))
    return (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK


def _turn(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & _MASK) ^ _turn(c, bits)
        c = (c + b) & _MASK
        a, b, c = b, c, a
    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turn(b, bits)) & _MASK
        a, b, c = b, c, a
    # Seven turns of three words are one turn too many.
    return c, a, b

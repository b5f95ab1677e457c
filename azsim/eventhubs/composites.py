"""The described values inside performatives: errors, outcomes, sources and targets."""

from typing import Any

from azsim.eventhubs.errors import AmqpError
from azsim.eventhubs.values import Described, Symbol, ULong

ACCEPTED = Described(ULong(0x24), [])

# Where they are in the list of a source (section 3.5.3) or target (3.5.4).
_ADDRESS, _FILTER = 0, 7


def described(error: AmqpError) -> Described:
    """The `error` of section 2.8.14, all three fields of it."""
    return Described(ULong(0x1D), [Symbol(error.condition), error.description, None])


def rejected(error: AmqpError) -> Described:
    """The outcome `rejected` of section 3.4.3."""
    return Described(ULong(0x25), [described(error)])


def address_of(terminus: Described | None) -> str:
    """The address of a source or target; empty if it has none."""
    address = _field(terminus, _ADDRESS)
    return address if isinstance(address, str) else ""


def filters_of(source: Described | None) -> dict[Any, Any]:
    """The filter set of a source, as the client sent it."""
    filters = _field(source, _FILTER)
    return filters if isinstance(filters, dict) else {}


def _field(terminus: Described | None, index: int) -> Any:
    fields = terminus.value if terminus is not None else None
    return fields[index] if isinstance(fields, list) and len(fields) > index else None

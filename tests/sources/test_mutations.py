"""Whatever happens to the fields of a body, its neighbours are read, and no id appears that is not in it."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.entity import ABOUT, AnyEntity
from tests.sources import goldens
from tests.sources.mutations import CHANGES, changed, leaves

GOOD = goldens.recording("defender_low_severity")
GOOD_ID = json.loads(GOOD)["SystemAlertId"]
CHANGE = st.tuples(st.integers(0, 10_000), st.sampled_from(sorted(CHANGES)))
NO_IDS = ABOUT | {"object_type", "algorithm", "type"}
"""What the readers themselves say of an entity."""
JOINTS = re.compile(r"[@.\\/,:\s]+")
"""Where ids are put together of pieces: names and domains, folders and files."""


def bodies() -> list[str]:
    """The recordings that are one JSON document."""
    return [name for name in goldens.names() if goldens.recording(name)[:1] in (b"{", b"[") and document(name)]


def document(name: str) -> Any:
    try:
        return json.loads(goldens.recording(name))
    except ValueError:
        return None


def invented(entity: AnyEntity, text: str) -> list[str]:
    """The ids of an entity that are not in the body, not even in pieces."""
    values = [getattr(entity, name) for name in entity.__struct_fields__ if name not in NO_IDS]
    texts = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    return [one for one in texts if not there(one, text)]


def there(one: str, text: str) -> bool:
    return one.lower() in text or all(piece.lower() in text for piece in JOINTS.split(one)) or address_in(one, text)


def address_in(one: str, text: str) -> bool:
    """IPv6 addresses are shortened."""
    try:
        wanted = ipaddress.ip_address(one)
    except ValueError:
        return False
    for found in re.findall(r"[0-9a-f:.]{3,}", text):
        try:
            if ipaddress.ip_address(found.strip(".")) == wanted:
                return True
        except ValueError:
            continue
    return False


@pytest.mark.parametrize("name", bodies())
@settings(deadline=None, max_examples=12)
@given(changes=st.lists(CHANGE, min_size=1, max_size=4))
def test_no_change_of_a_body_takes_its_neighbours_along_or_makes_up_an_id(
    name: str, changes: list[tuple[int, str]]
) -> None:
    value = changed(document(name), changes)
    batch = json.dumps(value).encode() + b"\n" + json.dumps(json.loads(GOOD)).encode()

    events, dead = goldens.SOURCES.read(batch)

    assert GOOD_ID in [event.id for event in events]
    faults = (" failed: ", "more than one source claims it")
    assert [letter.reason for letter in dead if any(fault in letter.reason for fault in faults)] == []
    assert all(letter.reason and letter.where for letter in dead)
    text = "\n".join(leaves(value)).lower()
    others = [event for event in events if event.id != GOOD_ID]
    assert [wrong for event in others for entity in event.entities for wrong in invented(entity, text)] == []


def test_an_id_that_is_not_in_the_body_is_found_out() -> None:
    (event,) = goldens.events("defender_vm_bruteforce")
    text = "\n".join(leaves(document("defender_vm_bruteforce"))).lower()
    machine = next(entity for entity in event.entities if entity.kinds >= {"host"})

    assert invented(machine, text) == []
    assert invented(machine, text.replace("vm-web-01", "vm-web-02")) != []


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_every_change_changes_something_somewhere(change: str) -> None:
    value = {"a": 1, "b": [{"c": "text"}, 2], "d": {"e": None, "f": "x"}}

    assert any(json.dumps(changed(value, [(at, change)])) != json.dumps(value) for at in range(8))

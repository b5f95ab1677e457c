from __future__ import annotations

import pytest

from shared.kinds.fields import Fields
from shared.kinds.source import Mark, all_sources, always


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"eventType": "x", "data": {}}, True),
        ({"EVENTTYPE": "x", " Data ": {}}, True),
        ({"eventType": "x"}, False),
        ({"eventType": "x", "data": None}, False),
        ({"eventType": "x", "data": {}, "SpecVersion": "1.0"}, False),
        ({"eventType": "x", "data": {}, "specversion": None}, True),
        ({"eventType": "y", "data": {}}, False),
        ({}, False),
    ],
)
def test_a_mark_fits_if_all_its_keys_are_there_no_other_and_the_values_hold(body: object, *, fits: bool) -> None:
    mark = Mark(("eventtype", "data"), unless=("specversion",), when=lambda fields: fields.text("eventType") == "x")

    assert mark.fits(Fields(body)) is fits


def test_the_keys_alone_decide_if_nothing_else_is_asked() -> None:
    assert Mark(("a",)).when is always
    assert Mark(("a",)).fits(Fields({"a": 0}))


@pytest.mark.parametrize("name", sorted(all_sources()))
def test_a_source_tells_how_it_is_fed_and_is_recognised_by_lower_case_keys(name: str) -> None:
    source = all_sources()[name]

    assert source.carried_by
    assert source.marks
    for mark in source.marks:
        assert mark.keys
        assert [key for key in (*mark.keys, *mark.unless) if key != key.lower()] == []
        assert not set(mark.keys) & set(mark.unless)

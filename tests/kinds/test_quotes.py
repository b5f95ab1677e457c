from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kinds.quotes import json_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 1}", {"a": 1}),
        ("[{'a': True, 'b': False, 'c': None}]", [{"a": True, "b": False, "c": None}]),
        ("{'a': true, 'b': null, 'c': -1.5e3}", {"a": True, "b": None, "c": -1500.0}),
        ("{'a': \"it's\", 'b': 'it\\'s', 'c': 'say \"x\"'}", {"a": "it's", "b": "it's", "c": 'say "x"'}),
        ("{'path': 'C:\\\\Temp', 'line': 'a\\nb', 'letter': '\\xfc\\u00fc'}",
            {"path": "C:\\Temp", "line": "a\nb", "letter": "üü"}),
        ("  {'ü': []}  ", {"ü": []}),
    ],
)  # fmt: skip
def test_what_python_and_javascript_write_is_understood(text: str, value: Any) -> None:
    found = json_of(text)

    assert found is not None
    assert json.loads(found) == value


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        "{'a': 'it's'}",
        "{'a': 1, 'a': 2}",
        "{'a': 1,}",
        "{'a': b'x'}",
        "{'a': u'x'}",
        "{'a': yes}",
        "{'a': 1",
        "{'a': 'x}",
        "{'a' 1}",
        "{a: 'x'}",
        "{'a': \"x'}",
        "{'a': 'x\ny'}",
        "{'a': '\\q'}",
        "{'a': 1}}",
        "{'a': 01}",
        "{'a': 1x}",
        "[" * 100_000 + "'a'",
        "'" * 2_000_000,
    ],
    ids=lambda text: text[:16],
)
def test_what_could_mean_something_else_is_not(text: str) -> None:
    assert json_of(text) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(VALUES)
def test_what_python_shows_of_any_value_reads_as_that_value_or_not_at_all(value: Any) -> None:
    found = json_of(repr(value))

    assert found is None or json.loads(found) == value


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="{}[]:,'\"ax1\\ ", max_size=40))
def test_any_text_comes_to_an_end_and_what_comes_of_it_is_json(text: str) -> None:
    found = json_of(text)

    assert found is None or json.loads(found) is not Ellipsis

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kinds.fields import Fields, as_text, decoded

NOTHING = ["", "  ", "null", "NULL", "<null>", "None", "n/a", "N/A", "undefined", None]


def test_a_field_is_read_in_every_letter_case_and_with_blanks_around_its_name() -> None:
    fields = Fields({"SystemAlertId": "1", "ObjectName ": "a"})

    assert fields.text("systemalertid") == fields.text("SYSTEMALERTID") == "1"
    assert fields.text("objectName") == "a"
    assert "SYSTEMalertid" in fields
    assert fields.keys() == {"systemalertid", "objectname"}


def test_null_is_not_there() -> None:
    fields = Fields({"a": None, "b": ""})

    assert "a" not in fields
    assert "b" in fields
    assert fields.keys() == {"a", "b"}
    assert not Fields({"a": None})


@pytest.mark.parametrize("raw", [None, "text", 1, ["a"], True])
def test_what_is_no_object_has_no_fields(raw: Any) -> None:
    assert not Fields(raw)
    assert Fields(raw).raw == {}


def test_null_beside_a_value_under_another_spelling_does_not_hide_it() -> None:
    assert Fields({"Id": "1", "id": None}).text("id") == "1"


@pytest.mark.parametrize("value", NOTHING)
def test_words_that_mean_nothing_are_nothing(value: Any) -> None:
    assert Fields({"a": value}).text("a") == ""
    assert Fields({"a": value, "b": "next"}).text("a", "b") == "next"


@pytest.mark.parametrize(
    ("value", "text"),
    [(" High ", "High"), (0, "0"), (-7, "-7"), (2**70, str(2**70)), (1.5, "1.5")]
    + [(value, "") for value in (True, False, [], ["a"], {}, {"a": 1}, None)],
)
def test_a_text_or_a_number_is_text_and_nothing_else_is(value: Any, text: str) -> None:
    assert Fields({"a": value}).text("a") == as_text(value) == text


def test_the_first_field_that_holds_something_counts() -> None:
    fields = Fields({"a": {}, "b": "x", "c": "y"})

    assert fields.text("none", "a", "b", "c") == "x"
    assert fields.text("none") == fields.text() == ""
    assert fields.value("none", "B", "c") == "x"
    assert fields.value("a") == {}
    assert fields.value("none") is None


@pytest.mark.parametrize(
    ("value", "number"),
    [(1774602000, 1774602000), ("1774602000", 1774602000), (" -5 ", -5), (0, 0), ("9" * 19, int("9" * 19))]
    + [(value, None) for value in ("", "--5", "-", "1.5", 1.5, "9" * 20, "٣", "²", "0x10", "1e3", True, None, [1])],
)
def test_a_number_is_whole_or_a_text_that_is(value: Any, number: int | None) -> None:
    assert Fields({"a": value}).number("a") == number
    assert Fields({"a": value, "b": 7}).number("a", "b") == (7 if number is None else number)


def test_the_first_time_that_is_one_counts() -> None:
    fields = Fields({"a": "yesterday", "b": "0001-01-01T00:00:00Z", "c": "3/2/2026 8:55:03 AM", "d": 5})

    assert fields.time("none", "a", "b", "d", "c") == "2026-03-02T08:55:03Z"
    assert fields.time("a", "b") == ""


@pytest.mark.parametrize("value", [{"B": 1}, '{"B": 1}', ' {"B": 1}'])
def test_an_object_may_be_written_as_text(value: Any) -> None:
    assert Fields({"a": value}).fields("A").text("b") == "1"


@pytest.mark.parametrize("value", [["x", 1], '["x", 1]', '\n["x", 1]'])
def test_a_list_may_be_written_as_text(value: Any) -> None:
    assert Fields({"a": value}).items("A") == ["x", 1]


def test_an_object_or_list_may_be_written_as_text_in_single_quotes() -> None:
    assert Fields({"a": "{'b': ['it\\'s', None]}"}).fields("a").items("b") == ["it's", None]


@pytest.mark.parametrize(
    ("value", "says"),
    [(True, True), ("True", True), (1, True), ("1", True), ("yes", True), (False, False), ("false", False), (0, False)],
)
def test_a_truth_may_be_written_in_words_and_numbers(value: Any, *, says: bool) -> None:
    assert Fields({"a": None, "A ": value}).truth("a") is says


def test_what_is_not_there_is_not_true() -> None:
    assert not Fields({}).truth("a")


def test_links_are_secure_web_addresses_each_once() -> None:
    fields = Fields(
        {"a": "https://a.example", "b": "http://b.example", "c": "HTTPS://c.example", "d": "https://a.example"}
    )

    assert fields.links("c", "a", "b", "d", "e") == ("HTTPS://c.example", "https://a.example")


@pytest.mark.parametrize("value", ["", "text", "{'it's': 1}", '{"cut": ', "[1, 2,]", "{", "[", None, 5, True])
def test_what_is_neither_object_nor_list_reads_as_none(value: Any) -> None:
    fields = Fields({"a": value})

    assert not fields.fields("a")
    assert fields.items("a") == []
    assert list(fields.objects("a")) == []


def test_the_first_object_and_the_first_list_count() -> None:
    fields = Fields({"a": "text", "b": [1], "c": {"x": 1}, "d": [], "e": [2]})

    assert fields.fields("none", "a", "b", "c").text("x") == "1"
    assert fields.items("none", "a", "c", "b", "e") == [1]
    assert fields.items("d", "e") == []


def test_objects_are_those_in_a_list_and_nothing_else() -> None:
    assert [item.text("x") for item in Fields({"a": [{"X": 1}, None, "t", [], {"x": 2}]}).objects("a")] == ["1", "2"]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (["a", " b ", None, "null", 3, {}], ["a", "b", "3"]),
        ('["a", "b"]', ["a", "b"]),
        ("a, b ,,null", ["a", "b"]),
        ("a", ["a"]),
        (5, ["5"]),
        ("", []),
        ([], []),
        (None, []),
        ({"a": 1}, []),
    ],
)
def test_texts_come_from_a_list_or_from_one_text_with_commas(value: Any, texts: list[str]) -> None:
    assert Fields({"a": value}).texts("a") == texts


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud800"}', '{"a": NaN}', '{"a": ' + "9" * 5000 + "}", "[" * 100_000, '{"a": 1}}', "{\x00}"]
)
def test_text_that_only_looks_like_json_stays_text(text: str) -> None:
    assert decoded(text) == text


def test_text_that_does_not_look_like_json_is_not_even_tried() -> None:
    assert decoded("17") == "17"
    assert decoded(17) == 17


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("aAbB "), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_no_value_is_too_odd_to_be_read_and_what_is_read_can_be_written(first: Any, second: Any) -> None:
    fields = Fields({"a": first, "B": second, "C": json.dumps(first)})

    for name in "abc":
        found = (
            fields.text(name),
            fields.number(name),
            fields.time(name),
            list(fields.fields(name).keys()),
            fields.texts(name),
            fields.items(name),
            len(list(fields.objects(name))),
        )
        assert msgspec.json.encode(found)


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        ({"a": "[]"}, []),
        ({"a": "[]", "b": "x, y"}, ["x", "y"]),
        ({"a": [], "b": ["x"]}, ["x"]),
        ({"a": "x,,None", "b": ["y"]}, ["y"]),
        ({"a": '["x", null, 1]'}, ["x", "1"]),
        ({"a": {"x": 1}}, []),
    ],
)
def test_texts_are_those_of_the_first_list_with_any_or_of_the_first_text(raw: dict[str, Any], texts: list[str]) -> None:
    assert Fields(raw).texts("a", "b") == texts

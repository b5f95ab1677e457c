from __future__ import annotations

from typing import Any

import pytest

from shared.engine.recognise import Recognition
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.errors import Unreadable


def source(*marks: Mark) -> Source:
    return Source(marks=marks, read=lambda _: (), carried_by=(Carrier("by hand", ()),))


def known(body: dict[str, Any], **sources: Source) -> str:
    """Whose a body is; the reason if it is nobody's."""
    try:
        return Recognition(sources).source_of(Fields(body))
    except Unreadable as error:
        return error.reason


VAULT = source(Mark(("type", "data"), values=("microsoft.keyvault.*",)))
STORAGE = source(Mark(("type",), values=("microsoft.storage.blobcreated", "microsoft.storage.blobdeleted")))
ALL = source(Mark(("type",), rest=True))


@pytest.mark.parametrize(
    ("body", "whose"),
    [
        ({"type": "Microsoft.KeyVault.SecretExpired", "data": {}}, "vault"),
        ({"Type ": "MICROSOFT.KEYVAULT.", "DATA": 1}, "vault"),
        ({"type": "Microsoft.KeyVault.SecretExpired"}, "everything"),
        ({"type": "Microsoft.KeyVaultX", "data": {}}, "everything"),
        ({"type": "Microsoft.Storage.BlobCreated"}, "storage"),
        ({"type": "Microsoft.Storage.BlobCreated.Twice"}, "everything"),
        ({"type": 7, "data": {}}, "everything"),
        ({"type": ["Microsoft.Storage.BlobCreated"]}, "everything"),
        ({"type": None}, "no source knows it; its fields: type"),
        ({}, "no source knows it; its fields: none"),
    ],
)
def test_a_record_is_dispatched_by_what_its_telling_field_holds(body: dict[str, Any], whose: str) -> None:
    assert known(body, vault=VAULT, storage=STORAGE, everything=ALL) == whose


@pytest.mark.parametrize("text", ["Microsoft.Security/Locations/alerts", "microsoft.security/assessments"])
def test_a_beginning_may_end_at_a_slash(text: str) -> None:
    assert known({"type": text}, a=source(Mark(("type",), values=("microsoft.security/*",)))) == "a"


def test_a_beginning_may_end_at_a_dash() -> None:
    hunting = source(Mark(("category",), values=("advancedhunting-*",)))

    assert known({"Category": "AdvancedHunting-AlertInfo"}, a=hunting) == "a"
    assert known({"Category": "AdvancedHunting"}, a=hunting).startswith("no source")


def test_a_very_long_value_is_not_taken_apart() -> None:
    body = {"type": "microsoft." * 100_000}

    assert known(body, a=source(Mark(("type",), values=("microsoft.*",)))) == "a"
    assert known(body, a=source(Mark(("type",), values=("x.*",)))) == "no source knows it; its fields: type"


def test_two_that_claim_the_same_are_told_and_two_that_claim_the_rest_too() -> None:
    twice = "more than one source claims it: a, b"

    assert known({"type": "x"}, a=source(Mark(("type",))), b=source(Mark(("type",), values=("x",)))) == twice
    assert known({"type": "x"}, a=ALL, b=ALL) == twice


def test_whoever_claims_the_rest_may_claim_it_for_other_reasons_too() -> None:
    both = source(Mark(("type",), values=("x",)), Mark(("type",), rest=True))

    assert known({"type": "x"}, a=both, b=ALL) == "a"


def test_what_was_learned_of_one_shape_does_not_count_for_another() -> None:
    recognition = Recognition({"a": source(Mark(("x", "y"))), "b": source(Mark(("x",), unless=("y",)))})

    bodies = [{"x": 1, "y": 2}, {"x": 1}, {"x": 1, "y": None}, {"y": 2, "x": 1}]
    assert [recognition.source_of(Fields(body)) for body in bodies] == ["a", "b", "b", "a"]


@pytest.mark.parametrize("number", [2, 2000])
def test_the_marks_that_are_tested_do_not_grow_with_the_number_of_sources(number: int) -> None:
    tested: list[str] = []

    class Counted(Mark):
        def fits(self, body: Fields) -> bool:
            tested.append(self.values[0])
            return super().fits(body)

    sources = {f"s{i}": source(Counted(("category",), values=(f"c{i}",))) for i in range(number)}

    assert known({"category": "C1", "type": "x"}, **sources) == "s1"
    assert tested == ["c1"]

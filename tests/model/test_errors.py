from __future__ import annotations

import pytest

from shared.model import errors
from shared.model.errors import (
    AzureError,
    Changed,
    Forbidden,
    Mistake,
    Mistakes,
    NotFound,
    Permanent,
    RiposteError,
    Temporary,
    Uncertain,
    Unreadable,
)


def test_a_mistake_says_where_and_what() -> None:
    assert str(Mistake("a.yaml", "then[0]", "no such responder")) == "a.yaml at then[0]: no such responder"
    assert str(Mistake("RIPOSTE_LOGS", "", "is not set")) == "RIPOSTE_LOGS: is not set"


def test_mistakes_are_listed_all_and_in_order() -> None:
    error = Mistakes([Mistake("b.yaml", "", "two"), Mistake("a.yaml", "when", "one")])

    assert str(error) == "a.yaml at when: one\nb.yaml: two"
    assert [mistake.file for mistake in error.mistakes] == ["a.yaml", "b.yaml"]


def test_what_is_unreadable_says_why_and_where_if_that_is_known() -> None:
    assert str(Unreadable("not JSON", "byte 5")) == "not JSON (byte 5)"
    assert str(Unreadable("empty")) == "empty"


def test_what_azure_says_keeps_its_status_and_code() -> None:
    error = Forbidden("Microsoft.Network/networkInterfaces/write is missing", 403, "AuthorizationFailed")

    assert (str(error), error.status, error.code) == (
        "Microsoft.Network/networkInterfaces/write is missing", 403, "AuthorizationFailed"
    )  # fmt: skip
    assert AzureError("nothing came back").status == 0


def test_what_may_work_later_says_how_long_to_wait() -> None:
    assert Temporary("throttled", 429, "TooManyRequests", 7.0).retry_after == 7.0
    assert Temporary("unavailable").retry_after is None


@pytest.mark.parametrize(
    ("error", "parent"),
    [
        (Changed, Temporary),
        (Temporary, AzureError),
        (Uncertain, AzureError),
        (Permanent, AzureError),
        (Forbidden, Permanent),
        (NotFound, Permanent),
        (AzureError, RiposteError),
    ],
)
def test_errors_are_told_apart_by_what_is_to_be_done(error: type[Exception], parent: type[Exception]) -> None:
    assert issubclass(error, parent)


def test_what_may_work_later_is_never_taken_for_what_will_not_or_may_have() -> None:
    kinds = (Temporary, Uncertain, Permanent)

    assert not [(a, b) for a in kinds for b in kinds if a is not b and issubclass(a, b)]


def test_every_error_of_its_own_is_in_the_picture() -> None:
    own = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RiposteError)]

    assert [kind.__name__ for kind in own if f" {kind.__name__} " not in f" {errors.__doc__} ".replace("\n", " ")] == []

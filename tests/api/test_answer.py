from __future__ import annotations

import json

import pytest

from shared.api.answer import Answer, Problem, problem


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "application/json"),
        (202, "application/json"),
        (400, "application/problem+json"),
        (503, "application/problem+json"),
    ],
)
def test_an_error_says_that_it_is_one_in_its_content_type(status: int, kind: str) -> None:
    assert Answer(status, {}).content_type == kind


def test_a_problem_says_what_is_known_and_nothing_else() -> None:
    assert problem(404, "No such run").body == {"title": "No such run", "status": 404}
    whole = problem(400, "No", "because", ["one", "two"], {"Retry-After": "3"})
    assert json.loads(whole.content) == {"title": "No", "status": 400, "detail": "because", "errors": ["one", "two"]}
    assert dict(whole.headers) == {"Retry-After": "3"}


def test_a_problem_that_is_raised_carries_its_answer() -> None:
    answer = problem(409, "Not now")

    assert Problem(answer).answer is answer
    assert "Not now" in str(Problem(answer))

from __future__ import annotations

import pytest

from shared.engine.sdk import in_our_words, with_fresh_token
from shared.model.errors import Changed, Forbidden, NotFound, Permanent, Refused, Temporary, Uncertain
from shared.wire.message import Unanswered, Undeclared, Unreachable
from tests import lab
from tests.lab import Lab

SCOPE = "https://management.azure.com/.default"


class Answer(Exception):
    """What an SDK raises for an answer with this status."""

    def __init__(self, status: int) -> None:
        self.status_code = status
        super().__init__(f"the answer was {status}")


async def raising(error: Exception) -> str:
    raise error


async def quietly() -> str:
    return "done"


async def test_what_works_comes_as_it_is() -> None:
    assert await in_our_words(quietly()) == "done"


@pytest.mark.parametrize(
    ("error", "wrote", "wanted"),
    [
        (Answer(401), True, Forbidden),
        (Answer(403), True, Forbidden),
        (Answer(404), True, NotFound),
        (Answer(409), True, Changed),
        (Answer(412), True, Changed),
        (Answer(429), True, Temporary),
        (Answer(500), True, Uncertain),
        (Answer(500), False, Temporary),
        (Answer(400), True, Permanent),
        (Unreachable("no connection"), True, Temporary),
        (Unanswered("cut"), True, Uncertain),
        (Unanswered("cut"), False, Temporary),
        (Undeclared("GET /x"), True, Permanent),
    ],
    ids=lambda value: str(value) if isinstance(value, Exception) else "",
)
async def test_an_error_comes_in_our_words_with_the_sdks_own_as_its_cause(
    error: Exception, wanted: type[Exception], *, wrote: bool
) -> None:
    with pytest.raises(wanted) as told:
        await in_our_words(raising(error), wrote=wrote)

    assert type(told.value) is wanted
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", [Refused("no"), Temporary("later"), ZeroDivisionError("ours")], ids=repr)
async def test_what_is_in_our_words_already_or_a_fault_of_our_own_comes_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as told:
        await in_our_words(raising(error))

    assert told.value is error


def tokens(made: Lab) -> int:
    return len([call for call in made.world.calls if call.path.endswith("/token")])


async def test_a_missing_permission_is_tried_once_more_with_a_new_token() -> None:
    made = lab.make()
    seen = []

    async def work() -> str:
        seen.append((await made.app.credential.get_token(SCOPE)).token)
        return await (raising(Forbidden("403")) if len(seen) == 1 else quietly())

    assert await with_fresh_token(work, made.app.credential) == "done"
    assert (len(seen), tokens(made)) == (2, 2)


async def test_and_no_more_than_once() -> None:
    made = lab.make()
    seen = []

    async def work() -> str:
        seen.append(1)
        return await raising(Forbidden("403"))

    with pytest.raises(Forbidden):
        await with_fresh_token(work, made.app.credential)

    assert len(seen) == 2


@pytest.mark.parametrize("error", [Uncertain("lost"), Changed("412"), NotFound("404")], ids=repr)
async def test_other_errors_are_not_tried_again_and_keep_the_token(error: Exception) -> None:
    made = lab.make()
    await made.app.credential.get_token(SCOPE)
    seen = []

    async def work() -> str:
        seen.append(1)
        return await raising(error)

    with pytest.raises(type(error)):
        await with_fresh_token(work, made.app.credential)
    await made.app.credential.get_token(SCOPE)

    assert (len(seen), tokens(made)) == (1, 1)

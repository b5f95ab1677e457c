"""A dead letter: what could not be read or handled, as it is kept for a person; and how often it was put back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from msgspec import Struct

from shared.model.step import Actor

_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Letter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dead letter.

    Args:
        id: Derived from the body and the reason: the same body dead-lettered twice has the same id. One that was put
            back and dead-lettered again has another.
        reason: Why it could not be read or handled.
        where: The exact place in the body.
        source: The source that tried; empty if none did.
        door: How it came in.
        received: When, in UTC.
        attempts: How often it has been tried.
        digest: SHA-256 of the body.
        size: Of the body, in bytes.
        body: The body in base64; empty if it is in a blob.
        blob: Name of the blob that holds the body, if it is too large for a message.
        trace: W3C trace context of the call.
        first: The id of the letter that was put back before this one; the first of them, if there were several.
    """

    id: str
    reason: str
    where: str
    source: str
    door: str
    received: str
    attempts: int
    digest: str
    size: int
    body: bytes = b""
    blob: str = ""
    trace: str = ""
    first: str = ""

    @property
    def time(self) -> datetime:
        """When it came in.

        Raises:
            ValueError: If that is no time.
        """
        return datetime.fromisoformat(self.received)


def sound(letter: Letter) -> bool:
    """Whether a letter from the hub can be one of ours: other programs may send there, too."""
    try:
        timed = letter.time.tzinfo is not None
    except ValueError:
        return False
    names = _ID.fullmatch(letter.id) and _DIGEST.fullmatch(letter.digest)
    return timed and names is not None and letter.blob in ("", letter.digest) and not _ill(letter.first)


def is_id(text: str) -> bool:
    """Whether a text has the form of a letter's id."""
    return _ID.fullmatch(text) is not None


def _ill(first: str) -> bool:
    return first != "" and not is_id(first)


Ended = Literal["putting_back", "handled", "dead_letter", "refused", "failed"]


class PutBack(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One time that a letter was put back.

    Args:
        who: Who asked.
        began: When.
        until: While it is at work: when somebody else may put it back, for whoever did is dead by then.
        state: What became of it: `handled`, a `dead_letter` again, `refused` (its body is not what it was), or
            `failed` (it could not be stored: put it back again).
        outcome: The same in words.
        letters: The letters that came of it.
    """

    who: Actor
    began: datetime
    until: datetime | None = None
    state: Ended = "putting_back"
    outcome: str = ""
    letters: tuple[str, ...] = ()


class PutBacks(Struct, frozen=True, kw_only=True):
    """How often a letter was put back.

    Args:
        letter: Its id.
        times: The last of them, the newest last.
        count: How many there were.
    """

    letter: str
    times: tuple[PutBack, ...]
    count: int

"""Everything that can go wrong, by what is to be done about it.

RiposteError
├── Mistakes          settings or playbooks that cannot work; lists all of them
├── Unreadable        a body that no source can read
├── Refused           Riposte will not act: ambiguous target, protected asset
│   ├── Drifted       somebody changed the target since
│   └── Lapsed        the target is not as it was when the plan was approved
├── Stopped           people have stopped it for now, by the kill switch
├── Unverified        the call was accepted, but the effect is not there
├── InDoubt           it may have been done, and must not be done twice
└── AzureError        Azure said no, or nothing
    ├── Temporary     later it may work: throttled, unavailable
    │   └── Changed   somebody changed the object meanwhile
    ├── Uncertain     whether a write took effect is not known
    └── Permanent     it will not work as things are
        ├── Forbidden a permission is missing
        └── NotFound  the object is not there
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct


class RiposteError(Exception):
    """Any error of Riposte's own."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something a person wrote that cannot work.

    Args:
        file: The file, or the name of the setting.
        path: Where in the file, such as `then[0].network.isolate_nic`.
        text: What is wrong and what to do, with the nearest right name if there is one.
    """

    file: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}{f' at {self.path}' if self.path else ''}: {self.text}"


class Mistakes(RiposteError):
    """Settings or playbooks that cannot work.

    Args:
        mistakes: Every one that was found.
    """

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class Unreadable(RiposteError):
    """A body that no source can read.

    Args:
        reason: What is wrong.
        where: The exact place: an offset, a line or a path in the body.
    """

    def __init__(self, reason: str, where: str = "") -> None:
        self.reason = reason
        self.where = where
        super().__init__(f"{reason} ({where})" if where else reason)


class Refused(RiposteError):
    """Riposte will not act. The message says why."""


class Drifted(Refused):
    """Somebody changed the target since.

    Args:
        message: What differs.
        now: The state it has now.
        before: The state it would be put back to.
    """

    def __init__(self, message: str, now: Struct, before: Struct) -> None:
        self.now = now
        self.before = before
        super().__init__(message)


class Lapsed(Refused):
    """The target is not as it was when the plan was approved: the approval does not hold any more."""


class Stopped(RiposteError):
    """People have stopped it, by the kill switch; it may go on when that is off."""


class Unverified(RiposteError):
    """The call was accepted, but reading back does not show the effect."""


class InDoubt(RiposteError):
    """Nobody knows whether it was done, and it must not be done twice."""


class AzureError(RiposteError):
    """Azure said no, or nothing.

    Args:
        message: What happened, in Azure's words where it gave any.
        status: The HTTP status; 0 without an answer.
        code: Azure's error code.
    """

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class Temporary(AzureError):
    """Later it may work.

    Args:
        message: What happened.
        status: The HTTP status; 0 without an answer.
        code: Azure's error code.
        retry_after: Seconds Azure asked to wait; None if it did not say.
    """

    def __init__(self, message: str, status: int = 0, code: str = "", retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, status, code)

    @property
    def throttled(self) -> bool:
        """Whether Azure takes no more requests for now, whatever they are; nothing is wrong with this one."""
        return self.status == 429 or self.code == "Throttled" or (self.status == 503 and self.retry_after is not None)


class Changed(Temporary):
    """Somebody changed the object between our reading and our writing (412), or it exists already (409)."""


class Uncertain(AzureError):
    """Whether a write took effect is not known: the answer was lost or the service failed on the way."""


class Permanent(AzureError):
    """It will not work as things are."""


class Forbidden(Permanent):
    """A permission is missing; the message names it where Azure does."""


class NotFound(Permanent):
    """The object is not there."""

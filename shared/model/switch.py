"""The kill switch: how it stands, who turned it and why, and what each of its positions stops."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

from shared.model.step import Actor

SwitchMode = Literal["off", "queue", "deny", "undo_only"]

MODES: dict[SwitchMode, str] = {
    "off": "Nothing is stopped.",
    "queue": "Nothing is changed now: deeds and what is to expire wait, and go on when it is off; no undo meanwhile.",
    "deny": "Every deed and every undo is refused; what is to expire waits until it is off.",
    "undo_only": "Every deed is refused; undo and expiry work.",
}
assert set(MODES) == set(get_args(SwitchMode))


class Switch(Struct, frozen=True, kw_only=True):
    """The kill switch.

    Args:
        mode: What it stops.
        who: Who turned it.
        why: Why.
    """

    mode: SwitchMode = "off"
    who: str = ""
    why: str = ""

    @property
    def on(self) -> bool:
        """Whether anything is stopped: no deed is done then."""
        return self.mode != "off"

    @property
    def stops_undo(self) -> bool:
        """Whether nothing is put back, either."""
        return self.mode in ("queue", "deny")

    @property
    def reason(self) -> str:
        """Why something is stopped, in words."""
        return f"the kill switch is on ({self.mode}): {self.why or 'no reason given'} ({self.who or 'by an unknown person'})"


class Turned(Struct, frozen=True, kw_only=True):
    """How the kill switch was turned, as its row says.

    Args:
        switch: How it stands.
        actor: Who turned it, if that was by the API; None: somebody wrote the row by hand, or with another tool.
        etag: The row's version; empty without a row.
    """

    switch: Switch = Switch()
    actor: Actor | None = None
    etag: str = ""

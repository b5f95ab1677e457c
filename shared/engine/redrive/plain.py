"""A dead letter as plain values: for the API, and for programs that read the command's lines."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.engine.redrive.letters import Kept
from shared.model.dead_letter import PutBack


def plain(kept: Kept) -> dict[str, Any]:
    """A letter without its body."""
    letter = kept.letter
    return {
        "id": letter.id,
        "reason": letter.reason,
        "where": letter.where,
        "source": letter.source,
        "door": letter.door,
        "received": letter.received,
        "attempts": letter.attempts,
        "first": letter.first,
        "digest": letter.digest,
        "size": letter.size,
        "in_blob": bool(letter.blob),
        "trace": letter.trace,
        "waiting": kept.waiting,
        "put_back": [_time(each) for each in kept.put_back],
        "put_back_count": kept.count,
    }


def _time(put_back: PutBack) -> dict[str, Any]:
    return {
        "who": msgspec.to_builtins(put_back.who),
        "began": put_back.began.isoformat(),
        "state": put_back.state,
        "outcome": put_back.outcome,
        "letters": list(put_back.letters),
    }

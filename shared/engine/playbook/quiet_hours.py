"""`quiet_hours:` of a playbook, ready to be asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from shared.engine.playbook.form import Quiet
from shared.model.quiet_hours import DAYS, QuietHours

_SUCH_AS = "name one of the IANA database, such as Europe/Berlin or UTC"


def compile_quiet_hours(form: Quiet) -> QuietHours:
    """Make quiet hours ready.

    Raises:
        ValueError: If they cannot work.
    """
    if form.from_ == form.to:
        raise ValueError(f"they begin and end at {form.to}: leave them out, or have the playbook in dry run")
    days = form.days or DAYS
    return QuietHours(
        begin=time.fromisoformat(form.from_),
        end=time.fromisoformat(form.to),
        zone=zone(form.zone),
        days=frozenset(map(DAYS.index, days)),
        then=form.then,
    )


def wrong_quiet_hours(raw: Any) -> Iterator[tuple[str, str]]:
    """What the form of quiet hours cannot tell, as far as they can be understood: place and text."""
    if not isinstance(raw, dict):
        return
    for name in ("from", "to"):
        if isinstance(raw.get(name), int):
            minutes = raw[name]
            text = f"{minutes // 60:02}:{minutes % 60:02}"
            yield f"quiet_hours.{name}", f'put it in quotes, "{text}": YAML reads it as the number {minutes}'
    try:
        compile_quiet_hours(msgspec.convert(raw, Quiet))
    except msgspec.ValidationError:
        return  # the schema says it better
    except ValueError as error:
        yield "quiet_hours", str(error)


def zone(name: str) -> ZoneInfo:
    """A time zone of the IANA database, by its exact name.

    Raises:
        ValueError: If there is none, with the nearest name.
    """
    known = available_timezones()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1, cutoff=0.5)  # there are hundreds: they are not listed
        raise ValueError(f"there is no time zone {name!r}; {f'did you mean {near[0]!r}?' if near else _SUCH_AS}")
    return ZoneInfo(name)

from __future__ import annotations

import logging

import pytest

from shared.engine.fault import FRAMES, log_fault
from shared.model.errors import Refused

log = logging.getLogger("fault")


def failed(depth: int = 0) -> Exception:
    def fall(left: int) -> None:
        if left:
            fall(left - 1)
        raise ValueError("Password=hunter2")

    try:
        fall(depth)
    except ValueError as error:
        return error
    raise AssertionError


def lines(caplog: pytest.LogCaptureFixture, level: int) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.levelno >= level)


def test_a_fault_is_told_by_type_and_place_and_not_in_its_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    log_fault(log, "a fault in x", failed())

    told = lines(caplog, logging.INFO)
    assert told.startswith("a fault in x: ValueError at test_fault.py:")
    assert told.endswith(" fall")
    assert "hunter2" not in told
    assert all(record.exc_info is None for record in caplog.records if record.levelno > logging.DEBUG)


def test_its_words_are_there_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    log_fault(log, "a fault in x", failed())

    assert "hunter2" in caplog.text


def test_only_the_innermost_places_are_told(caplog: pytest.LogCaptureFixture) -> None:
    log_fault(log, "a fault in x", failed(depth=50))

    assert caplog.text.count(" fall") == FRAMES


def test_an_error_of_ours_is_told_in_its_words(caplog: pytest.LogCaptureFixture) -> None:
    log_fault(log, "case 1 could not be swept", Refused("nic-web is protected"))

    assert lines(caplog, logging.INFO) == "case 1 could not be swept: nic-web is protected"


def test_an_error_that_was_never_raised_has_no_place(caplog: pytest.LogCaptureFixture) -> None:
    log_fault(log, "a fault in x", KeyError("k"))

    assert lines(caplog, logging.INFO) == "a fault in x: KeyError at an unknown place"

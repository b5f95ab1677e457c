from __future__ import annotations

import pytest

from shared.model.severity import Severity


def test_severities_are_in_order() -> None:
    assert Severity.INFORMATIONAL < Severity.LOW < Severity.MEDIUM < Severity.HIGH < Severity.CRITICAL


@pytest.mark.parametrize("severity", Severity)
def test_a_severity_is_read_by_its_own_word_in_any_letter_case(severity: Severity) -> None:
    assert Severity.read(severity.word) is severity
    assert Severity.read(f" {severity.word.title()} ") is severity
    assert Severity.read(severity.word.upper()) is severity


def test_the_short_word_for_informational_is_known() -> None:
    assert Severity.read("Info") is Severity.INFORMATIONAL


@pytest.mark.parametrize("word", [None, "", "unknown", "unknownFutureValue", "4", "Sev1", "high!"])
def test_a_word_that_is_no_severity_is_not_guessed(word: str | None) -> None:
    assert Severity.read(word) is None

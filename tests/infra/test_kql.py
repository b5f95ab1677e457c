"""The queries name columns that there are. There is no KQL engine here: what they find is not tested."""

from __future__ import annotations

import re

import pytest

from shared.model.record import TABLE, columns
from tests.lab import ROOT

NAMES = {column["name"] for column in columns()}
OWN = {"Forms", "Follows", "Before", "HashBefore", "Missing", "WrongLink"}


def query(name: str) -> str:
    """A query without its comments."""
    lines = (ROOT / "infra" / f"{name}.kql").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("//"))


@pytest.mark.parametrize("name", ["riposte_audit", "riposte_audit_gaps"])
def test_a_query_asks_the_table_for_columns_that_it_has(name: str) -> None:
    text = query(name)

    assert text.startswith(f"{TABLE}\n| ")
    assert set(re.findall(r"\b[A-Z]\w+", text)) - {TABLE} <= NAMES | OWN
    assert text.count("(") == text.count(")")


def test_the_function_keeps_the_first_of_each_record() -> None:
    assert "| summarize arg_min(RecordedTime, *) by RecordId\n" in query("riposte_audit")


def test_the_function_shows_each_column_once_or_leaves_it_out_on_purpose() -> None:
    shown = re.findall(r"\w+", query("riposte_audit").partition("| project ")[2])

    assert len(shown) == len(set(shown))
    assert NAMES - set(shown) == {
        "SchemaVersion", "EventDigest", "EventProvider", "EventKind", "PlaybookVersion", "BeforeDigest", "AfterDigest",
        "Plan", "PreviousHash", "Hash",
    }  # fmt: skip

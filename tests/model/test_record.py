from __future__ import annotations

import re
from typing import get_args

import pytest

from shared.model import record
from shared.model.record import DECISIONS, Decision, Record, columns, descriptions

RESERVED = {
    "_resourceid", "_subscriptionid", "_isbillable", "_billedsize", "_itemid", "_timereceived", "id", "tenantid",
    "type", "uniqueid", "title", "resource", "resourceid", "resourcename", "resourcetype", "managementgroupname",
    "sourcesystem", "mg", "computer", "rawdata",
}  # fmt: skip
"""Names that Log Analytics keeps for itself, or that a custom table may not have.

https://learn.microsoft.com/azure/azure-monitor/logs/create-custom-table
"""

NAMES = [column["name"] for column in columns()]


def test_the_columns_are_the_fields_of_a_record() -> None:
    assert tuple(NAMES) == Record.__struct_fields__


def test_every_column_has_a_name_that_log_analytics_takes() -> None:
    assert [name for name in NAMES if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,44}", name)] == []
    assert [name for name in NAMES if name.lower() in RESERVED] == []
    assert len({name.lower() for name in NAMES}) == len(NAMES)


def test_every_column_has_a_type_that_a_data_collection_rule_takes() -> None:
    assert {column["type"] for column in columns()} <= {
        "string",
        "int",
        "long",
        "real",
        "boolean",
        "dynamic",
        "datetime",
    }


def test_the_time_of_a_row_is_a_time() -> None:
    types = {column["name"]: column["type"] for column in columns()}

    assert types["TimeGenerated"] == "datetime"
    assert {types[name] for name in NAMES if name.endswith("Time")} == {"datetime"}
    assert (types["Decision"], types["Attempt"], types["Diff"]) == ("string", "int", "dynamic")


def test_every_column_says_what_it_means() -> None:
    found = descriptions()

    assert list(found) == NAMES
    assert [name for name, text in found.items() if not text.endswith(".")] == []
    assert len(set(found.values())) == len(NAMES)


def test_every_decision_says_what_it_means() -> None:
    assert tuple(DECISIONS) == get_args(Decision)
    assert all(text.endswith(".") for text in DECISIONS.values())


def test_the_table_and_its_stream_are_custom_ones() -> None:
    assert record.TABLE.endswith("_CL")
    assert record.STREAM.startswith("Custom-")


def test_a_field_without_a_type_of_column_is_found_at_once() -> None:
    with pytest.raises(TypeError, match="has no column"):
        record._meta(str, "column")

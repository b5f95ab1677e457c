from __future__ import annotations

import json

import pytest

from shared.wire import redact


@pytest.mark.parametrize(
    "name",
    ["password", "Password", "secretText", "client_secret", "clientSecret", "accessToken", "refresh_token", "apiKey",
     "primaryKey", "accountKey", "connectionString", "private_key", "sig", "authorization", "token"],
)  # fmt: skip
def test_fields_with_a_secret_name_are_hidden(name: str) -> None:
    body = json.dumps({"outer": [{name: "hunter2", "name": "kept"}]}).encode()

    assert json.loads(redact.body("https://x/y", body)) == {"outer": [{name: redact.HIDDEN, "name": "kept"}]}


def test_the_value_of_a_secret_is_hidden_and_that_of_a_list_is_not() -> None:
    body = b'{"value": "hunter2"}'

    assert json.loads(redact.body("https://kv.vault.azure.net/secrets/a", body)) == {"value": redact.HIDDEN}
    assert json.loads(redact.body("https://graph.microsoft.com/v1.0/users", body)) == {"value": "hunter2"}
    listed = b'{"value": [{"id": "a"}]}'
    assert json.loads(redact.body("https://kv.vault.azure.net/secrets", listed)) == {"value": [{"id": "a"}]}


def test_what_is_no_json_stays() -> None:
    assert redact.body("https://x", b"<xml/>") == b"<xml/>"


def test_addresses_lose_what_grants_access() -> None:
    address = "https://a.blob.core.windows.net/c/b?sv=2024&sig=abc%3D&se=2026"

    assert redact.url(address) == "https://a.blob.core.windows.net/c/b?sv=2024&sig=%28hidden%29&se=2026"
    assert redact.url("https://a/b") == "https://a/b"


def test_names_that_only_contain_a_secret_word_are_kept() -> None:
    value = {"tokenType": "Bearer", "keyVaultName": "kv", "secretsCount": "3"}

    assert redact.value(value) == value

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import (
    Account,
    CloudApplication,
    DirectoryRole,
    Entity,
    Host,
    Ip,
    Other,
    SecurityGroup,
    ServicePrincipal,
)
from shared.model.event import Event
from tests.sources.bodies import read, refused
from tests.sources.entra import logged, record
from tests.sources.goldens import events

RECORDS = "entra_audit_records"
ROLE, GROUP, APP_ROLE, CONSENT, CREDENTIAL, ECHO, ELEVATE, POLICY = range(8)
GLOBAL_ADMINISTRATOR = DirectoryRole(
    id="62e90394-69f5-4237-9190-012177145e10", name="Global Administrator", role="target"
)
OPERATORS = SecurityGroup(object_id="88b9c0d1-e2f3-4041-a526-3748596a7b8c", name="Shop operators", role="target")
GRADY = "5e0c2b1a-7f64-4d3b-9a85-2c1d0e9f8a7b"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"


def of(event: Event, *kinds: type[Entity]) -> list[Any]:
    return [entity for entity in event.entities if isinstance(entity, kinds)]


def target(kind: str, *properties: tuple[str, Any, Any], **more: Any) -> dict[str, Any]:
    changed = [{"displayName": name, "oldValue": old, "newValue": new} for name, old, new in properties]
    return {"type": kind, "id": ADELE, "displayName": None, "modifiedProperties": changed, **more}


def test_a_change_is_the_same_case_as_a_record_as_a_row_and_from_graph() -> None:
    found = [events(f"entra_audit_{form}")[0] for form in ("records", "rows", "graph")]
    found.append(read(record("entra_audit_odd")))

    assert len({event.case for event in found}) == len({event.entities for event in found}) == 1


def test_whoever_did_it_is_related_and_what_it_was_done_to_is_the_target() -> None:
    admin, address, user, role = read(record(RECORDS, ROLE)).entities

    assert (admin.role, address.role, user.role, role.role) == ("related", "related", "target", "target")
    assert isinstance(admin, Account)
    assert isinstance(user, Account)
    assert (admin.object_id, user.object_id) == (GRADY, ADELE)


def test_a_role_is_known_by_its_template_which_only_the_changed_properties_name() -> None:
    assert of(read(record(RECORDS, ROLE)), DirectoryRole) == [GLOBAL_ADMINISTRATOR]


def test_what_was_taken_away_is_named_by_the_old_values() -> None:
    assert of(read(record(RECORDS, GROUP)), SecurityGroup) == [OPERATORS]


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_values_may_be_json_in_json(times: int) -> None:
    group, name = OPERATORS.object_id, OPERATORS.name
    for _ in range(times):
        group, name = json.dumps(group), json.dumps(name)
    changed = target("User", ("Group.ObjectID", None, group), ("Group.DisplayName", None, name))

    assert of(read(logged(RECORDS, GROUP, targetResources=[changed])), SecurityGroup) == [OPERATORS]


def test_permission_is_given_to_the_application_and_not_to_the_service_it_is_for() -> None:
    bot, service, given = of(read(record(RECORDS, APP_ROLE)), ServicePrincipal)

    assert (bot.name, bot.role) == ("Provisioning bot", "related")
    assert (service.name, service.role) == ("Microsoft Graph", "related")
    assert given == ServicePrincipal(
        object_id="c4a1b2d3-0e5f-4687-9a1b-2c3d4e5f6a70",
        app_id="2f8c9d0e-1b3a-4c5d-8e6f-70819203a4b5",
        name="shop-deploy",
        role="target",
    )


def test_an_application_that_only_the_changed_properties_name_is_a_target_too() -> None:
    first = record(RECORDS, APP_ROLE)["properties"]["targetResources"][0]
    found = of(read(logged(RECORDS, APP_ROLE, targetResources=[first])), ServicePrincipal)

    assert [(one.name, one.role) for one in found][1:] == [("Microsoft Graph", "related"), ("shop-deploy", "target")]


@pytest.mark.parametrize(
    ("number", "names"), [(APP_ROLE, ["Directory.ReadWrite.All"]), (CONSENT, ["Mail.Read", "offline_access"])]
)
def test_the_permissions_that_were_given_are_named(number: int, names: list[str]) -> None:
    permissions = of(read(record(RECORDS, number)), Other)

    assert [(one.type, one.name) for one in permissions] == [("permission", name) for name in names]


def test_a_consent_names_the_application_by_both_of_its_ids() -> None:
    (app,) = of(read(record(RECORDS, CONSENT)), ServicePrincipal)

    assert (app.object_id, app.app_id) == (
        "c4a1b2d3-0e5f-4687-9a1b-2c3d4e5f6a70",
        "2f8c9d0e-1b3a-4c5d-8e6f-70819203a4b5",
    )


def test_a_credential_that_was_added_is_named_by_its_id_and_one_that_was_there_before_is_not() -> None:
    (credential,) = of(read(record(RECORDS, CREDENTIAL)), Other)

    assert (credential.type, credential.name) == ("credential", "bbecf304-1526-4374-9859-6a7b8c9daebf")


def test_the_object_id_of_an_application_is_not_taken_for_its_application_id() -> None:
    (known,) = of(read(record(RECORDS, CREDENTIAL)), CloudApplication)
    (unknown,) = of(read(logged(RECORDS, CREDENTIAL, additionalDetails=None)), CloudApplication)

    assert (known.name, known.app_id) == ("shop-deploy", "2f8c9d0e-1b3a-4c5d-8e6f-70819203a4b5")
    assert (unknown.name, unknown.app_id) == ("shop-deploy", "")


def test_a_device_is_known_by_its_own_id_and_not_by_that_of_its_object() -> None:
    (device,) = of(events("entra_audit_graph")[3], Host)
    nameless = target("Device", displayName="ws-adele")

    assert (device.name, device.entra_device_id) == ("ws-adele", "6b7c8d9e-0f1a-4b2c-8d3e-4f5061728394")
    assert not of(read(logged(RECORDS, targetResources=[nameless])), Host)


def test_who_changes_something_of_their_own_is_one_account_and_the_target() -> None:
    own = target("User", id=GRADY.upper())
    (account,) = of(read(logged(RECORDS, targetResources=[own])), Account)

    assert (account.upn, account.display_name, account.role) == (
        "grady.archie@contoso.example",
        "Grady Archie",
        "target",
    )


def test_other_things_that_were_changed_are_kept_by_name() -> None:
    (policy,) = of(read(record(RECORDS, POLICY)), Other)

    assert (policy.type, policy.name, policy.role) == ("Policy", "Require MFA for all users", "target")


def test_the_echo_of_revoked_sessions_is_an_event_like_others() -> None:
    event = read(record(RECORDS, ECHO))

    assert (event.kind, event.severity) == ("Update StsRefreshTokenValidFrom Timestamp", None)
    assert [account.object_id for account in of(event, Account)] == [ADELE]


def test_an_elevation_names_the_subscription_if_its_log_is_one_s() -> None:
    assert read(record(RECORDS, ELEVATE)).subscription == "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"


def test_blanks_around_and_in_the_name_of_what_was_done_do_not_count() -> None:
    case = read(logged(RECORDS, activityDisplayName="Add member to role")).case

    assert read(logged(RECORDS, activityDisplayName=" Add  member to role ")).case == case


def test_records_that_share_an_id_are_told_apart_by_what_was_done() -> None:
    assert read(logged(RECORDS, activityDisplayName="Remove member from role")).case != read(record(RECORDS)).case


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "<null>", None, "not an address"])
def test_what_is_no_address_is_left_out(address: Any) -> None:
    given = logged(RECORDS, initiatedBy={"user": {"id": GRADY, "ipAddress": address}})

    assert not of(read(given), Ip)


@pytest.mark.parametrize("placeholder", ["00000000-0000-0000-0000-000000000000", "user-1", "REDACTED", None, ""])
def test_what_is_no_id_makes_no_entity(placeholder: Any) -> None:
    kinds = ("User", "Group", "ServicePrincipal", "Application", "Device", "Role", "Directory", "Request", "", None)
    targets = [{"type": kind, "id": placeholder, "displayName": "N/A"} for kind in kinds]
    by = {"user": {"id": placeholder, "userPrincipalName": placeholder}, "app": {"servicePrincipalId": placeholder}}

    assert read(logged(RECORDS, targetResources=targets, initiatedBy=by)).entities == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"targetResources": None}, {"targetResources": "[]"}, {"targetResources": [None, 7, "text", {}]},
        {"initiatedBy": []}, {"initiatedBy": "none"}, {"initiatedBy": {"user": None, "app": None}},
        {"additionalDetails": {"ipaddr": "203.0.113.50"}}, {"additionalDetails": [{"key": None, "value": 1}]},
    ],
)  # fmt: skip
def test_what_has_another_shape_does_no_harm(changes: dict[str, Any]) -> None:
    assert read(logged(RECORDS, **changes)).kind == "Add member to role"


def test_a_record_without_an_id_is_its_own_case() -> None:
    assert read(logged(RECORDS, id=None)).case.startswith("record:entra_audit:")


def test_a_record_that_does_not_say_what_was_done_is_unreadable() -> None:
    letter = refused({"records": [{**logged(RECORDS, activityDisplayName=None), "operationName": " "}]})

    assert letter.reason == "the record does not say what was done"
    assert (letter.where, letter.source) == ("$.records[0].activityDisplayName, operationName", "entra_audit")


def test_a_row_is_known_without_the_name_of_its_table() -> None:
    row = record("entra_audit_odd", 2)

    assert read(row).source == "entra_audit"
    assert read({**row, "Type": "AuditLogs", "Category": "GroupManagement"}).source == "entra_audit"


def test_the_log_is_known_by_the_name_it_once_had_and_others_of_that_name_are_not_it() -> None:
    given = record(RECORDS, category="Audit")

    assert read(given).case == read(record(RECORDS)).case
    assert refused({**given, "resourceId": None, "properties": {"activityDisplayName": "x"}}).source != "entra_audit"

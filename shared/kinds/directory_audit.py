"""Records of the audit log of Microsoft Entra, in all the forms they come in.

What was given to whom is often only in `modifiedProperties`, by names such as `Role.TemplateId`, as JSON in JSON.
https://learn.microsoft.com/graph/api/resources/directoryaudit
https://learn.microsoft.com/entra/identity/monitoring-health/reference-azure-monitor-audit-log-schema
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from shared.kinds import diagnostics, entities, entra, valid
from shared.kinds.fields import NOTHING, Fields
from shared.kinds.source import Mark
from shared.model.case import object_case
from shared.model.entity import Account, AnyEntity, Other, Role
from shared.model.errors import Unreadable
from shared.model.event import Event

_PIM = re.compile(r"\bPIM\b")
_BLANKS = re.compile(r"\s+")
_CREDENTIAL = re.compile(r"KeyIdentifier=([0-9a-fA-F-]{36})")
_CONSENTED = re.compile(r"\bScope:([^,;\]]+)")
_SERVICES = frozenset({"azure ad pim", "ms-pim", "microsoft entra pim"})
"""What the log calls a user, without a name to sign in with, and is a service of Microsoft."""
_SILENT = frozenset({"", "other", "request", "directory", "role", "n/a"})
"""Types of targets that are no entity, or are read otherwise."""
_ROLE_FACTS = ("Role.TemplateId", "Role.DisplayName", "Role.ObjectID")
_ROLE_IDS = ("Role.TemplateId", "TemplateId", "RoleDefinitionOriginId", "Role.ObjectID")
_GROUP_ROLES = frozenset({"member", "owner"})


def marks(when: Callable[[Fields], bool]) -> tuple[Mark, ...]:
    """What tells records of the audit log, as far as they are as wanted."""
    return (
        Mark(("category",), values=("auditlogs",), when=when),
        Mark(("category", "properties"), values=("audit",), when=lambda body: _is_audit(body) and when(body)),
        Mark(("type",), values=("auditlogs",), when=when),
        Mark(("@odata.type",), values=("#microsoft.graph.directoryaudit",), when=when),
        Mark(("activitydisplayname", "activitydatetime"), when=when),
        Mark(("targetresources", "operationname"), when=when),
    )


def _is_audit(body: Fields) -> bool:
    """Whether a record of some log named Audit is of this one, which once had that name."""
    record = body.fields("properties")
    return "activitydisplayname" in record and "targetresources" in record


def by_pim(body: Fields) -> bool:
    """Whether Privileged Identity Management logged a record, and not the directory."""
    record = diagnostics.properties(body)
    service = record.text("loggedByService") or body.text("loggedByService")
    return service.upper() == "PIM" if service else _PIM.search(_activity(body, record)) is not None


def read(body: Fields, product: str) -> Event:
    """The event in a record.

    Args:
        body: The record.
        product: What logged it.

    Raises:
        Unreadable: If it does not say what was done.
    """
    record = diagnostics.properties(body)
    activity = _activity(body, record)
    if not activity:
        raise Unreadable("the record does not say what was done", "activityDisplayName, operationName")
    audit_id = record.text("id")
    details = entra.pairs(record, "additionalDetails")
    return Event(
        provider=record.text("loggedByService") or product,
        product=product,
        id=audit_id,
        case=object_case(f"entra_audit:{audit_id}", activity) if audit_id else "",
        kind=activity,
        title=activity,
        status=record.text("result", "resultType") or body.text("resultType"),
        time=record.time("activityDateTime") or diagnostics.time(record) or diagnostics.time(body),
        tenant=entra.tenant(body) or valid.guid(details.text("tid")),
        subscription=diagnostics.subscription(body),
        entities=entities.distinct(_entities(body, record, details)),
    )


def _activity(body: Fields, record: Fields) -> str:
    """What was done; some names end in a blank."""
    return _BLANKS.sub(" ", record.text("activityDisplayName", "operationName") or body.text("operationName"))


def _entities(body: Fields, record: Fields, details: Fields) -> list[AnyEntity | None]:
    initiated = record.fields("initiatedBy")
    user, app = initiated.fields("user"), initiated.fields("app")
    actor = _user(user, "related")
    targets = [_known(target, actor) for target in _targets(record, details)]
    is_target = actor is not None and any(_is(target, actor) for target in targets)
    addresses = (user.text("ipAddress"), app.text("ipAddress"), details.text("ipaddr"), diagnostics.address(body))
    return [
        None if is_target else actor,
        entities.service_principal(_some(app, "servicePrincipalId", "appId", "displayName"), "related"),
        *(entities.ip(address, "related") for address in addresses),
        *targets,
    ]


def _is(target: AnyEntity | None, actor: Account) -> bool:
    return isinstance(target, Account) and target.object_id != "" and target.object_id == actor.object_id


def _known(target: AnyEntity | None, actor: Account | None) -> AnyEntity | None:
    """A target with what is known of it as the one who did it: many change something of their own."""
    if actor is None or not isinstance(target, Account) or not _is(target, actor):
        return target
    return replace(target, upn=target.upn or actor.upn, display_name=target.display_name or actor.display_name)


def _targets(record: Fields, details: Fields) -> Iterator[AnyEntity | None]:
    found = list(record.objects("targetResources", "targetResource"))
    facts = [_facts(target) for target in found]
    told = _merged(facts)
    for target, own in zip(found, facts, strict=True):
        yield from _target(target, own, told, details)
    yield _role(found, told)
    yield from _others(found, told)


def _target(target: Fields, own: Fields, told: Fields, details: Fields) -> Iterator[AnyEntity | None]:
    kind, object_id, name = target.text("type").lower(), target.text("id"), target.text("displayName")
    if kind == "user":
        yield _user(target, "target")
    elif kind == "group":
        named = name or (told.text("Group.DisplayName") if _same(told, "Group.ObjectID", object_id) else "")
        yield entities.security_group(Fields({"groupId": object_id, "groupName": named}), "target")
    elif kind == "serviceprincipal":
        other = valid.guid(own.text("ServicePrincipal.ObjectID")) not in ("", valid.guid(object_id))
        yield entities.service_principal(_principal(target, own, told), "related" if other else "target")
    elif kind == "application":
        app_id = own.text("AppId") or told.text("Application.AppId") or details.text("AppId")
        named = name or told.text("Application.DisplayName")
        app = {"appName": named, "appId": valid.guid(app_id), "applicationObjectId": object_id}
        yield entities.cloud_application(Fields(app), "target")
    elif kind == "device":
        if device_id := valid.guid(own.text("TargetId.DeviceId") or details.text("DeviceId", "Device Id")):
            yield entities.host(Fields({"aadDeviceId": device_id, "hostName": name}), "target")
    elif kind not in _SILENT and (named := valid.name(name)):
        yield Other(type=target.text("type"), name=named, role="target")


def _principal(target: Fields, own: Fields, told: Fields) -> Fields:
    """A target's own ids. What its properties say of a service principal may be of another, which it was given to."""
    names = re.split(r"[;,\s]+", own.text("TargetId.ServicePrincipalNames"))
    app_id = next(filter(None, map(valid.guid, names)), "") or own.text("AppId")
    name = target.text("displayName")
    if _same(told, "ServicePrincipal.ObjectID", target.text("id")):
        name, app_id = name or told.text("ServicePrincipal.DisplayName"), app_id or told.text("ServicePrincipal.AppId")
    return Fields({"servicePrincipalId": target.text("id"), "appId": app_id, "displayName": name})


def _role(targets: list[Fields], told: Fields) -> AnyEntity | None:
    """The role that was given or taken: by its template's id if that is known, which is the same in all tenants."""
    kinds = {target.text("type").lower(): target for target in targets}
    target = kinds.get("role", NOTHING)
    name = target.text("displayName") or told.text("Role.DisplayName")
    if (not target and not told.text(*_ROLE_FACTS)) or ("group" in kinds and name.lower() in _GROUP_ROLES):
        return None
    found = next(filter(None, map(valid.guid, map(told.text, _ROLE_IDS))), "")
    return entities.directory_role(Fields({"roleId": found or target.text("id"), "roleName": name}), "target")


def _others(targets: list[Fields], told: Fields) -> Iterator[AnyEntity | None]:
    """What only the changed properties name: groups, service principals, permissions, credentials."""
    taken = {valid.guid(target.text("id")) for target in targets}
    if valid.guid(told.text("Group.ObjectID")) not in taken:
        group = {"groupId": told.text("Group.ObjectID"), "groupName": told.text("Group.DisplayName")}
        yield entities.security_group(Fields(group), "target")
    if valid.guid(told.text("ServicePrincipal.ObjectID")) not in taken:
        principal = {
            "servicePrincipalId": told.text("ServicePrincipal.ObjectID"),
            "appId": told.text("ServicePrincipal.AppId"),
            "displayName": told.text("ServicePrincipal.DisplayName"),
        }
        yield entities.service_principal(Fields(principal), "target")
    consented = _CONSENTED.findall(told.text("ConsentAction.Permissions").rpartition("=>")[2])
    given = " ".join((told.text("AppRole.Value"), told.text("DelegatedPermissionGrant.Scope"), *consented))
    for permission in dict.fromkeys(given.split()):
        yield Other(type="permission", name=permission, role="related")
    for target in targets:
        yield from _credentials(target)


def _credentials(target: Fields) -> Iterator[Other]:
    """The keys and passwords that were added or taken away, by their ids."""
    for changed in target.objects("modifiedProperties"):
        if changed.text("displayName").lower() == "keydescription":
            old, new = (_CREDENTIAL.findall(str(changed.value(name) or "")) for name in ("oldValue", "newValue"))
            for key in sorted({*map(valid.guid, new)} ^ {*map(valid.guid, old)}):
                yield Other(type="credential", name=key, role="related")


def _facts(target: Fields) -> Fields:
    """The changed properties of a target by name: what they are now, or what they were if they are no more."""
    found: dict[str, str] = {}
    for changed in target.objects("modifiedProperties"):
        texts = entra.unquoted(changed.value("newValue")) or entra.unquoted(changed.value("oldValue"))
        if texts:
            found.setdefault(changed.text("displayName"), " ".join(texts))
    return Fields(found)


def _merged(facts: list[Fields]) -> Fields:
    return Fields({name: value for fact in reversed(facts) for name, value in fact.raw.items()})


def _same(told: Fields, name: str, object_id: str) -> bool:
    return valid.guid(told.text(name)) == valid.guid(object_id)


def _user(user: Fields, role: Role) -> Account | None:
    if user.text("displayName").lower() in _SERVICES and not user.text("userPrincipalName"):
        return None
    names = {"userId": user.text("id"), "userPrincipalName": user.text("userPrincipalName")}
    return entities.account(Fields({**names, "displayName": user.text("displayName")}), role)


def _some(fields: Fields, *names: str) -> Fields:
    return Fields({name: fields.text(name) for name in names})

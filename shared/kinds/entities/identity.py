"""Accounts, service principals, groups and roles."""

from __future__ import annotations

from collections.abc import Sequence

from shared.kinds import valid
from shared.kinds.entities.part import NO_PART, Part, part_of
from shared.kinds.fields import Fields
from shared.kinds.form import Form, named
from shared.model.entity import Account, AnyEntity, DirectoryRole, LogonSession, SecurityGroup, ServicePrincipal

_ACCOUNT = Form(
    name=(valid.name, ("Name", "accountName", "samAccountName", "userName")),
    upn=(valid.upn, ("UserPrincipalName", "accountUpn", "upn", "accountId")),
    nt_domain=(valid.name, ("NTDomain", "domainName", "accountDomain", "userDomain")),
    object_id=(valid.guid, ("AadUserId", "azureAdUserId", "userObjectId", "accountObjectId", "userId")),
    mail=(valid.upn, ("mail", "email", "emailAddress")),
    sid=(valid.sid, ("Sid", "userSid", "accountSid", "onPremisesSecurityIdentifier", "accountObjectId")),
    dn=(valid.name, ("distinguishedName",)),
    puid=(valid.puid, ("Puid",)),
    tenant=(valid.guid, ("AadTenantId",)),
    display_name=(valid.name, ("DisplayName", "userDisplayName", "accountDisplayName")),
)
_SUFFIX = ("UPNSuffix",)
_CERTAIN = frozenset({"upn", "object_id", "mail", "sid", "name", "puid", "dn"})

_GROUP = Form(
    object_id=(valid.guid, ("securityGroupId", "aadSecurityGroupId", "ObjectGuid", "groupId")),
    sid=(valid.sid, ("SID",)),
    name=(valid.name, ("DisplayName", "friendlyName", "groupName", "securityGroupName")),
    dn=(valid.name, ("DistinguishedName",)),
)
_PRINCIPAL = Form(
    object_id=(valid.guid, ("servicePrincipalObjectId", "servicePrincipalId", "objectId")),
    app_id=(valid.guid, ("appId", "applicationId", "clientId")),
    name=(valid.name, ("servicePrincipalName", "displayName", "appDisplayName", "name")),
)
_ROLE = Form(
    id=(valid.guid, ("roleDefinitionId", "roleTemplateId", "templateId", "roleId")),
    name=(valid.name, ("roleName", "roleDisplayName", "displayName", "name")),
    scope=named("scope", "resourceScope", "directoryScopeId"),
)
_SESSION = Form(id=(valid.name, ("sessionId", "logonId", "id")))


def account(fields: Fields, part: Part = NO_PART) -> Account | None:
    """An account, if any of its ids is certain."""
    found = _ACCOUNT.read(fields)
    if not found:
        return None
    name = found.get("name", "")
    if "\\" in name:
        before, _, after = name.partition("\\")
        domain = found.get("nt_domain") or valid.name(before)
        name = valid.name(after)
        found |= {"nt_domain": domain, "name": name}
    if "@" in name:
        found |= {"upn": found.get("upn") or valid.upn(name), "name": valid.name(name.partition("@")[0])}
    elif name and "upn" not in found and (suffix := fields.text(*_SUFFIX)):
        found["upn"] = valid.upn(f"{name}@{suffix}")
    return Account(**found, **part) if any(map(found.get, _CERTAIN)) else None


def accounts(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """The account in an object of its own, or in one that says more about it."""
    return (account(fields.fields("userAccount") or fields, part),)


def service_principal(fields: Fields, part: Part = NO_PART) -> ServicePrincipal | None:
    """An application's identity, if any of its ids is certain."""
    found = _PRINCIPAL.read(fields)
    return ServicePrincipal(**found, **part) if "object_id" in found or "app_id" in found else None


def security_group(fields: Fields, part: Part = NO_PART) -> SecurityGroup | None:
    """A group, if any of its ids is certain."""
    found = _GROUP.read(fields)
    return SecurityGroup(**found, **part) if found.keys() & {"object_id", "sid", "dn"} else None


def directory_role(fields: Fields, part: Part = NO_PART) -> DirectoryRole | None:
    """A role, if its id or its name is known."""
    found = _ROLE.read(fields)
    return DirectoryRole(**found, **part) if found.keys() & {"id", "name"} else None


def logon_session(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A session, if its id is known, and whose it is."""
    found = _SESSION.read(fields)
    owner = fields.fields("account", "userAccount")
    return (LogonSession(**found, **part) if found else None, *accounts(owner, part_of(owner)))


def principals(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A service principal."""
    return (service_principal(fields, part),)


def groups(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A group."""
    return (security_group(fields, part),)

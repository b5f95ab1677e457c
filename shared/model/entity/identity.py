"""Entities: who did it, or had it done to them."""

from __future__ import annotations

from shared.model.entity.base import Entity


class Account(Entity, tag="account", frozen=True, kw_only=True):
    """A user account, on premises or in Microsoft Entra ID."""

    upn: str = ""
    object_id: str = ""
    mail: str = ""
    sid: str = ""
    name: str = ""
    nt_domain: str = ""
    dn: str = ""
    puid: str = ""
    tenant: str = ""
    display_name: str = ""


class ServicePrincipal(Entity, tag="service_principal", frozen=True, kw_only=True):
    """An application's identity in a tenant."""

    object_id: str = ""
    app_id: str = ""
    name: str = ""


class SecurityGroup(Entity, tag="security_group", frozen=True, kw_only=True):
    """A group of accounts."""

    object_id: str = ""
    sid: str = ""
    name: str = ""
    dn: str = ""


class DirectoryRole(Entity, tag="directory_role", frozen=True, kw_only=True):
    """A role of Microsoft Entra ID or of Azure RBAC."""

    id: str = ""
    name: str = ""
    scope: str = ""


class LogonSession(Entity, tag="logon_session", frozen=True, kw_only=True):
    """A session of a user, in the cloud or on a machine."""

    id: str = ""

"""Entities out of the forms Microsoft uses: the one place that knows which field holds which id.

The form inside alerts has `Type` and Pascal-case names (`AadUserId`); Sentinel's entity resources have `kind` and
camel-case names under `properties` (`aadUserId`, `accountName`). Read without regard to case they differ in a few names.
https://learn.microsoft.com/azure/sentinel/entities-reference
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from shared.kinds import valid
from shared.kinds.fields import Fields
from shared.model import entity as model

_NOT_ENTITIES = frozenset({"securityalert", "bookmark", "huntingbookmark", "alert"})


def distinct(entities: Iterable[model.AnyEntity | None]) -> tuple[model.AnyEntity, ...]:
    """Every entity once, in order, without the gaps."""
    return tuple(dict.fromkeys(filter(None, entities)))


def read(kind: str, fields: Fields, role: model.Role = "") -> Sequence[model.AnyEntity | None]:
    """The entities in one entity object: usually one, none if nothing in it is certain, more for a file with hashes.

    Args:
        kind: Its type in any spelling: `AzureResource`, `azure-resource`, `Ip`.
        fields: The object, or its `properties`.
        role: Its part, where the provider says.
    """
    word = kind.lower()
    if word not in _BUILDERS:
        word = "".join(filter(str.isalnum, word))
    if word in _SEVERAL:
        return _SEVERAL[word](fields, role)
    if word in _BUILDERS:
        return (_BUILDERS[word](fields, role),)
    if word in _NOT_ENTITIES:
        return ()
    cloud = fields.fields("CloudResource")
    if cloud:
        return (_azure_resource(cloud, role),)
    name = valid.name(fields.text("Name", "friendlyName", "DisplayName"))
    return (model.Other(type=kind, name=name, role=role),) if word else ()


def account(fields: Fields, role: model.Role = "") -> model.Account | None:
    """An account, if any of its ids is certain."""
    name = valid.name(fields.text("Name", "accountName", "samAccountName"))
    upn = valid.upn(fields.text("UserPrincipalName", "accountUpn"))
    domain = valid.name(fields.text("NTDomain", "domainName", "accountDomain"))
    suffix = fields.text("UPNSuffix")
    if "\\" in name:
        before, _, after = name.partition("\\")
        domain, name = domain or valid.name(before), valid.name(after)
    if "@" in name:
        upn, name = upn or valid.upn(name), valid.name(name.partition("@")[0])
    elif name and suffix and not upn:
        upn = valid.upn(f"{name}@{suffix}")
    found = model.Account(
        upn=upn,
        object_id=valid.guid(fields.text("AadUserId", "azureAdUserId", "userObjectId", "accountObjectId")),
        mail=valid.upn(fields.text("mail", "email")),
        sid=valid.sid(fields.text("Sid", "userSid", "accountSid")),
        name=name,
        nt_domain=domain,
        dn=fields.text("distinguishedName"),
        tenant=valid.guid(fields.text("AadTenantId")),
        display_name=valid.name(fields.text("DisplayName")),
        role=role,
    )
    return found if found.upn or found.object_id or found.mail or found.sid or found.name else None


def host(fields: Fields, role: model.Role = "") -> model.Host | None:
    """A machine, if any of its ids is certain."""
    more = fields.fields("additionalData")
    full = valid.host(fields.text("HostName", "NetBiosName", "deviceDnsName", "fqdn"))
    name, _, suffix = full.partition(".")
    suffix = suffix or valid.host(fields.text("DnsDomain", "DnsSuffix"))
    found = model.Host(
        azure_id=valid.resource_id(fields.text("AzureID", "azureResourceId")),
        fqdn=f"{name}.{suffix}" if name and suffix else "",
        name=name,
        nt_domain=valid.name(fields.text("NTDomain")),
        mde_device_id=valid.device(fields.text("MdatpDeviceId", "mdeDeviceId") or more.text("MdatpDeviceId")),
        entra_device_id=valid.guid(fields.text("AadDeviceId", "azureAdDeviceId") or more.text("AadDeviceId")),
        vm_id=valid.guid(fields.text("vmId")),
        agent_id=valid.guid(fields.text("OMSAgentID")),
        os=fields.text("OSFamily", "osPlatform"),
        role=role,
    )
    return found if found.azure_id or found.name or found.mde_device_id or found.entra_device_id else None


def ip(text: str, role: model.Role = "") -> model.Ip | None:
    """An address, if it is one."""
    address = valid.ip(text)
    return model.Ip(address=address, role=role) if address else None


def azure_resource(text: str, role: model.Role = "") -> model.AzureResource | None:
    """An Azure resource, if the id is one."""
    resource_id = valid.resource_id(text)
    return model.AzureResource(resource_id=resource_id, role=role) if resource_id else None


def file_hash(text: str, role: model.Role = "") -> model.FileHash | None:
    """A file's hash, if it is one."""
    known = valid.file_hash(text)
    return model.FileHash(value=known[0], algorithm=known[1], role=role) if known else None


def process(fields: Fields, role: model.Role = "") -> model.Process | None:
    """A process, if its command line or program is known."""
    image = fields.fields("ImageFile")
    found = model.Process(
        command_line=fields.text("CommandLine", "processCommandLine"),
        image=_path(image.text("Directory", "filePath"), image.text("Name", "fileName")),
        pid=fields.text("ProcessId"),
        role=role,
    )
    return found if found.command_line or found.image else None


def file(fields: Fields, role: model.Role = "") -> model.File | None:
    """A file, if its name is known."""
    name = valid.name(fields.text("Name", "fileName"))
    return model.File(name=name, directory=fields.text("Directory", "filePath"), role=role) if name else None


def mailbox(fields: Fields, role: model.Role = "") -> model.Mailbox | None:
    """A mailbox, if its address is certain."""
    found = model.Mailbox(
        address=valid.upn(fields.text("MailboxPrimaryAddress", "primaryAddress")),
        upn=valid.upn(fields.text("Upn")),
        object_id=valid.guid(fields.text("ExternalDirectoryObjectId", "AadId")),
        display_name=valid.name(fields.text("DisplayName")),
        role=role,
    )
    return found if found.address or found.upn or found.object_id else None


def url(fields: Fields, role: model.Role = "") -> model.Url | None:
    """An address on the web, if there is one."""
    found = valid.name(fields.text("Url"))
    return model.Url(url=found, role=role) if found else None


def cloud_application(fields: Fields, role: model.Role = "") -> model.CloudApplication | None:
    """An application in the cloud, if its name or id is known."""
    name = valid.name(fields.text("Name", "appName", "displayName"))
    app_id = valid.name(fields.text("AppId"))
    return model.CloudApplication(name=name, app_id=app_id, role=role) if name or app_id else None


def _ips(fields: Fields, role: model.Role) -> Sequence[model.AnyEntity | None]:
    return [ip(part, role) for part in fields.text("Address").split(",")]


def _azure_resource(fields: Fields, role: model.Role) -> model.AzureResource | None:
    return azure_resource(fields.text("ResourceId", "AzureResourceId"), role)


def _file(fields: Fields, role: model.Role) -> Sequence[model.AnyEntity | None]:
    return [file(fields, role), *(_file_hash(item, role) for item in fields.objects("FileHashes"))]


def _file_hash(fields: Fields, role: model.Role) -> model.FileHash | None:
    return file_hash(fields.text("Value", "hashValue"), role)


def _domain(fields: Fields, role: model.Role) -> model.Domain | None:
    name = valid.host(fields.text("DomainName"))
    return model.Domain(name=name, role=role) if name else None


def _security_group(fields: Fields, role: model.Role) -> model.SecurityGroup | None:
    found = model.SecurityGroup(
        object_id=valid.guid(fields.text("ObjectGuid", "aadSecurityGroupId")),
        sid=valid.sid(fields.text("SID")),
        name=fields.text("DisplayName", "friendlyName"),
        dn=fields.text("DistinguishedName"),
        role=role,
    )
    return found if found.object_id or found.sid or found.dn else None


def _mail_message(fields: Fields, role: model.Role) -> model.MailMessage | None:
    found = model.MailMessage(
        network_message_id=valid.guid(fields.text("NetworkMessageId")),
        internet_message_id=fields.text("InternetMessageId"),
        sender=valid.upn(fields.text("Sender", "P1Sender", "P2Sender")),
        recipient=valid.upn(fields.text("Recipient")),
        subject=fields.text("Subject"),
        role=role,
    )
    return found if found.network_message_id or found.internet_message_id else None


def _malware(fields: Fields, role: model.Role) -> model.Malware | None:
    name = valid.name(fields.text("Name", "malwareName"))
    return model.Malware(name=name, category=fields.text("Category"), role=role) if name else None


def _registry_key(fields: Fields, role: model.Role) -> model.RegistryKey | None:
    key = fields.text("Key", "registryKey")
    return model.RegistryKey(key=key, hive=fields.text("Hive", "registryHive"), role=role) if key else None


def _registry_value(fields: Fields, role: model.Role) -> model.RegistryValue | None:
    name = fields.text("Name", "valueName", "registryValueName")
    key = fields.fields("Key").text("Key") or fields.text("registryKey")
    value = fields.text("Value", "valueData", "registryValue")
    return model.RegistryValue(name=name, key=key, value=value, role=role) if name else None


def _path(directory: str, name: str) -> str:
    if not directory or not name:
        return name
    return f"{directory.rstrip('/')}/{name}" if "/" in directory else f"{directory.rstrip(chr(92))}\\{name}"


_BUILDERS: dict[str, Callable[[Fields, model.Role], model.AnyEntity | None]] = {
    "account": account,
    "user": account,
    "host": host,
    "machine": host,
    "azureresource": _azure_resource,
    "filehash": _file_hash,
    "process": process,
    "url": url,
    "dns": _domain,
    "dnsresolution": _domain,
    "cloudapplication": cloud_application,
    "securitygroup": _security_group,
    "mailbox": mailbox,
    "mailmessage": _mail_message,
    "malware": _malware,
    "registrykey": _registry_key,
    "registryvalue": _registry_value,
}
_SEVERAL: dict[str, Callable[[Fields, model.Role], Sequence[model.AnyEntity | None]]] = {
    "ip": _ips,
    "ipaddress": _ips,
    "file": _file,
}

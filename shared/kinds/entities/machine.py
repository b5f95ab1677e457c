"""Machines, and what ran on them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.kinds import valid
from shared.kinds.entities import content
from shared.kinds.entities.content import hashes
from shared.kinds.entities.identity import account, logon_session
from shared.kinds.entities.part import NO_PART, Part
from shared.kinds.fields import Fields
from shared.kinds.form import Form, named
from shared.model.entity import AnyEntity, Host, IotDevice, Process, RegistryKey, RegistryValue

_HOST = Form(
    azure_id=(valid.resource_id, ("AzureID", "azureResourceId")),
    name=(
        valid.host,
        (
            "HostName",
            "NetBiosName",
            "deviceDnsName",
            "computerDnsName",
            "fqdn",
            "deviceName",
            "computerName",
            "machineName",
        ),
    ),
    fqdn=(valid.host, ("deviceDnsName", "computerDnsName", "fqdn", "deviceName")),
    nt_domain=(valid.name, ("NTDomain",)),
    mde_device_id=(valid.device, ("MdatpDeviceId", "mdeDeviceId", "machineId", "deviceId")),
    entra_device_id=(valid.guid, ("AadDeviceId", "azureAdDeviceId")),
    vm_id=(valid.guid, ("vmId",)),
    agent_id=(valid.guid, ("OMSAgentID",)),
    os=named("OSFamily", "osPlatform", "operatingSystem", "os"),
)
_SUFFIX = Form(suffix=(valid.host, ("DnsDomain", "DnsSuffix")))
_MORE = Form(
    mde_device_id=(valid.device, ("MdatpDeviceId",)),
    entra_device_id=(valid.guid, ("AadDeviceId",)),
    azure_id=(valid.resource_id, ("resourceId", "azureResourceId")),
    vm_id=(valid.guid, ("vmId",)),
)
_ELSEWHERE = ("additionalData", "vmMetadata")
_CERTAIN = frozenset({"azure_id", "name", "mde_device_id", "entra_device_id"})

_PROCESS = Form(
    command_line=(valid.name, ("CommandLine", "processCommandLine")),
    image=(valid.name, ("imageFileName", "fileName")),
    directory=named("filePath", "folderPath"),
    pid=named("ProcessId"),
)
_IMAGE = Form(
    image=(valid.name, ("Name", "fileName")),
    directory=named("Directory", "filePath", "folderPath"),
)
_IOT = Form(
    device_id=(valid.name, ("DeviceId",)),
    name=(valid.name, ("DeviceName", "name")),
    address=(valid.ip, ("ipAddress",)),
)
_KEY = Form(key=(valid.name, ("Key", "registryKey")), hive=named("Hive", "registryHive"))
_VALUE = Form(
    name=(valid.name, ("registryValueName", "valueName", "Name")),
    key=named("registryKey"),
    value=named("registryValueData", "valueData", "registryValue", "Value"),
)


def host(fields: Fields, part: Part = NO_PART) -> Host | None:
    """A machine, if any of its ids is certain."""
    found = _HOST.read(fields)
    for place in _ELSEWHERE:
        if more := fields.fields(place):
            found = {**_MORE.read(more), **found}
    if not any(map(found.get, _CERTAIN)):
        return None
    name, _, suffix = found.get("name", "").partition(".")
    told, _, other = found.pop("fqdn", "").partition(".")
    if name:
        found["name"] = name
        suffix = suffix or (other if told.lower() == name.lower() else "") or _SUFFIX.read(fields).get("suffix", "")
        if suffix:
            found["fqdn"] = f"{name}.{suffix}"
    return Host(**found, **part)


def hosts(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A machine."""
    return (host(fields, part),)


def process(fields: Fields, part: Part = NO_PART) -> Process | None:
    """A process, if its command line or program is known."""
    found = {**_PROCESS.read(fields), **_IMAGE.read(fields.fields("ImageFile"))}
    if image := found.get("image"):
        found["image"] = _path(found.get("directory", ""), image)
    found.pop("directory", None)
    return Process(**found, **part) if found.keys() & {"command_line", "image"} else None


def processes(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A process, the hashes of its program, who started it and where it ran."""
    image = fields.fields("ImageFile")
    found: list[AnyEntity | None] = [process(fields, part), *hashes(image, part), *hashes(fields, part)]
    if user := inline(fields, "Account", "userAccount"):
        found.append(account(user))
    found += [host(machine) for place in (fields, image) if (machine := inline(place, "Host"))]
    return found


def inline(fields: Fields, *names: str) -> Fields | None:
    """An object inside of another; what is only referred to stands elsewhere and is read there."""
    for key in fields.shape[names]:
        found = fields.raw[key]
        if isinstance(found, dict) and "$ref" not in found:
            return fields.fields(*names)
    return None


def iot_devices(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A device that Defender for IoT knows, by the id it has there."""
    found = _IOT.read(fields)
    found["azure_id"] = valid.resource_id(
        fields.text("iotHubResourceId", "ResourceId") or fields.fields("IoTHub", "ioTHub").text("ResourceId")
    )
    address = valid.ip(fields.fields("IpAddress").text("Address", "ipAddress"))
    found = {name: text for name, text in {"address": address, **found}.items() if text}
    return (IotDevice(**found, **part) if found.keys() & {"device_id", "name"} else None,)


def host_session(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A session on a machine, whose it is, and the machine."""
    return (*logon_session(fields, part), *hosts(fields.fields("Host"), NO_PART))


def malware(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """Malware, the files it was found in and the processes it ran as."""
    ran = [entity for item in fields.objects("Processes") for entity in processes(item, part)]
    return (*content.malware(fields, part), *ran)


def registry_keys(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A registry key."""
    found = _KEY.read(fields)
    return (RegistryKey(**found, **part) if "key" in found else None,)


def registry_values(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A registry value."""
    found = _VALUE.read(fields)
    if key := fields.fields("Key").text("Key"):
        found["key"] = key
    return (RegistryValue(**found, **part) if "name" in found else None,)


def registry(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A registry key, and a value in it if there is one."""
    value = registry_values(fields, part) if fields.text("registryValueName", "valueName") else ()
    return (*registry_keys(fields, part), *value)


def _path(directory: str, name: str) -> str:
    if not directory or not name:
        return name
    if directory.lower().endswith(("/" + name.lower(), "\\" + name.lower())):
        return directory
    return f"{directory.rstrip('/')}/{name}" if "/" in directory else f"{directory.rstrip(chr(92))}\\{name}"

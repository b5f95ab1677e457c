"""A sample tenant: Contoso, with a compromised machine, a few people and a vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from azsim import arm
from azsim.entities import Rows, Tables
from azsim.services.blobs import Blobs
from azsim.services.graph import Directory
from azsim.services.identity import Identities, ManagedIdentity
from azsim.services.key_vault import Vaults, Version
from azsim.world import World

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
SUBSCRIPTION = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
SHOP = f"{SUBSCRIPTION}/resourceGroups/rg-shop"
SECURITY = f"{SUBSCRIPTION}/resourceGroups/rg-riposte"
NETWORK = f"{SHOP}/providers/Microsoft.Network"
WEB_VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/vm-web-01"
DC_VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/vm-dc-01"
VAULT = f"{SHOP}/providers/Microsoft.KeyVault/vaults/kv-contoso-shop"
VAULT_HOST = "kv-contoso-shop.vault.azure.net"
WORKSPACE = f"{SECURITY}/providers/Microsoft.OperationalInsights/workspaces/law-contoso-soc"
SECRET = "shop-api-key"
SECRET_VERSIONS = ("4f0e2d1c3b5a49687786950413223140", "8b1f6e5d4c3b42a19087766554433221")
LOCATION = "westeurope"

ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
BREAK_GLASS = "f0e1d2c3-b4a5-4968-8778-695a4b3c2d1e"
PROTECTED_GROUP = "5e6f7a8b-9c0d-4e1f-a2b3-c4d5e6f7a8b9"

IDENTITY = ManagedIdentity("9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d", "2c4e6a80-1b3d-4f5a-9c7e-8d6b4a2c0e1f")
STORAGE_ACCOUNT = "stripostecontoso"
STORAGE = f"{SECURITY}/providers/Microsoft.Storage/storageAccounts/{STORAGE_ACCOUNT}"
LEDGER_TABLE = "riposte"
CONTAINER = "dead-letters"
RULE = f"{SECURITY}/providers/Microsoft.Insights/dataCollectionRules/dcr-riposte"
RULE_ID = "dcr-5f1e0d9c8b7a46359281706f5e4d3c2b"
LOGS_HOST = "dce-riposte-x1y2.westeurope-1.ingest.monitor.azure.com"


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream that a data collection rule declares, and the table behind it."""

    name: str
    table: str
    columns: list[dict[str, str]]


def build(world: World, stream: Stream) -> World:
    """Put Contoso into an empty world: its machines, people and vault, and the resources a responder needs.

    Args:
        world: The world to fill.
        stream: What the audit's data collection rule declares.
    """
    arm.put(world, SUBSCRIPTION, {"displayName": "Contoso production"})
    for group in (SHOP, SECURITY):
        arm.put(world, group, {"location": LOCATION, "tags": {}})
    _network(world)
    _machine(world, WEB_VM, ["nic-web-01", "nic-web-01-backend"], {"app": "shop"})
    _machine(world, DC_VM, ["nic-dc-01"], {"riposte": "protected", "role": "domain controller"})
    _people(world)
    _vault(world)
    _responder(world, stream)
    return world


def _network(world: World) -> None:
    for name, rules in (("nsg-web", [_allow_web()]), ("nsg-subnet", [])):
        group = {"location": LOCATION, "properties": {"securityRules": rules}}
        arm.put(world, f"{NETWORK}/networkSecurityGroups/{name}", group)
    arm.put(
        world,
        f"{NETWORK}/virtualNetworks/vnet-shop",
        {
            "location": LOCATION,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]},
                "subnets": [
                    {
                        "id": f"{NETWORK}/virtualNetworks/vnet-shop/subnets/snet-web",
                        "name": "snet-web",
                        "properties": {
                            "addressPrefix": "10.20.1.0/24",
                            "networkSecurityGroup": {"id": f"{NETWORK}/networkSecurityGroups/nsg-subnet"},
                        },
                    }
                ],
            },
        },
    )
    for kind, name, parts in (
        ("publicIPAddresses", "pip-web-01", {}),
        ("applicationSecurityGroups", "asg-web", {}),
        ("loadBalancers", "lb-web", {"backendAddressPools": "pool", "inboundNatRules": "ssh"}),
        ("applicationGateways", "agw-web", {"backendAddressPools": "pool"}),
    ):
        properties = {part: [{"name": of}] for part, of in parts.items()}
        arm.put(world, f"{NETWORK}/{kind}/{name}", {"location": LOCATION, "properties": properties})
    web = _ip_configuration("10.20.1.4")
    web["properties"] |= {
        "publicIPAddress": {"id": f"{NETWORK}/publicIPAddresses/pip-web-01"},
        "applicationSecurityGroups": [{"id": f"{NETWORK}/applicationSecurityGroups/asg-web"}],
        "loadBalancerBackendAddressPools": [{"id": f"{NETWORK}/loadBalancers/lb-web/backendAddressPools/pool"}],
        "loadBalancerInboundNatRules": [{"id": f"{NETWORK}/loadBalancers/lb-web/inboundNatRules/ssh"}],
        "applicationGatewayBackendAddressPools": [
            {"id": f"{NETWORK}/applicationGateways/agw-web/backendAddressPools/pool"}
        ],
    }
    _nic(world, "nic-web-01", web, f"{NETWORK}/networkSecurityGroups/nsg-web", primary=True)
    _nic(world, "nic-web-01-backend", _ip_configuration("10.20.1.5"), None, primary=False)
    _nic(world, "nic-dc-01", _ip_configuration("10.20.1.10"), f"{NETWORK}/networkSecurityGroups/nsg-web", primary=True)


def _ip_configuration(address: str) -> dict[str, Any]:
    return {
        "name": "ipconfig1",
        "properties": {
            "privateIPAddress": address,
            "privateIPAllocationMethod": "Static",
            "privateIPAddressVersion": "IPv4",
            "primary": True,
            "subnet": {"id": f"{NETWORK}/virtualNetworks/vnet-shop/subnets/snet-web"},
        },
    }


def _nic(world: World, name: str, configuration: dict[str, Any], nsg: str | None, *, primary: bool) -> None:
    properties: dict[str, Any] = {
        "ipConfigurations": [configuration],
        "dnsSettings": {"dnsServers": ["10.20.0.4"]},
        "enableAcceleratedNetworking": True,
        "enableIPForwarding": False,
        "primary": primary,
        "nicType": "Standard",
    }
    if nsg:
        properties["networkSecurityGroup"] = {"id": nsg}
    body = {"location": LOCATION, "tags": {"app": "shop"}, "properties": properties}
    arm.put(world, f"{NETWORK}/networkInterfaces/{name}", body)


def _allow_web() -> dict[str, Any]:
    return {
        "name": "allow-https",
        "properties": {
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange": "443",
            "sourceAddressPrefix": "Internet",
            "destinationAddressPrefix": "*",
            "access": "Allow",
            "priority": 100,
            "direction": "Inbound",
        },
    }


def _machine(world: World, vm: str, nics: list[str], tags: dict[str, str]) -> None:
    ids = [f"{NETWORK}/networkInterfaces/{name}" for name in nics]
    profile = {"networkInterfaces": [{"id": nic, "properties": {"primary": nic == ids[0]}} for nic in ids]}
    size = {"vmSize": "Standard_D2s_v5"}
    properties = {"vmId": world.chance.uuid(), "networkProfile": profile, "hardwareProfile": size}
    arm.put(world, vm, {"location": LOCATION, "tags": tags, "properties": properties}, hidden={"power": "running"})
    for nic in ids:
        found = world.state(arm.Arm).find(nic)
        assert found is not None
        found.properties["virtualMachine"] = {"id": vm}


def _people(world: World) -> None:
    directory = world.state(Directory)
    for object_id, name, upn, groups in (
        (ADELE, "Adele Vance", "adele.vance@contoso.example", ()),
        ("2c3d4e5f-6a7b-48c9-9d0e-1f2a3b4c5d6e", "Alex Wilber", "alex.wilber@contoso.example", ()),
        (BREAK_GLASS, "Emergency access 1", "emergency1@contoso.example", (PROTECTED_GROUP,)),
    ):
        directory.add(
            {
                "id": object_id,
                "displayName": name,
                "userPrincipalName": upn,
                "mail": upn,
                "userType": "Member",
                "accountEnabled": True,
                "onPremisesSyncEnabled": None,
                "onPremisesSecurityIdentifier": f"S-1-5-21-3623811015-3361044348-30300820-{1100 + len(directory.users)}",
                "securityIdentifier": f"S-1-12-1-465505852-1202081106-3424919180-{1061452800 + len(directory.users)}",
                "signInSessionsValidFromDateTime": "2026-01-15T08:00:00Z",
            },
            groups,
        )


def _vault(world: World) -> None:
    arm.put(
        world,
        VAULT,
        {
            "location": LOCATION,
            "tags": {"app": "shop"},
            "properties": {
                "vaultUri": f"https://{VAULT_HOST}/",
                "tenantId": TENANT,
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
                "enableSoftDelete": True,
                "accessPolicies": [],
            },
        },
    )
    now = int(world.clock.now().timestamp())
    day = 24 * 3600
    for name, age, enabled in zip(SECRET_VERSIONS, (400, 340), (False, True), strict=True):
        attributes = {
            "enabled": enabled,
            "created": now - age * day,
            "updated": now - age * day,
            "exp": now + (365 - age) * day,
        }
        version = Version(name, f"pw-{world.chance.hex(24)}", "text/plain", {"owner": "shop"}, attributes)
        world.state(Vaults).add(VAULT_HOST, SECRET, version)


def _responder(world: World, stream: Stream) -> None:
    """What a responder's own resource group holds, without any permission yet."""
    world.state(Identities).by_client_id[IDENTITY.client_id] = IDENTITY
    arm.put(world, STORAGE, {"location": LOCATION, "properties": {"allowSharedKeyAccess": False}})
    world.state(Tables).tables[STORAGE_ACCOUNT, LEDGER_TABLE] = Rows()
    world.state(Blobs).containers[STORAGE_ACCOUNT, CONTAINER] = {}
    arm.put(world, WORKSPACE, {"location": LOCATION, "properties": {}})
    arm.put(
        world,
        RULE,
        {
            "location": LOCATION,
            "properties": {
                "immutableId": RULE_ID,
                "streamDeclarations": {stream.name: {"columns": stream.columns}},
                "dataFlows": [
                    {"streams": [stream.name], "destinations": ["workspace"], "outputStream": f"Custom-{stream.table}"}
                ],
            },
        },
    )

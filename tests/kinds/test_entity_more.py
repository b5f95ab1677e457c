"""Entities that bring others with them, and those of Kubernetes and of other clouds."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kinds import entities
from shared.kinds.fields import Fields
from shared.model.entity import (
    Account,
    AnyEntity,
    AzureResource,
    Blob,
    Container,
    ContainerImage,
    Domain,
    File,
    FileHash,
    Host,
    IotDevice,
    Ip,
    KubernetesObject,
    LogonSession,
    MailCluster,
    MailMessage,
    Malware,
    NetworkConnection,
    Nic,
    Process,
    SecurityGroup,
    ServicePrincipal,
)
from tests.kinds.entity_ids import ADELE, GUID, SHA1, SHA256, TENANT, VM, ZEROS, read
from tests.kinds.test_entities import BOTH_FORMS

CLUSTER = f"{VM.rpartition('/providers/')[0]}/providers/Microsoft.ContainerService/managedClusters/aks"
IN_CLUSTER = {"Name": "shop", "Cluster": {"CloudResource": {"ResourceId": CLUSTER}}}
AKS = AzureResource(resource_id=CLUSTER)


def placed(kind: Any, **more: Any) -> list[AnyEntity]:
    """A Kubernetes object in the namespace `shop`, and its cluster."""
    return [KubernetesObject(object_type=kind, name="web", cluster_id=CLUSTER, **more), AKS]


CASES: list[tuple[str, dict[str, Any], list[AnyEntity]]] = [
    ("K8s-cluster", {"CloudResource": {"ResourceId": CLUSTER}}, [AKS]),
    ("K8s-cluster", {"Name": "web", "CloudResource": {"ResourceId": CLUSTER}}, placed("cluster")),
    ("K8s-cluster", {"Name": "web"}, [KubernetesObject(object_type="cluster", name="web")]),
    ("kubernetesClusterEvidence", {"name": "web", "cloudResource": {"resourceId": CLUSTER}}, placed("cluster")),
    ("K8s-namespace", {**IN_CLUSTER, "Name": "web"}, placed("namespace")),
    ("kubernetesNamespaceEvidence", {**IN_CLUSTER, "Name": "web"}, placed("namespace")),
    *((f"{prefix}{word}", {"Name": "web", "Namespace": IN_CLUSTER}, placed(kind, namespace="shop"))
      for kind, word in [("pod", "pod"), ("secret", "secret"), ("service", "service"), ("controller", "controller"),
                         ("service_account", "serviceAccount")]
      for prefix in ("K8s-", "kubernetes")),
    (
        "container",
        {"ContainerId": "c1", "Name": "web", "Image": {"ImageId": "shop/web:1", "Registry": {"Registry": "cr.example"}}},
        [Container(id="c1", name="web", image="shop/web:1"), ContainerImage(id="shop/web:1", registry="cr.example")],
    ),
    ("container-image", {"ImageId": "a", "Digest": "sha256:0"}, [ContainerImage(id="a", digest="sha256:0")]),
    (
        "blob",
        {"Url": "https://st.example/c/b", "Etag": "0x8", "BlobContainer": {"Name": "c", "StorageResource": {"ResourceId": VM}}},
        [Blob(url="https://st.example/c/b", etag="0x8", container="c", storage_id=VM), AzureResource(resource_id=VM)],
    ),
    ("nic", {"MacAddress": "00-0d-3a-01-02-03", "IpAddress": {"Address": "10.20.1.4"}},
        [Nic(mac="00-0d-3a-01-02-03", address="10.20.1.4")]),
    (
        "network-connection",
        {"SourceAddress": {"Address": "203.0.113.54"}, "SourcePort": 1, "DestinationAddress": {"Address": "10.20.1.4"},
            "DestinationPort": "22", "Protocol": "Tcp"},
        [NetworkConnection(source="203.0.113.54", source_port="1", destination="10.20.1.4", destination_port="22",
            protocol="Tcp"), Ip(address="203.0.113.54"), Ip(address="10.20.1.4")],
    ),
    ("iot-device", {"DeviceId": "d-7", "DeviceName": "door", "IoTHub": {"ResourceId": VM}, "IpAddress": {"Address": "10.20.1.9"}},
        [IotDevice(device_id="d-7", name="door", azure_id=VM, address="10.20.1.9")]),
    ("mail-cluster", {"Query": "q", "NetworkMessageIds": [GUID, "x"]}, [MailCluster(query="q", network_message_ids=(GUID,))]),
    ("SubmissionMail", {"NetworkMessageId": GUID, "Sender": ADELE}, [MailMessage(network_message_id=GUID, sender=ADELE)]),
    ("analyzedMessageEvidence", {"networkMessageId": GUID, "p1Sender": {"emailAddress": ADELE}},
        [MailMessage(network_message_id=GUID, sender=ADELE)]),
    ("cloud-logon-session", {"SessionId": "s-1", "Account": {"AadUserId": GUID}}, [LogonSession(id="s-1"), Account(object_id=GUID)]),
    ("hostLogonSessionEvidence", {"SessionId": "s-1"}, [LogonSession(id="s-1")]),
    ("servicePrincipalEvidence", {"servicePrincipalObjectId": GUID, "appId": TENANT, "servicePrincipalName": "web"},
        [ServicePrincipal(object_id=GUID, app_id=TENANT, name="web")]),
    ("group", {"groupId": GUID}, [SecurityGroup(object_id=GUID)]),
    ("userEvidence", {"userAccount": {"azureAdUserId": GUID}}, [Account(object_id=GUID)]),
    ("machine", {"HostName": "vm"}, [Host(name="vm")]),
    ("deviceEvidence", {"deviceDnsName": "vm"}, [Host(name="vm")]),
    ("ipAddress", {"ipAddress": "203.0.113.54"}, [Ip(address="203.0.113.54")]),
    ("domain", {"name": "pool.example", "IpAdresses": [{"Address": "203.0.113.54"}]},
        [Domain(name="pool.example"), Ip(address="203.0.113.54")]),
    ("malware", {"Name": "EICAR", "Files": [{"Name": "a.exe", "FileHashes": [{"Value": SHA1}]}]},
        [Malware(name="EICAR"), File(name="a.exe"), FileHash(value=SHA1, algorithm="sha1")]),
    ("fileEvidence", {"fileDetails": {"fileName": "a.exe", "sha256": SHA256, "sha1": "none"}},
        [File(name="a.exe"), FileHash(value=SHA256, algorithm="sha256")]),
    (
        "process",
        {"CommandLine": "a.exe -x", "ImageFile": {"Name": "a.exe", "FileHashes": [{"Value": SHA1}], "Host": {"HostName": "vm"}},
            "Account": {"Name": "adele"}, "Host": {"$ref": "9"}},
        [Process(command_line="a.exe -x", image="a.exe"), FileHash(value=SHA1, algorithm="sha1"), Account(name="adele"),
            Host(name="vm")],
    ),
    ("oAuthApplicationEvidence", {"displayName": "Mail Helper", "appId": GUID}, read("cloudapplication", {"Name": "Mail Helper", "AppId": GUID})),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "wanted"), CASES, ids=[f"{kind} {at}" for at, (kind, *_) in enumerate(CASES)])
def test_an_entity_is_read_with_what_it_brings(kind: str, raw: dict[str, Any], wanted: list[AnyEntity]) -> None:
    assert read(kind, raw) == wanted


def test_every_builder_has_a_case() -> None:
    """Those of other clouds' and of rarer kinds are tested where they are read."""
    kinds = {*(case[0] for case in CASES), *(case[0] for case in BOTH_FORMS), *(case[2] for case in BOTH_FORMS)}

    known = {entities._word(kind) for kind in kinds} & entities._BUILDERS.keys()
    assert len(known) >= 45
    assert known >= {"account", "host", "ip", "file", "process", "url", "mailbox", "mailmessage", "azureresource"}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"roles": ["attacker"]}, {"role": "attacker"}),
        ({"roles": ["unknownFutureValue", "compromised"]}, {"role": "target"}),
        ({"roles": "contextual"}, {"role": "related"}),
        ({"EvidenceRole": "Impacted"}, {"role": "target"}),
        ({"evidenceRole": "Related"}, {"role": "related"}),
        ({"verdict": "Malicious"}, {"verdict": "malicious"}),
        ({"verdict": "noThreatsFound"}, {"verdict": "clean"}),
        ({"Confidence": "85"}, {"confidence": 85}),
        ({"confidence": 99.5}, {"confidence": 99}),
        (
            {"threatIntelligence": [{"confidence": 40}, {"confidence": 70.0}, {"confidence": None}, 5]},
            {"confidence": 70},
        ),
        ({"roles": ["something"], "verdict": "??", "confidence": "high"}, {}),
        ({"confidence": 101}, {}),
        ({"confidence": -1}, {}),
        ({"confidence": True, "roles": {}, "threatIntelligence": "none"}, {}),
    ],
)
def test_an_entity_has_the_part_that_the_provider_says(said: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert read("ip", {"Address": "203.0.113.54", **said}) == [Ip(address="203.0.113.54", **wanted)]


def test_what_the_entity_says_counts_more_than_what_its_reader_says() -> None:
    address = {"Address": "203.0.113.54"}

    assert entities.read("ip", Fields({**address, "roles": ["attacked"]}), "attacker")[0] == Ip(
        address="203.0.113.54", role="target"
    )
    assert entities.read("ip", Fields(address), "attacker")[0] == Ip(address="203.0.113.54", role="attacker")


@pytest.mark.parametrize("claims", [{}, {"upn": "adele"}, {"oid": ZEROS}, {"appid": "x", "http://x/y/upn": None}])
def test_a_token_that_names_nobody_is_nobodys(claims: dict[str, Any]) -> None:
    assert entities.caller(Fields(claims)) is None

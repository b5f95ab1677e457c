"""Every type of evidence that Graph documents, v1.0 and beta, gives the entities that are certain in it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import (
    Account,
    AnyEntity,
    AzureResource,
    Blob,
    CloudApplication,
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
    Mailbox,
    MailCluster,
    MailMessage,
    Malware,
    NetworkConnection,
    Nic,
    Other,
    Process,
    RegistryKey,
    RegistryValue,
    SecurityGroup,
    ServicePrincipal,
    Url,
)
from tests.sources.bodies import body, read

NAME = "graph_alert_token_theft"
GUID = "4b5c6d7e-8f90-4a12-b3c4-d5e6f708192a"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
MDE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
SHA1 = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
UPN = "adele.vance@contoso.example"
GROUP = f"/subscriptions/{ADELE}/resourceGroups/rg/providers"
AKS, STORE, HUB = f"{GROUP}/Microsoft.ContainerService/managedClusters/aks", f"{GROUP}/M.S/a/st", f"{GROUP}/M.D/h/hub"
USER = {"accountName": "adele", "domainName": "CONTOSO", "azureAdUserId": ADELE, "userPrincipalName": UPN}
ACCOUNT = Account(upn=UPN, object_id=ADELE, name="adele", nt_domain="CONTOSO")
FILE = {"sha1": SHA1, "sha256Ac": "f" * 32 + "0" * 32, "fileName": "a.exe", "filePath": "C:\\Temp"}
FILES: list[AnyEntity] = [File(name="a.exe", directory="C:\\Temp"), FileHash(value=SHA1, algorithm="sha1")]
IP = {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.54"}
STORAGE = {"storageResource": {"resourceId": STORE}}
CLUSTER = {"name": "aks", "cloudResource": {"resourceId": AKS}}
SPACE = {"name": "shop", "cluster": CLUSTER}
IMAGE = {
    "imageId": "shop/api:3",
    "registry": {"registry": "cr.example"},
    "digestImage": {"imageId": "shop/api@sha256:0"},
}
READ_IMAGE = ContainerImage(id="shop/api:3", digest="shop/api@sha256:0", registry="cr.example")


def kubernetes(kind: Any, name: str) -> list[AnyEntity]:
    return [
        KubernetesObject(object_type=kind, name=name, namespace="shop", cluster_id=AKS),
        AzureResource(resource_id=AKS),
    ]


TYPES: list[tuple[str, dict[str, Any], list[AnyEntity]]] = [
    ("activeDirectoryDomain", {"activeDirectoryDomainName": "contoso.example", "trustedDomains": []},
        [Other(type="activedirectorydomain", name="contoso.example")]),
    ("aiAgent", {"agentId": "asst_1", "agentName": "Helper"}, [Other(type="aiagent", name="asst_1")]),
    ("aiAgent", {"agentName": "Helper"}, [Other(type="aiagent", name="Helper")]),
    ("amazonResource", {"amazonAccountId": "123456789012", "amazonResourceId": "arn:aws:s3:::shop"},
        [Other(type="amazonresource", name="arn:aws:s3:::shop")]),
    ("analyzedMessage", {"networkMessageId": GUID, "p2Sender": {"emailAddress": "a@mail.example"}, "senderIp": "203.0.113.1",
        "recipientEmailAddress": UPN, "subject": "Hello", "urls": ["https://news.example"]},
        [MailMessage(network_message_id=GUID, sender="a@mail.example", recipient=UPN, subject="Hello")]),
    ("azureResource", {"resourceId": STORE}, [AzureResource(resource_id=STORE)]),
    ("blob", {"name": "a", "url": "https://st.example/c/a", "etag": "0x8", "fileHashes": [{"algorithm": "sha1", "value": SHA1}],
        "blobContainer": {"name": "c", **STORAGE}},
        [Blob(url="https://st.example/c/a", etag="0x8", container="c", storage_id=STORE),
            FileHash(value=SHA1, algorithm="sha1"), AzureResource(resource_id=STORE)]),
    ("blobContainer", {"name": "c", "url": "https://st.example/c", **STORAGE},
        [Other(type="blobcontainer", name="https://st.example/c"), AzureResource(resource_id=STORE)]),
    ("cloudApplication", {"appId": 20892, "displayName": "Mail"}, [CloudApplication(name="Mail", app_id="20892")]),
    ("cloudLogonRequest", {"requestId": GUID}, [Other(type="cloudlogonrequest", name=GUID)]),
    ("cloudLogonSession", {"sessionId": GUID, "account": {"userAccount": USER}}, [LogonSession(id=GUID), ACCOUNT]),
    ("container", {"containerId": "9f8e", "name": "api", "image": IMAGE, "pod": {"name": "api-1", "namespace": SPACE}},
        [Container(id="9f8e", name="api", image="shop/api:3"), READ_IMAGE, *kubernetes("pod", "api-1")]),
    ("containerImage", IMAGE, [READ_IMAGE]),
    ("containerRegistry", {"registry": "cr.example"}, [Other(type="containerregistry", name="cr.example")]),
    ("device", {"mdeDeviceId": MDE, "azureAdDeviceId": GUID, "hostName": "pc", "dnsDomain": "contoso.example",
        "lastIpAddress": "10.20.2.7", "lastExternalIpAddress": "203.0.113.9", "loggedOnUsers": [USER]},
        [Host(mde_device_id=MDE, entra_device_id=GUID, name="pc", fqdn="pc.contoso.example")]),
    ("dns", {"domainName": "pool.example", "ipAddresses": [IP], "dnsServerIp": {"ipAddress": "10.0.0.1"},
        "hostIpAddress": {"ipAddress": "10.0.0.2"}}, [Domain(name="pool.example"), Ip(address="203.0.113.54")]),
    ("file", {"fileDetails": FILE, "mdeDeviceId": MDE}, FILES),
    ("fileHash", {"algorithm": "sha256", "value": SHA256.upper()}, [FileHash(value=SHA256, algorithm="sha256")]),
    ("fileHash", {"algorithm": "sha256ac", "value": SHA256}, []),
    ("gitHubOrganization", {"login": "shop", "orgId": "7"}, [Other(type="githuborganization", name="shop")]),
    ("gitHubRepo", {"baseUrl": "https://git.example/shop/api", "repoId": "7"},
        [Other(type="githubrepo", name="https://git.example/shop/api")]),
    ("gitHubUser", {"login": "mallory", "userId": "7", "email": "m@mail.example"}, [Other(type="githubuser", name="mallory")]),
    ("googleCloudResource", {"fullResourceName": "//compute/x", "resourceName": "x"},
        [Other(type="googlecloudresource", name="//compute/x")]),
    ("hostLogonSession", {"sessionId": "0x3e7", "account": {"userAccount": USER}, "host": {"deviceDnsName": "pc"}},
        [LogonSession(id="0x3e7"), ACCOUNT, Host(name="pc")]),
    ("ioTDevice", {"deviceId": "plc", "deviceName": "Press", "ioTHub": {"resourceId": HUB}, "ipAddress": IP, "owners": [UPN]},
        [IotDevice(device_id="plc", name="Press", azure_id=HUB, address="203.0.113.54")]),
    ("ip", {"ipAddress": "203.0.113.54", "countryLetterCode": "ZZ"}, [Ip(address="203.0.113.54")]),
    ("kubernetesCluster", CLUSTER,
        [KubernetesObject(object_type="cluster", name="aks", cluster_id=AKS), AzureResource(resource_id=AKS)]),
    ("kubernetesController", {"name": "api", "type": "Deployment", "namespace": SPACE}, kubernetes("controller", "api")),
    ("kubernetesNamespace", SPACE,
        [KubernetesObject(object_type="namespace", name="shop", cluster_id=AKS), AzureResource(resource_id=AKS)]),
    ("kubernetesPod", {"name": "api-1", "namespace": SPACE, "podIp": IP}, kubernetes("pod", "api-1")),
    ("kubernetesSecret", {"name": "pw", "namespace": SPACE}, kubernetes("secret", "pw")),
    ("kubernetesService", {"name": "front", "namespace": SPACE, "clusterIP": IP}, kubernetes("service", "front")),
    ("kubernetesServiceAccount", {"name": "deployer", "namespace": SPACE}, kubernetes("service_account", "deployer")),
    ("mailbox", {"primaryAddress": UPN, "displayName": "Adele", "userAccount": {"azureAdUserId": ADELE}},
        [Mailbox(address=UPN, object_id=ADELE, display_name="Adele")]),
    ("mailboxConfiguration", {"configurationId": "Rule_17", "mailboxPrimaryAddress": UPN, "displayName": "Forward"},
        [Other(type="mailboxconfiguration", name="Rule_17"), Mailbox(address=UPN)]),
    ("mailCluster", {"query": "Subject:x", "networkMessageIds": [GUID, "x"]},
        [MailCluster(query="Subject:x", network_message_ids=(GUID,))]),
    ("malware", {"name": "Sample", "category": "Trojan", "files": [{"fileDetails": FILE}], "processes": [
        {"processCommandLine": "a.exe"}]}, [Malware(name="Sample", category="Trojan"), *FILES, Process(command_line="a.exe")]),
    ("networkConnection", {"sourceAddress": {"ipAddress": "10.20.1.4"}, "destinationAddress": IP, "destinationPort": 443},
        [NetworkConnection(source="10.20.1.4", destination="203.0.113.54", destination_port="443"),
            Ip(address="10.20.1.4"), Ip(address="203.0.113.54")]),
    ("nic", {"macAddress": "00-11", "ipAddress": IP}, [Nic(mac="00-11", address="203.0.113.54")]),
    ("oauthApplication", {"appId": GUID, "displayName": "Helper"}, [CloudApplication(name="Helper", app_id=GUID)]),
    ("process", {"processId": 7, "processCommandLine": "a.exe -x", "imageFile": FILE, "userAccount": USER,
        "parentProcessImageFile": {"fileName": "services.exe", "sha1": "f" + SHA1[1:]}},
        [Process(command_line="a.exe -x", image="C:\\Temp\\a.exe", pid="7"), FILES[1], ACCOUNT]),
    ("registryKey", {"registryKey": "SOFTWARE\\Run", "registryHive": "HKLM"}, [RegistryKey(key="SOFTWARE\\Run", hive="HKLM")]),
    ("registryValue", {"registryKey": "SOFTWARE\\Run", "registryValueName": "Up", "registryValue": "a.exe"},
        [RegistryValue(name="Up", key="SOFTWARE\\Run", value="a.exe")]),
    ("sasToken", {"signatureHash": "c2ln", "allowedIpAddresses": "203.0.113.0-203.0.113.9", **STORAGE},
        [Other(type="sastoken", name="c2ln"), AzureResource(resource_id=STORE)]),
    ("securityGroup", {"securityGroupId": GUID, "displayName": "Admins"}, [SecurityGroup(object_id=GUID, name="Admins")]),
    ("servicePrincipal", {"appId": ADELE, "servicePrincipalObjectId": GUID, "servicePrincipalName": "deploy"},
        [ServicePrincipal(object_id=GUID, app_id=ADELE, name="deploy")]),
    ("submissionMail", {"networkMessageId": GUID, "submitter": "kai@contoso.example", "sender": "a@mail.example",
        "recipient": UPN}, [MailMessage(network_message_id=GUID, sender="a@mail.example", recipient=UPN)]),
    ("teamsMessage", {"messageId": "17", "threadId": "19:0", "files": [{"fileDetails": FILE}],
        "urls": [{"url": "https://pool.example/x"}], "recipients": [UPN]},
        [Other(type="teamsmessage", name="17"), *FILES, Url(url="https://pool.example/x")]),
    ("url", {"url": "https://pool.example/x"}, [Url(url="https://pool.example/x")]),
    ("user", {"userAccount": USER, "stream": {"name": "x"}}, [ACCOUNT]),
    ("somethingNew", {"displayName": "Of tomorrow"}, [Other(type="somethingNewEvidence", name="Of tomorrow")]),
]  # fmt: skip


def evidence(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@odata.type": f"#microsoft.graph.security.{kind}Evidence", **fields}


@pytest.mark.parametrize(("kind", "fields", "wanted"), TYPES, ids=[f"{row[0]}-{at}" for at, row in enumerate(TYPES)])
def test_a_piece_of_evidence_gives_what_is_certain_in_it(
    kind: str, fields: dict[str, Any], wanted: list[AnyEntity]
) -> None:
    assert list(read(body(NAME, evidence=[evidence(kind, **fields)])).entities) == wanted


def placeholders(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: placeholders(inner) for name, inner in value.items()}
    return [placeholders(inner) for inner in value] if isinstance(value, list) else "String"


@pytest.mark.parametrize("kind", sorted({row[0] for row in TYPES} - {"somethingNew"}))
def test_the_words_of_the_documentation_and_nothing_at_all_are_no_entities(kind: str) -> None:
    given = [fields for one, fields, _ in TYPES if one == kind]
    items = [evidence(kind, **placeholders(fields)) for fields in given]
    nothing = [evidence(kind, **dict.fromkeys(fields)) for fields in given]

    assert read(body(NAME, evidence=[*items, *nothing])).entities == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": [{"at_sign_odata_type": "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.54"}]},
        {"evidence": [{"@x.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.54"}]},
        {"evidence": [{"odata_type": "#microsoft.graph.security.IpEvidence", "IPAddress": "203.0.113.54"}]},
        {"evidence": [{"ipEvidence": {"ipAddress": "203.0.113.54"}}]},
        {"evidence": {"ipEvidence": [{"ipAddress": "203.0.113.54"}], "userEvidence": None}},
        {"evidence": None, "ipEvidence{}": [{"ipAddress": "203.0.113.54"}, None]},
        {"evidence": None, "IpEvidence": '{"ipAddress": "203.0.113.54"}'},
        {"evidence": '[{"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.54"}]'},
    ],
)
def test_evidence_is_found_under_the_names_that_proxies_and_adapters_give_it(changes: dict[str, Any]) -> None:
    assert read(body(NAME, **changes)).entities == (Ip(address="203.0.113.54"),)

"""Azure's services by their resource providers. https://learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers."""

from __future__ import annotations

_PRODUCTS = {
    "microsoft.aadiam": "Microsoft Entra ID",
    "microsoft.apimanagement": "Azure API Management",
    "microsoft.app": "Azure Container Apps",
    "microsoft.appconfiguration": "Azure App Configuration",
    "microsoft.attestation": "Azure Attestation",
    "microsoft.automation": "Azure Automation",
    "microsoft.batch": "Azure Batch",
    "microsoft.botservice": "Azure AI Bot Service",
    "microsoft.cache": "Azure Cache for Redis",
    "microsoft.cdn": "Azure Front Door",
    "microsoft.cognitiveservices": "Azure AI services",
    "microsoft.confidentialledger": "Azure Confidential Ledger",
    "microsoft.containerregistry": "Azure Container Registry",
    "microsoft.containerservice": "Azure Kubernetes Service",
    "microsoft.databricks": "Azure Databricks",
    "microsoft.datafactory": "Azure Data Factory",
    "microsoft.dbformysql": "Azure Database for MySQL",
    "microsoft.dbforpostgresql": "Azure Database for PostgreSQL",
    "microsoft.devices": "Azure IoT Hub",
    "microsoft.documentdb": "Azure Cosmos DB",
    "microsoft.eventgrid": "Azure Event Grid",
    "microsoft.eventhub": "Azure Event Hubs",
    "microsoft.insights": "Azure Monitor",
    "microsoft.keyvault": "Azure Key Vault",
    "microsoft.kusto": "Azure Data Explorer",
    "microsoft.logic": "Azure Logic Apps",
    "microsoft.machinelearningservices": "Azure Machine Learning",
    "microsoft.network/applicationgateways": "Azure Application Gateway",
    "microsoft.network/azurefirewalls": "Azure Firewall",
    "microsoft.network/bastionhosts": "Azure Bastion",
    "microsoft.network/expressroutecircuits": "Azure ExpressRoute",
    "microsoft.network/frontdoors": "Azure Front Door",
    "microsoft.network/loadbalancers": "Azure Load Balancer",
    "microsoft.network/networksecuritygroups": "Azure Virtual Network",
    "microsoft.network/publicipaddresses": "Azure DDoS Protection",
    "microsoft.network/trafficmanagerprofiles": "Azure Traffic Manager",
    "microsoft.network/virtualnetworkgateways": "Azure VPN Gateway",
    "microsoft.network/virtualnetworks": "Azure Virtual Network",
    "microsoft.operationalinsights": "Azure Monitor",
    "microsoft.purview": "Microsoft Purview",
    "microsoft.search": "Azure AI Search",
    "microsoft.securityinsights": "Microsoft Sentinel",
    "microsoft.servicebus": "Azure Service Bus",
    "microsoft.signalrservice": "Azure SignalR Service",
    "microsoft.sql": "Azure SQL Database",
    "microsoft.storage": "Azure Storage",
    "microsoft.synapse": "Azure Synapse Analytics",
    "microsoft.web": "Azure App Service",
}


def product_of(kind: str) -> str:
    """The service that a resource type or an operation belongs to, in any letter case; empty if it is not known here."""
    provider, _, rest = kind.lower().partition("/")
    return _PRODUCTS.get(f"{provider}/{rest.partition('/')[0]}") or _PRODUCTS.get(provider, "")

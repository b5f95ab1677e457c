"""Microsoft's security products by their current names, whatever an alert calls them."""

from __future__ import annotations

_NAMES = {
    "azure security center": "Microsoft Defender for Cloud",
    "microsoft defender for cloud": "Microsoft Defender for Cloud",
    "microsoftdefenderforcloud": "Microsoft Defender for Cloud",
    "microsoft defender advanced threat protection": "Microsoft Defender for Endpoint",
    "microsoft defender for endpoint": "Microsoft Defender for Endpoint",
    "microsoftdefenderforendpoint": "Microsoft Defender for Endpoint",
    "azure advanced threat protection": "Microsoft Defender for Identity",
    "microsoft defender for identity": "Microsoft Defender for Identity",
    "microsoftdefenderforidentity": "Microsoft Defender for Identity",
    "office 365 advanced threat protection": "Microsoft Defender for Office 365",
    "microsoft defender for office 365": "Microsoft Defender for Office 365",
    "microsoftdefenderforoffice365": "Microsoft Defender for Office 365",
    "microsoft cloud app security": "Microsoft Defender for Cloud Apps",
    "microsoft defender for cloud apps": "Microsoft Defender for Cloud Apps",
    "microsoftdefenderforcloudapps": "Microsoft Defender for Cloud Apps",
    "microsoftcloudappsecurity": "Microsoft Defender for Cloud Apps",
    "azure active directory identity protection": "Microsoft Entra ID Protection",
    "microsoft entra id protection": "Microsoft Entra ID Protection",
    "azureadidentityprotection": "Microsoft Entra ID Protection",
    "aadidentityprotection": "Microsoft Entra ID Protection",
    "azure sentinel": "Microsoft Sentinel",
    "azuresentinel": "Microsoft Sentinel",
    "microsoft sentinel": "Microsoft Sentinel",
    "microsoftsentinel": "Microsoft Sentinel",
    "microsoft 365 defender": "Microsoft Defender XDR",
    "microsoft xdr": "Microsoft Defender XDR",
    "microsoft365defender": "Microsoft Defender XDR",
    "microsoft defender xdr": "Microsoft Defender XDR",
    "microsoftdatalossprevention": "Microsoft Purview Data Loss Prevention",
    "microsoftinsiderriskmanagement": "Microsoft Purview Insider Risk Management",
    "microsoftappgovernance": "Microsoft Defender for Cloud Apps",
}


def current(name: str) -> str:
    """The product's current name; a name that is not known here stays as it is."""
    return _NAMES.get(name.strip().lower(), name.strip())

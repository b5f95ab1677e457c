"""Operations of Azure Resource Manager, which more than one source must tell apart in the same way.

https://learn.microsoft.com/azure/role-based-access-control/permissions/networking
"""

from __future__ import annotations


def is_private_endpoint(operation: str) -> bool:
    """Whether an operation is on a private endpoint, or on a connection of one, in any letter case.

    These are read by one source, and left out by those that read every other operation.
    """
    return "privateendpoint" in operation.lower()

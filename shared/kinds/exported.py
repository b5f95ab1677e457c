"""What continuous export of Defender for Cloud says about a record besides the record itself.

https://learn.microsoft.com/azure/defender-for-cloud/continuous-export
"""

from __future__ import annotations

from shared.kinds import valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.model.resource_id import ResourceId

PRODUCT = "Microsoft Defender for Cloud"

_ABOUT = (
    "assessmentEventDataEnrichment",
    "subAssessmentEventDataEnrichment",
    "regulatoryComplianceEventDataEnrichment",
    "secureScoreEventDataEnrichment",
    "securityEventDataEnrichment",
)


_GONE = "Deleted"


def status(record: Fields, word: str) -> str:
    """The status of what was exported, by which playbooks tell what is new from what is not.

    What is gone says `Deleted` and what the weekly export of everything repeats says `Snapshot`, whatever state it was in:
    to both there is nothing to respond.

    Args:
        record: The exported record, or the row of Log Analytics.
        word: The state that it was found in, in the provider's word.
    """
    about = [found for name in _ABOUT if (found := record.fields(name))]
    if any(found.text("action").lower() == "delete" for found in about):
        return _GONE
    if any(found.truth("isSnapshot") for found in (record, *about)):
        return "Snapshot"
    return word


def cause(status: str, *state: str) -> str:
    """What is the matter with an object: the state it is in. The repeated export of a state is the same case.

    Args:
        status: As `status` gives it.
        state: The provider's word, and what tells this time from another.
    """
    return _GONE.lower() if status == _GONE else ":".join(filter(None, state)).lower()


def tenant(record: Fields) -> str:
    """The tenant of an exported record. In a row of Log Analytics the field of that name holds the workspace."""
    return "" if "timegenerated" in record else valid.guid(record.text("tenantId"))


def subscription(*places: str) -> str:
    """The subscription of the first of these ids that lies in one."""
    found = (valid.subscription(ResourceId(place).subscription) for place in places)
    return next(filter(None, found), "")


def export(what: str) -> tuple[Carrier, ...]:
    """How exported records come.

    Args:
        what: The data type as the portal names it.
    """
    return (
        Carrier(
            f"Continuous export of Defender for Cloud: {what.lower()}",
            (
                "Defender for Cloud > Environment settings > the subscription > Continuous export > Event hub",
                f"Choose {what}, Streaming updates, and the event hub `alerts`",
            ),
        ),
    )

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from shared.engine.playbook.condition import compile_condition
from shared.engine.playbook.form import When
from shared.model.entity import Account, AzureResource, Host
from shared.model.event import Event
from shared.model.severity import Severity
from tests.lab import PLAYBOOKS, ROOT

MACHINE = AzureResource(resource_id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web")
EVENT = Event(
    source="graph_alert",
    id="1",
    case="alert:1",
    kind="VM_LoginBruteForceSuccess",
    product="Microsoft Defender for Cloud",
    products=("Contoso Watch",),
    severity=Severity.HIGH,
    status="New",
    subscription="3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31",
    tactics=("InitialAccess", "CredentialAccess"),
    techniques=("T1110.001",),
    entities=(Host(name="web", azure_id=MACHINE.resource_id), Account(name="adele")),
    raw={"CompromisedEntity": "web", "Tries": 482},
)


def asked(event: Event = EVENT, **conditions: Any) -> tuple[bool, str]:
    """Whether the event matches, and the last reason."""
    holds, why = compile_condition(When(source="graph_alert", entity="virtual_machine", **conditions)).ask(event)
    return holds, why[-1]


@pytest.mark.parametrize(
    ("status", "open_"),
    [("New", True), ("", True), ("Unhealthy", True), ("atRisk", True), ("Fired", True)]
    + [
        (word, False)
        for word in ("Resolved", "Dismissed", "confirmedSafe", "Healthy", "NotApplicable", "Deleted", "Snapshot")
    ],
)
def test_what_is_over_or_in_order_matches_only_if_it_is_asked_for(status: str, *, open_: bool) -> None:
    event = replace(EVENT, status=status)

    assert compile_condition(When(source="graph_alert", entity="virtual_machine")).ask(event)[0] is open_
    assert compile_condition(When(source="graph_alert", entity="virtual_machine", status=status or "x")).ask(event)[
        0
    ] is bool(status)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"severity": ">= high"}, True),
        ({"severity": ">=high"}, True),
        ({"severity": ">= critical"}, False),
        ({"severity": "<= high"}, True),
        ({"severity": "<= medium"}, False),
        ({"severity": "high"}, True),
        ({"severity": "== medium"}, False),
        ({"kind": "VM_LoginBruteForceSuccess"}, True),
        ({"kind": "vm_*"}, True),
        ({"kind": ["Other", "*success"]}, True),
        ({"kind": "VM_Login"}, False),
        ({"product": "Microsoft Defender for *"}, True),
        ({"product": "Microsoft Entra*"}, False),
        ({"product": ["contoso *", "x"]}, True),
        ({"status": "new"}, True),
        ({"status": ["closed", "New"]}, True),
        ({"status": "Closed"}, False),
        ({"tactic": "CredentialAccess"}, True),
        ({"tactic": "credential access"}, True),
        ({"tactic": "Persistence"}, False),
        ({"technique": "T1110"}, True),
        ({"technique": "T1110.001"}, True),
        ({"technique": "T1110.002"}, False),
        ({"technique": "T111"}, False),
        ({"subscription": "3C1F5A60-9D2B-4E7C-8A14-6F0B2D9E7A31"}, True),
        ({"subscription": "other"}, False),
        ({"where": "raw.Tries > 100"}, True),
        ({"where": "raw.Tries > 1000"}, False),
        ({"where": "event.severity == 'high' && raw.CompromisedEntity.startsWith('w')"}, True),
        ({"where": "event.entities.exists(e, e.kind == 'host' && e.name == 'web')"}, True),
        ({"where": "'T1110.001' in event.techniques"}, True),
        ({"severity": ">= high", "where": "raw.Tries > 1000"}, False),
    ],
    ids=lambda value: str(value).replace(" ", "") if isinstance(value, dict) else "",
)
def test_a_condition(conditions: dict[str, Any], *, holds: bool) -> None:
    assert asked(**conditions)[0] is holds


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"severity": ">= critical"}, "severity high is not >= critical"),
        ({"kind": "X*"}, "kind VM_LoginBruteForceSuccess is not like X*"),
        ({"status": "Closed"}, "status New is not Closed"),
        ({"tactic": "Persistence"}, "no tactic is Persistence"),
        ({"technique": ["T1", "T2"]}, "no technique is T1 or T2"),
        ({"where": "raw.Tries > 1000"}, "where: raw.Tries > 1000 does not hold"),
        ({}, f"entity virtual_machine {MACHINE.resource_id}"),
    ],
    ids=str,
)
def test_the_reason_says_what_was_found_and_what_was_wanted(conditions: dict[str, Any], reason: str) -> None:
    assert asked(**conditions)[1] == reason


def test_no_severity_is_not_severe_enough() -> None:
    assert asked(Event(id="1", case="c"), severity=">= low") == (False, "severity is not given, wanted >= low")


@pytest.mark.parametrize(
    "where",
    [
        "raw.Missing == 1",
        "raw.Tries.x",
        "raw.CompromisedEntity > 5",
        "raw.Tries",
        "event.none.at.all == 2",
        "system('x')",
    ],
)
def test_a_where_that_cannot_be_worked_out_does_not_match_and_says_so(where: str) -> None:
    holds, reason = asked(where=where)

    assert not holds
    assert where in reason


@pytest.mark.parametrize("where", ["raw.(", "", "1 +", "raw.a && other.b", "events.id == ''"])
def test_a_where_that_is_not_cel_over_event_and_raw_is_a_mistake(where: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        compile_condition(When(source="graph_alert", entity="host", where=where))


def test_only_the_entities_of_the_wanted_kind_are_acted_on() -> None:
    condition = compile_condition(When(source="graph_alert", entity="account"))

    assert condition.selected(EVENT) == (EVENT.entities[1],)


@pytest.mark.parametrize("uses", [True, False])
def test_cel_is_imported_only_if_a_playbook_uses_it(*, uses: bool, tmp_path: Path) -> None:
    for file in PLAYBOOKS.glob("*.yaml"):
        if ("  where:" in file.read_text()) == uses:
            shutil.copy(file, tmp_path)
    code = (
        "import sys; from pathlib import Path; from shared.engine.playbook.load import load\n"
        "from shared.kinds.responder import all_responders; from shared.kinds.source import all_sources\n"
        f"load(Path({str(tmp_path)!r}), all_responders(), sorted(all_sources())); print('cel' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert told.strip() == str(uses)

from __future__ import annotations

from pathlib import Path

from shared.kinds.responder import all_responders
from tests import lab
from tests.api.asking import acting


async def test_the_list_says_of_each_playbook_what_a_person_decides_by() -> None:
    made = lab.make()

    status, body = await made.get("/api/playbooks")

    assert status == 200
    assert [playbook["name"] for playbook in body["playbooks"]] == sorted(
        path.stem for path in lab.PLAYBOOKS.glob("*.yaml")
    )
    contain = next(playbook for playbook in body["playbooks"] if playbook["name"] == "contain_compromised_vm")
    assert (contain["mode"], contain["entities"]) == ("dry_run", ["virtual_machine"])
    assert contain["sources"] == ["defender_for_cloud", "sentinel_incident", "graph_alert"]
    assert contain["description"].startswith("A virtual machine is under")
    (step,) = contain["steps"]
    facts = all_responders()["network.isolate_nic"].facts
    assert step == {
        "responder": "network.isolate_nic",
        "params": {"quarantine_group": "nsg-riposte-quarantine"},
        "expires": ["8h", "3d"],
        "evidence": False,
        "impact": facts.impact,
        "limits": list(facts.limits),
    }


async def test_the_list_shows_the_mode_and_a_version_that_changes_with_the_file(tmp_path: Path) -> None:
    _, shipped = await lab.make().get("/api/playbooks")
    _, switched = await lab.make(playbooks=acting(tmp_path)).get("/api/playbooks")

    assert {playbook["mode"] for playbook in switched["playbooks"]} == {"act"}
    versions = [{playbook["version"] for playbook in listed["playbooks"]} for listed in (shipped, switched)]
    assert versions[0].isdisjoint(versions[1])


async def test_listing_asks_azure_for_nothing() -> None:
    made = lab.make()

    await made.get("/api/playbooks")

    assert made.world.calls == []

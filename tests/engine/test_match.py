from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.engine.match import Playbooks
from shared.engine.playbook.condition import compile_condition
from shared.engine.playbook.form import When
from shared.engine.playbook.load import Playbook
from shared.model.entity import Account, AnyEntity, AzureResource, Host, Ip
from shared.model.event import Event
from shared.model.severity import Severity

MACHINE = AzureResource(resource_id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web")
ENTITIES: tuple[AnyEntity, ...] = (MACHINE, Host(name="web"), Ip(address="203.0.113.9"), Account(name="adele"))

events = st.builds(
    Event,
    source=st.sampled_from(["graph_alert", "sentinel_incident", "key_vault"]),
    id=st.text(max_size=8),
    case=st.text(min_size=1, max_size=8),
    kind=st.text(max_size=8),
    product=st.text(max_size=8),
    severity=st.none() | st.sampled_from(Severity),
    status=st.sampled_from(["", "New", "Active", "Closed", "RESOLVED", "dismissed"]) | st.text(max_size=5),
    subscription=st.text(max_size=5),
    tactics=st.lists(st.sampled_from(["Persistence", "InitialAccess"])).map(tuple),
    techniques=st.lists(st.sampled_from(["T1078", "T1078.004", "T1110"])).map(tuple),
    entities=st.lists(st.sampled_from(ENTITIES)).map(tuple),
)
whens = st.builds(
    When,
    source=st.lists(st.sampled_from(["graph_alert", "sentinel_incident", "key_vault"]), min_size=1),
    entity=st.lists(st.sampled_from(["virtual_machine", "account", "ip", "host"]), min_size=1),
    severity=st.none() | st.sampled_from([">= high", "<= low", "medium", "== informational"]),
    product=st.none() | st.text(min_size=1, max_size=4),
    kind=st.none() | st.sampled_from(["*", "a*", "[", "a?"]),
    status=st.none() | st.sampled_from(["new", "Closed"]),
    tactic=st.none() | st.sampled_from(["Persistence", "initial access"]),
    technique=st.none() | st.sampled_from(["T1078", "T1110"]),
    subscription=st.none() | st.text(min_size=1, max_size=4),
)


def playbook(when: When, name: str = "one") -> Playbook:
    return Playbook(
        name=name,
        description="",
        mode="dry_run",
        condition=compile_condition(when),
        steps=(),
        trials=(),
        version="0",
    )


@given(events, st.lists(whens, max_size=4))
def test_an_event_matches_or_there_is_a_reason_why_it_does_not(event: Event, conditions: list[When]) -> None:
    matches, reason = Playbooks([playbook(when, f"p{i}") for i, when in enumerate(conditions)]).match(event)

    assert bool(matches) != bool(reason)
    for match in matches:
        assert match.entities
        assert set(match.entities) <= set(event.entities)
        assert all(match.why)


@given(events, st.lists(whens, max_size=3), whens)
def test_one_playbook_more_takes_no_match_away(event: Event, conditions: list[When], another: When) -> None:
    some = [playbook(when, f"p{i}") for i, when in enumerate(conditions)]
    before = {match.playbook.name for match in Playbooks(some).match(event)[0]}
    after = {match.playbook.name for match in Playbooks([*some, playbook(another, "another")]).match(event)[0]}

    assert after - {"another"} == before


@given(events, whens, st.sampled_from(Severity), st.sampled_from(Severity))
def test_what_is_severe_enough_stays_so_when_it_gets_worse(
    event: Event, when: When, first: Severity, second: Severity
) -> None:
    low, high = sorted((first, second))
    playbooks = Playbooks([playbook(When(source=when.source, entity=when.entity, severity=f">= {first.word}"))])

    if playbooks.match(replace(event, severity=low))[0]:
        assert playbooks.match(replace(event, severity=high))[0]


@given(events, whens)
def test_more_entities_take_no_match_away(event: Event, when: When) -> None:
    playbooks = Playbooks([playbook(when)])

    if playbooks.match(event)[0]:
        assert playbooks.match(replace(event, entities=(*event.entities, *ENTITIES)))[0]


@given(events)
def test_what_is_closed_matches_only_playbooks_that_ask_for_it(event: Event) -> None:
    closed = replace(event, source="graph_alert", status="Resolved", entities=ENTITIES)

    assert not Playbooks([playbook(When(source="graph_alert", entity="ip"))]).match(closed)[0]
    assert Playbooks([playbook(When(source="graph_alert", entity="ip", status="resolved"))]).match(closed)[0]


def test_the_reason_names_every_playbook_that_asks_for_the_source_and_the_first_thing_it_misses() -> None:
    severe = playbook(When(source="graph_alert", entity="ip", severity=">= high"), "severe")
    named = playbook(When(source="graph_alert", entity="account"), "named")
    other = playbook(When(source="key_vault", entity="ip"), "other")
    event = Event(source="graph_alert", id="1", case="c", severity=Severity.LOW, entities=(Ip(address="203.0.113.9"),))

    assert Playbooks([severe, named, other]).match(event) == (
        [],
        "severe: severity low is not >= high; named: no entity is a account",
    )
    assert Playbooks([other]).match(event) == ([], "no playbook asks for source graph_alert")


def test_a_playbook_is_found_by_its_name() -> None:
    first, second = playbook(When(source="key_vault", entity="ip"), "a"), playbook(When(source="x", entity="ip"), "b")
    playbooks = Playbooks([first, second])

    assert (playbooks.named("b"), playbooks.named("c")) == (second, None)

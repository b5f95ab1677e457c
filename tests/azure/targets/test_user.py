from __future__ import annotations

from typing import Any

import msgspec
import pytest

from azsim.services.graph import Directory
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import Azure
from shared.azure.targets.user import GROUPS, READ, USER, User, group_among, resolve
from shared.model.entity import Account, AnyEntity, Host
from shared.model.errors import Refused
from tests import lab
from tests.lab import Lab

UPN = "adele.vance@contoso.example"
OTHER_UPN = "alex.wilber@contoso.example"
OTHER = "2c3d4e5f-6a7b-48c9-9d0e-1f2a3b4c5d6e"


def asking(made: Lab) -> Azure:
    return made.app.azure((*USER.permissions, GROUPS), [])


def person(world: World, object_id: str = contoso.ADELE) -> dict[str, Any]:
    return world.state(Directory).users[object_id]


def hire(world: World, object_id: str, **known: Any) -> None:
    """Somebody new in Contoso."""
    blank = dict.fromkeys(("mail", "onPremisesSecurityIdentifier", "securityIdentifier"))
    world.state(Directory).add({"id": object_id, "userType": "Member", **blank, **known})


async def refusal(made: Lab, entity: AnyEntity) -> str:
    with pytest.raises(Refused) as refused:
        await resolve(entity, asking(made))
    return str(refused.value)


def ids_of(world: World, object_id: str = contoso.ADELE) -> dict[str, str]:
    """Everything an account can say of a person, by the names of its fields."""
    found = person(world, object_id)
    return {
        "object_id": object_id,
        "upn": found["userPrincipalName"],
        "mail": found["mail"],
        "sid": found["onPremisesSecurityIdentifier"],
    }


@pytest.mark.parametrize("name", ["object_id", "upn", "mail", "sid"])
@pytest.mark.parametrize("spelled", [str, str.upper, str.lower])
async def test_one_id_of_any_kind_in_any_case_is_enough(name: str, spelled: Any) -> None:
    made = lab.make()
    person(made.world)["mail"] = "adele@shop.example"

    (user,) = await resolve(Account(**{name: spelled(ids_of(made.world)[name])}), asking(made))

    assert user == User(
        id=f"user:{contoso.ADELE}",
        kind="user",
        name=UPN,
        ids=(contoso.ADELE, UPN),
        object_id=contoso.ADELE,
        user_type="Member",
    )


async def test_the_sid_that_the_cloud_gave_is_as_good_as_the_one_from_on_premises() -> None:
    made = lab.make()

    (user,) = await resolve(Account(sid=person(made.world)["securityIdentifier"]), asking(made))

    assert user.object_id == contoso.ADELE


@pytest.mark.parametrize("spelled", [str, str.upper, str.lower])
async def test_all_ids_in_agreement_name_one_user_with_one_question(spelled: Any) -> None:
    made = lab.make()
    person(made.world)["mail"] = "adele@shop.example"

    (user,) = await resolve(
        Account(**{name: spelled(value) for name, value in ids_of(made.world).items()}), asking(made)
    )

    assert user.object_id == contoso.ADELE
    assert [call.line for call in made.world.calls if "graph" in call.host] == ["GET graph.microsoft.com/v1.0/users"]


async def test_a_upn_in_place_of_the_mail_and_the_other_way_round_agree() -> None:
    made = lab.make()
    person(made.world)["mail"] = "adele@shop.example"

    (one,) = await resolve(Account(object_id=contoso.ADELE, upn="adele@shop.example", mail=UPN), asking(made))

    assert one.object_id == contoso.ADELE


@pytest.mark.parametrize(
    ("by", "other", "told"),
    [
        ("object_id", "upn", f"object id {contoso.ADELE} is user {contoso.ADELE}, but UPN {OTHER_UPN} is not theirs"),
        ("object_id", "mail", f"object id {contoso.ADELE} is user {contoso.ADELE}, but mail {OTHER_UPN} is not theirs"),
        ("object_id", "sid", f"object id {contoso.ADELE} is user {contoso.ADELE}, but SID S-1-5-21-"),
        ("upn", "mail", f"UPN {UPN} is user {contoso.ADELE}, but mail {OTHER_UPN} is not theirs"),
        ("upn", "sid", f"UPN {UPN} is user {contoso.ADELE}, but SID S-1-5-21-"),
        ("mail", "sid", f"mail {UPN} is user {contoso.ADELE}, but SID S-1-5-21-"),
    ],
)
async def test_ids_of_two_people_are_nobodys_and_the_reason_names_both(by: str, other: str, told: str) -> None:
    made = lab.make()
    mixed: dict[str, Any] = {by: ids_of(made.world)[by], other: ids_of(made.world, OTHER)[other]}

    reason = await refusal(made, Account(**mixed))

    assert reason.startswith(told)
    assert reason.endswith("is not theirs: nobody is acted on")


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (Account(object_id="00000000-1111-4222-8333-444444444444"), "object id 00000000-1111-4222-8333-444444444444"),
        (Account(upn="nobody@contoso.example"), "UPN nobody@contoso.example"),
        (Account(mail="nobody@contoso.example"), "mail nobody@contoso.example"),
        (Account(sid="S-1-5-21-1-2-3-4"), "SID S-1-5-21-1-2-3-4"),
        (Account(object_id="00000000-1111-4222-8333-444444444444", upn=UPN), "object id 00000000-1111-"),
    ],
)
async def test_an_id_that_nobody_has_is_refused_even_if_another_would_do(account: Account, told: str) -> None:
    assert (await refusal(lab.make(), account)).startswith(f"0 users have {told}")


@pytest.mark.parametrize(("name", "told"), [("mail", f"mail {UPN}"), ("sid", "SID S-1-5-21-")])
async def test_an_id_that_two_people_have_is_refused(name: str, told: str) -> None:
    made = lab.make()
    shared = {"mail": "mail", "sid": "onPremisesSecurityIdentifier"}[name]
    value = person(made.world)[shared]
    hire(
        made.world, "99999999-6a7b-48c9-9d0e-1f2a3b4c5d6e", userPrincipalName="twin@contoso.example", **{shared: value}
    )

    fields: dict[str, Any] = {name: value}
    reason = await refusal(made, Account(**fields))

    assert reason.startswith(f"2 users have {told}")


@pytest.mark.parametrize(
    "entity",
    [Account(), Account(name="adele.vance"), Account(name="adele.vance", nt_domain="CONTOSO"), Host(name="adele")],
)
async def test_without_an_id_that_names_one_person_nobody_is_looked_for(entity: AnyEntity) -> None:
    made = lab.make()

    assert "carries no object id, UPN, mail or SID" in await refusal(made, entity)
    assert made.world.calls == []


async def test_a_quote_in_an_id_is_part_of_it() -> None:
    made = lab.make()
    irish = "miles.o'brien@contoso.example"
    hire(made.world, "99999999-6a7b-48c9-9d0e-1f2a3b4c5d6e", userPrincipalName=irish, mail=irish)

    for account in (Account(upn=irish), Account(mail=irish)):
        (user,) = await resolve(account, asking(made))
        assert user.name == irish

    assert [call.query["$filter"] for call in made.world.calls if "graph" in call.host] == [
        "userPrincipalName eq 'miles.o''brien@contoso.example'",
        "mail eq 'miles.o''brien@contoso.example'",
    ]


@pytest.mark.parametrize("name", ["object_id", "upn", "mail", "sid"])
async def test_no_id_can_change_the_question(name: str) -> None:
    made = lab.make()

    fields: dict[str, Any] = {name: f"x' or userPrincipalName eq '{UPN}"}
    reason = await refusal(made, Account(**fields))

    assert reason.startswith("0 users have")


@pytest.mark.parametrize("name", ["upn", "mail", "sid"])
async def test_what_a_user_does_not_have_is_not_the_word_none(name: str) -> None:
    made = lab.make()
    hire(made.world, "99999999-6a7b-48c9-9d0e-1f2a3b4c5d6e", userPrincipalName="bare@contoso.example")

    fields: dict[str, Any] = {name: "None"}
    account = Account(object_id="99999999-6a7b-48c9-9d0e-1f2a3b4c5d6e", **fields)

    assert "is not theirs" in await refusal(made, account)


async def test_a_user_without_a_type_or_upn_is_found_all_the_same() -> None:
    made = lab.make()
    person(made.world).update(userPrincipalName="", userType=None)

    (user,) = await resolve(Account(object_id=contoso.ADELE), asking(made))

    assert (user.user_type, user.name, user.ids) == ("", "", (contoso.ADELE,))


async def _user(made: Lab, object_id: str) -> User:
    (user,) = await resolve(Account(object_id=object_id), asking(made))
    return user


def _groups(count: int) -> list[str]:
    return [f"00000000-0000-4000-8000-{number:012d}" for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 45])
async def test_groups_are_asked_for_twenty_at_a_time_and_the_first_that_fits_is_told(count: int) -> None:
    made = lab.make()
    user = await _user(made, contoso.BREAK_GLASS)

    none = await group_among(user, _groups(count), asking(made))
    found = await group_among(user, [*_groups(count), contoso.PROTECTED_GROUP], asking(made))

    assert (none, found) == ("", contoso.PROTECTED_GROUP)
    sizes = [len(msgspec.json.decode(call.body)["groupIds"]) for call in made.world.calls if call.body]
    assert max(sizes) <= 20
    assert sum(sizes) == 2 * count + 1


async def test_no_more_is_asked_when_a_group_is_found() -> None:
    made = lab.make()
    user = await _user(made, contoso.BREAK_GLASS)
    before = len(made.world.calls)

    assert await group_among(user, [contoso.PROTECTED_GROUP, *_groups(40)], asking(made)) == contoso.PROTECTED_GROUP
    assert len(made.world.calls) == before + 1


async def test_a_user_is_found_with_the_right_to_read_users_alone() -> None:
    made = lab.make(granted=[READ])

    (user,) = await resolve(Account(upn=UPN), made.app.azure(USER.permissions, []))

    assert user.object_id == contoso.ADELE

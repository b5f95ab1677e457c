from __future__ import annotations

import pytest

from shared.kinds.attack import TACTICS, tactics, techniques


@pytest.mark.parametrize("tactic", TACTICS)
def test_a_tactic_is_known_in_every_spelling(tactic: str) -> None:
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in tactic)

    assert tactics([tactic]) == tactics([tactic.lower()]) == tactics([spaced]) == tactics([spaced.replace(" ", "-")])
    assert tactics([tactic]) == (tactic,)


def test_tactics_come_each_once_in_their_order_without_words_that_are_none() -> None:
    words = [
        "PreAttack",
        "Lateral Movement",
        "Execution",
        "LateralMovement",
        "SuspiciousActivity",
        "",
        "Unknown",
        "T1059",
    ]

    assert tactics(words) == ("LateralMovement", "Execution")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["T1078.004"], ("T1078.004",)),
        (["Valid Accounts (T1078)", "T1078"], ("T1078",)),
        (["Command(T1059.001)"], ("T1059.001",)),
        (["T1550,T1528;T1557"], ("T1550", "T1528", "T1557")),
        (["T1110.01", "T1110.0012"], ("T1110",)),
        (["T155", "T15500", "XT1550", "t1550", "TA0001", "T\u0661\u0662\u0663\u0664", ""], ()),
    ],
)
def test_techniques_are_found_inside_of_words_each_once(words: list[str], found: tuple[str, ...]) -> None:
    assert techniques(words) == found

"""The page of the state machine, drawn from the arrows that the program is held to."""

from __future__ import annotations

from collections import defaultdict

from shared.model.states import ARROWS, ENDS, REPEATABLE, STATES, UNDOABLE, WHO


def page(made: str) -> str:
    """The page.

    Args:
        made: Says that it is generated.
    """
    takers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for old, new, who in sorted(ARROWS):
        takers[old, new].append(who)
    moves = {way: whos for way, whos in takers.items() if way[0] != way[1]}
    drawn = "\n".join(f"    {old or '[*]'} --> {new}: {', '.join(whos)}" for (old, new), whos in moves.items())
    ends = "\n".join(f"    {state} --> [*]" for state in sorted(ENDS))
    states = "\n".join(f"| `{state}` | {text} | {_kind(state)} |" for state, text in STATES.items())
    people = "\n".join(f"| {who} | {text} |" for who, text in WHO.items())
    rows = "\n".join(f"| {old or '(new)'} | {new} | {', '.join(whos)} |" for (old, new), whos in takers.items())
    return f"""# The states of a step

{made}

A step is one responder for one target because of one event. Its row in the ledger moves along these arrows and no
others; each move is a conditional write, in one transaction with its audit record. `claimed` and `undoing` are leases:
when one ends, any instance may take the step over, and looks first what has been done.

```mermaid
stateDiagram-v2
{drawn}
{ends}
```

| state | means | |
| --- | --- | --- |
{states}

## Who takes an arrow

| who | |
| --- | --- |
{people}

## Every arrow

An arrow from a state to itself renews a lease, puts a time off, or notes what is known besides.

| from | to | taken by |
| --- | --- | --- |
{rows}
"""


def _kind(state: str) -> str:
    kinds = (("an end", ENDS), ("can be undone", UNDOABLE), ("a person may ask for it once more", REPEATABLE))
    return ", ".join(kind for kind, members in kinds if state in members)

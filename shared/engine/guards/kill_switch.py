"""Whether people have stopped everything."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.engine.switch import KillSwitch


async def kill_switch(switch: KillSwitch, said: list[str]) -> No | None:
    """Refuses while the kill switch is on.

    Raises:
        AzureError: If it cannot be read.
    """
    turned = await switch.now()
    if turned.on:
        return No(f"the kill switch is on: {turned.why or 'no reason given'} ({turned.who or 'by an unknown person'})")
    said.append("kill switch: off")
    return None

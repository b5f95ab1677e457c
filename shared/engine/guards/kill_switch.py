"""Whether people have stopped everything."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.engine.switch import KillSwitch


async def kill_switch(switch: KillSwitch, said: list[str]) -> No | None:
    """Refuses while the kill switch is on; or has the step wait, if it says so.

    Raises:
        AzureError: If it cannot be read.
    """
    turned = await switch.now()
    if turned.on:
        return No(turned.reason, "planned" if turned.mode == "queue" else "refused")
    said.append("kill switch: off")
    return None

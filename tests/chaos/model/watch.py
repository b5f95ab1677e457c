"""What happens in the tenant and in the ledger, seen at the door: changes of an interface, and the arrows that are taken."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import urlsplit

from azsim.entities import Entity, Tables
from azsim.tenants import contoso
from shared.azure.ledger.form import read
from shared.azure.table import Row
from shared.model import ids
from shared.model.ledger import Entry
from shared.model.states import ARROWS, ENDS, WHO, Arrow, State, Who
from shared.wire.message import Request, Response, Send
from tests.chaos.crash.after import steps
from tests.chaos.model.truth import Truth
from tests.chaos.races.stage import QUARANTINE
from tests.engine.cases import NICS, group_of
from tests.lab import Lab

_PLACES = {(f"target-{ids.digest(nic)[:32]}", "target"): nic for nic in NICS}


class Watch:
    """Tells the model of every change.

    Args:
        made: An instance in the tenant.
        truth: The model.

    Attributes:
        yes: The requests for approval that somebody said yes to.
        arrows: How often each was taken.
    """

    def __init__(self, made: Lab, truth: Truth) -> None:
        self.yes: set[str] = set()
        self.arrows: Counter[Arrow] = Counter()
        self._made = made
        self._truth = truth
        self._seen: dict[tuple[str, str], tuple[str, State, bool]] = {}

    def under(self, send: Send, who: list[Who]) -> Send:
        """The transport of an instance, at the door of the tenant.

        Args:
            send: The door.
            who: Who it acts for just now.
        """

        async def send_and_look(request: Request) -> Response:
            host = urlsplit(request.url).netloc
            if request.method == "GET":
                return await send(request)
            before = {nic: group_of(self._made, nic) for nic in NICS}
            try:
                return await send(request)
            finally:
                if host.startswith(contoso.STORAGE_ACCOUNT):
                    self._look_into_the_ledger(who[0])
                for nic, group in before.items():
                    if (now := group_of(self._made, nic)) != group:
                        self._truth.written(nic, now)
                        self._is_meant(nic, now)

        return send_and_look

    def _is_meant(self, nic: str, group: str) -> None:
        """A step says that it is at it; and if somebody must approve it, somebody has."""
        at_it = [entry for entry in steps(self._made) if entry.step.target_id == nic]
        if group != QUARANTINE:
            meant = any(entry.state == "undoing" for entry in at_it)
        else:
            meant = any(entry.state == "claimed" and self._approved(entry) for entry in at_it)
        if not meant:
            told = [(entry.step.event.case, entry.state) for entry in at_it]
            self._truth.wrong.append(f"{nic} is put into {group}, and no step may do that: {told}")

    def _approved(self, entry: Entry) -> bool:
        asked = entry.approval
        return not entry.step.terms.approval or (asked is not None and asked.granted and asked.id in self.yes)

    def _look_into_the_ledger(self, who: Who) -> None:
        rows = self._made.world.state(Tables).tables[contoso.STORAGE_ACCOUNT, contoso.LEDGER_TABLE]
        for place, nic in _PLACES.items():
            there = rows.get(place)
            holds = json.loads(there.values["Data"]).get("holds", ()) if there else ()
            self._truth.held(nic, len(holds), group_of(self._made, nic))
        for (partition, key), entity in rows.items():
            if key.startswith("step-") and self._seen.get((partition, key), ("",))[0] != entity.etag:
                self._moved((partition, key), entity, who)

    def _moved(self, place: tuple[str, str], entity: Entity, who: Who) -> None:
        entry = read(Row(*place, entity.values), Entry)
        _, old, leased = self._seen.get(place, ("", "", False))
        gives_back = leased and entry.lease is None
        self._seen[place] = (entity.etag, entry.state, entry.lease is not None)
        takes = "owner" if gives_back or (leased and entry.state in ENDS) else who
        drawn = [(old, entry.state, each) for each in (takes, who, *WHO) if (old, entry.state, each) in ARROWS]
        if drawn:  # what was approved is gone on with as a sweep would, and a sweep that finds targets walks
            self.arrows[drawn[0]] += 1  # type: ignore[index]
        else:
            self._truth.wrong.append(f"no arrow leads from {old or 'nothing'} to {entry.state} for the {takes}")

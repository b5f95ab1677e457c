"""Everything a walk needs, in one value: made once for each process, when the first event comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shared.azure.audit import Audit
from shared.azure.clients import Azure
from shared.azure.credential import Credential
from shared.azure.dead_letters import DeadLetters
from shared.azure.ledger import Ledger
from shared.azure.table import Table
from shared.engine.match import Playbooks
from shared.engine.playbook.load import load
from shared.engine.playbook.mistakes import nearest
from shared.engine.population import Populations
from shared.engine.preview import Previews
from shared.engine.read import Sources
from shared.engine.slots import Slots
from shared.engine.switch import KillSwitch
from shared.kinds.responder import Responder, all_responders
from shared.kinds.source import all_sources
from shared.model.budget import OTHERS
from shared.model.errors import Mistake, Mistakes
from shared.model.permission import Permission
from shared.model.record import STREAM
from shared.model.settings import EVENT_HUB, Settings, read
from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.dry_run import KeptBack, dry
from shared.wire.guard import guarded
from shared.wire.journal import Exchange, journaled
from shared.wire.message import Request, Response, Send
from shared.wire.retry import Policy, retrying
from shared.wire.throttle import Throttle

STEP = timedelta(minutes=4)
"""How long one step may take: shorter than a function may run, and than a claim lasts."""

DELIVERY = timedelta(seconds=60)
"""How long an attempt to deliver records may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A running Riposte."""

    settings: Settings
    sources: Sources
    playbooks: Playbooks
    responders: dict[str, Responder]
    ledger: Ledger
    audit: Audit
    dead_letters: DeadLetters
    send: Send
    credential: Credential
    clock: Clock
    chance: Chance
    slots: Slots
    switch: KillSwitch
    populations: Populations
    previews: Previews
    instance: str
    tasks: set[asyncio.Task[None]]

    def azure(
        self,
        permissions: Iterable[Permission],
        journal: list[Exchange],
        kept_back: Callable[[KeptBack], None] | None = None,
        deadline: datetime | None = None,
    ) -> Azure:
        """Azure with these permissions and no other, each request written to `journal`.

        Args:
            permissions: What may be asked.
            journal: Where every request is written.
            kept_back: If given, nothing is changed: it is told of every write instead.
            deadline: Until when to try; four minutes from now if not given.
        """
        until = deadline or self.clock.now() + STEP
        send = retrying(self.send, self.clock, self.chance, until, Policy())
        if kept_back is not None:
            send = dry(send, kept_back)
        send = journaled(guarded(send, self.settings.cloud, permissions), journal)
        return Azure(send, self.credential, self.clock, self.chance, self.settings.cloud)


def compose(
    environment: Mapping[str, str],
    folder: Path,
    *,
    send: Send,
    clock: Clock,
    chance: Chance,
    over: Callable[[Send], Send] = lambda send: send,
) -> App:
    """Put everything together.

    Args:
        environment: The app's settings.
        folder: The app's own folder.
        send: The transport under everything.
        clock: Time.
        chance: Ids and secret values.
        over: Stands over the throttle, for all but tokens: a tape, for whether a request is let through depends on others.

    Raises:
        Mistakes: In settings or playbooks, all of them.
    """
    settings = read(environment)
    sources = Sources(all_sources())
    responders = all_responders()
    unknown = settings.budgets.keys() - responders.keys() - {OTHERS}
    if unknown:
        raise Mistakes([Mistake("RIPOSTE_BUDGETS", "", nearest(name, responders)) for name in unknown])
    loaded = Playbooks(load(folder / settings.playbooks, responders, sources.names))
    throttled = Throttle(send).send
    credential = Credential(_patient(throttled, clock, chance), clock, settings.identity_client_id)
    send = over(throttled)
    ledger = Ledger(Table(send, credential, clock, chance, settings.ledger, settings.ledger_table), clock)
    patient = _patient(send, clock, chance)
    return App(
        settings=settings,
        sources=sources,
        playbooks=loaded,
        responders=responders,
        ledger=ledger,
        audit=Audit(patient, credential, clock, settings.logs, settings.logs_rule, STREAM),
        dead_letters=DeadLetters(
            patient,
            credential,
            clock,
            blobs=settings.blobs,
            container=settings.blob_container,
            connection=environment.get(EVENT_HUB) or environment.get(f"{EVENT_HUB}__fullyQualifiedNamespace", ""),
            hub=settings.dead_letters_hub,
        ),
        send=send,
        credential=credential,
        clock=clock,
        chance=chance,
        slots=Slots(settings.concurrency),
        switch=KillSwitch(ledger, clock),
        populations=Populations(clock),
        previews=Previews(clock, timedelta(seconds=settings.preview_seconds)),
        instance=chance.id(),
        tasks=set(),
    )


def _patient(send: Send, clock: Clock, chance: Chance) -> Send:
    """A transport with the retry policy, each request for itself."""

    async def send_patiently(request: Request) -> Response:
        return await retrying(send, clock, chance, clock.now() + DELIVERY, Policy())(request)

    return send_patiently

"""Part of station 3: an aim's entity becomes targets that were found in Azure, or a refusal."""

from __future__ import annotations

from shared.engine.app import App
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds.responder import Responder
from shared.model.errors import NotFound, Refused
from shared.model.step import Aim
from shared.model.target import Target
from shared.wire.journal import Exchange


async def resolve(aim: Aim, responder: Responder, app: App, journal: list[Exchange]) -> tuple[Target, ...]:
    """The targets an aim's entity stands for.

    Raises:
        Refused: If there is none, or it is not certain which.
        AzureError: If Azure cannot be asked.
    """
    azure = app.azure(responder.target.permissions, journal)

    async def look() -> tuple[Target, ...]:
        found: tuple[Target, ...] = await in_our_words(responder.target.resolve(aim.entity, azure), wrote=False)
        return found

    try:
        targets = await with_fresh_token(look, app.credential)
    except NotFound as error:
        raise Refused(f"{aim.entity.label} is not there: {error}") from error
    if not targets:
        raise Refused(f"{aim.entity.label} stands for nothing that {aim.responder} acts on")
    return targets

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.engine.moves import begin, move
from shared.model.states import NoSuchArrow
from tests.engine.cases import acting, alert, delivered, steps


async def test_a_step_goes_nowhere_but_along_an_arrow(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())
    noted, _ = await steps(made, alert())

    with pytest.raises(NoSuchArrow, match="no arrow leads from done to claimed for the sweep"):
        await move(noted, replace(noted.entry, state="claimed"), [], "sweep", made.app)
    undoing = replace(noted.entry, state="undoing")
    with pytest.raises(NoSuchArrow, match="no arrow leads from nothing to done for the analyst"):
        await move(noted, undoing, [], "analyst", made.app, [replace(noted.entry, state="done")])
    with pytest.raises(NoSuchArrow, match="no arrow leads from nothing to undone for the walk"):
        await begin(noted.row.partition, replace(noted.entry, state="undone"), [], "walk", made.app)

    assert next(iter(await steps(made, alert()))).row == noted.row

"""A submission is opened in order to judge that submission, and no other."""

from __future__ import annotations

import pytest

from app.errors import Denied
from app.intake import actions as intake
from app.intake import queries
from tests.world import World


def test_one_submission_does_not_serve_to_open_another(world: World) -> None:
    _, first = world.submit()
    _, second = world.submit(account="Somebody else writes this.")
    rows = {line.reference: line.id for line in world.office.ask(world["intake"], queries.queue)}

    with pytest.raises(Denied):
        world.open("intake", intake.open_submission, first, "account", justification="TRIAGE", cites=rows[second])  # type: ignore[arg-type]

    opened = world.open("intake", intake.open_submission, first, "account", justification="TRIAGE", cites=rows[first])  # type: ignore[arg-type]
    assert opened["account"]

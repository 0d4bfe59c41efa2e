"""Between a withdrawal and what goes out under the consent there is an order: one of the two is first."""

from __future__ import annotations

import threading
from functools import partial
from uuid import UUID

import pytest

from app.errors import Denied
from app.testimonies import actions as testimonies
from tests.cases.test_holding import at_once
from tests.conftest import Database
from tests.drills import trials
from tests.world import World


def agreed(world: World) -> tuple[UUID, UUID]:
    """A consent, and a passage that can be opened under it."""
    reference = world.whole_case("en")
    return world.row("intake", reference, "consents"), world.row("intake", reference, "segments")


def disclose(world: World, consent: UUID, segment: UUID) -> None:
    world.open("intake", testimonies.open_segment, segment, "text", justification="AGREED_DISCLOSURE", cites=consent)


@pytest.mark.abuse("F01")
def test_nothing_goes_out_once_a_withdrawal_under_way_has_committed(world: World, database: Database) -> None:
    """The withdrawal is held open by hand: what cites the consent waits for it, and is refused after it."""
    consent, segment = agreed(world)
    disclose(world, consent, segment)
    outcome = list[str]()

    def cite() -> None:
        try:
            disclose(world, consent, segment)
            outcome.append("done")
        except Denied:
            outcome.append("denied")

    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE consents SET state = 'WITHDRAWN' WHERE id = %s", (consent,))
        thread = threading.Thread(target=cite)
        thread.start()
        thread.join(1)
        waited = thread.is_alive()
    thread.join(30)

    assert waited
    assert outcome == ["denied"]


@pytest.mark.abuse("F01")
@pytest.mark.drill
def test_of_both_at_one_moment_the_withdrawal_always_stands(world: World) -> None:
    for _ in range(trials(5, 500)):
        consent, segment = agreed(world)

        outcomes = at_once(
            partial(world.do, "intake-lead", testimonies.withdraw, subject=consent),
            partial(disclose, world, consent, segment),
            partial(disclose, world, consent, segment),
        )

        assert outcomes.count("done") >= 1
        with pytest.raises(Denied):
            disclose(world, consent, segment)

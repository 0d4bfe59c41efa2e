"""Whoever is given something by the custodians reads it on Today, and nobody else does."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app.accounts import actions as accounts
from app.accounts import ceremonies
from app.accounts.forms import RecoverTeam, Shut
from app.cases import recovery
from app.cases.forms import RecoverCase
from app.keyholders import custodians
from app.policy.actor import OPERATOR
from app.work import Caller
from tests.web.browser import arrived
from tests.world import World

TOLD = "The custodians gave you keys of this case"


def met(world: World) -> Caller:
    ring = world.office.housekeep(lambda session: custodians.joined(session, world.dealt.lines[1:4]))
    return Caller(OPERATOR, ring, host="cli")


@pytest.mark.abuse("H07")
def test_a_case_given_by_the_custodians_stands_on_today(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    world.invite("intake2", roles=("intake_officer",))
    named = frozenset(world.members[login].code for login in ("intake2", "protection"))
    assert TOLD not in arrived(staff_door, world, "intake2").get("/today").text

    world.office.perform(met(world), recovery.recover_case, RecoverCase(case=reference, to=named, run_by=frozenset()))

    page = arrived(staff_door, world, "intake2").get("/today").text
    assert TOLD in page
    assert reference in page
    assert "If you did not expect this, tell an auditor now." in page
    for other in ("intake", "legal", "administrator", "auditor"):
        assert TOLD not in arrived(staff_door, world, other).get("/today").text


def test_a_team_given_by_the_custodians_stands_on_today(staff_door: ASGIApp, world: World) -> None:
    world.do("administrator", accounts.disable, Shut(), subject=world.members["legal-lead"].code)
    form = RecoverTeam(team="legal", to=world.members["legal"].code, run_by=frozenset())

    world.office.perform(met(world), ceremonies.recover_team, form)

    page = arrived(staff_door, world, "legal").get("/today").text
    assert "The custodians made you lead of this team" in page
    assert TOLD not in page

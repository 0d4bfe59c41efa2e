"""What single accounts lack, on an administrator's lists: a second factor, a team's key, time of an undertaking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.accounts import actions, queries, undertakings
from app.accounts.forms import LeaveTeam, SignUndertaking
from app.settings import Settings
from tests.conftest import Clock
from tests.world import World
from tests.world.keys import added


def listed(world: World, which: Any) -> set[str]:
    """Codes on one list of the administrator's; its number says the same."""
    found = world.office.ask(world["administrator"], queries.people, which)
    numbers = world.office.ask(world["administrator"], queries.attention)
    assert getattr(numbers, which.replace("-", "_")) == len(found), which
    return {line.user for line in found}


def test_who_lacks_the_second_factor_their_role_needs_is_listed(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed(world, "without-factor") == set(), "in this office six digits do for everybody"
    monkeypatch.setattr(world.office, "_settings", replace(settings, totp_for_all=False))
    asked = {world.members[login].code for login in ("administrator", "auditor", "legal", "legal-lead")}

    before = listed(world, "without-factor")
    added(world, "legal")
    after = listed(world, "without-factor")

    assert before == asked
    assert after == asked - {world.members["legal"].code}
    lines = world.office.ask(world["administrator"], queries.people)
    assert {line.user for line in lines if not line.second_factor} == after


def test_who_holds_no_team_s_key_yet_is_listed(world: World) -> None:
    assert listed(world, "without-team") == set()
    out = world.members["legal"].code
    world.do("administrator", actions.leave_team, LeaveTeam(team="legal"), subject=out)
    reader = world.invite("another-auditor", roles=("auditor",)).code

    assert listed(world, "without-team") == {out}
    assert reader not in listed(world, "without-team"), "an auditor works in no team"


def test_whose_undertaking_ends_within_thirty_days_is_listed(
    world: World, standing_clock: Clock, settings: Settings
) -> None:
    standing_clock.move(days=settings.undertaking_days_max - undertakings.WARN_DAYS - 1)
    world.sign_in("administrator")
    assert listed(world, "ending") == set(), "thirty-one days are left"
    standing_clock.move(days=2)
    world.sign_in("administrator")
    assert listed(world, "ending") == {member.code for member in world.members.values()}

    form = SignUndertaking(version=undertakings.VERSION, language="en")
    world.do("administrator", undertakings.sign, form)

    assert world.members["administrator"].code not in listed(world, "ending")
    standing_clock.move(days=undertakings.WARN_DAYS)
    world.sign_in("administrator")
    assert listed(world, "ending") == set(), "what ran out is on another list"
    assert len(listed(world, "unsigned")) == len(world.members) - 1

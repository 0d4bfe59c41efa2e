"""What an office can do with the people it has: said in words, with the seat that is empty."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy.orm import Session

from app.accounts import actions as accounts
from app.accounts import undertakings
from app.accounts.forms import JoinTeam, LeaveTeam, Shut
from app.cli import staffing
from app.cli.doctor import Finding, Level
from app.keyholders import holders
from app.settings import Settings
from tests.cli.driving import Amana
from tests.conftest import Clock
from tests.world import World
from tests.world.keys import added


def examine(world: World, *, digits_do: bool = True) -> Callable[[Session], list[Finding]]:
    return partial(staffing.examine, policy=world.office.policy, digits_do=digits_do)


def told(world: World, check: str, *, digits_do: bool = True) -> dict[str, Level]:
    found = world.office.housekeep(examine(world, digits_do=digits_do))
    return {finding.words: finding.level for finding in found if finding.check == check}


def test_an_empty_seat_is_named(world: World) -> None:
    waiting = told(world, "waits")

    assert "texts are approved: this seat is empty: an approver" in waiting
    assert "a refusal is overridden by two who did not decide: this seat is empty: a third caseworker" in waiting
    assert "accounts are taken: 2 could" in told(world, "works")
    assert set(waiting.values()) == {Level.NOTE}


def test_a_seat_that_is_filled_waits_no_longer(world: World) -> None:
    world.invite("approver", roles=("approver",))

    assert "texts are approved: 1 can" in told(world, "works")


def test_a_team_without_a_deputy_asks_for_one(world: World) -> None:
    lead = world.members["legal-lead"].code
    assert told(world, "team")[f"legal: no deputy. If {lead} is gone, it takes the custodians"] == Level.ATTENTION
    code = world.members["legal"].code
    world.do("legal-lead", accounts.leave_team, LeaveTeam(team="legal"), subject=code)
    world.sign_in("legal-lead")
    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal", deputy=True), subject=code)

    assert told(world, "team")[f"legal: led by {lead}, deputy {code}"] == Level.FINE


def test_a_team_that_nobody_leads_is_told_what_helps(world: World) -> None:
    world.do("administrator", accounts.disable, Shut(), subject=world.members["legal-lead"].code)

    (words,) = [each for each in told(world, "team") if each.startswith("legal")]

    assert "neither lead nor deputy" in words
    assert "amana custodians recover --team legal" in words


def test_who_holds_team_keys_on_both_sides_of_the_wall_is_named(world: World) -> None:
    """No rule lets it come to this: an older program, or a restored database, might have."""
    assert told(world, "wall") == {"nobody holds team keys on both sides": Level.FINE}
    code, caller = world.members["intake"].code, world["protection-lead"]

    def let_in(session: Session) -> None:
        team = holders.team(session, "protection")
        assert caller.keyring is not None
        mine = world["intake"].keyring
        assert mine is not None
        private = caller.keyring.private(team.id, 1)
        row = holders.admit(session, private, team, 1, mine.holder, by=caller.keyring.holder, at=team.created_at)
        session.flush()
        assert row.vouched
        found.extend(examine(world)(session))
        raise Unsaid

    class Unsaid(Exception):
        """Nothing of this is kept."""

    found: list[Finding] = []
    with pytest.raises(Unsaid):
        world.office.housekeep(let_in)

    (wall,) = [each for each in found if each.check == "wall"]
    assert (wall.level, wall.words.split()[0]) == (Level.ATTENTION, code)


def test_somebody_with_two_hats_is_noted(world: World) -> None:
    code = world.invite("two.hats", roles=("intake_officer", "caseworker")).code

    assert [words.split()[0] for words in told(world, "two hats")] == [code]


def test_who_lacks_a_security_key_is_told_by_their_code(world: World) -> None:
    asked = sorted(world.members[login].code for login in ("administrator", "auditor", "legal", "legal-lead"))
    assert told(world, "factor") == {"everybody has a second factor of the kind their role needs": Level.FINE}

    (lack,) = told(world, "factor", digits_do=False).items()
    added(world, "legal")
    (later,) = told(world, "factor", digits_do=False)

    assert lack[0].startswith(" ".join(asked) + ":")
    assert lack[1] == Level.ATTENTION
    assert world.members["legal"].code not in later
    assert world.members["legal-lead"].code in later


def test_who_holds_no_team_s_key_yet_is_told_by_their_code(world: World) -> None:
    assert set(told(world, "team key").values()) == {Level.FINE}
    code = world.members["legal"].code
    world.do("administrator", accounts.leave_team, LeaveTeam(team="legal"), subject=code)

    (lack,) = told(world, "team key").items()

    assert lack == (f"{code}: no team's key yet; the lead of their team lets them in", Level.NOTE)


def test_whose_undertaking_ends_soon_is_told_by_their_code(
    world: World, standing_clock: Clock, settings: Settings
) -> None:
    standing_clock.move(days=settings.undertaking_days_max - undertakings.WARN_DAYS - 1)
    assert set(told(world, "undertaking").values()) == {Level.FINE}, "thirty-one days are left"
    standing_clock.move(days=2)

    (words,) = told(world, "undertaking")
    standing_clock.move(days=undertakings.WARN_DAYS)
    over = told(world, "undertaking")

    assert all(member.code in words for member in world.members.values())
    assert set(over.values()) == {Level.FINE}, "what ran out is told elsewhere"


def test_of_many_a_line_names_twenty(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staffing, "NAMED_MAX", 2)

    (words,) = told(world, "factor", digits_do=False)

    assert " and 2 more: no second factor" in words


def test_the_command_says_it_and_names_nobody(seeded: Amana) -> None:
    done = seeded.run("doctor", "--staff", "--json")

    said = {each["check"] for each in done.json["findings"]}
    assert {"works", "team", "wall", "custodians", "factor", "team key", "undertaking"} <= said
    assert not any(member["name"] in done.out for member in seeded.cast()["members"].values())

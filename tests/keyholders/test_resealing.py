"""What was sealed to a team before somebody left is sealed anew when one who stayed comes in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import actions as accounts
from app.accounts.forms import JoinTeam, LeaveTeam, Reseal
from app.cases import actions as cases
from app.cases.forms import RevokeGrant
from app.crypto import hpke
from app.errors import Denied, SealBroken
from app.keyholders import grants, resealing
from app.keyholders.models import Envelope, Grant
from tests.conftest import Clock, Database
from tests.keyholders.stored import holder_named
from tests.keyholders.test_planted import plant
from tests.ladder import Log, Rung, climb, log
from tests.work.story import Story
from tests.world import World

__all__ = ["log"]


def old_key(world: World, login: str, database: Database, team: str) -> hpke.PrivateKey:
    """The team's first private key, as somebody takes it along who leaves."""
    ring = world[login].keyring
    assert ring is not None
    return ring.private(holder_named(database, "team", team).id, 1)


def leave(world: World, login: str, team: Any) -> None:
    world.do("administrator", accounts.leave_team, LeaveTeam(team=team), subject=world.members[login].code)


def opened_by(database: Database, private: hpke.PrivateKey, team: str) -> tuple[int, int]:
    """How many live grants and how many envelopes of a team this private key opens."""
    holder = holder_named(database, "team", team).id
    with Session(database.engine("owner")) as session:
        live = session.scalars(select(Grant).where(Grant.keyholder_id == holder, Grant.revoked_at.is_(None))).all()
        envelopes = session.scalars(select(Envelope).where(Envelope.team_id == holder)).all()
        return (
            sum(_opens(private, g.sealed_key, grants.grant_info(g.case_id, g.compartment, g.generation, holder))
                for g in live),
            sum(_opens(private, e.sealed_for_team, grants.envelope_info(e.id, holder)) for e in envelopes),
        )  # fmt: skip


def _opens(private: hpke.PrivateKey, sealed: bytes, info: bytes) -> bool:
    try:
        hpke.open_with(private, sealed, info=info)
    except SealBroken:
        return False
    return True


@pytest.mark.abuse("E04")
def test_what_somebody_took_along_opens_nothing_once_a_member_came_in(
    story: Story, world: World, database: Database, log: Log
) -> None:
    """The control is the moment before: the old key opens every grant of the team that there is."""
    taken = old_key(world, "legal", database, "legal")
    leave(world, "legal", "legal")
    before = opened_by(database, taken, "legal")
    log.fresh()

    world.sign_in("legal-lead")

    assert before == (2, 1)
    assert opened_by(database, taken, "legal") == (0, 0)
    said = log.last()
    assert (said.action, said.operation, said.actor) == ("team.reseal", "key", world.members["legal-lead"].code)
    assert said.codes == {"team": "legal", "grants": 2, "envelopes": 1, "left": 0}


def test_those_who_stayed_read_as_before(story: Story, world: World) -> None:
    looks = [story.looks[name] for name in ("mitigation.open", "handoff.open")]
    leave(world, "legal", "legal")
    world.sign_in("legal-lead")

    for look in looks:
        view = world.do("legal-lead", look.action, look.form(), subject=look.row)
        assert view.values[look.column].read()


def test_a_sign_in_with_nothing_to_do_says_nothing(story: Story, world: World, log: Log) -> None:
    leave(world, "legal", "legal")
    world.sign_in("legal-lead")
    log.fresh()

    world.sign_in("legal-lead")
    world.sign_in("intake")

    assert [entry.action for entry in log.fresh()] == ["signin.enter", "signin.enter"]


def test_a_portion_at_a_time_and_the_next_who_comes_goes_on(
    story: Story, world: World, database: Database, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = old_key(world, "legal", database, "legal")
    leave(world, "legal", "legal")
    monkeypatch.setattr(resealing.reseal, "__kwdefaults__", {"portion": 1})

    world.sign_in("legal-lead")
    first = opened_by(database, taken, "legal")
    done = world.do("legal-lead", accounts.reseal, Reseal(team="legal"))

    assert first == (1, 0)
    assert (done.grants, done.envelopes, done.left) == (1, 0, 0)
    assert opened_by(database, taken, "legal") == (0, 0)


def test_the_ladder_of_resealing(story: Story, world: World, log: Log) -> None:
    climb(
        world, log, accounts.reseal,
        Rung("anonymous", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("protection-lead", "denied", "no-rule"),
        Rung("legal", "done", "member-reseals"),
        form=Reseal(team="legal"),
    )  # fmt: skip


def test_whoever_left_reseals_nothing(story: Story, world: World) -> None:
    leave(world, "legal", "legal")
    caller = world.signins.caller(world.members["legal"].token)

    with pytest.raises(Denied):
        world.office.perform(caller, accounts.reseal, Reseal(team="legal"))


def test_a_grant_that_nobody_gave_is_not_made_good(story: Story, world: World, database: Database, log: Log) -> None:
    """It is left as it is, with an entry: our own tag on it would carry it over at the next rotation."""
    plant(
        database, "UPDATE grants SET tag = %s WHERE compartment = 'LEGAL' AND keyholder_id = "
        "(SELECT id FROM keyholders WHERE name = 'legal')", b"\x00" * 32,
    )  # fmt: skip
    leave(world, "legal", "legal")
    log.fresh()

    world.sign_in("legal-lead")

    assert [(said.action, said.outcome) for said in log.fresh()][-2:] == [
        ("team.reseal", "done"), ("team.reseal", "key.planted"),
    ]  # fmt: skip
    with database.connect("owner") as owner:
        rows = owner.execute("SELECT keyholder_generation FROM grants WHERE tag = %s", [b"\x00" * 32]).fetchall()
    assert rows == [(1,)]


def test_resealing_and_a_rotation_at_one_moment_lose_nothing(
    story: Story, world: World, database: Database
) -> None:  # fmt: skip
    leave(world, "legal", "legal")
    ring = world.signins.caller(world.members["legal-lead"].token)
    revocation = RevokeGrant(user=world.members["intake-lead"].code, compartments=frozenset({"TESTIMONY"}))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(world.office.perform, ring, accounts.reseal, Reseal(team="legal"))
        second = pool.submit(world.do, "intake", cases.revoke, revocation, subject=story.reference)
        first.result()
        second.result()

    world.members["legal-lead"].caller = ring
    assert world.do("legal-lead", accounts.reseal, Reseal(team="legal")).left == 0
    assert "TESTIMONY" in world.show("legal-lead", story.reference).held
    note = story.looks["mitigation.open"]
    assert world.do("legal-lead", note.action, note.form(), subject=note.row)


def test_somebody_let_in_again_opens_what_was_resealed(story: Story, world: World, standing_clock: Clock) -> None:
    leave(world, "legal", "legal")
    world.sign_in("legal-lead")

    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal"), subject=world.members["legal"].code)
    world.members["legal"].caller = world.signins.caller(world.members["legal"].token)

    assert story.looks["mitigation.open"].take(world)

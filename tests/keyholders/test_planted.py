"""Whoever owns the database can write keys into it. Nothing is ever sealed to one they wrote.

Each test plants a row as the owner, with the triggers off, and lets the product work on.
Its control takes the one check away and sees the planted key open what was sealed to it:
so it is this check that holds, and the plant was a good one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.accounts import actions as accounts
from app.accounts import rules, undertakings
from app.accounts.forms import AcceptInvitation, LeaveTeam
from app.cases import actions as cases
from app.cases.forms import GiveGrant, OpenCase, RevokeGrant
from app.clock import uuid7
from app.crypto import hpke, kdf, signing
from app.crypto.statements import tag
from app.errors import PlantedKey, SealBroken, Unavailable
from app.keyholders import grants, holders
from app.keyholders.keyring import membership_info
from app.keyholders.manager import FileKeyManager
from app.keyholders.models import Grant, PublicKey
from app.keyholders.register import Register, holder_fact, member_fact
from app.people import actions as people
from app.work import Caller, Office
from tests.conftest import Clock, Database
from tests.keyholders.stored import cells, holder_named, opens
from tests.ladder import Log, log
from tests.work.story import Story
from tests.world import World

__all__ = ["log"]

believing = pytest.mark.parametrize("checked", [True, False], ids=["checked", "control"])


@pytest.fixture
def thief() -> hpke.PrivateKey:
    """The key of whoever owns the database."""
    return hpke.generate()


@pytest.fixture
def believe(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Take the register's check away: what stands in the database is believed."""
    return lambda: monkeypatch.setattr(Register, "knows", lambda *_: True)


def plant(database: Database, statement: str, *values: Any) -> None:
    """Write as the owner, triggers off: what no other role of the database can do."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement.encode(), values)


def plant_holder(database: Database, kind: str, public: bytes, name: str | None = None) -> UUID:
    holder = uuid7()
    plant(
        database, "INSERT INTO keyholders (id, kind, name, generation, created_at) VALUES (%s, %s, %s, 1, now())",
        holder, kind, name,
    )  # fmt: skip
    plant(
        database, "INSERT INTO public_keys (keyholder_id, generation, public, created_at, vouched) "
        "VALUES (%s, 1, %s, now(), %s)", holder, public, b"\x00" * 64,
    )  # fmt: skip
    return holder


def stolen(database: Database, private: hpke.PrivateKey, holder: UUID) -> set[str]:
    """The compartments of which this private key opens a grant of this holder, live or not."""
    found = set()
    with Session(database.engine("owner")) as session:
        for grant in session.query(Grant).where(Grant.keyholder_id == holder):
            info = grants.grant_info(grant.case_id, grant.compartment, grant.generation, holder)
            try:
                hpke.open_with(private, grant.sealed_key, info=info)
            except SealBroken:
                continue
            found.add(grant.compartment)
    return found


# escrow


@believing
@pytest.mark.abuse("H07")
def test_no_case_is_sealed_to_another_escrow_key(
    world: World, database: Database, log: Log, thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool
) -> None:
    escrow = holder_named(database, "escrow").id
    plant(database, "UPDATE public_keys SET public = %s WHERE keyholder_id = %s", thief.public, escrow)

    if not checked:
        believe()
        world.case()
        assert stolen(database, thief, escrow) == set(grants.COMPARTMENTS)
        return
    with pytest.raises(PlantedKey):
        world.case()
    assert stolen(database, thief, escrow) == set()
    assert _last(log) == ("case.open", "refuse", "key.planted")


@believing
def test_a_second_escrow_is_not_the_offices(
    world: World, database: Database, thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool
) -> None:
    plant(database, "UPDATE keyholders SET kind = 'service' WHERE kind = 'escrow'")
    planted = plant_holder(database, "escrow", thief.public)

    if not checked:
        believe()
        world.case()
        assert stolen(database, thief, planted) == set(grants.COMPARTMENTS)
        return
    with pytest.raises(PlantedKey):
        world.case()
    assert stolen(database, thief, planted) == set()


# teams


@believing
@pytest.mark.abuse("H07")
def test_the_portal_seals_no_submission_to_a_team_key_that_was_put_in(
    world: World, database: Database, thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool
) -> None:
    team = holder_named(database, "team", "intake").id
    plant(database, "UPDATE public_keys SET public = %s WHERE keyholder_id = %s", thief.public, team)

    if not checked:
        believe()
        world.submit("What the thief waits for.")
        with database.connect("owner") as owner:
            ((envelope, sealed),) = owner.execute("SELECT id, sealed_for_team FROM envelopes").fetchall()
        assert len(hpke.open_with(thief, bytes(sealed), info=grants.envelope_info(envelope, team))) == 32
        return
    with pytest.raises(PlantedKey):
        world.submit("What the thief waits for.")
    assert _count(database, "envelopes") == _count(database, "submissions") == 0


@believing
def test_another_team_under_a_known_name_gets_nothing(
    world: World, database: Database, thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool
) -> None:
    plant(database, "UPDATE keyholders SET name = 'old' WHERE name = 'intake'")
    plant_holder(database, "team", thief.public, "intake")

    if not checked:
        believe()
        world.submit("What the thief waits for.")
        return
    with pytest.raises(PlantedKey):
        world.submit("What the thief waits for.")


@believing
def test_a_planted_lead_is_given_no_case(
    world: World, database: Database, log: Log, thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool
) -> None:
    """Nobody is kept from opening a case; the planted row counts for nothing, and the log says so."""
    planted = plant_holder(database, "person", thief.public, "S-333333")
    _plant_member(database, "protection", planted, thief, lead=True)

    if not checked:
        believe()
        world.case()
        assert "LOCATION" in stolen(database, thief, planted)
        return
    world.case()
    assert stolen(database, thief, planted) == set()
    assert _last(log) == ("case.open", "key", "key.planted")


@believing
@pytest.mark.abuse("H07")
def test_a_planted_member_is_in_no_new_generation_of_a_team(
    world: World, database: Database, log: Log, thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool
) -> None:
    planted = plant_holder(database, "person", thief.public, "S-333333")
    _plant_member(database, "intake", planted, thief)
    if not checked:
        believe()

    world.do("intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=world.members["intake"].code)

    with database.connect("owner") as owner:
        given = owner.execute(
            "SELECT sealed_private FROM memberships WHERE generation = 2 AND member_id = %s", [planted]
        ).fetchall()
    if checked:
        assert given == []
        assert _last(log) == ("team.remove", "key", "key.planted")
        return
    team = holder_named(database, "team", "intake").id
    assert len(hpke.open_with(thief, bytes(given[0][0]), info=membership_info(team, 2, planted))) == 96


def test_a_duty_that_was_written_into_a_membership_ends_it(world: World, database: Database) -> None:
    """Somebody of the team who owns the database makes themself its lead: now they are not even in it."""
    plant(
        database, "UPDATE memberships SET lead = true WHERE member_id = "
        "(SELECT keyholder_id FROM users WHERE login_name = 'intake')",
    )  # fmt: skip

    actor = world.signins.caller(world.members["intake"].token).actor

    assert (actor.leads, actor.teams) == (frozenset(), frozenset())


def test_a_member_tells_a_team_key_that_even_the_register_vouches_for(
    story: Story, world: World, database: Database, manager: FileKeyManager, thief: hpke.PrivateKey
) -> None:
    """Who has the register's key too can put in a public key; the first member who opens the team's tells it."""
    team = holder_named(database, "team", "legal")
    look = story.looks["handoff.open"]
    assert look.take(world)
    fact = holder_fact(team.id, "team", "legal", 1, thief.public)
    plant(
        database, "UPDATE public_keys SET public = %s, vouched = %s WHERE keyholder_id = %s",
        thief.public, manager.vouch(fact), team.id,
    )  # fmt: skip
    world.members[look.login].caller = world.signins.caller(world.members[look.login].token)

    with pytest.raises(PlantedKey):
        look.take(world)


# grants and the keys of compartments


@believing
@pytest.mark.abuse("H07")
def test_a_planted_grant_is_not_carried_into_the_next_generation(
    story: Story, world: World, database: Database, log: Log, monkeypatch: pytest.MonkeyPatch,
    thief: hpke.PrivateKey, believe: Callable[[], None], checked: bool,
) -> None:  # fmt: skip
    planted = plant_holder(database, "person", thief.public, "S-333333")
    plant(
        database, "INSERT INTO grants SELECT case_id, compartment, generation, %s, 1, sealed_key, granted_by, at, "
        "until, revoked_at, dormant, tag, %s FROM grants WHERE compartment = 'TESTIMONY' AND keyholder_id = %s "
        "AND case_id = (SELECT id FROM cases WHERE reference = %s)",
        planted, uuid7(), holder_named(database, "escrow").id, story.reference,
    )  # fmt: skip
    if not checked:
        believe()
        monkeypatch.setattr(grants, "tag_fits", lambda *_: True)

    code = world.members["intake-lead"].code
    form = RevokeGrant(user=code, compartments=frozenset({"TESTIMONY"}))
    world.do("intake", cases.revoke, form, subject=story.reference)

    if not checked:
        assert stolen(database, thief, planted) == {"TESTIMONY"}
        return
    assert stolen(database, thief, planted) == set()
    assert _last(log) == ("grant.revoke", "key", "key.planted")
    assert story.looks["segment.open"].take(world)


def test_escrow_is_carried_over_whatever_was_done_to_its_grant(story: Story, world: World, database: Database) -> None:
    escrow = holder_named(database, "escrow").id
    plant(database, "UPDATE grants SET tag = %s WHERE keyholder_id = %s", b"\x00" * 32, escrow)

    code = world.members["intake-lead"].code
    form = RevokeGrant(user=code, compartments=frozenset({"TESTIMONY"}))
    world.do("intake", cases.revoke, form, subject=story.reference)

    assert stolen(database, world.escrow, escrow) == set(grants.COMPARTMENTS)
    assert _count(database, "grants WHERE generation = 2 AND keyholder_id = %s", escrow) == 1


@believing
def test_a_grant_of_hours_is_not_lengthened_in_the_database(
    story: Story, world: World, database: Database, standing_clock: Clock, monkeypatch: pytest.MonkeyPatch,
    checked: bool,
) -> None:  # fmt: skip
    until = clock.now() + timedelta(hours=2)
    form = GiveGrant(user=world.members["legal"].code, compartments=frozenset({"IDENTITY"}), until=until)
    world.do("intake", cases.give, form, subject=story.reference)
    person = world.row("legal", story.reference, "persons")
    plant(database, "UPDATE grants SET until = until + interval '1 year' WHERE until IS NOT NULL")
    standing_clock.move(hours=3)
    world.sign_in("legal")
    if not checked:
        monkeypatch.setattr(grants, "tag_fits", lambda *_: True)

    def look() -> Any:
        return world.open("legal", people.reveal, person, "legal_name", justification="DEMAND", words="Asked for.")

    if not checked:
        assert look()
        return
    with pytest.raises(PlantedKey):
        look()


@believing
@pytest.mark.abuse("H07")
def test_nothing_is_sealed_with_a_compartment_key_that_was_put_in(
    story: Story, world: World, database: Database, believe: Callable[[], None], checked: bool
) -> None:
    """Anybody can seal to a public key: here a key of the thief's, with tags to it, to all who hold the account."""
    theirs = b"t" * 32
    with Session(database.engine("owner"), info={"hallway": True}) as session, session.begin():
        session.connection().exec_driver_sql("SET session_replication_role = replica")
        rows = session.query(Grant).where(Grant.compartment == "TESTIMONY").all()
        for grant in rows:
            public = session.get_one(PublicKey, (grant.keyholder_id, grant.keyholder_generation)).public
            info = grants.grant_info(grant.case_id, "TESTIMONY", 2, grant.keyholder_id)
            grant.generation, grant.sealed_key = 2, hpke.seal_to(public, theirs, info=info)
            grant.tag = tag(theirs, grants.TAG, *grants.grant_facts(grant, public))
        session.connection().exec_driver_sql(
            "UPDATE case_keys SET generation = 2, commitment = %s WHERE compartment = 'TESTIMONY'",
            (kdf.commitment(theirs, 32),),
        )

    if not checked:
        believe()
        world.consents(story.reference, "T4")
        assert any(opens(stored, theirs) for stored in cells(database, "TESTIMONY"))
        return
    with pytest.raises(PlantedKey):
        world.consents(story.reference, "T4")
    assert not any(opens(stored, theirs) for stored in cells(database, "TESTIMONY"))


# people


@believing
@pytest.mark.abuse("H07")
def test_an_account_that_was_pointed_at_anothers_key_is_given_nothing(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    """The other key is a colleague's own and in the register: but under their code."""
    reference = world.case()
    plant(
        database, "UPDATE users SET keyholder_id = (SELECT keyholder_id FROM users WHERE login_name = 'protection') "
        "WHERE login_name = 'legal'",
    )  # fmt: skip
    form = GiveGrant(user=world.members["legal"].code, compartments=frozenset({"TESTIMONY"}))
    accomplice = world["protection"].keyring
    assert accomplice is not None

    if not checked:
        monkeypatch.setattr(holders, "called", lambda _session, holder, *_: holder)
        world.do("intake", cases.give, form, subject=reference)
        assert stolen(database, accomplice.private(accomplice.holder, 1), accomplice.holder) == {"TESTIMONY"}
        return
    with pytest.raises(PlantedKey):
        world.do("intake", cases.give, form, subject=reference)
    assert stolen(database, accomplice.private(accomplice.holder, 1), accomplice.holder) == set()


@believing
def test_an_invitation_nobody_gave_makes_no_account(
    world: World, database: Database, believe: Callable[[], None], checked: bool
) -> None:
    """The door would else vouch for the thief itself, as the founder of a team if they like."""
    code = rules.recovery_code()
    plant(database, "UPDATE keyholders SET name = 'old' WHERE name = 'intake'")
    plant(
        database, "INSERT INTO users (id, code, login_name, display_name, state, totp_last_step, invite_hash, "
        "invite_until, invite_vouched, founds_team, invited_by, created_at, language, shortcuts, pepper) VALUES "
        "(%s, 'S-333333', 'nobody', 'N', "
        "'INVITED', 0, %s, %s, %s, 'intake', 'S-444444', now(), 'en', false, 1)",
        uuid7(), rules.code_hash(code), clock.now() + timedelta(hours=1), b"\x00" * 64,
    )  # fmt: skip
    form = AcceptInvitation(code=code, passphrase="a lantern under the third bridge", undertaking=undertakings.VERSION)

    if not checked:
        believe()
        assert world.signins.accept(form).user == "S-333333"
        return
    with pytest.raises(PlantedKey):
        world.signins.accept(form)
    assert _count(database, "keyholders WHERE name = 'intake'") == 0


# the register itself


def test_a_process_without_a_register_seals_to_nobody(world: World, policy: Any, app_engine: Any) -> None:
    bare = Office(app_engine, policy)

    with pytest.raises(Unavailable):
        bare.perform(world["intake"], cases.open_case, OpenCase())


def test_the_portal_checks_and_cannot_vouch(manager: FileKeyManager) -> None:
    staff, portal = Register.of(manager), Register(manager.register())
    fact = holder_fact(uuid7(), "team", "intake", 1, b"k" * 1216)

    signature = staff.vouch(fact)

    assert portal.knows(fact, signature)
    assert portal.knows(fact, signature)
    with pytest.raises(Unavailable):
        portal.vouch(fact)


def test_a_signature_is_good_for_one_fact_of_one_register(manager: FileKeyManager) -> None:
    register = Register.of(manager)
    holder, team = uuid7(), uuid7()
    facts = {
        holder_fact(holder, "person", "S-333333", 1, b"k"),
        holder_fact(holder, "team", "S-333333", 1, b"k"),
        holder_fact(holder, "person", "S-333334", 1, b"k"),
        holder_fact(holder, "person", None, 1, b"k"),
        holder_fact(holder, "person", "S-333333", 2, b"k"),
        holder_fact(team, "person", "S-333333", 1, b"k"),
        member_fact(team, 1, holder, lead=False, deputy=False),
        member_fact(team, 1, holder, lead=True, deputy=False),
        member_fact(team, 1, holder, lead=False, deputy=True),
        member_fact(holder, 1, team, lead=False, deputy=False),
    }
    assert len(facts) == 10

    for fact in facts:
        signature = register.vouch(fact)
        assert {other for other in facts if register.knows(other, signature)} == {fact}
        assert not Register(signing.public(b"x" * 32)).knows(fact, signature)
        assert not register.knows(fact, None)


def _plant_member(database: Database, team: str, member: UUID, private: hpke.PrivateKey, *, lead: bool = False) -> None:
    plant(
        database, "INSERT INTO memberships (id, team_id, generation, member_id, sealed_private, lead, deputy, "
        "added_by, added_at, vouched) SELECT %s, id, generation, %s, %s, %s, false, id, now(), %s "
        "FROM keyholders WHERE name = %s",
        uuid7(), member, private.raw, lead, b"\x00" * 64, team,
    )  # fmt: skip


def _count(database: Database, which: str, *values: Any) -> int:
    with database.connect("owner") as owner:
        row = owner.execute(f"SELECT count(*) FROM {which}".encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def _last(log: Log) -> tuple[str, str, str]:
    said = log.last()
    return said.action, said.operation, said.outcome


def test_a_stranger_at_the_door_of_the_office_is_told_nothing_of_an_alarm(
    world: World, database: Database, log: Log, thief: hpke.PrivateKey
) -> None:
    """The entry of a planted key names the door's caller and no case, field or row."""
    team = holder_named(database, "team", "intake").id
    plant(database, "UPDATE public_keys SET public = %s WHERE keyholder_id = %s", thief.public, team)

    with pytest.raises(PlantedKey) as alarm:
        world.submit("A stranger's words.")

    said = log.last()
    assert (said.actor, said.host, said.outcome) == (Caller.anonymous().actor.code, "portal", "key.planted")
    assert said.cases == []
    assert "intake" not in str(alarm.value)

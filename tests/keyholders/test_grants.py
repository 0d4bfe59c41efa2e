"""Holding a grant is the right to see; what is taken back opens nothing that is stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from psycopg.sql import SQL, Identifier
from pydantic import ValidationError

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import JoinTeam, LeaveTeam
from app.cases import actions as cases
from app.cases.forms import GiveGrant, RevokeGrant
from app.crypto import hpke
from app.db import sealed_columns, tables
from app.errors import Conflict, Denied, NotFound, Refusal, SealBroken, Unavailable
from app.keyholders.grants import COMPARTMENTS
from app.people import actions as people
from app.policy.actor import Actor
from app.protection import actions as protection
from app.testimonies import actions as testimonies
from app.work import Caller
from tests.conftest import Clock, Database
from tests.keyholders.stored import cells, holder_named, key_of, opens
from tests.work.story import Story, entries
from tests.world import World


def give(world: World, reference: str, login: str, *compartments: Any, by: str, hours: float | None = None) -> Any:
    until = None if hours is None else clock.now() + timedelta(hours=hours)
    form = GiveGrant(user=world.members[login].code, compartments=frozenset(compartments), until=until)
    return world.do(by, cases.give, form, subject=reference)


def take(world: World, reference: str, *compartments: Any, by: str, login: str | None = None, team: Any = None) -> Any:
    user = None if login is None else world.members[login].code
    form = RevokeGrant(user=user, team=team, compartments=frozenset(compartments))
    return world.do(by, cases.revoke, form, subject=reference)


def held(world: World, login: str, reference: str) -> set[str]:
    try:
        return set(world.show(login, reference).held)
    except NotFound:
        return set()


# opening a case


def test_a_new_case_is_held_by_those_who_start_with_it(world: World) -> None:
    reference = world.case()

    assert held(world, "intake", reference) == {"IDENTITY", "TESTIMONY", "RELEASE"}
    assert held(world, "intake-lead", reference) == {"IDENTITY", "TESTIMONY"}
    assert held(world, "legal-lead", reference) == {"LEGAL"}
    assert held(world, "protection-lead", reference) == {"THREAT", "CARE", "LOCATION"}
    for login in ("legal", "protection", "administrator", "auditor", "narrative-lead"):
        assert held(world, login, reference) == set()


def test_escrow_can_open_every_compartment_of_every_case(story: Story, world: World, database: Database) -> None:
    """The escrow's private key exists in no file and no row; custodians rebuild it from paper."""
    escrow = holder_named(database, "escrow")

    for compartment in COMPARTMENTS:
        stored = cells(database, compartment)
        for case in {each.cell.case for each in stored}:
            key = key_of(database, world.escrow, escrow.id, compartment, 1, case)
            assert all(opens(each, key) for each in stored if each.cell.case == case)
        assert stored or compartment == "RELEASE"


def test_a_wrong_escrow_key_opens_nothing(world: World, database: Database) -> None:
    world.case()
    escrow = holder_named(database, "escrow")

    with pytest.raises(SealBroken):
        key_of(database, hpke.generate(), escrow.id, "IDENTITY", 1)


# moved ciphertexts, through the product


@pytest.mark.abuse("H01")
def test_a_value_moved_to_another_case_does_not_open(world: World, database: Database) -> None:
    first, second = world.case(), world.case()
    world.person(first)
    world.person(second)
    testimony = world.testimony(second)
    _as_owner(
        database,
        "UPDATE persons SET legal_name = (SELECT legal_name FROM persons p ORDER BY id LIMIT 1) "
        "WHERE id = (SELECT id FROM persons ORDER BY id DESC LIMIT 1)",
    )
    moved = world.row("intake", second, "persons")

    with pytest.raises(SealBroken):
        world.open("intake", people.reveal, moved, "legal_name", justification="INTAKE", cites=testimony)


@pytest.mark.abuse("H01")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE segments SET text = speaker",
        "UPDATE segments SET text = (SELECT text FROM segments s WHERE s.number <> segments.number LIMIT 1)",
        "UPDATE segments SET text = (SELECT legal_name FROM persons LIMIT 1)",
        "UPDATE segments SET text = (SELECT fear_in_own_words FROM threat_assessments LIMIT 1)",
        "UPDATE segments SET text = set_byte(text, 2, get_byte(text, 2) + 1)",
        "UPDATE segments SET text = substring(text from 1 for 20)",
        "UPDATE segments SET text = ''",
    ],
    ids=["column", "row", "table and compartment", "compartment", "generation", "cut", "emptied"],
)
def test_a_value_moved_or_altered_within_a_case_does_not_open(
    story: Story, world: World, database: Database, statement: str
) -> None:
    assert "CANARY" in story.looks["segment.open"].take(world)
    _as_owner(database, statement)

    with pytest.raises(SealBroken):
        story.looks["segment.open"].take(world)


@pytest.mark.abuse("H01")
def test_a_grant_moved_to_another_holder_or_case_opens_nothing(story: Story, world: World, database: Database) -> None:
    """Whoever writes the database can point a grant at themself; the key inside stays shut."""
    _as_owner(
        database,
        "UPDATE grants SET keyholder_id = (SELECT keyholder_id FROM users WHERE login_name = 'narrative-lead') "
        "WHERE keyholder_id = (SELECT keyholder_id FROM users WHERE login_name = 'intake-lead')",
    )
    assert held(world, "narrative-lead", story.reference) == {"IDENTITY", "TESTIMONY"}
    segment = story.looks["segment.open"]
    editor = world["narrative-lead"]
    other_hat = Caller(_with_role(editor.actor, "intake_officer"), editor.keyring)

    with pytest.raises(SealBroken):
        world.office.perform(other_hat, segment.action, segment.form(), subject=segment.row)


# revoking


def test_a_revocation_seals_every_cell_of_its_compartment_anew(story: Story, world: World, database: Database) -> None:
    before = cells(database, "TESTIMONY")

    revoked = take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")

    after = cells(database, "TESTIMONY")
    assert revoked.resealed == len(before) == len(after)
    assert {stored.cell.generation for stored in before} == {1}
    assert {stored.cell.generation for stored in after} == {2}
    assert not {stored.sealed for stored in before} & {stored.sealed for stored in after}
    assert len({stored.cell.table for stored in after}) >= 5


def test_the_key_of_an_old_grant_opens_nothing_that_is_stored(story: Story, world: World, database: Database) -> None:
    """They kept their key: it opens an old backup, and of the living database not one cell."""
    lead = world["intake-lead"].keyring
    assert lead is not None
    key = key_of(database, lead.private(lead.holder, 1), lead.holder, "TESTIMONY", 1)
    assert all(opens(stored, key) for stored in cells(database, "TESTIMONY"))

    take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")

    assert not any(opens(stored, key) for stored in cells(database, "TESTIMONY"))


def test_after_a_revocation_everybody_else_still_reads(story: Story, world: World) -> None:
    take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")

    for name in ("segment.open", "consent.open", "attachment.open", "attachment.download", "justification.open"):
        assert story.looks[name].take(world)
    assert "TESTIMONY" not in held(world, "intake-lead", story.reference)
    assert "IDENTITY" in held(world, "intake-lead", story.reference)


@pytest.mark.abuse("E04")
def test_a_revocation_is_felt_by_sessions_that_were_open(story: Story, world: World) -> None:
    look = story.looks["segment.open"]
    lead = world["intake-lead"]
    world.office.perform(lead, look.action, look.form(), subject=look.row)

    take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")

    with pytest.raises(NotFound):
        world.office.perform(lead, look.action, look.form(), subject=look.row)


def test_the_other_compartments_are_left_as_they_were(story: Story, world: World, database: Database) -> None:
    others = {c: cells(database, c) for c in COMPARTMENTS if c != "TESTIMONY"}

    take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")

    assert {c: cells(database, c) for c in others} == others


def test_escrow_follows_a_revocation(story: Story, world: World, database: Database) -> None:
    take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")

    key = key_of(database, world.escrow, holder_named(database, "escrow").id, "TESTIMONY", 2)

    assert all(opens(stored, key) for stored in cells(database, "TESTIMONY"))


def test_a_team_loses_a_compartment_as_a_person_does(story: Story, world: World) -> None:
    take(world, story.reference, "TESTIMONY", by="intake", team="legal")

    assert held(world, "legal", story.reference) == {"LEGAL"}
    assert "CANARY" in story.looks["segment.open"].take(world)


def test_what_is_recorded_after_a_revocation_is_sealed_with_the_new_key(
    story: Story, world: World, database: Database
) -> None:
    take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")
    world.consents(story.reference, "T4")

    assert {stored.cell.generation for stored in cells(database, "TESTIMONY")} == {2}


def test_a_revocation_of_what_is_not_held_is_not_found(story: Story, world: World, database: Database) -> None:
    for wrong in ({"login": "protection"}, {"login": "auditor"}, {"team": "protection"}):
        with pytest.raises(NotFound):
            take(world, story.reference, "TESTIMONY", by="intake", **wrong)
    assert {stored.cell.generation for stored in cells(database, "TESTIMONY")} == {1}


def test_two_revocations_at_once_make_two_generations_and_lose_nothing(
    story: Story, world: World, database: Database
) -> None:
    start = Barrier(2)

    def revoke(wrong: dict[str, Any]) -> Any:
        start.wait()
        for _ in range(5):
            try:
                return take(world, story.reference, "TESTIMONY", by="intake", **wrong)
            except Unavailable:
                continue
        raise AssertionError("never got its turn")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(revoke, [{"login": "intake-lead"}, {"team": "legal"}]))

    assert all(not isinstance(answer, Refusal) for answer in answers)
    assert {stored.cell.generation for stored in cells(database, "TESTIMONY")} == {3}
    assert story.looks["segment.open"].take(world)
    assert held(world, "intake-lead", story.reference) == {"IDENTITY"}
    assert held(world, "legal", story.reference) == {"LEGAL"}


def test_two_revocations_at_once_do_not_stop_each_other(story: Story, world: World, database: Database) -> None:
    """Each took a shared lock first and then waited for the other's to end: one of them always failed."""
    for turn in range(3):
        start = Barrier(2)
        for login in ("intake-lead", "legal-lead"):
            if turn:
                give(world, story.reference, login, "TESTIMONY", by="intake")
        if not turn:
            give(world, story.reference, "legal-lead", "TESTIMONY", by="intake")

        def revoke(login: str, start: Barrier = start) -> int:
            start.wait()
            return int(take(world, story.reference, "TESTIMONY", by="intake", login=login).resealed)

        with ThreadPoolExecutor(2) as pool:
            assert all(pool.map(revoke, ["intake-lead", "legal-lead"]))


def test_recording_while_a_compartment_is_taken_back_leaves_no_cell_behind(
    story: Story, world: World, database: Database
) -> None:
    """A seal under the old generation that committed after the re-sealing would open for nobody who stays."""
    start = Barrier(5)

    def work(number: int) -> None:
        start.wait()
        if number == 0:
            take(world, story.reference, "TESTIMONY", by="intake", login="intake-lead")
        else:
            world.consents(story.reference, f"T{number + 1}", conditions=f"number {number}")

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(work, range(5)))

    assert {stored.cell.generation for stored in cells(database, "TESTIMONY")} == {2}


# time


def test_a_grant_ends_by_the_clock(story: Story, world: World, standing_clock: Clock) -> None:
    give(world, story.reference, "legal", "IDENTITY", by="intake", hours=8)
    note = world.row("legal", story.reference, "mitigation_assessments")
    person = story.looks["person.reveal"].row
    why: dict[str, Any] = {"justification": "LEGAL_ASSESSMENT", "cites": note, "words": "for the hearing"}
    assert isinstance(person, UUID)
    assert world.open("legal", people.reveal, person, "legal_name", **why)["legal_name"]

    standing_clock.move(hours=7)
    world.sign_in("legal")
    assert world.open("legal", people.reveal, person, "legal_name", **why)["legal_name"]

    standing_clock.move(hours=1)
    with pytest.raises(NotFound):
        world.open("legal", people.reveal, person, "legal_name", **why)
    assert "IDENTITY" not in held(world, "legal", story.reference)


def test_a_grant_that_has_ended_is_not_renewed_by_somebody_elses_revocation(
    story: Story, world: World, standing_clock: Clock, database: Database
) -> None:
    give(world, story.reference, "legal", "IDENTITY", by="intake", hours=1)
    standing_clock.move(hours=2)

    take(world, story.reference, "IDENTITY", by="intake", login="intake-lead")

    # Intake's own have an end too since protection knows who it is; theirs lies ahead and is renewed.
    legal = world["legal"].keyring
    assert legal is not None
    again = "SELECT count(*) FROM grants WHERE generation = 2 AND compartment = 'IDENTITY' AND keyholder_id = %s"
    with database.connect("owner") as owner:
        fresh = owner.execute(again, (legal.holder,)).fetchone()
    assert fresh == (0,)


def test_a_revocation_keeps_the_end_of_a_grant_that_lives(story: Story, world: World, standing_clock: Clock) -> None:
    give(world, story.reference, "legal", "IDENTITY", by="intake", hours=8)
    take(world, story.reference, "IDENTITY", by="intake", login="intake-lead")
    assert "IDENTITY" in held(world, "legal", story.reference)

    standing_clock.move(hours=8)

    assert "IDENTITY" not in held(world, "legal", story.reference)


def test_a_grant_that_would_be_over_already_is_refused(story: Story, world: World) -> None:
    with pytest.raises(Conflict):
        give(world, story.reference, "legal", "IDENTITY", by="intake", hours=-1)


def test_a_time_without_a_zone_is_no_time(world: World) -> None:
    with pytest.raises(ValidationError):
        GiveGrant(
            user=world.members["legal"].code, compartments=frozenset({"IDENTITY"}), until="2026-10-01T10:00:00"
        )  # fmt: skip


# teams


def test_a_removed_member_opens_no_case_of_the_team(story: Story, world: World) -> None:
    assert held(world, "legal", story.reference) == {"LEGAL", "TESTIMONY"}
    world.do("legal-lead", accounts.leave_team, LeaveTeam(team="legal"), subject=world.members["legal"].code)
    world.members["legal"].caller = world.signins.caller(world.members["legal"].token)

    assert held(world, "legal", story.reference) == set()
    assert held(world, "legal-lead", story.reference) == {"LEGAL", "TESTIMONY"}


def test_removing_a_member_makes_a_new_team_key_for_new_seals(story: Story, world: World, database: Database) -> None:
    """Their old copy of the team's key does not open a case that comes after."""
    world.invite("legal2", roles=("legal_reviewer",))
    old = world["legal2"].keyring
    team = holder_named(database, "team", "legal")
    assert old is not None
    world.do("legal-lead", accounts.leave_team, LeaveTeam(team="legal"), subject=world.members["legal2"].code)
    for login in ("legal", "legal-lead"):
        world.members[login].caller = world.signins.caller(world.members[login].token)

    later = world.case()
    world.hand_to_legal(later)

    assert holder_named(database, "team", "legal").generation == team.generation + 1
    with database.connect("owner") as owner:
        sealed_to = owner.execute(
            "SELECT DISTINCT g.keyholder_generation FROM grants g JOIN cases c ON c.id = g.case_id "
            "WHERE c.reference = %s AND g.keyholder_id = %s", [later, team.id],
        ).fetchall()  # fmt: skip
    assert sealed_to == [(team.generation + 1,)]
    with pytest.raises(SealBroken):
        old.private(team.id, team.generation + 1)
    assert held(world, "legal", later) == held(world, "legal", story.reference) == {"LEGAL", "TESTIMONY"}


def test_a_member_who_joins_later_reads_what_was_sealed_before(story: Story, world: World) -> None:
    world.invite("legal2", roles=("legal_reviewer",))
    world.do("legal-lead", accounts.leave_team, LeaveTeam(team="legal"), subject=world.members["legal2"].code)
    world.members["legal-lead"].caller = world.signins.caller(world.members["legal-lead"].token)
    world.invite("legal3", roles=("legal_reviewer",))

    assert held(world, "legal3", story.reference) == {"LEGAL", "TESTIMONY"}


def test_a_member_who_was_removed_may_come_back(story: Story, world: World) -> None:
    """A leave of some months ends with the lead letting them in again."""
    code = world.members["legal"].code
    world.do("legal-lead", accounts.leave_team, LeaveTeam(team="legal"), subject=code)
    world.members["legal-lead"].caller = world.signins.caller(world.members["legal-lead"].token)

    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal"), subject=code)

    world.members["legal"].caller = world.signins.caller(world.members["legal"].token)
    assert held(world, "legal", story.reference) == {"LEGAL", "TESTIMONY"}
    assert "CANARY" in story.looks["mitigation.open"].take(world)


# amendment 2: nobody can ever open account and address of one case


@pytest.mark.abuse("E08")
@pytest.mark.parametrize("roles", [("intake_officer", "caseworker"), ("legal_reviewer", "caseworker")], ids="-".join)
def test_one_person_with_both_hats_never_opens_account_and_address(
    story: Story, world: World, roles: tuple[str, ...]
) -> None:
    """By the team they may not join, by single grants, in either order: at most one of the two opens."""
    world.invite("two.hats", roles=roles)
    place, account = story.looks["location.reveal"], story.looks["segment.open"]
    give(world, story.reference, "two.hats", "THREAT", by="protection-lead")
    with pytest.raises(Denied):
        world.do("protection-lead", accounts.join_team, JoinTeam(team="protection"),
                 subject=world.members["two.hats"].code)  # fmt: skip
    if "TESTIMONY" not in held(world, "two.hats", story.reference):
        give(world, story.reference, "two.hats", "TESTIMONY", by="intake")

    with pytest.raises(Denied) as refused:
        give(world, story.reference, "two.hats", "LOCATION", by="protection")

    assert refused.value.rule == "no-place-to-who-holds-the-account"
    for look in (place, account):
        with pytest.raises(Refusal):
            world.do("two.hats", look.action, look.form(), subject=look.row)


@pytest.mark.abuse("E08")
def test_an_address_held_first_shuts_the_account_that_comes_later(story: Story, world: World) -> None:
    """A whole team is given the account after one of its members got the place: then neither opens."""
    reference = world.case()
    world.residence(reference, by="protection-lead")
    testimony = world.testimony(reference)
    give(world, reference, "legal", "LOCATION", by="protection-lead", hours=8)
    world.hand_to_legal(reference)
    assert {"TESTIMONY", "LOCATION"} <= held(world, "legal", reference)
    segment, place = world.row("intake", reference, "segments"), world.row("protection-lead", reference, "residences")

    for action, row, column in (
        (testimonies.open_segment, segment, "text"),
        (testimonies.open_testimony, testimony, "own_words"),
        (protection.reveal_residence, place, "place"),
    ):
        with pytest.raises(Denied) as refused:
            world.open("legal", action, row, column, justification="DEMAND", words="order 7 of the court")
        assert str(refused.value.rule).startswith("no-")


@pytest.mark.abuse("E08")
def test_a_place_is_not_given_to_somebody_whose_team_holds_the_account(story: Story, world: World) -> None:
    with pytest.raises(Denied) as refused:
        give(world, story.reference, "legal", "LOCATION", by="protection", hours=1)

    assert refused.value.rule == "no-place-to-who-holds-the-account"


# administrators


@pytest.mark.domain("D32")
@pytest.mark.abuse("E09")
def test_an_administrator_can_neither_open_nor_grant_nor_join(story: Story, world: World) -> None:
    me = world.members["administrator"].code
    for look in story.looks.values():
        with pytest.raises(Refusal):
            world.do("administrator", look.action, look.form(), subject=look.row)
    for compartment in COMPARTMENTS:
        with pytest.raises(Refusal):
            give(world, story.reference, "administrator", compartment, by="administrator")
    for team in ("intake", "legal", "protection", "narrative"):
        with pytest.raises(Denied):
            world.do("administrator", accounts.join_team, JoinTeam(team=team), subject=me)
    assert held(world, "administrator", story.reference) == set()


@pytest.mark.domain("D32")
@pytest.mark.abuse("E09")
def test_an_administrator_given_every_role_still_opens_nothing(story: Story, world: World, database: Database) -> None:
    """Suppose they write themself every role in the database: rules then allow, and there is no key."""
    admin = world["administrator"]
    every = Actor(
        "User", admin.actor.code, admin.actor.id,
        roles=frozenset({"administrator", "intake_officer", "legal_reviewer"}),
        teams=frozenset({"intake", "legal"}), leads=frozenset({"intake", "legal"}), keyholders=admin.actor.keyholders,
        undertaken=True,
    )  # fmt: skip
    for look in story.looks.values():
        with pytest.raises((Refusal, SealBroken)):
            world.office.perform(Caller(every, admin.keyring), look.action, look.form(), subject=look.row)
    code = world.members["administrator"].code
    with pytest.raises((Refusal, SealBroken)):
        world.office.perform(Caller(every, admin.keyring), accounts.join_team, JoinTeam(team="legal"), subject=code)

    refused = [e for e in entries(database) if e["operation"] == "refuse" and e["actor"] == code]
    assert len(refused) >= len(story.looks)


def _with_role(actor: Actor, role: str) -> Actor:
    # Of no sign-in: with one it would be seen that nobody gave them this role.
    return Actor("User", actor.code, actor.id, roles=frozenset({role}), keyholders=actor.keyholders, undertaken=True)


def _as_owner(database: Database, statement: str) -> None:
    """Somebody who owns the database and puts its triggers aside."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement.encode())


def test_the_list_of_stored_cells_misses_no_table(story: Story, database: Database) -> None:
    """The control of the above: what ``cells`` lists is what the database holds."""
    found = {stored.cell.table for compartment in COMPARTMENTS for stored in cells(database, compartment)}
    with database.connect("owner") as owner:
        filled = {
            name
            for name, table in tables().items()
            if sealed_columns(table)
            and "envelope_id" not in table.__table__.columns
            and owner.execute(SQL("SELECT FROM {} LIMIT 1").format(Identifier(name))).fetchone() is not None
        }
    assert found == filled

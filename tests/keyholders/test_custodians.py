"""Custodians with enough shares: what they can give back, to whom, and what fewer of them can do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from shamir_mnemonic import Share

from app import clock
from app.accounts import actions as accounts
from app.accounts import ceremonies
from app.accounts.forms import LeaveTeam, RecoverTeam, Redeal, SharesSeen, Shut
from app.cases import recovery
from app.cases.forms import RecoverCase
from app.cases.views import Recovered
from app.cli import custodian_commands
from app.crypto import shares
from app.errors import Conflict, Denied, NotFound, Refusal
from app.keyholders import custodians, holders, resealing
from app.keyholders.keyring import Keyring
from app.keyholders.models import Grant
from app.policy.actor import OPERATOR
from app.work import Caller
from tests.conftest import Clock, Database
from tests.keyholders.stored import cells, holder_named, key_of, opens
from tests.keyholders.test_grants import held
from tests.ladder import Log, Rung, climb
from tests.work.story import Story
from tests.world import World


def ring(world: World, *lines: str) -> Keyring:
    made: Keyring = world.office.housekeep(lambda session: custodians.joined(session, lines))
    return made


def met(world: World) -> Caller:
    """The operator with the key of three custodians."""
    return Caller(OPERATOR, ring(world, *world.dealt.lines[:3]), host="cli")


def codes(world: World, *logins: str) -> frozenset[str]:
    return frozenset(world.members[login].code for login in logins)


def recover(world: World, reference: str, *logins: str, run_by: tuple[str, ...] = ()) -> Recovered:
    form = RecoverCase(case=reference, to=codes(world, *logins), run_by=codes(world, *run_by))
    given: Recovered = world.office.perform(met(world), recovery.recover_case, form)
    return given


def everybody_gone(world: World, *logins: str) -> None:
    """These accounts are shut: their passphrases are lost, and the keys with them."""
    for login in logins:
        world.do("administrator", accounts.disable, Shut(), subject=world.members[login].code)


def newcomers(world: World) -> None:
    world.invite("intake2", roles=("intake_officer",))
    world.invite("protection2", roles=("caseworker",))


# shares


@pytest.mark.abuse("H07")
def test_three_of_five_shares_are_the_key_and_two_are_nothing(world: World) -> None:
    lines = world.dealt.lines

    assert ring(world, lines[4], lines[0], lines[2]).private(
        world.office.housekeep(holders.escrow).id, 1
    ).public == world.escrow.public  # fmt: skip
    for few in ((), lines[:1], lines[:2], lines[3:]):
        with pytest.raises(shares.SharesDoNotJoin):
            ring(world, *few)


@pytest.mark.abuse("H07")
@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize("how", ["forged", "of another set", "mistyped", "given twice"])
def test_a_share_that_does_not_belong_is_named(world: World, how: str, position: int) -> None:
    """A forged one has the right set, number and checksum: without its mark three would only not join."""
    given = list(world.dealt.lines[:3])
    given[position - 1] = wrong(world, how, given, position)

    with pytest.raises(shares.BadShare) as bad:
        ring(world, *given)

    # Of two that are the same the second is the one too many.
    assert bad.value.position == (max(position, 2) if how == "given twice" else position)
    assert f"number {bad.value.position}" in bad.value.sentence


def wrong(world: World, how: str, given: list[str], position: int) -> str:
    line = given[position - 1]
    match how:
        case "forged":
            return forged(line)
        case "of another set":
            return custodians.deal().lines[position - 1]
        case "given twice":
            return given[1 if position == 1 else 0]
        case _:
            words = line.split()
            words[9] = "academic" if words[9] != "academic" else "zero"
            return " ".join(words)


def forged(line: str) -> str:
    """A share made up by a custodian: everything as it should be, but the value."""
    share = Share.from_mnemonic(line)
    return str(replace(share, value=bytes(len(share.value))).mnemonic())


def test_a_forged_share_is_well_formed(world: World) -> None:
    """The control: by itself it is a share like any other, and without marks nobody could say which of three it is."""
    lines = [forged(world.dealt.lines[0]), *world.dealt.lines[1:3]]

    with pytest.raises(shares.SharesDoNotJoin):
        shares.join(lines)


def test_a_share_may_be_typed_by_four_letters_a_word(world: World) -> None:
    short = [" ".join(word[:4] for word in line.upper().split()) for line in world.dealt.lines[:3]]

    assert ring(world, *(shares.spelled(line) for line in short))


def test_marks_that_somebody_planted_are_not_believed(world: World, database: Database) -> None:
    from app.errors import PlantedKey

    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE share_marks SET mark = sha256(mark)")

    with pytest.raises(PlantedKey):
        ring(world, *world.dealt.lines[:3])
    assert world.office.housekeep(holders.unsigned) == {"share_marks": 5}


# a case


@pytest.mark.abuse("H07")
def test_three_custodians_give_a_case_back_to_two_people(story: Story, world: World, log: Log) -> None:
    newcomers(world)
    assert held(world, "intake2", story.reference) == set()
    log.fresh()

    given = recover(world, story.reference, "intake2", "protection2")

    said = log.last()
    assert dict(given.given) == {
        world.members["intake2"].code: ("IDENTITY", "RELEASE", "TESTIMONY"),
        world.members["protection2"].code: ("LOCATION",),
    }
    assert given.left == ("LEGAL",)
    assert held(world, "intake2", story.reference) == {"IDENTITY", "RELEASE", "TESTIMONY"}
    assert (said.operation, said.action, said.actor, said.rule) == (
        "key", "custodians.recover_case", "operator", "custodians-give-a-case-back",
    )  # fmt: skip
    assert said.cases == [story.reference]
    assert {said.codes["compartments_1"], said.codes["compartments_2"]} == {
        "IDENTITY+RELEASE+TESTIMONY", "LOCATION",
    }  # fmt: skip


@pytest.mark.abuse("H07")
def test_who_was_given_a_case_reads_it(story: Story, world: World) -> None:
    """The control of what they hold: the account opens, with a reason, as for those who lost it."""
    newcomers(world)
    everybody_gone(world, "intake", "intake-lead")
    recover(world, story.reference, "intake2", "protection2")
    look = story.looks["segment.open"]
    assert isinstance(look.row, UUID)

    assert "CANARY" in str(world.open(
        "intake2", look.action, look.row, look.column, justification=look.justification, cites=look.cites,
        words=look.words,
    ))  # fmt: skip


@pytest.mark.domain("D32")
@pytest.mark.abuse("H07")
def test_whoever_runs_the_ceremony_is_given_nothing(story: Story, world: World, log: Log) -> None:
    newcomers(world)
    case: dict[str, Any] = {"case": story.reference, "run_by": codes(world, "intake2")}
    mine = RecoverCase(to=codes(world, "intake2", "protection2"), **case)
    log.fresh()

    with pytest.raises(Denied) as refused:
        world.office.perform(met(world), recovery.recover_case, mine)

    assert [said.outcome for said in log.fresh()] == ["denied"]
    assert refused.value.rule == "recovery-never-to-the-operator"
    assert held(world, "intake2", story.reference) == set()
    assert "LOCATION" not in held(world, "protection2", story.reference)


@pytest.mark.domain("D32")
def test_the_name_on_the_machine_counts_whatever_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs it may lie about their code; the account they are on the machine is not asked for."""
    monkeypatch.setenv("SUDO_USER", "intake")

    found = world.office.housekeep(custodian_commands.accounts_of_this_machine)

    assert found == [world.members["intake"].code]


@pytest.mark.domain("D32")
@pytest.mark.parametrize("login", ["administrator", "auditor", "custodian"])
def test_nobody_who_opens_no_content_is_given_any(story: Story, world: World, login: str) -> None:
    newcomers(world)
    if login == "custodian":
        world.invite("custodian", roles=("key_custodian",))

    with pytest.raises(Denied) as refused:
        recover(world, story.reference, "intake2", login)

    assert refused.value.rule == "recovery-only-to-who-may-read"
    assert held(world, "intake2", story.reference) == set()


def test_a_case_is_never_given_to_one_person_alone(story: Story, world: World) -> None:
    code = world.members["intake"].code
    with pytest.raises(ValueError, match="at least 2"):
        RecoverCase(case=story.reference, to=frozenset({code}), run_by=frozenset())


def test_nobody_is_given_account_and_address(story: Story, world: World) -> None:
    newcomers(world)
    world.invite("two.hats", roles=("intake_officer", "caseworker"))

    with pytest.raises(Denied) as refused:
        recover(world, story.reference, "intake2", "two.hats")

    assert refused.value.rule == "recovery-keeps-the-wall"


def test_nothing_is_recovered_without_the_shares(story: Story, world: World, log: Log) -> None:
    newcomers(world)
    form = RecoverCase(case=story.reference, to=codes(world, "intake2", "protection2"), run_by=frozenset())
    rungs = [Rung(who, "denied", "no-rule") for who in ("administrator", "auditor", "intake", "intake-lead")]

    climb(world, log, recovery.recover_case, *rungs, Rung("operator", "conflict", "none"), form=form)

    assert held(world, "intake2", story.reference) == set()


@pytest.mark.parametrize("reference", ["3456-7892", "nothing here"])
def test_a_case_that_is_none_is_not_found(world: World, reference: str) -> None:
    newcomers(world)
    with pytest.raises(NotFound):
        recover(world, reference, "intake2", "protection2")


def test_who_is_inside_a_group_stays_known_to_two(world: World) -> None:
    """The custodians bring back nobody's secret to a third; when one of the two is gone they may name another."""
    reference = world.case(exit_stage="INSIDE", beside=world.members["protection"].code)
    newcomers(world)
    with pytest.raises(Conflict):
        recover(world, reference, "intake2", "protection2")

    everybody_gone(world, "intake")
    recover(world, reference, "intake2", "protection2")

    assert "IDENTITY" in held(world, "intake2", reference)


def test_what_was_given_is_told_on_today(story: Story, world: World, standing_clock: Clock) -> None:
    newcomers(world)
    recover(world, story.reference, "intake2", "protection2")

    (told,) = world.office.ask(world["intake2"], recovery.given_to_me)

    assert (told.reference, told.compartments) == (story.reference, ("IDENTITY", "RELEASE", "TESTIMONY"))
    assert world.office.ask(world["intake"], recovery.given_to_me) == ()
    standing_clock.move(days=31)
    world.sign_in("intake2")
    assert world.office.ask(world["intake2"], recovery.given_to_me) == ()


def test_a_key_that_was_drawn_anew_is_told_of_all_the_same(story: Story, world: World) -> None:
    """The sign-in that shows Today first draws old keys anew, in one's own name: the line was gone with it."""
    from app.accounts import rotation
    from app.accounts.forms import OrderRenewal
    from app.cases import renewal

    newcomers(world)
    recover(world, story.reference, "intake2", "protection2")
    world.office.perform(Caller.operator(), rotation.order_renewal, OrderRenewal(before=clock.now()))
    assert renewal.renew_due(world.office, world["intake2"]) >= 3

    (told,) = world.office.ask(world["intake2"], recovery.given_to_me)

    assert told.compartments == ("IDENTITY", "RELEASE", "TESTIMONY")


# a team


def lead(world: World, login: str, team: Any = "intake", *, run_by: tuple[str, ...] = ()) -> Any:
    form = RecoverTeam(team=team, to=world.members[login].code, run_by=codes(world, *run_by))
    return world.office.perform(met(world), ceremonies.recover_team, form)


def test_a_team_whose_lead_is_gone_is_given_another(story: Story, world: World, log: Log) -> None:
    world.invite("intake2", roles=("intake_officer",))
    everybody_gone(world, "intake-lead")
    log.fresh()

    lead(world, "intake2")

    said = log.last()
    assert (said.operation, said.action, said.rule) == ("key", "custodians.recover_team", "custodians-meet")
    caller = world.sign_in("intake2")
    assert "intake" in caller.actor.leads
    (told,) = world.office.ask(caller, recovery.given_to_me)
    assert (told.team, told.reference) == ("intake", None)
    # Every generation of the team's key: what was sealed before the lead left opens too.
    assert caller.keyring is not None
    team = world.office.housekeep(lambda session: holders.team(session, "intake"))
    assert all(caller.keyring.private(team.id, generation) for generation in range(1, team.generation + 1))
    assert team.generation == 2


def test_a_team_that_is_led_is_left_alone(world: World) -> None:
    with pytest.raises(Conflict):
        lead(world, "intake")


def test_a_deputy_is_enough_for_the_custodians_to_stay_away(world: World) -> None:
    from app.accounts.forms import JoinTeam

    code = world.members["intake"].code
    world.do("intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=code)
    world.sign_in("intake-lead")
    world.do("intake-lead", accounts.join_team, JoinTeam(team="intake", deputy=True), subject=code)
    everybody_gone(world, "intake-lead")

    with pytest.raises(Conflict):
        lead(world, "intake")


@pytest.mark.parametrize(
    ("login", "team", "run_by", "rule"),
    [
        ("intake", "intake", ("intake",), "recovery-never-to-the-operator"),
        ("protection", "intake", (), "team-fits-the-role"),
        ("administrator", "intake", (), "recovery-only-to-who-may-read"),
    ],
)
def test_custodians_make_nobody_lead_whom_a_lead_could_not_let_in(
    world: World, login: str, team: str, run_by: tuple[str, ...], rule: str
) -> None:
    everybody_gone(world, "intake-lead")

    with pytest.raises(Denied) as refused:
        lead(world, login, team, run_by=run_by)

    assert refused.value.rule == rule


def test_a_team_is_not_recovered_without_the_shares(world: World, log: Log) -> None:
    everybody_gone(world, "intake-lead")
    form = RecoverTeam(team="intake", to=world.members["intake"].code, run_by=frozenset())
    rungs = [Rung(who, "denied", "no-rule") for who in ("administrator", "auditor", "intake")]

    climb(world, log, ceremonies.recover_team, *rungs, Rung("operator", "conflict", "none"), form=form)


# other custodians


def replaced(world: World) -> custodians.Dealt:
    fresh = custodians.deal(2, 3)
    form = Redeal(escrow_public=fresh.private.public, marks=fresh.marks, needed=2)
    world.office.perform(met(world), ceremonies.replace, form)
    return fresh


def test_replaced_shares_open_nothing_and_the_new_ones_everything(
    story: Story, world: World, database: Database, log: Log
) -> None:
    old = met(world)
    escrow = holder_named(database, "escrow")
    case = cells(database, "TESTIMONY")[0].cell.case
    key_of(database, world.escrow, escrow.id, "TESTIMONY", 1, case)
    log.fresh()
    fresh = replaced(world)

    sealed, left = custodian_commands.reseal_all(world.office, old)

    assert (sealed > 0, left) == (True, 0)
    said = [entry.action for entry in log.fresh()]
    assert said[0] == "custodians.replace"
    assert set(said[1:]) == {"custodians.reseal"}
    with pytest.raises((shares.BadShare, shares.SharesDoNotJoin)):
        ring(world, *world.dealt.lines[:3])
    key = key_of(database, fresh.private, escrow.id, "TESTIMONY", 1, case)
    assert any(opens(stored, key) for stored in cells(database, "TESTIMONY"))
    for grant in _grants_of(world, escrow.id):
        with pytest.raises(Exception, match="seal"):
            _opened(world, grant)
    world.dealt = fresh
    newcomers(world)
    assert recover(world, story.reference, "intake2", "protection2").given


def _grants_of(world: World, escrow: Any) -> list[Grant]:
    from sqlalchemy import select

    found = select(Grant).where(Grant.keyholder_id == escrow, Grant.revoked_at.is_(None))
    grants: list[Grant] = world.office.housekeep(lambda session: list(session.scalars(found)))
    return grants


def _opened(world: World, grant: Grant) -> bytes:
    from app.crypto import hpke
    from app.keyholders.grants import grant_info

    info = grant_info(grant.case_id, grant.compartment, grant.generation, grant.keyholder_id)
    try:
        return hpke.open_with(world.escrow, grant.sealed_key, info=info)
    except Exception as broken:
        raise AssertionError("the seal holds") from broken


def test_a_team_is_recovered_with_the_new_shares(world: World) -> None:
    fresh = replaced(world)
    world.dealt = fresh
    everybody_gone(world, "intake-lead")

    lead(world, "intake")

    assert "intake" in world.sign_in("intake").actor.leads


def test_a_replacement_that_was_cut_short_goes_on_with_the_old_shares(story: Story, world: World) -> None:
    old = met(world)
    fresh = replaced(world)
    escrow = world.office.housekeep(holders.escrow)
    before = world.office.housekeep(lambda session: resealing.stale(session, escrow))
    assert before > 0
    # Another process, later: nothing of the first one is left but what it committed.
    again = met(world)
    new = Caller(OPERATOR, ring(world, *fresh.lines[:2]), host="cli")

    with pytest.raises(Conflict):
        world.office.perform(again, ceremonies.replace, Redeal(
            escrow_public=fresh.private.public, marks=fresh.marks, needed=2
        ))  # fmt: skip
    newcomers(world)
    form = RecoverCase(case=story.reference, to=codes(world, "intake2", "protection2"), run_by=frozenset())
    with pytest.raises(Conflict):
        world.office.perform(new, recovery.recover_case, form)
    assert custodian_commands.reseal_all(world.office, again) == (before, 0)
    assert world.office.perform(new, recovery.recover_case, form).given
    assert old.keyring is not None


def test_shares_of_two_ceremonies_never_mix(story: Story, world: World) -> None:
    fresh = replaced(world)

    with pytest.raises(shares.BadShare) as bad:
        ring(world, world.dealt.lines[0], world.dealt.lines[1], fresh.lines[0])

    assert bad.value.position == 3


@pytest.mark.parametrize("action", [ceremonies.replace, ceremonies.reseal, ceremonies.test], ids=lambda a: a.name)
def test_ceremonies_are_the_operators_with_the_custodians_alone(world: World, log: Log, action: Any) -> None:
    forms = {
        "custodians.replace": Redeal(escrow_public=world.escrow.public, marks=world.dealt.marks, needed=3),
        "custodians.test": SharesSeen(marks=world.dealt.marks[:3]),
    }
    rungs = [Rung(who, "denied", "no-rule") for who in ("administrator", "auditor", "intake-lead")]

    climb(world, log, action, *rungs, Rung("operator", "conflict", "none"), form=forms.get(action.name))


def test_a_rehearsal_opens_nothing_and_is_remembered(world: World, log: Log) -> None:
    assert world.office.housekeep(custodians.seen_at) is None
    log.fresh()

    world.office.perform(met(world), ceremonies.test, SharesSeen(marks=world.dealt.marks[:3]))

    assert (log.last().action, world.office.housekeep(custodians.seen_at) is None) == ("custodians.test", False)


def test_a_ring_of_somebody_else_is_not_the_custodians(world: World) -> None:
    mine = Caller(OPERATOR, world["intake"].keyring, host="cli")

    with pytest.raises(Refusal):
        world.office.perform(mine, ceremonies.reseal)

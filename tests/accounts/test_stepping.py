"""A second factor given afresh: for one action about one case, once, for minutes (D15), or for a visit's reveals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.accounts import actions as accounts
from app.accounts import rota, services
from app.accounts.forms import GiveFactor, Invite, JoinTeam, LeaveTeam, MakeService, Shut
from app.accounts.stepping import NotConfirmed
from app.cases import actions as cases
from app.cases import ending_queries, erasing
from app.cases.forms import BeginVisit, HandOver, Opening, RevokeGrant
from app.errors import Denied, NotFound, NotSignedIn, StepUpNeeded, TooManyTries, Unprocessable
from app.legal import assurances
from app.legal.forms import SignAssurance
from app.people import actions as people
from app.protection import actions as protection
from app.work import Action, Form, Justification
from tests.conftest import Clock
from tests.ladder import Log, grant
from tests.world import World

NAME = Opening(fields=("legal_name",), justification=Justification.WITNESS_REQUEST)


def handed(world: World) -> str:
    """A case that legal reviewers work on."""
    reference = world.case()
    world.hand_to_legal(reference)
    return reference


def done(world: World, login: str, action: Action, form: Form | None, subject: object) -> str:
    """As ``world.do``, but nobody gives a second factor of themself."""
    try:
        world.office.perform(world[login], action, form, subject=subject)
    except StepUpNeeded as refusal:
        return refusal.code
    return "done"


def visit(world: World, login: str, reference: str, code: str = "WITNESS_REQUEST", **more: Any) -> UUID:
    form = BeginVisit(justification=Justification(code), **more)
    begun: UUID = world.do(login, cases.visit, form, subject=reference).id
    return begun


def test_the_second_factor_of_the_sign_in_does_not_count(world: World, log: Log) -> None:
    person = world.person(world.case()).id
    world.sign_in("intake")
    log.steps = True
    log.fresh()

    assert done(world, "intake", people.reveal, NAME, person) == "step_up.needed"

    (said,) = log.fresh()
    assert (said.operation, said.outcome, said.rule) == ("refuse", "step_up.needed", "reveal-by-a-fresh-second-factor")
    assert (said.cases, said.fields) == ([], None), "the entry says no more than was asked"


@pytest.mark.abuse("D15")
def test_it_serves_one_action_about_one_case_once(world: World, log: Log) -> None:
    reference, other = world.case(), world.case()
    person, stranger = world.person(reference).id, world.person(other).id
    contact = world.contact(reference)
    words = Opening(fields=("address",), justification=Justification.WITNESS_REQUEST)
    log.steps = True
    log.fresh()

    world.step_up("intake", people.reveal, person)

    (said,) = log.fresh()
    assert (said.operation, said.action) == ("sign-in", "signin.step_up")
    assert said.codes["asked"] == "person.reveal"
    assert done(world, "intake", people.reveal, NAME, stranger) == "step_up.needed", "about another case"
    assert done(world, "intake", people.reveal_contact, words, contact) == "step_up.needed", "for another action"
    assert done(world, "intake", people.reveal, NAME, person) == "done"
    assert done(world, "intake", people.reveal, NAME, person) == "step_up.needed", "a second time"


@pytest.mark.abuse("D15")
def test_after_five_minutes_it_is_too_late(world: World, standing_clock: Clock) -> None:
    person = world.person(world.case()).id
    world.step_up("intake", people.reveal, person)
    standing_clock.move(minutes=4)
    assert done(world, "intake", people.reveal, NAME, person) == "done", "the control"

    world.step_up("intake", people.reveal, person)
    standing_clock.move(minutes=5, seconds=1)

    assert done(world, "intake", people.reveal, NAME, person) == "step_up.needed"


@pytest.mark.abuse("D06")
def test_it_is_of_one_session(world: World) -> None:
    person = world.person(world.case()).id
    world.step_up("intake", people.reveal, person)

    world.sign_in("intake")

    assert done(world, "intake", people.reveal, NAME, person) == "step_up.needed"


def test_one_opens_who_somebody_is_for_as_long_as_the_visit_goes_on(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    person, contact = world.person(reference).id, world.contact(reference)
    whole = visit(world, "intake", reference)
    world.step_up("intake", people.reveal, person)
    assert done(world, "intake", people.reveal, NAME, person) == "done"

    standing_clock.move(minutes=30)
    words = Opening(fields=("address",), justification=Justification.WITNESS_REQUEST)
    assert done(world, "intake", people.reveal_contact, words, contact) == "done", "the same visit of the same case"
    other = world.case()
    assert done(world, "intake", people.reveal, NAME, world.person(other).id) == "step_up.needed", "another case"

    world.do("intake", cases.leave, subject=whole)
    assert done(world, "intake", people.reveal, NAME, person) == "step_up.needed", "the visit is over"


def test_where_somebody_is_asks_each_time(world: World) -> None:
    reference = world.whole_case()
    place = world.row("protection", reference, "residences")
    visit(world, "protection", reference)
    asked = Opening(fields=("place",), justification=Justification.LIFE_AT_RISK, words="somebody is at the door")
    world.step_up("protection", protection.reveal_residence, place)
    assert done(world, "protection", protection.reveal_residence, asked, place) == "done"

    assert done(world, "protection", protection.reveal_residence, asked, place) == "step_up.needed"


def test_a_key_is_given_and_taken_after_one_of_its_own_each(world: World) -> None:
    reference = world.case()
    form = grant(world, "legal", "TESTIMONY")
    assert done(world, "intake", cases.give, form, reference) == "step_up.needed"

    world.step_up("intake", cases.give, reference)

    assert done(world, "intake", cases.give, form, reference) == "done"
    taken = RevokeGrant(user=form.user, compartments=form.compartments)
    assert done(world, "intake", cases.revoke, taken, reference) == "step_up.needed"


def test_what_one_holds_no_key_of_cannot_be_told_from_nothing(world: World, log: Log) -> None:
    reference = world.case()
    person = world.person(reference).id

    for action, subject in ((people.reveal, person), (cases.give, reference)):
        with pytest.raises(NotFound):
            world.step_up("legal", action, subject)
        assert log.last().outcome == "not_found"


@pytest.mark.abuse("D04")
def test_a_code_that_was_used_or_is_wrong_gives_nothing_and_tries_are_counted(world: World, log: Log) -> None:
    reference = world.case()
    used = world.factor("intake")
    given = GiveFactor(action="grant.give", subject=reference, **used)
    world.signins.step_up(world["intake"], given)
    log.fresh()

    for _ in range(5):
        with pytest.raises(NotConfirmed):
            world.signins.step_up(world["intake"], given)
        assert log.last().outcome == "step_up.refused"
    with pytest.raises(TooManyTries):
        world.step_up("intake", cases.give, reference)


INVITED = Invite(login_name="newcomer", display_name="Somebody New", roles=frozenset({"caseworker"}))
MADE = MakeService(team="legal", name="reader", purpose="ARCHIVE", ends_at=datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.abuse("D15")
@pytest.mark.parametrize(
    ("login", "action", "form"),
    [
        ("administrator", accounts.invite, INVITED),
        ("administrator", accounts.disable, Shut(why="LEFT")),
        ("administrator", accounts.leave_team, LeaveTeam(team="legal")),
        ("legal-lead", accounts.join_team, JoinTeam(team="legal")),
        ("legal-lead", services.make, MADE),
    ],
    ids=["invite", "shut", "remove", "add", "service"],
)
def test_who_works_here_is_changed_after_one_of_its_own_each(
    world: World, log: Log, login: str, action: Action, form: Form
) -> None:
    about, other = (None, None) if action.on is None else (world.members[each].code for each in ("legal", "intake"))
    if action is accounts.join_team:
        world.do("administrator", accounts.leave_team, LeaveTeam(team="legal"), subject=about)
    world.sign_in(login)
    log.steps = True
    log.fresh()

    assert done(world, login, action, form, about) == "step_up.needed"

    (said,) = log.fresh()
    assert (said.outcome, said.rule) == ("step_up.needed", "colleagues-by-a-fresh-second-factor")
    if other is not None:
        world.step_up(login, action, other)
        assert done(world, login, action, form, about) == "step_up.needed", "it was given for another colleague"
    world.step_up(login, action, about)
    assert done(world, login, action, form, about) == "done"
    with pytest.raises((StepUpNeeded, Denied)):
        world.office.perform(world[login], action, form, subject=about)


def test_a_hand_over_takes_one_for_its_case(world: World) -> None:
    reference, other = world.case(), world.case()
    world.step_up("intake", cases.hand_over, reference)

    assert done(world, "intake", cases.hand_over, HandOver(team="legal"), other) == "step_up.needed"
    assert done(world, "intake", cases.hand_over, HandOver(team="legal"), reference) == "done"
    assert done(world, "intake", cases.hand_over, HandOver(team="protection"), reference) == "step_up.needed"


@pytest.mark.abuse("D15")
def test_a_promise_is_signed_after_one_of_its_own(world: World, log: Log) -> None:
    (reference, promise), (_, other) = ((case, world.drafted(case)) for case in (handed(world), handed(world)))
    form = SignAssurance(verified="Called the office back.")
    log.steps = True
    log.fresh()

    assert done(world, "legal-lead", assurances.sign, form, promise) == "step_up.needed"
    (said,) = log.fresh()
    assert (said.outcome, said.rule) == ("step_up.needed", "promises-by-a-fresh-second-factor")
    with pytest.raises(Denied):
        world.office.perform(world["legal"], assurances.sign, form, subject=promise)
    assert log.last().rule == "nobody-signs-what-they-drafted", "nobody is asked for a code in vain"

    world.step_up("legal-lead", assurances.sign, other)
    assert done(world, "legal-lead", assurances.sign, form, promise) == "step_up.needed", "it was given for another"
    world.step_up("legal-lead", assurances.sign, promise)
    assert done(world, "legal-lead", assurances.sign, form, promise) == "done"
    last = log.last()
    assert (last.outcome, last.action, last.cases) == ("done", "assurance.sign", [reference])


@pytest.mark.abuse("D15")
def test_a_hold_is_set_and_lifted_after_one_of_its_own_each(world: World, log: Log) -> None:
    reference, other = handed(world), handed(world)
    log.steps = True

    def asked(login: str, action: Action, form: Form | None, subject: object) -> None:
        """Refused without, refused with one for another case, done with its own."""
        log.fresh()
        assert done(world, login, action, form, subject) == "step_up.needed"
        (said,) = log.fresh()
        assert (said.operation, said.rule, said.cases) == ("refuse", "ends-by-a-fresh-second-factor", [])
        world.step_up(login, erasing.set_hold, other)
        assert done(world, login, action, form, subject) == "step_up.needed", "it was given for another"
        world.step_up(login, action, subject)
        assert done(world, login, action, form, subject) == "done"
        assert [(each.outcome, each.action) for each in log.fresh()] == [
            ("done", "signin.step_up"), ("step_up.needed", action.name), ("done", "signin.step_up"),
            ("done", action.name),
        ]  # fmt: skip

    asked("legal-lead", erasing.set_hold, erasing.SetHold(words="A court may ask for it."), reference)
    (hold,) = world.office.ask(world["legal"], ending_queries.ending, reference).holds
    asked("legal", erasing.propose_lift, None, hold.id)
    (waits,) = world.office.ask(world["legal"], ending_queries.ending, reference).waiting
    asked("legal-lead", erasing.lift, None, waits.id)


@pytest.mark.abuse("D15")
def test_a_destruction_takes_one_of_each_of_the_two(world: World, log: Log) -> None:
    reference = handed(world)
    world.closed(reference, "DESTROY_AT_CLOSE")
    wanted = erasing.ProposeDestruction(offered="TAKEN")
    log.steps = True
    log.fresh()

    assert done(world, "intake", erasing.propose_destruction, wanted, reference) == "step_up.needed"
    assert log.last().rule == "ends-by-a-fresh-second-factor"
    world.step_up("intake", erasing.propose_destruction, reference)
    assert done(world, "intake", erasing.propose_destruction, wanted, reference) == "done"
    (waits,) = world.office.ask(world["intake"], ending_queries.ending, reference).waiting
    log.fresh()

    assert done(world, "legal-lead", erasing.destroy, None, waits.id) == "step_up.needed"
    world.step_up("legal-lead", erasing.destroy, waits.id)
    assert done(world, "legal-lead", erasing.destroy, None, waits.id) == "done"

    assert [(each.outcome, each.action) for each in log.fresh()] == [
        ("step_up.needed", "case.destroy"), ("done", "signin.step_up"), ("done", "case.destroy"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        world.show("intake", reference)


def test_nobody_is_put_on_duty_without_one(world: World, log: Log) -> None:
    now = clock.now()
    form = rota.SetShift(rung=1, starts_at=now, ends_at=now + timedelta(hours=8))
    about = world.members["protection"].code
    log.steps = True
    log.fresh()

    assert done(world, "protection-lead", rota.set_shift, form, about) == "step_up.needed"
    assert log.last().rule == "colleagues-by-a-fresh-second-factor"
    world.step_up("protection-lead", rota.set_shift, about)
    assert done(world, "protection-lead", rota.set_shift, form, about) == "done"


def test_for_what_is_about_nobody_yet_one_names_oneself(world: World) -> None:
    another = GiveFactor(action="account.invite", subject=world.members["intake"].code, **world.factor("administrator"))
    with pytest.raises(NotFound):
        world.signins.step_up(world["administrator"], another)


@pytest.mark.parametrize("name", ["case.visit", "no.such"])
def test_what_asks_for_none_takes_none(world: World, name: str) -> None:
    with pytest.raises(Unprocessable):
        world.signins.step_up(
            world["intake"], GiveFactor(action=name, subject=world.case(), **world.factor("intake"))
        )  # fmt: skip


def test_who_is_not_signed_in_gives_none(world: World) -> None:
    with pytest.raises(NotSignedIn):
        world.signins.step_up(world["intake"].anonymous(), GiveFactor(action="grant.give", subject="x", code="000000"))

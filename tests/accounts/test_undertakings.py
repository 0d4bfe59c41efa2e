"""The undertaking of secrecy: who has not signed it opens nothing, and nobody gives them a key (D51)."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from app import clock
from app.accounts import actions as accounts
from app.accounts import queries, undertakings
from app.accounts.forms import AcceptInvitation, JoinTeam, LeaveTeam, SignUndertaking
from app.cases import actions as cases
from app.cases.forms import GiveGrant, HandOver, OpenCase, Opening
from app.errors import Conflict, Denied
from app.testimonies import actions as testimonies
from app.work import Action, Form, Justification
from tests.accounts.test_colleagues import PASSPHRASE, invite
from tests.conftest import Clock
from tests.ladder import Log, Rung, climb
from tests.world import World

SIGN = SignUndertaking(version=undertakings.VERSION, language="ar")
# What each version says, in all its languages: who changes a word gives it another version.
READ = {"2026-11": "cb4b1f38e90849ff"}


def sign(world: World, *logins: str) -> None:
    """They sign anew in their own sign-in; what the door knows of them is read afresh."""
    for login in logins:
        world.sign_in(login)
        world.do(login, undertakings.sign, SIGN)
        world.members[login].caller = world.signins.caller(world.members[login].token)


def a_year_later(world: World, standing_clock: Clock) -> None:
    """Everybody comes in on the day after their undertaking has run out."""
    standing_clock.move(days=366)
    for login in world.members:
        world.sign_in(login)


def refused(world: World, login: str, action: Action, form: Form | None = None, subject: object = None) -> str:
    with pytest.raises(Denied) as denied:
        world.do(login, action, form, subject=subject)
    assert "ndertaking of secrecy" in denied.value.sentence, "it says why"
    return str(denied.value.rule)


def test_a_version_is_a_text(world: World) -> None:
    shown = world.office.ask(world["auditor"], undertakings.show)

    told = json.dumps(shown.texts, ensure_ascii=False, sort_keys=True).encode()
    assert hashlib.sha256(told).hexdigest()[:16] == READ[shown.version]
    assert set(shown.texts) == {"ar", "en", "fr"}
    assert len({len(lines) for lines in shown.texts.values()}) == 1, "no language says more than another"


def test_everybody_signs_for_themself_and_nobody_for_another(world: World, log: Log) -> None:
    climb(
        world, log, undertakings.sign,
        Rung("anonymous", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        Rung("intake", "conflict", "none", form=SignUndertaking(version="2019-01")),
        Rung("intake", "done", "anybody-signs-the-undertaking"),
        form=SIGN,
    )  # fmt: skip


def test_whoever_signs_has_signed_for_a_year(world: World, standing_clock: Clock, log: Log) -> None:
    standing_clock.move(days=300)
    log.fresh()

    until = world.do("intake", undertakings.sign, SIGN).until

    (said,) = log.fresh()
    assert said.codes == {"account": world.members["intake"].code, "version": undertakings.VERSION, "language": "ar"}
    shown = world.office.ask(world["intake"], undertakings.show)
    assert (shown.until, shown.in_force) == (until, True)
    assert timedelta(days=364) < until - clock.now() < timedelta(days=366)


@pytest.mark.domain("D51")
def test_the_day_after_it_ran_out_nothing_opens_and_it_is_said_why(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="LIMITS_EXPLAINED")
    standing_clock.move(days=364)
    world.sign_in("intake")
    assert world.open("intake", testimonies.open_testimony, testimony, "own_words", justification="WITNESS_REQUEST")
    standing_clock.move(days=2)
    world.sign_in("intake")

    asked = Opening(fields=("own_words",), justification=Justification.WITNESS_REQUEST)
    assert refused(world, "intake", testimonies.open_testimony, asked, testimony) == "no-opening-without-an-undertaking"

    sign(world, "intake")
    assert world.open("intake", testimonies.open_testimony, testimony, "own_words", justification="WITNESS_REQUEST")


@pytest.mark.domain("D51")
def test_whoever_let_theirs_run_out_gives_no_key(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    newcomer = world.invite("newcomer", roles=("key_custodian", "intake_officer"))
    a_year_later(world, standing_clock)
    sign(world, "newcomer", "legal", "legal-lead")
    rule = "no-key-from-who-has-not-undertaken"
    key = GiveGrant(user=world.members["legal"].code, compartments=frozenset({"TESTIMONY"}))

    assert refused(world, "intake", cases.give, key, reference) == rule
    assert refused(world, "intake", cases.hand_over, HandOver(team="legal"), reference) == rule
    assert refused(world, "intake", cases.open_case, OpenCase()) == rule
    assert refused(world, "intake-lead", accounts.join_team, JoinTeam(team="intake"), newcomer.code) == rule

    # Taking away is always allowed, and so is letting the witness go on.
    world.do("intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=world.members["intake"].code)
    sign(world, "intake")
    assert world.do("intake", cases.give, key, subject=reference)


@pytest.mark.domain("D51")
def test_nobody_is_given_a_key_whose_undertaking_ran_out(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    a_year_later(world, standing_clock)
    sign(world, "intake", "intake-lead", "administrator")
    rule = "no-key-to-who-has-not-undertaken"
    key = GiveGrant(user=world.members["legal"].code, compartments=frozenset({"TESTIMONY"}))

    assert refused(world, "intake", cases.give, key, reference) == rule
    assert refused(world, "intake", cases.hand_over, HandOver(team="legal"), reference) == rule
    beside = OpenCase(exit_stage="INSIDE", beside=world.members["protection"].code)
    assert refused(world, "intake", cases.open_case, beside) == "nobody-is-named-who-has-not-undertaken"

    sign(world, "legal", "protection")
    assert world.do("intake", cases.give, key, subject=reference)
    assert world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference), "one of the team may open it"
    assert world.do("intake", cases.open_case, beside)


@pytest.mark.domain("D51")
def test_nobody_joins_a_team_whose_undertaking_ran_out(world: World, standing_clock: Clock) -> None:
    member = world.members["intake"]
    world.do("intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=member.code)
    a_year_later(world, standing_clock)
    sign(world, "intake-lead")

    shown = world.office.ask(world["intake-lead"], queries.team, "intake")
    assert member.code not in {each.user for each in shown.candidates}
    found = refused(world, "intake-lead", accounts.join_team, JoinTeam(team="intake"), member.code)
    assert found == "no-key-to-who-has-not-undertaken"

    sign(world, "intake")
    shown = world.office.ask(world["intake-lead"], queries.team, "intake")
    assert member.code in {each.user for each in shown.candidates}
    assert world.do("intake-lead", accounts.join_team, JoinTeam(team="intake"), subject=member.code)


def test_a_newcomer_signs_as_they_sign_up_or_has_no_account(world: World, log: Log) -> None:
    code = invite(world).invitation
    with pytest.raises(ValidationError):
        AcceptInvitation.model_validate({"code": code, "passphrase": PASSPHRASE})
    with pytest.raises(Conflict):
        world.signins.accept(AcceptInvitation(code=code, passphrase=PASSPHRASE, undertaking="2019-01"))
    log.fresh()

    made = world.signins.accept(
        AcceptInvitation(code=code, passphrase=PASSPHRASE, undertaking=undertakings.VERSION, language="fr")
    )

    assert log.last().codes == {"account": made.user, "undertaking": undertakings.VERSION}
    (found,) = [each for each in world.office.ask(world["administrator"], queries.people) if each.user == made.user]
    assert found.undertaken


def test_who_has_signed_is_told_to_the_administrator_and_the_lead_and_to_no_colleague(
    world: World, standing_clock: Clock
) -> None:
    a_year_later(world, standing_clock)
    sign(world, "intake-lead")

    ask = world.office.ask
    assert ask(world["administrator"], queries.attention).unsigned == len(world.members) - 1
    listed = ask(world["administrator"], queries.people, "unsigned")
    assert world.members["intake-lead"].code not in {each.user for each in listed}
    assert not any(each.undertaken for each in listed)
    for_the_lead = {each.user: each.undertaken for each in ask(world["intake-lead"], queries.team, "intake").members}
    assert for_the_lead == {world.members["intake-lead"].code: True, world.members["intake"].code: False}
    for_a_member = ask(world["intake"], queries.team, "intake").members
    assert {(each.undertaken, each.undertaken_until) for each in for_a_member} == {(None, None)}

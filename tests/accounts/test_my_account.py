"""What somebody does with their own account, and what nobody does with another's."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from app import clock
from app.accounts import actions, factors, mine, queries, rules
from app.accounts.forms import ChangePassphrase, Invite, LeaveTeam, Prefer, RenewFactor, SignInForm
from app.accounts.rules import Unconfirmed, WeakPassphrase
from app.cases import queries as cases
from app.errors import NotFound, NotSignedIn, Refusal, SignInRefused, TooManyTries, Unprocessable
from app.settings import Settings
from app.work import Caller
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, next_request
from tests.world import World

NEW = "eleven wet stones under a bridge"


def change(world: World, login: str = "intake", **given: Any) -> Any:
    """Choose another passphrase with everything right, but for what is given."""
    member = world.members[login]
    form = {"passphrase": member.passphrase, "new_passphrase": NEW, "recovery_code": member.recovery[0]} | given
    changed = world.signins.change_passphrase(world[login], ChangePassphrase(**form))
    world.renewed(member.token, changed.token)
    return changed


def enter(world: World, login: str, passphrase: str, number: int = 1) -> str:
    code = world.members[login].recovery[number]
    return world.signins.enter(SignInForm(login_name=login, passphrase=passphrase, recovery_code=code)).token


def with_factor(world: World, **factor: str) -> SignInForm:
    return SignInForm(login_name="intake", passphrase=world.members["intake"].passphrase, **factor)


# language and shortcuts


def test_everybody_chooses_how_their_own_pages_speak(world: World, log: Log) -> None:
    climb(
        world, log, mine.prefer,
        Rung("anonymous", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        *(Rung(login, "done", "anybody-keeps-their-account") for login in world.members),
        form=Prefer(language="fr", shortcuts=False),
    )  # fmt: skip


def test_what_is_not_chosen_stays_and_nobody_else_is_touched(world: World) -> None:
    world.do("intake", mine.prefer, Prefer(language="ar"))
    world.do("intake", mine.prefer, Prefer(shortcuts=False))

    me, other = (world.office.ask(world[login], queries.me) for login in ("intake", "legal"))

    assert (me.language, me.shortcuts) == ("ar", False)
    assert (other.language, other.shortcuts) == ("en", True)


def test_no_colleague_is_shown_what_somebody_prefers(world: World) -> None:
    world.do("intake", mine.prefer, Prefer(language="ar"))

    listed = world.office.ask(world["legal"], queries.colleagues)

    assert not any(hasattr(each, "language") or hasattr(each, "shortcuts") for each in listed)


@pytest.mark.parametrize("language", ["de", "", "AR", "ar_SY", "../fr"])
def test_pages_speak_only_languages_there_are(language: str) -> None:
    with pytest.raises(ValidationError):
        Prefer.model_validate({"language": language})


# the passphrase


def test_a_new_passphrase_opens_and_the_old_one_does_not(world: World, log: Log) -> None:
    old = world.members["intake"].passphrase
    reference = world.case()
    log.fresh()

    change(world)

    said = log.last()
    assert (said.operation, said.action, said.rule) == (
        "key", "account.change_passphrase", "anybody-keeps-their-account",
    )  # fmt: skip
    with pytest.raises(SignInRefused):
        enter(world, "intake", old)
    caller = world.signins.caller(enter(world, "intake", NEW))
    # The same private key under another seal: what they held they still hold.
    assert {line.reference for line in world.office.ask(caller, cases.cases)} == {reference}


def test_every_other_session_ends_and_this_one_stays(world: World) -> None:
    first = world.members["intake"].token
    world.sign_in("intake")

    assert change(world).ended == 1

    assert world.signins.caller(world.members["intake"].token)
    with pytest.raises(NotSignedIn):
        world.signins.caller(first)


@pytest.mark.abuse("D06")
@pytest.mark.asvs("V7.2.4")
@pytest.mark.parametrize("how", ["PASSPHRASE", "CODES", "AUTHENTICATOR"])
def test_whoever_holds_a_copy_of_this_session_loses_it_with_the_change(world: World, how: str) -> None:
    """Somebody who fears a thief changes what they sign in with; the thief may sit in this very session."""
    stolen = world.members["intake"].token
    assert world.signins.caller(stolen), "the control"

    _ = change(world) if how == "PASSPHRASE" else renew(world, how)

    with pytest.raises(NotSignedIn):
        world.signins.caller(stolen)
    assert world.signins.caller(world.members["intake"].token)


def test_a_wrong_passphrase_and_a_wrong_factor_get_one_answer_and_an_entry(world: World, log: Log) -> None:
    used = world.members["intake"].recovery[0]
    enter(world, "intake", world.members["intake"].passphrase, number=0)
    wrong: tuple[dict[str, Any], ...] = (
        {"passphrase": "not the one I walk home with"},
        {"recovery_code": None, "code": "000000"},
        {"recovery_code": used},
        {"recovery_code": "AAAAA-AAAAA-AAAAA-AAAAA-AAAA"},
    )
    log.fresh()

    answers = set()
    for given in wrong:
        with pytest.raises(Unconfirmed) as refused:
            change(world, **given)
        answers.add((refused.value.code, refused.value.sentence, refused.value.status))

    assert len(answers) == 1
    assert [(said.operation, said.outcome) for said in log.fresh()] == [("refuse", "passphrase.unconfirmed")] * 4
    assert enter(world, "intake", world.members["intake"].passphrase)


def test_a_second_factor_that_proved_nothing_is_not_used_up(world: World) -> None:
    with pytest.raises(Unconfirmed):
        change(world, passphrase="not the one I walk home with")

    assert change(world).ended == 0


def test_six_digits_do_as_well_as_a_recovery_code_and_only_once(world: World) -> None:
    code = world.code("intake")

    change(world, recovery_code=None, code=code)

    with pytest.raises(Unconfirmed):
        change(world, passphrase=NEW, recovery_code=None, code=code)


@pytest.mark.parametrize("given", [{"recovery_code": None}, {"code": "000000"}])
def test_exactly_one_second_factor_is_brought(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable):
        change(world, **given)


@pytest.mark.parametrize("weak", ["short", "correcthorsebatterystaple", "a" * 20])
def test_a_weak_passphrase_changes_nothing(world: World, weak: str) -> None:
    with pytest.raises(WeakPassphrase):
        change(world, new_passphrase=weak)

    assert enter(world, "intake", world.members["intake"].passphrase)


@pytest.mark.abuse("D03")
def test_an_open_session_is_no_place_to_guess_at_leisure(world: World, settings: Settings) -> None:
    outcomes = []
    for number in range(settings.signin_delay_from_try + 2):
        try:
            change(world, passphrase=f"a guess with number {number}")
        except Refusal as refusal:
            outcomes.append(type(refusal))

    assert outcomes[-1] is TooManyTries
    assert outcomes[0] is Unconfirmed
    # Signing in is another lane: whoever guesses here does not lock the owner out.
    assert enter(world, "intake", world.members["intake"].passphrase)


@pytest.mark.abuse("D04")
def test_two_changes_at_one_moment_leave_one_passphrase(world: World) -> None:
    chosen = [f"{NEW} number {n}" for n in range(2)]
    codes = world.members["intake"].recovery

    def attempt(n: int) -> str:
        try:
            change(world, new_passphrase=chosen[n], recovery_code=codes[n])
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(2) as crowd:
        outcomes = sorted(crowd.map(attempt, range(2)))

    assert outcomes == ["done", "passphrase.unconfirmed"]


def test_nobody_changes_a_passphrase_without_a_session(world: World, database: Database) -> None:
    with database.connect("owner") as owner:
        before = owner.execute("SELECT id, sealed_private FROM users ORDER BY id").fetchall()

    with pytest.raises(NotSignedIn):
        world.signins.change_passphrase(
            Caller.anonymous(), ChangePassphrase(passphrase="a" * 20, new_passphrase=NEW, code="000000")
        )

    with database.connect("owner") as owner:
        assert owner.execute("SELECT id, sealed_private FROM users ORDER BY id").fetchall() == before


# sessions


def test_sessions_of_mine_are_listed_and_nobody_elses(world: World) -> None:
    world.sign_in("intake")

    mine_now = world.office.ask(world["intake"], queries.sessions)

    assert [line.here for line in mine_now] == [True, False]
    assert mine_now[0].id == world["intake"].actor.sign_in
    assert len(world.office.ask(world["administrator"], queries.sessions)) == 1


def test_a_session_that_is_over_is_not_listed(world: World, standing_clock: Clock, settings: Settings) -> None:
    world.sign_in("intake")
    standing_clock.move(minutes=settings.session_idle_minutes_max - 1)
    next_request(world, "intake")
    standing_clock.move(minutes=2)

    (here,) = world.office.ask(world["intake"], queries.sessions)

    assert here.here


def test_one_session_of_mine_is_ended_by_me_alone(world: World, log: Log) -> None:
    first = world.members["intake"].token
    other = world["intake"].actor.sign_in
    world.sign_in("intake")

    climb(
        world, log, mine.end_one,
        Rung("anonymous", "not_found", "none"),
        Rung("operator", "not_found", "none"),
        *(Rung(login, "not_found", "none") for login in world.members if login not in {"intake", "administrator"}),
        Rung("administrator", "denied", "no-rule"),
        Rung("intake", "done", "anybody-ends-one-session"),
        subject=other,
    )  # fmt: skip

    with pytest.raises(NotSignedIn):
        world.signins.caller(first)
    assert world.signins.caller(world.members["intake"].token)


def test_an_administrator_ends_the_sessions_of_a_lost_machine(world: World, log: Log) -> None:
    climb(
        world, log, mine.end_all,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "administrator"),
        Rung("administrator", "not_found", "none", subject="S-333333"),
        Rung("administrator", "done", "administrator-ends-sessions"),
        subject=world.members["legal"].code,
    )  # fmt: skip

    with pytest.raises(NotSignedIn):
        world.signins.caller(world.members["legal"].token)
    world.sign_in("legal")


def test_each_sign_in_is_on_the_list_of_devices_of_its_owner(world: World) -> None:
    before = len(world.office.ask(world["intake"], queries.devices))

    world.sign_in("intake")
    world.sign_in("legal")

    assert len(world.office.ask(world["intake"], queries.devices)) == before + 1


# what keeps the accounts


def test_only_an_administrator_sees_when_somebody_last_signed_in(world: World) -> None:
    for login in set(world.members) - {"administrator"}:
        for question in (queries.people, queries.attention, queries.key_ages):
            with pytest.raises(NotFound):
                world.office.ask(world[login], question)
        with pytest.raises(NotFound):
            world.office.ask(world[login], queries.one, world.members["intake"].code)

    shown = world.office.ask(world["administrator"], queries.people)
    assert {line.login_name for line in shown} == set(world.members)
    assert all(line.last_day is not None and line.second_factor for line in shown)


def test_numbers_of_accounts_are_the_lengths_of_their_lists(
    world: World, standing_clock: Clock, settings: Settings
) -> None:
    for number in range(2):
        form = Invite(login_name=f"late{number}", display_name="Late", roles=frozenset({"caseworker"}))
        world.do("administrator", actions.invite, form)
    standing_clock.move(hours=settings.invite_hours_max, seconds=1)
    world.sign_in("administrator")
    form = Invite(login_name="in-time", display_name="In Time", roles=frozenset({"caseworker"}))
    world.do("administrator", actions.invite, form)
    first = world.office.ask(world["administrator"], queries.attention)
    standing_clock.move(days=queries.IDLE_DAYS)
    for login in ("administrator", "auditor"):
        world.sign_in(login)
    later = world.office.ask(world["administrator"], queries.attention)

    assert (first.without_factor, first.lapsed, first.idle) == (0, 2, 0)
    assert (later.lapsed, later.idle) == (3, len(world.members) - 2)
    for which, number in (("lapsed", later.lapsed), ("idle", later.idle), ("without-factor", later.without_factor)):
        listed = world.office.ask(world["administrator"], queries.people, which)
        assert len(listed) == number, which
    assert all(line.lapsed for line in world.office.ask(world["administrator"], queries.people, "lapsed"))


def test_the_ages_of_keys_name_teams_and_no_person(world: World, standing_clock: Clock) -> None:
    standing_clock.move(days=3)
    world.sign_in("administrator")
    world.do("administrator", actions.leave_team, LeaveTeam(team="legal"), subject=world.members["legal"].code)

    ages = {age.whose: age for age in world.office.ask(world["administrator"], queries.key_ages)}

    assert set(ages) == {"intake", "legal", "protection", "duty", "narrative", "escrow", "person"}
    assert ages["legal"].generation == 2
    assert (ages["legal"].since - ages["intake"].since).days == 3


# a team


def test_a_team_is_shown_to_its_members_and_candidates_to_its_lead(world: World) -> None:
    world.invite("second", roles=("intake_officer",))
    world.do("administrator", actions.leave_team, LeaveTeam(team="intake"), subject=world.members["second"].code)
    for login in ("intake", "intake-lead"):
        next_request(world, login)

    member = world.office.ask(world["intake"], queries.team, "intake")
    lead = world.office.ask(world["intake-lead"], queries.team, "intake")

    assert {each.user for each in lead.members} == {world.members[m].code for m in ("intake", "intake-lead")}
    assert [each.lead for each in lead.members] == [True, False]
    assert (member.leads, member.candidates) == (False, ())
    assert [each.login_name for each in lead.candidates] == ["second"]


def test_a_candidate_is_somebody_whom_the_rules_would_let_in(world: World) -> None:
    """Two hats across the wall are not offered where they could not be let in."""
    world.invite("two-hats", roles=("intake_officer", "caseworker"))

    shown = world.office.ask(world["protection-lead"], queries.team, "protection")

    assert [each.login_name for each in shown.candidates] == []


@pytest.mark.parametrize("login", ["intake", "auditor", "administrator"])
@pytest.mark.parametrize("team", ["legal", "narrative", "nobody", "escrow"])
def test_a_team_of_others_is_not_shown(world: World, login: str, team: str) -> None:
    with pytest.raises(NotFound):
        world.office.ask(world[login], queries.team, team)


# a second factor that is lost


def renew(world: World, which: str, login: str = "intake", **given: Any) -> Any:
    member = world.members[login]
    form = {"which": which, "passphrase": member.passphrase, "recovery_code": member.recovery[0]} | given
    drawn = world.signins.renew_factor(world[login], RenewFactor.model_validate(form))
    world.renewed(member.token, drawn.token)
    return drawn


def test_codes_drawn_anew_open_and_the_former_ones_do_not(world: World, log: Log) -> None:
    former = world.members["intake"].recovery
    log.steps = True
    log.fresh()

    drawn = renew(world, "CODES")

    said = log.last()
    assert (said.operation, said.action, said.rule) == ("key", "account.renew_factor", "anybody-keeps-their-account")
    assert said.codes == {"account": world.members["intake"].code, "asked": "CODES"}
    assert len(drawn.recovery_codes) == len(set(drawn.recovery_codes) - set(former)) == factors.RECOVERY_CODES
    assert (drawn.totp_secret, drawn.totp_uri) == ("", "")
    assert world.office.ask(world["intake"], queries.codes_left) == factors.RECOVERY_CODES
    for code in former[1:3]:
        with pytest.raises(SignInRefused):
            world.signins.enter(with_factor(world, recovery_code=code))
    assert world.signins.enter(with_factor(world, recovery_code=drawn.recovery_codes[0]))


def test_after_another_secret_only_its_digits_open_and_only_this_session_stays(world: World) -> None:
    member = world.members["intake"]
    elsewhere = member.token
    world.sign_in("intake")

    drawn = renew(world, "AUTHENTICATOR")
    former, secret = member.totp, base64.b32decode(drawn.totp_secret)
    step = int(clock.now().timestamp()) // rules.STEP_SECONDS + 1

    assert drawn.recovery_codes == ()
    assert drawn.totp_secret in drawn.totp_uri
    with pytest.raises(NotSignedIn):
        world.signins.caller(elsewhere)
    assert world.signins.caller(member.token)
    with pytest.raises(SignInRefused):
        world.signins.enter(with_factor(world, code=rules.totp_at(former, step)))
    assert world.signins.enter(with_factor(world, code=rules.totp_at(secret, step)))


@pytest.mark.parametrize("which", ["CODES", "AUTHENTICATOR"])
def test_an_open_desk_alone_draws_no_factor(world: World, log: Log, which: str) -> None:
    member = world.members["intake"]
    wrong: tuple[dict[str, Any], ...] = (
        {"passphrase": "not the one I walk home with"},
        {"recovery_code": None, "code": "000000"},
        {"recovery_code": "AAAAA-AAAAA-AAAAA-AAAAA-AAAA"},
    )
    log.fresh()

    for given in wrong:
        with pytest.raises(Unconfirmed):
            renew(world, which, **given)

    assert [said.outcome for said in log.fresh()] == ["passphrase.unconfirmed"] * 3
    assert world.signins.enter(with_factor(world, recovery_code=member.recovery[0]))


@pytest.mark.abuse("D03")
def test_tries_at_drawing_and_at_changing_are_counted_together(world: World, settings: Settings) -> None:
    outcomes = []
    for number in range(settings.signin_delay_from_try + 2):
        attempt = change if number % 2 else renew
        given = {"passphrase": f"a guess with number {number}"}
        try:
            attempt(world, **({"which": "CODES"} if attempt is renew else {}), **given)
        except Refusal as refusal:
            outcomes.append(type(refusal))

    assert (outcomes[0], outcomes[-1]) == (Unconfirmed, TooManyTries)

"""Inviting, accepting, teams and shutting accounts: by whom, once, and with what follows at once."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from app.accounts import actions as accounts
from app.accounts import factors, queries, undertakings
from app.accounts.forms import AcceptInvitation, Found, Founder, Invite, JoinTeam, LeaveTeam, Shut
from app.accounts.rules import WeakPassphrase
from app.accounts.views import Invited
from app.errors import Conflict, NotFound, NotSignedIn, SignInRefused
from app.settings import Settings
from app.work import Caller
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, next_request, outside_the_team
from tests.world import World

PASSPHRASE = "seven herons on a grey canal"


def invitation(login: str = "newcomer", *roles: Any, name: str = "Newcomer") -> Invite:
    return Invite(login_name=login, display_name=name, roles=frozenset(roles or ("intake_officer",)))


def invite(world: World, *roles: str, login: str = "newcomer") -> Invited:
    made: Invited = world.do("administrator", accounts.invite, invitation(login, *roles))
    return made


def accept(world: World, code: str, passphrase: str = PASSPHRASE) -> Any:
    return world.signins.accept(AcceptInvitation(code=code, passphrase=passphrase, undertaking=undertakings.VERSION))


def test_an_office_is_founded_once_and_by_whoever_runs_the_host(world: World, log: Log) -> None:
    founder = Founder(login_name="second", display_name="Second", role="administrator")

    climb(
        world, log, accounts.found,
        Rung("anonymous", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("operator", "conflict", "none"),
        form=Found(
            founders=(founder,), escrow_public=world.escrow.public, marks=world.dealt.marks, needed=3
        ),
    )  # fmt: skip


def test_the_operator_names_people_and_holds_none_of_their_keys(
    empty: None, founded: World, database: Database
) -> None:
    office = World(founded.office, founded.signins)
    office.found(frozenset({"administrator", "intake-lead", "legal-lead", "protection-lead"}))

    with database.connect("owner") as owner:
        kinds = owner.execute("SELECT kind, name FROM keyholders ORDER BY kind, name").fetchall()
        held_by = owner.execute("SELECT count(*) FROM memberships m JOIN users u ON u.keyholder_id = m.member_id")
        (members,) = held_by.fetchone() or (0,)
    # Each team's key is its lead's, the duty team's that of protection, made in their own sign-up, and escrow's.
    assert [name for kind, name in kinds if kind == "team"] == ["duty", "intake", "legal", "protection"]
    assert [kind for kind, _ in kinds].count("escrow") == 1
    assert members == 4
    assert office.case(by="intake-lead")


def test_without_its_leads_an_office_opens_no_case(empty: None, founded: World) -> None:
    office = World(founded.office, founded.signins)
    office.found(frozenset({"administrator", "intake-lead"}))

    with pytest.raises(Conflict):
        office.case(by="intake-lead")


def test_only_an_administrator_invites(world: World, log: Log) -> None:
    climb(
        world, log, accounts.invite,
        Rung("anonymous", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "administrator"),
        Rung("administrator", "done", "administrator-invites"),
        Rung("administrator", "conflict", "none"),
        form=invitation(),
    )  # fmt: skip


@pytest.mark.abuse("E08")
@pytest.mark.parametrize(
    ("roles", "rule"),
    [
        (("auditor", "intake_officer"), "no-auditor-with-another-role"),
        (("auditor", "key_custodian"), "no-auditor-with-another-role"),
        (("administrator", "intake_officer"), "no-administrator-who-reads"),
        (("administrator", "caseworker"), "no-administrator-who-reads"),
        (("administrator", "key_custodian"), "no-administrator-who-reads"),
    ],
)
def test_some_roles_are_nobodys_second(world: World, log: Log, roles: tuple[str, ...], rule: str) -> None:
    climb(world, log, accounts.invite, Rung("administrator", "denied", rule), form=invitation("two", *roles))


@pytest.mark.parametrize(
    "given",
    [
        {"roles": []},
        {"roles": ["director"]},
        {"roles": ["intake_officer", "legal_reviewer", "caseworker", "approver", "reid_reviewer"]},
        {"login_name": "Upper"},
        {"login_name": "a"},
        {"login_name": "a b c"},
        {"display_name": ""},
    ],
)
def test_an_invitation_is_for_a_known_role_and_a_plain_name(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Invite.model_validate({"login_name": "somebody", "display_name": "S", "roles": ["auditor"]} | given)


def test_the_entry_of_an_invitation_has_a_code_and_no_name(world: World, log: Log) -> None:
    log.fresh()

    made = world.do("administrator", accounts.invite, invitation("newcomer", name="Theodora Lastname"))

    said = log.last()
    assert said.codes == {"account": made.user}
    assert not any(word in str(said.view) for word in ("Theodora", "newcomer", made.invitation))


def test_an_invitation_works_once(world: World) -> None:
    code = invite(world).invitation

    enrolled = accept(world, code.lower().replace("-", " "))

    assert len(enrolled.recovery_codes) == factors.RECOVERY_CODES == len(set(enrolled.recovery_codes))
    with pytest.raises(SignInRefused):
        accept(world, code)


def test_another_code_takes_the_place_of_the_one_before(
    world: World, log: Log, settings: Settings, standing_clock: Clock
) -> None:
    first = invite(world)
    standing_clock.move(hours=settings.invite_hours_max, seconds=1)
    for login in ("administrator", "auditor", "intake-lead"):
        world.sign_in(login)

    again = climb(
        world, log, accounts.invite_again,
        Rung("auditor", "denied", "no-rule"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        Rung("administrator", "conflict", "none", subject=world.members["intake"].code),
        Rung("administrator", "done", "administrator-invites"),
        subject=first.user,
    )  # fmt: skip

    with pytest.raises(SignInRefused):
        accept(world, first.invitation)
    assert accept(world, again.invitation).user == first.user


def test_why_an_account_was_shut_stands_in_the_log_as_a_code(world: World, log: Log) -> None:
    log.fresh()

    world.do("administrator", accounts.disable, Shut(why="LEFT"), subject=world.members["intake"].code)
    world.do("administrator", accounts.disable, subject=world.members["legal"].code)

    assert [said.codes["why"] for said in log.fresh()] == ["LEFT", "NOT_SAID"]


def test_every_invitation_that_opens_nothing_gets_one_answer(
    world: World, settings: Settings, standing_clock: Clock
) -> None:
    used, disabled, late = (invite(world, login=f"newcomer{n}") for n in range(3))
    accept(world, used.invitation)
    world.do("administrator", accounts.disable, subject=disabled.user)
    standing_clock.move(hours=settings.invite_hours_max, seconds=1)

    answers = set()
    for code in (used.invitation, disabled.invitation, late.invitation, "AAAAA-AAAAA-AAAAA-AAAAA-AAAA"):
        with pytest.raises(SignInRefused) as caught:
            accept(world, code)
        answers.add((caught.value.code, caught.value.sentence))

    assert len(answers) == 1


def test_an_invitation_is_good_to_its_last_minute(world: World, settings: Settings, standing_clock: Clock) -> None:
    code = invite(world).invitation
    standing_clock.move(hours=settings.invite_hours_max, seconds=-5)

    assert accept(world, code).login_name == "newcomer"


def test_a_weak_passphrase_does_not_use_the_invitation_up(world: World) -> None:
    code = invite(world).invitation

    for weak in ("short", "correcthorsebatterystaple", "a" * 20):
        with pytest.raises(WeakPassphrase):
            accept(world, code, weak)

    assert accept(world, code)


@pytest.mark.abuse("D04")
def test_an_invitation_accepted_by_two_at_once_makes_one_account(world: World) -> None:
    code = invite(world).invitation

    def attempt(number: int) -> str:
        try:
            accept(world, code, f"{PASSPHRASE} {number}")
        except (SignInRefused, Conflict) as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(4) as crowd:
        outcomes = sorted(crowd.map(attempt, range(4)))

    assert outcomes.count("done") == 1
    assert set(outcomes) == {"done", "signin.refused"}


@pytest.mark.abuse("H09")
def test_a_stolen_database_has_no_second_factor_no_code_and_no_passphrase(world: World, database: Database) -> None:
    code = invite(world).invitation
    enrolled = accept(world, code)
    secret = base64.b32decode(enrolled.totp_secret)
    with database.connect("owner") as owner:
        tables = [
            row
            for name in ("users", "recovery_codes", "sign_ins", "devices", "entry_bodies")
            for (row,) in owner.execute(f"SELECT t::text FROM {name} t".encode())
        ]

    spelled = [secret, PASSPHRASE.encode(), code.encode(), *(each.encode() for each in enrolled.recovery_codes)]
    for row in tables:
        assert not any(part.hex() in row or part.decode("latin-1") in row for part in spelled)


@pytest.mark.abuse("E09")
def test_a_lead_lets_a_colleague_in_and_an_administrator_cannot(world: World, log: Log) -> None:
    outside_the_team(world, "second", "intake_officer")

    climb(
        world, log, accounts.join_team,
        Rung("administrator", "denied", "no-rule"),
        Rung("auditor", "denied", "no-rule"),
        # In the team, with its key in hand, but not its lead.
        Rung("intake", "denied", "no-rule"),
        Rung("legal-lead", "denied", "no-rule"),
        Rung("intake-lead", "denied", "team-fits-the-role", subject=world.members["legal"].code),
        Rung("intake-lead", "denied", "team-fits-the-role", subject=world.members["auditor"].code),
        Rung("intake-lead", "denied", "team-fits-the-role", subject=world.members["administrator"].code),
        Rung("intake-lead", "not_found", "none", subject="S-333333"),
        Rung("intake-lead", "done", "lead-adds"),
        Rung("intake-lead", "conflict", "none"),
        form=JoinTeam(team="intake"), subject=world.members["second"].code,
    )  # fmt: skip

    next_request(world, "second")
    assert world["second"].actor.teams == {"intake"}


@pytest.mark.parametrize(
    ("first", "second", "roles"),
    [
        ("intake", "protection", ("intake_officer", "caseworker")),
        ("legal", "protection", ("legal_reviewer", "caseworker")),
        ("protection", "intake", ("caseworker", "intake_officer")),
        ("protection", "legal", ("caseworker", "legal_reviewer")),
    ],
)
def test_nobody_holds_team_keys_on_both_sides_of_the_wall(
    world: World, log: Log, first: str, second: str, roles: tuple[str, ...]
) -> None:
    world.invite("two-hats", roles=roles)
    assert world["two-hats"].actor.teams == {first}

    climb(
        world, log, accounts.join_team, Rung(f"{second}-lead", "denied", "wall-between-teams"),
        form=JoinTeam.model_validate({"team": second}), subject=world.members["two-hats"].code,
    )  # fmt: skip


def test_intake_and_legal_stand_on_one_side(world: World) -> None:
    world.invite("two-hats", roles=("intake_officer", "legal_reviewer"))

    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal"), subject=world.members["two-hats"].code)

    next_request(world, "two-hats")
    assert world["two-hats"].actor.teams == {"intake", "legal"}


def test_nobody_joins_before_they_have_a_key_or_after_their_account_is_shut(world: World, log: Log) -> None:
    invited = invite(world)
    outside_the_team(world, "second", "intake_officer")
    world.do("administrator", accounts.disable, subject=world.members["second"].code)

    climb(
        world, log, accounts.join_team,
        Rung("intake-lead", "conflict", "none", subject=invited.user),
        Rung("intake-lead", "conflict", "none", subject=world.members["second"].code),
        form=JoinTeam(team="intake"),
    )  # fmt: skip


def test_a_deputy_leads_and_gets_the_keys_of_new_cases(world: World) -> None:
    outside_the_team(world, "deputy", "intake_officer")
    code = world.members["deputy"].code
    world.do("intake-lead", accounts.join_team, JoinTeam(team="intake", deputy=True), subject=code)
    next_request(world, "deputy")

    reference = world.case()

    assert world["deputy"].actor.leads == {"intake"}
    assert set(world.show("deputy", reference).held) == {"IDENTITY", "TESTIMONY"}


def test_lead_or_administrator_removes_a_member(world: World, log: Log) -> None:
    world.invite("second", roles=("intake_officer",))
    invited = invite(world)

    climb(
        world, log, accounts.leave_team,
        Rung("auditor", "denied", "no-rule"),
        Rung("second", "denied", "no-rule"),
        Rung("legal-lead", "denied", "no-rule"),
        Rung("intake-lead", "not_found", "none", subject=invited.user),
        Rung("intake-lead", "not_found", "none", subject=world.members["legal"].code),
        Rung("administrator", "done", "lead-removes", subject=world.members["second"].code),
        Rung("intake-lead", "done", "lead-removes"),
        Rung("intake-lead", "not_found", "none"),
        form=LeaveTeam(team="intake"), subject=world.members["intake"].code,
    )  # fmt: skip


def test_a_removal_makes_a_new_key_for_what_is_sealed_next(world: World) -> None:
    before = world.do(
        "intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=world.members["intake"].code
    )

    assert before.generation == 2
    next_request(world, "intake")
    assert world["intake"].actor.teams == frozenset()


def test_a_team_that_was_never_founded_takes_nobody_in(empty: None, founded: World) -> None:
    office = World(founded.office, founded.signins)
    office.found(frozenset({"administrator", "intake-lead"}))
    code = office.members["intake-lead"].code

    with pytest.raises(Conflict):
        office.do("administrator", accounts.leave_team, LeaveTeam(team="legal"), subject=code)


def test_an_administrator_shuts_an_account_and_not_their_own(world: World, log: Log) -> None:
    climb(
        world, log, accounts.disable,
        Rung("operator", "denied", "no-rule"),
        *(Rung(login, "denied", "no-rule") for login in world.members if login not in {"administrator", "intake"}),
        Rung("administrator", "denied", "nobody-disables-themself", subject=world.members["administrator"].code),
        Rung("administrator", "not_found", "none", subject="S-333333"),
        Rung("administrator", "done", "administrator-disables"),
        Rung("administrator", "conflict", "none"),
        subject=world.members["intake"].code,
    )  # fmt: skip


@pytest.mark.abuse("E04")
@pytest.mark.abuse("D06")
def test_a_shut_account_is_out_at_the_next_request_and_out_of_its_teams(world: World, database: Database) -> None:
    token, code = world.members["intake"].token, world.members["intake"].code
    assert world.signins.caller(token)

    world.do("administrator", accounts.disable, subject=code)

    with pytest.raises(NotSignedIn):
        world.signins.caller(token)
    with pytest.raises(SignInRefused):
        world.sign_in("intake")
    shown = world.office.ask(world["auditor"], queries.colleagues)
    (line,) = [line for line in shown if line.user == code]
    assert (line.state, line.teams) == ("DISABLED", ())


def test_shutting_an_account_renews_the_key_of_each_of_its_teams(world: World, database: Database) -> None:
    world.invite("two-hats", roles=("intake_officer", "legal_reviewer"))
    code = world.members["two-hats"].code
    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal"), subject=code)

    world.do("administrator", accounts.disable, subject=code)

    with database.connect("owner") as owner:
        generations = owner.execute("SELECT name, generation FROM keyholders WHERE kind = 'team'").fetchall()
    assert dict(generations) == {"intake": 2, "legal": 2, "protection": 1, "duty": 1, "narrative": 1}


def test_a_colleague_is_listed_with_role_and_team_and_no_key(world: World) -> None:
    listed = world.office.ask(world["legal-lead"], queries.colleagues)
    (me,) = [each for each in listed if each.login_name == "legal-lead"]

    assert (me.login_name, me.roles, me.teams, me.leads) == ("legal-lead", ("legal_reviewer",), ("legal",), ("legal",))
    assert set(me.__dataclass_fields__) == {
        "user", "login_name", "display_name", "state", "roles", "teams", "leads",
    }  # fmt: skip


def test_strangers_are_not_told_who_works_here(world: World) -> None:
    with pytest.raises(NotFound):
        world.office.ask(Caller.anonymous(), queries.me)

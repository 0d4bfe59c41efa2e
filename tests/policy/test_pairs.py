"""Roles and duties that one person may never hold together (always; the narrower pairs come with their domains)."""

from __future__ import annotations

from itertools import combinations

import pytest
from pydantic import ValidationError

from app.accounts import actions as accounts
from app.accounts.forms import Founder, Invite, JoinTeam, Role
from app.accounts.rules import ROLES, TEAM_OF, TEAMS
from app.errors import Denied
from tests.world import World

READERS = [role for role in ROLES if role in TEAM_OF]
NEVER_TOGETHER: list[tuple[Role, Role]] = [
    *(("auditor", role) for role in ROLES if role != "auditor"),
    *(("administrator", role) for role in (*READERS, "key_custodian")),
]


def _invite(world: World, *roles: Role) -> str:
    form = Invite(login_name="two.hats", display_name="Two Hats", roles=frozenset(roles))
    code: str = world.do("administrator", accounts.invite, form).user
    return code


@pytest.mark.abuse("E08")
@pytest.mark.parametrize("pair", NEVER_TOGETHER, ids="-".join)
def test_nobody_is_invited_to_two_roles_that_exclude_each_other(world: World, pair: tuple[Role, Role]) -> None:
    with pytest.raises(Denied) as denied:
        _invite(world, *pair)

    assert denied.value.rule in {"no-auditor-with-another-role", "no-administrator-who-reads"}


def test_every_other_pair_may_be_held(world: World) -> None:
    """The control: the rules above do not simply refuse every second role."""
    refused = {frozenset(pair) for pair in NEVER_TOGETHER}
    free = [pair for pair in combinations(ROLES, 2) if frozenset(pair) not in refused]

    assert free
    for role, other in free[:3]:
        world.do(
            "administrator", accounts.invite,
            Invite(login_name=f"n.{role[:8]}.{other[:8]}", display_name="Two Hats", roles=frozenset({role, other})),
        )  # fmt: skip


@pytest.mark.abuse("E08")
def test_a_holder_of_a_recovery_share_becomes_no_deputy(world: World) -> None:
    member = world.invite("two.hats", roles=("key_custodian", "intake_officer"))

    with pytest.raises(Denied) as denied:
        world.do("intake-lead", accounts.join_team, JoinTeam(team="intake", deputy=True), subject=member.code)

    assert denied.value.rule == "no-custodian-who-leads"
    world.do("intake-lead", accounts.join_team, JoinTeam(team="intake"), subject=member.code)


@pytest.mark.abuse("E08")
@pytest.mark.parametrize("role", ["administrator", "auditor", "key_custodian"])
@pytest.mark.parametrize("team", TEAMS)
def test_nobody_who_must_read_nothing_founds_a_team(role: Role, team: str) -> None:
    with pytest.raises(ValidationError, match="works in it"):
        Founder(login_name="founder", display_name="Somebody", role=role, team=team)


def test_whoever_works_in_a_team_may_found_it() -> None:
    for role, team in TEAM_OF.items():
        assert Founder(login_name="founder", display_name="Somebody", role=role, team=team).team == team


@pytest.mark.abuse("E08")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("intake_officer", "protection"),
        ("legal_reviewer", "protection"),
        ("caseworker", "intake"),
        ("caseworker", "legal"),
    ],
)
def test_nobody_holds_team_keys_on_both_sides_of_the_wall(world: World, first: Role, second: str) -> None:
    """In whatever order the two teams would come."""
    others: dict[str, Role] = {"protection": "caseworker", "intake": "intake_officer", "legal": "legal_reviewer"}
    member = world.invite("two.hats", roles=(first, others[second]))

    with pytest.raises(Denied) as denied:
        world.do(f"{second}-lead", accounts.join_team, JoinTeam(team=second), subject=member.code)

    assert denied.value.rule == "wall-between-teams"
    assert world.signins.caller(member.token).actor.teams == {TEAM_OF[first]}


def test_intake_and_legal_stand_on_one_side_of_the_wall(world: World) -> None:
    member = world.invite("two.hats", roles=("intake_officer", "legal_reviewer"))

    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal"), subject=member.code)

    assert world.signins.caller(member.token).actor.teams == {"intake", "legal"}

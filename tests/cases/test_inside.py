"""Of somebody still inside the group two people know who it is, by key: no team, no lead, no service."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.accounts import actions as accounts
from app.accounts.forms import JoinTeam, LeaveTeam
from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import OpenCase, RevokeGrant
from app.errors import Conflict, Denied, NotFound, PlantedKey, Unprocessable
from app.people import actions as people
from app.people import lookups
from app.people.forms import AskKnown
from tests.cases.test_holding import at_once
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, grant, next_request, outside_the_team
from tests.world import World

NAME = "Yusuf Haddad"


def inside(world: World, beside: str = "protection", **person: Any) -> tuple[str, UUID]:
    """A case of somebody still inside, and the row of who they are."""
    reference = world.case("intake", exit_stage="INSIDE", beside=world.members[beside].code)
    return reference, world.person(reference, **person).id


def form(world: World, beside: str) -> OpenCase:
    return OpenCase(exit_stage="INSIDE", beside=world.members[beside].code)


def who_can_open(world: World, row: UUID) -> set[str]:
    """Everybody of the cast who comes to read the name."""
    able = set()
    for login in world.members:
        next_request(world, login)
        try:
            opened = world.open(login, people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
        except (NotFound, Denied):
            continue
        assert opened["legal_name"]
        able.add(login)
    return able


@pytest.mark.domain("D55")
def test_exactly_two_accounts_can_open_who_it_is(world: World) -> None:
    reference, row = inside(world)
    world.hand_to_legal(reference)
    with pytest.raises(Conflict):
        world.hand_to_protection(reference)

    assert who_can_open(world, row) == {"intake", "protection"}


def test_of_everybody_else_more_can(world: World) -> None:
    """The control: the same is asked of an ordinary case."""
    reference = world.case()
    row = world.person(reference).id
    world.hand_to_protection(reference)

    assert who_can_open(world, row) == {"intake", "intake-lead", "protection", "protection-lead"}


@pytest.mark.domain("D55")
def test_the_two_let_no_lead_and_no_third_know(world: World, log: Log) -> None:
    reference, row = inside(world)
    world.invite("intake2", roles=("intake_officer",))

    climb(
        world, log, cases.give,
        Rung("administrator", "not_found", "none"),
        Rung("intake2", "not_found", "none"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("intake", "denied", "inside-no-lead-knows-who", form=grant(world, "intake-lead", "IDENTITY")),
        Rung("protection", "denied", "inside-no-lead-knows-who", form=grant(world, "protection-lead", "IDENTITY")),
        Rung("intake", "denied", "inside-no-lead-knows-who", form=grant(world, "legal-lead", "IDENTITY", hours=1)),
        Rung("intake", "conflict", "none"),
        Rung("protection", "conflict", "none"),
        form=grant(world, "intake2", "IDENTITY"), subject=reference,
    )  # fmt: skip

    take = RevokeGrant(user=world.members["protection"].code, compartments=frozenset({"IDENTITY"}))
    world.do("intake", cases.revoke, take, subject=reference)
    world.do("intake", cases.give, grant(world, "intake2", "IDENTITY"), subject=reference)
    assert who_can_open(world, row) == {"intake", "intake2"}


def test_what_is_no_secret_of_two_is_given_as_ever(world: World) -> None:
    reference, _ = inside(world)
    world.invite("intake2", roles=("intake_officer",))

    world.do("intake", cases.give, grant(world, "intake2", "TESTIMONY"), subject=reference)

    assert set(world.show("intake2", reference).held) == {"TESTIMONY"}


def test_who_may_open_it_and_beside_whom(world: World, log: Log) -> None:
    outside_the_team(world, "reviewer", "legal_reviewer")
    lead, legal, oneself = (form(world, login) for login in ("protection-lead", "reviewer", "intake"))
    rule = "inside-two-know-who"

    climb(
        world, log, cases.open_case,
        Rung("administrator", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake-lead", "denied", rule),
        Rung("intake", "denied", rule, form=lead),
        Rung("intake", "denied", rule, form=legal),
        Rung("intake", "denied", rule, form=oneself),
        Rung("intake", "done", "intake-opens-cases"),
        form=form(world, "protection"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "given", [{"exit_stage": "INSIDE"}, {"beside": "protection"}, {"origin": "PUBLIC_REPORT", "exit_stage": "INSIDE",
    "beside": "protection"}], ids=["nobody beside", "somebody beside one who is out", "a public report"],
)  # fmt: skip
def test_what_does_not_fit_together_opens_no_case(world: World, given: dict[str, str]) -> None:
    before = len(world.office.ask(world["intake"], queries.cases))
    if "beside" in given:
        given = given | {"beside": world.members[given["beside"]].code}

    with pytest.raises(Unprocessable):
        world.do("intake", cases.open_case, OpenCase(**given))

    assert len(world.office.ask(world["intake"], queries.cases)) == before


def test_two_grants_at_one_moment_make_no_third_who_knows(world: World) -> None:
    for login in ("first", "second"):
        world.invite(login, roles=("intake_officer",))
    take = RevokeGrant(user=world.members["protection"].code, compartments=frozenset({"IDENTITY"}))
    for _ in range(5):
        reference, _ = inside(world)
        world.do("intake", cases.revoke, take, subject=reference)

        outcomes = at_once(*(
            partial(world.do, "intake", cases.give, grant(world, login, "IDENTITY"), subject=reference)
            for login in ("first", "second")
        ))  # fmt: skip

        assert outcomes == ["conflict", "done"]


def test_one_of_the_two_becomes_no_deputy_until_they_passed_it_on(world: World) -> None:
    reference, _ = inside(world)
    world.invite("caseworker2", roles=("caseworker",))
    deputy, code = JoinTeam(team="protection", deputy=True), world.members["protection"].code
    world.do("administrator", accounts.leave_team, LeaveTeam(team="protection"), subject=code)
    next_request(world, "protection-lead")

    with pytest.raises(Conflict, match="conflict"):
        world.do("protection-lead", accounts.join_team, deputy, subject=code)

    take = RevokeGrant(user=code, compartments=frozenset({"IDENTITY"}))
    world.do("intake", cases.revoke, take, subject=reference)
    assert world.do("protection-lead", accounts.join_team, deputy, subject=code)


@pytest.mark.domain("D35")
def test_nobody_is_told_that_somebody_inside_is_known(world: World) -> None:
    born = {"precision": "YEAR", "year": 1990}
    question = AskKnown(**{"name": NAME, "birth_date": born, "justification": "INTAKE"})
    told: dict[str, Any] = {"legal_name": NAME, "birth_date": born}
    reference, _ = inside(world, **told)
    world.contact(reference, address="+44 20 7946 0018")

    assert not world.do("intake-lead", lookups.ask_known, question).possible

    world.person(world.case(), **told)
    assert world.do("intake-lead", lookups.ask_known, question).possible, "the control"


@pytest.mark.domain("D35")
@pytest.mark.parametrize("who", ["intake", "protection"])
def test_whoever_came_out_is_known_by_all_that_was_recorded_before(world: World, log: Log, who: str) -> None:
    """Said by a caseworker, who has no key of the look-up, intake files it."""
    born = {"precision": "YEAR", "year": 1990}
    reference, _ = inside(world, legal_name=NAME, name_arabic="يوسف حداد", birth_date=born, aliases=("Abu Salim",))
    world.contact(reference, address="+44 20 7946 0018")
    world.document(reference, number="X 1234567")
    world.claim(reference, latin={"given": "Walid", "family": "Mansour"}, arabic=None, about="WITNESS", birth_date=born)
    asked: tuple[dict[str, Any], ...] = (
        {"name": NAME, "birth_date": born}, {"name": "Walid Mansour", "birth_date": born},
        {"document_number": "X1234567", "contact": "020 7946 0018"},
    )  # fmt: skip

    def possible() -> list[bool]:
        return [
            bool(world.do("intake-lead", lookups.ask_known, AskKnown(justification="INTAKE", **each)).possible)
            for each in asked
        ]

    assert possible() == [False] * 3, "the control: nobody is told of who is inside"
    log.fresh()
    world.do(who, cases.came_out, subject=reference)

    said = next(entry for entry in log.fresh() if entry.action == "case.came_out")
    assert said.codes["filed"] == 6, "a name in two scripts, an alias both ways, a claim, a paper, a number"
    if who == "protection":
        world.do("intake-lead", lookups.file)
    assert possible() == [True] * 3
    assert NAME not in str(said.view)


def test_whoever_knows_says_that_they_are_out(world: World, log: Log) -> None:
    reference, row = inside(world)
    world.hand_to_legal(reference)

    climb(
        world, log, cases.came_out,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("protection", "done", "who-knows-says-they-are-out"),
        Rung("protection", "conflict", "none"),
        subject=reference,
    )  # fmt: skip

    world.hand_to_protection(reference)
    assert who_can_open(world, row) == {"intake", "intake-lead", "protection", "protection-lead"}


@pytest.mark.abuse("H07")
def test_whoever_writes_the_database_does_not_make_it_an_ordinary_case(world: World, database: Database) -> None:
    reference, _ = inside(world)
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE case_keys SET by_name = false")

    with pytest.raises(PlantedKey):
        world.do("intake", cases.give, grant(world, "intake-lead", "IDENTITY"), subject=reference)

"""Which rows a caller is given: by scope, by grant, and never "everything"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import DeclarativeBase

from app.audit.models import Entry
from app.cases import queries
from app.cases.models import Case, Clearance, Justification
from app.db import SCOPES, CaseRow, EnvelopeRow, Table, sealed_columns, tables
from app.errors import NotFound
from app.intake.models import Submission
from app.keyholders.models import Envelope, Grant
from app.people.models import Person
from app.policy.actor import ANONYMOUS, OPERATOR, Actor
from app.policy.engine import Policy
from app.protection.models import Residence
from app.testimonies.models import Segment
from app.work import Caller, Office, Query, Reading
from app.work.rows import NoScope, scoped
from tests.work.story import Story, ids
from tests.world import World

KINDS = (
    Actor("User", "S-TESTER"), ANONYMOUS, OPERATOR, Actor("Witness", "witness"), Actor("Service", "worker"),
)  # fmt: skip
MUTE = {name for name, table in tables().items() if not table.scopes}


@pytest.fixture
def scopes_of_case() -> Iterator[None]:
    """A fault planted on purpose is taken away again."""
    before = Case.scopes
    yield
    Case.scopes = before


def test_a_table_that_declares_no_scope_cannot_be_read() -> None:
    for name in MUTE:
        with pytest.raises(NoScope, match=name):
            scoped(tables()[name], SCOPES)


@pytest.mark.usefixtures("scopes_of_case")
@pytest.mark.parametrize("wrong", [frozenset(), frozenset({"everything"}), frozenset({"case", "everybody"})], ids=len)
def test_no_scope_or_one_that_nobody_knows_raises(office: Office, world: World, wrong: frozenset[str]) -> None:
    reference = world.case()
    Case.scopes = wrong

    with pytest.raises(NoScope):
        office.ask(world["intake"], queries.show, reference)


def test_every_table_has_scopes_of_the_closed_list_or_is_mute() -> None:
    assert {name: table.scopes - SCOPES for name, table in tables().items() if not table.scopes <= SCOPES} == {}
    assert {"jobs", "kept_answers", "subject_counters", "throttles"} == MUTE


def test_every_table_with_sealed_fields_is_reached_only_by_a_key() -> None:
    """A clock may see due dates of a sealed row; opening it still needs a grant it cannot have."""
    for name, table in tables().items():
        if sealed_columns(table):
            # What somebody typed when their session ended is sealed to nobody but them.
            own = {"own"} if name == "rescues" else set()
            assert table.scopes <= {"compartment", "team", "receipt", "clock"} | own, name
            assert issubclass(table, CaseRow | EnvelopeRow), name


@pytest.mark.parametrize("actor", KINDS, ids=lambda actor: actor.kind)
def test_a_caller_whose_scopes_are_none_is_given_nothing(office: Office, world: World, actor: Actor) -> None:
    """Not an error that would tell something, and not a row."""
    world.whole_case()
    question = Query("test.count", lambda reading: [len(reading.all(t)) for t in (Case, Person, Segment, Grant)])

    assert office.ask(Caller(actor), question) == [0, 0, 0, 0]


def test_a_scope_that_a_rule_does_not_allow_widens_nothing(policy: Policy) -> None:
    statement = scoped(Entry, policy.scopes(Actor("User", "S-TESTER", roles=frozenset({"caseworker"}))))

    assert "false" in str(statement.compile()).lower()


def test_team_and_receipt_are_scopes_of_envelopes_only() -> None:
    for scope in ("team", "receipt"):
        for table in (Case, Segment, Justification):
            before = table.scopes
            table.scopes = frozenset({scope})
            try:
                with pytest.raises(NoScope, match="not sealed in an envelope"):
                    scoped(table, SCOPES)
            finally:
                table.scopes = before


@pytest.mark.abuse("E05")
def test_no_grant_looks_like_no_case(story: Story, world: World) -> None:
    # Of the public report the narrative team holds a key; of this case it does not.
    for login, held in (("narrative-lead", 1), ("administrator", 0), ("auditor", 0)):
        assert world.office.ask(world[login], queries.count) == held
        mine = world.office.ask(world[login], queries.cases)
        assert len(mine) == held
        assert story.reference not in {case.reference for case in mine}
        with pytest.raises(NotFound) as theirs:
            world.show(login, story.reference)
        with pytest.raises(NotFound) as nobodys:
            world.show(login, "K7QM-4TDP-X")
        assert str(theirs.value) == str(nobodys.value)


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("login", ["intake", "legal", "narrative-lead"])
def test_who_holds_a_case_is_shown_its_grants_and_no_others(world: World, login: str) -> None:
    """Both stand in one table: whose case a grant is of must not be compared with itself."""

    def cases(reading: Reading) -> tuple[set[UUID], set[UUID]]:
        every = reading.all(Grant, limit=500)
        return {grant.case_id for grant in every}, {case.id for case in reading.all(Case)}

    granted, held = world.office.ask(world[login], Query("test.grants", cases))

    assert granted == held != set()


@pytest.mark.abuse("E03")
def test_each_role_is_given_rows_of_its_own_compartments_only(story: Story, world: World) -> None:
    wanted: dict[str, list[type[Any]]] = {
        "intake": [Person, Segment],
        "legal": [Segment],
        "protection": [Person, Residence],
        "protection-lead": [Person, Residence],
        "intake-lead": [Person, Segment],
        "auditor": [],
        "administrator": [],
    }
    given = {login: [table for table in (Person, Segment, Residence) if ids(world, login, table)] for login in wanted}

    assert given == wanted


def test_an_envelope_is_given_to_its_team_and_to_its_witness(story: Story, world: World) -> None:
    assert len(ids(world, "intake", Submission)) == 1
    assert ids(world, "legal", Submission) == []
    assert ids(world, "legal", Envelope)
    assert ids(world, "administrator", Envelope) == []


def test_a_page_of_rows_is_bounded(office: Office, world: World) -> None:
    for _ in range(3):
        world.case()
    question = Query("test.limit", lambda reading: len(reading.all(Clearance, limit=2)))

    assert office.ask(world["intake"], question) == 2


def test_first_and_one_stay_in_scope(office: Office, world: World) -> None:
    world.case()

    def found(reading: Reading) -> Any:
        return reading.first(Case)

    assert office.ask(world["intake"], Query("test.first", found)) is not None
    assert office.ask(world["narrative-lead"], Query("test.first", found)) is None
    with pytest.raises(NotFound):
        office.ask(world["narrative-lead"], Query("test.one", lambda reading: reading.one(Case)))


def test_the_tables_of_the_program_are_all_mapped_ones() -> None:
    assert set(tables()) == set(Table.metadata.tables)
    assert issubclass(Table, DeclarativeBase)

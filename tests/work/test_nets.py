"""The nets under the log: an action that forgets, a write that strays, a commit that fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import Entry
from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import HandOver, OpenCase, Opening
from app.cases.models import Case, Hold
from app.db import Sealed, StrayWrite
from app.errors import Conflict, Denied, NotFound, Unavailable
from app.jobs import Job
from app.people.models import Person
from app.pseudonyms import references
from app.testimonies import actions as testimonies
from app.work import Caller, Form, Justification, Office, Query, Reading, Unrecorded, Work
from app.work.actions import ACTIONS, QUERIES, Action, action, query
from tests.conftest import Database
from tests.work.story import Story, count, entries
from tests.world import World

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)


def opening(then: Callable[[Work], Any]) -> Action:
    """``case.open`` with something done after it: a fault planted where an action works."""

    def run(work: Work, form: OpenCase) -> Any:
        view = cases.open_case.run(work, form)
        then(work)
        return view

    return Action("case.open", run, OpenCase, None, "collect")


def tables_of(database: Database) -> list[int]:
    return [count(database, table) for table in ("cases", "grants", "case_keys", "clearances", "entries")]


# actions and queries


def test_an_action_is_not_callable() -> None:
    for made in ACTIONS.values():
        assert not callable(made)
    with pytest.raises(TypeError):
        cases.open_case()  # type: ignore[operator]


def test_a_query_is_not_callable() -> None:
    assert QUERIES
    assert not any(callable(made) for made in QUERIES.values())


def test_two_actions_or_queries_of_one_name_do_not_load() -> None:
    with pytest.raises(TypeError, match=r"two actions are called case\.open"):
        action("case.open", operation="collect")(lambda work: None)
    with pytest.raises(TypeError, match=r"two queries are called case\.list"):
        query("case.list")(lambda reading: None)


def test_an_action_of_an_unknown_operation_does_not_load() -> None:
    with pytest.raises(TypeError, match="not an operation"):
        action("case.peek", operation="peek")


def test_an_action_whose_form_is_no_form_does_not_load() -> None:
    def run(work: Work, form: dict[str, str]) -> None:
        """Takes anything at all."""

    with pytest.raises(TypeError, match="form must be a Form"):
        action("case.anything", operation="collect")(run)
    assert "case.anything" not in ACTIONS


# Unrecorded


def test_an_action_that_recorded_nothing_is_rolled_back(world: World, database: Database) -> None:
    def forgetful(work: Work, form: OpenCase) -> None:
        cases.open_case.run(work, form)
        work.recorded = False

    before = tables_of(database)

    with pytest.raises(Unrecorded):
        world.do("intake", Action("case.open", forgetful, OpenCase, None, "collect"), OpenCase())

    assert tables_of(database) == before


def test_a_defect_in_an_action_rises_and_leaves_nothing(world: World, database: Database) -> None:
    def broken(work: Work) -> None:
        raise ZeroDivisionError

    before = tables_of(database)

    with pytest.raises(ZeroDivisionError):
        world.do("intake", opening(broken), OpenCase())

    assert tables_of(database) == before


def test_the_entry_is_there_when_the_answer_is(world: World, database: Database) -> None:
    before = count(database, "entries")

    reference = world.case()

    assert count(database, "entries") == before + 1
    assert entries(database)[-1]["subjects"][0]["case"] == reference


# StrayWrite


def test_a_flush_outside_an_action_raises(app_engine: Engine, world: World, database: Database) -> None:
    with Session(app_engine) as session:
        session.add(Job(action="x", subject_id=uuid4(), due_at=NOON, tries=0, done_at=None))
        with pytest.raises(StrayWrite):
            session.flush()

    assert count(database, "jobs") == 0


@pytest.mark.parametrize(
    "statement",
    [
        insert(Hold),
        update(User).values(state="ACTIVE"),
        delete(Case),
        text("UPDATE users SET state = 'ACTIVE'"),
    ],
    ids=["insert", "update", "delete", "text"],
)
def test_a_statement_that_writes_outside_an_action_raises(app_engine: Engine, statement: Any) -> None:
    with pytest.raises(StrayWrite), Session(app_engine) as session:
        session.execute(statement)


def test_a_sealed_column_takes_only_what_was_sealed(world: World, database: Database) -> None:
    for wrong in ("Yusuf", b"Yusuf", 7):

        def clear(work: Work, wrong: Any = wrong) -> None:
            case = work.first(Case)
            assert case is not None
            work.add(Person(case_id=case.id, legal_name=wrong, recorded_by="x", recorded_at=NOON))
            work.flush()

        with pytest.raises((StrayWrite, StatementError), match="sealed column"):
            world.do("intake", opening(clear), OpenCase())
    assert count(database, "persons") == 0


def test_a_sealed_value_prints_as_a_blank() -> None:
    assert repr(Sealed(b"secret")) == str(Sealed(b"secret")) == "<sealed>"


# queries cannot write


def test_a_reading_has_no_way_to_open_seal_or_add() -> None:
    for name in ("open", "seal", "add", "give", "take", "record", "session", "flush", "lock", "later"):
        assert not hasattr(Reading, name)
        assert hasattr(Work, name)


@pytest.mark.parametrize(
    "write",
    [
        lambda r: r._session.add(Job(action="x", subject_id=r.actor.id, due_at=NOON, tries=0, done_at=None)),
        lambda r: r.execute(delete(Case)),
        lambda r: r.execute(text("DELETE FROM jobs")),
    ],
    ids=["a row", "a statement", "text"],
)
def test_a_query_that_writes_is_stopped_as_a_defect(office: Office, world: World, write: Any) -> None:
    with pytest.raises(StrayWrite):
        office.ask(world["intake"], Query("test.write", write))


@pytest.mark.parametrize(
    "write",
    [
        lambda r: r._session.connection().execute(text("INSERT INTO throttles VALUES ('x', 1, NULL)")),
        lambda r: r.execute(select(func.take_subject_seq(r.first(Case).id))),
        lambda r: r.execute(r.rows(Case).with_for_update()),
    ],
    ids=["around the guard", "a function", "a lock"],
)
def test_what_slips_past_the_guard_meets_a_read_only_transaction(
    office: Office, world: World, database: Database, write: Any
) -> None:
    world.case()
    before, tries = tables_of(database), count(database, "throttles")

    with pytest.raises(Unavailable):
        office.ask(world["intake"], Query("test.write", write))

    assert tables_of(database) == before
    assert count(database, "throttles") == tries


def test_housekeeping_cannot_change_what_needs_an_entry(office: Office, world: World, database: Database) -> None:
    """The guard lets it flush; the database refuses its commit."""
    world.case()

    def tidy(session: Session) -> None:
        case = session.scalars(select(Case)).one()
        session.add(Hold(case_id=case.id, kind="LEGAL", tier=None, since=NOON, until=None))

    with pytest.raises(Unavailable):
        office.housekeep(tidy)

    assert count(database, "holds") == 0


def test_looking_up_cannot_change_anything(office: Office, world: World, database: Database) -> None:
    """It has no transaction, so nothing it did could be undone: a statement that writes does not get through."""
    before = tables_of(database)

    for write in (update(User).values(state="DISABLED"), delete(Case), text("DELETE FROM throttles")):
        with pytest.raises(StrayWrite):
            office.look_up(write, {})  # type: ignore[arg-type]  # the mistake is the point
    with pytest.raises(Unavailable):
        office.look_up(select(func.take_subject_seq(uuid4())), {})

    assert tables_of(database) == before
    assert count(database, "subject_counters") == 0


@pytest.mark.abuse("J06")
def test_connections_that_the_server_left_meanwhile_are_not_used_again(
    office: Office, world: World, database: Database
) -> None:
    """As after a restart of the database: nobody is refused for it."""
    for _ in range(3):
        assert office.ask(world["intake"], queries.count) == 0
    others = "FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
    with database.connect("app") as app:
        app.autocommit = True
        assert app.execute(f"SELECT pg_terminate_backend(pid) {others}").fetchall()
        until = time.monotonic() + 10
        while app.execute(f"SELECT pid {others}").fetchall() and time.monotonic() < until:
            time.sleep(0.01)

    assert office.ask(world["intake"], queries.count) == 0
    world.case()


# a commit that fails


@pytest.mark.domain("D03")
@pytest.mark.abuse("G08")
def test_a_change_whose_entry_was_prevented_does_not_commit(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: the office forgets to append. The deferred trigger speaks at the commit, before any answer."""
    before = tables_of(database)
    monkeypatch.setattr("app.work.office.append", lambda session, draft: None)

    with pytest.raises(Unavailable):
        world.case()

    assert tables_of(database) == before


@pytest.mark.abuse("J06")
def test_a_connection_that_is_cut_in_the_middle_shows_nothing(world: World, database: Database) -> None:
    def cut(work: Work) -> None:
        work.session.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))

    before = tables_of(database)

    with pytest.raises(Unavailable):
        world.do("intake", opening(cut), OpenCase())

    assert tables_of(database) == before
    world.case()


@pytest.mark.abuse("J06")
def test_a_connection_that_is_cut_after_the_entry_and_before_the_commit_shows_nothing(
    story: Story, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session of the same role ends ours, as a failing network would."""
    before = tables_of(database)
    combined = Work.combined

    def cut(work: Work) -> Any:
        found = combined(work)
        other.execute("SELECT pg_terminate_backend(%s)", [work.session.scalar(select(func.pg_backend_pid()))])
        return found

    with database.connect("app") as other, monkeypatch.context() as patched:
        patched.setattr(Work, "combined", cut)
        with pytest.raises(Unavailable):
            story.looks["segment.open"].take(world)

    assert tables_of(database) == before
    story.looks["segment.open"].take(world)


@pytest.mark.abuse("G08")
def test_a_commit_that_waits_for_a_lock_too_long_shows_nothing(story: Story, world: World, database: Database) -> None:
    with database.connect("owner") as owner:
        owner.execute("LOCK TABLE subject_counters IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable):
            story.looks["segment.open"].take(world)

    assert "CANARY" in story.looks["segment.open"].take(world)


@pytest.mark.domain("D03")
@pytest.mark.abuse("G08")
@pytest.mark.parametrize("right", ["INSERT ON entries", "INSERT ON entry_bodies"])
def test_nothing_is_opened_when_the_log_cannot_be_written(
    story: Story, world: World, database: Database, caplog: pytest.LogCaptureFixture, right: str
) -> None:
    """Every opening action there is; the same ones afterwards, when the log can be written again."""
    missing = {name for name, made in ACTIONS.items() if made.discloses} - set(story.looks)
    assert missing == set()
    before = tables_of(database)

    with ExitStack() as stack:
        stack.callback(_as_owner, database, _give_back(right))
        _as_owner(database, f"REVOKE {right} FROM amana_app")
        for look in story.looks.values():
            with pytest.raises(Unavailable) as refused:
                look.take(world)
            assert not any(mark in str(refused.value.__dict__) for mark in story.marks)

    assert tables_of(database) == before
    assert "CANARY" not in caplog.text
    assert all(look.take(world) for look in story.looks.values())


@pytest.mark.abuse("G08")
def test_a_refusal_that_cannot_be_recorded_says_only_that(story: Story, world: World, database: Database) -> None:
    with ExitStack() as stack:
        stack.callback(_as_owner, database, _give_back("INSERT ON entries"))
        _as_owner(database, "REVOKE INSERT ON entries FROM amana_app")
        for login in ("intake", "protection", "auditor"):
            with pytest.raises(Unavailable):
                world.do(login, cases.hand_over, subject="K7QM-4TDP-X")


def _give_back(right: str) -> str:
    columns = " (id, commitment)" if right.endswith(" entries") else ""
    return f"GRANT {right.replace('INSERT', 'INSERT' + columns)} TO amana_app"


def _as_owner(database: Database, statement: str) -> None:
    with database.connect("owner") as owner:
        owner.execute(statement.encode())


# refusals


def test_a_refusal_has_an_entry_of_its_own_that_outlives_the_rollback(world: World, database: Database) -> None:
    def refuse(work: Work) -> None:
        work.record(case=None, tried=True)
        raise Conflict("Not now.")

    before = count(database, "cases")

    with pytest.raises(Conflict):
        world.do("intake", opening(refuse), OpenCase())

    last = entries(database)[-1]
    assert count(database, "cases") == before
    assert (last["operation"], last["action"], last["outcome"]) == ("refuse", "case.open", "conflict")
    assert last["actor"] == world["intake"].actor.code
    assert "codes" not in last


def test_a_denial_names_its_rule_in_the_log(story: Story, world: World, database: Database) -> None:
    look = story.looks["location.reveal"]
    with pytest.raises(Denied):
        world.open("protection", look.action, look.row, "place", justification="SAFETY")  # type: ignore[arg-type]

    assert entries(database)[-1]["policy"]["rule"] == "no-rule"


@pytest.mark.abuse("E02")
def test_a_refusal_names_the_reference_that_was_sought_whether_it_exists_or_not(
    story: Story, world: World, database: Database
) -> None:
    told = []
    nobodys = references.draw()
    for reference in (story.reference, nobodys):
        with pytest.raises(NotFound):
            world.do("auditor", cases.hand_over, subject=reference)
        told.append({k: v for k, v in entries(database)[-1].items() if k not in {"id", "at", "request"}})

    assert [entry.pop("sought", None) for entry in told] == [story.reference, nobodys]
    assert told[0] == told[1]


def test_a_stranger_cannot_fill_the_log_with_refusals(world: World, database: Database) -> None:
    reference = world.case()
    before = count(database, "entries")
    tries: list[tuple[Action, Form, object]] = [
        (cases.open_case, OpenCase(), None),
        (cases.hand_over, HandOver(team="legal"), reference),
        (testimonies.open_segment, Opening(fields=("text",), justification=Justification.INTAKE), uuid4()),
    ]

    for made, form, subject in tries * 3:
        with pytest.raises((NotFound, Denied)):
            world.office.perform(Caller.anonymous(), made, form, subject=subject)

    assert count(database, "entries") == before


def test_what_the_database_said_is_neither_shown_nor_logged(
    world: World, caplog: pytest.LogCaptureFixture, office: Office
) -> None:
    """PostgreSQL repeats values in its messages: only the state and a constraint's name are kept."""

    def clash(work: Work) -> None:
        work.session.execute(text("SELECT CAST('CANARY-in-a-cast' AS integer)"))

    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as refused:
        world.do("intake", opening(clash), OpenCase())

    assert "CANARY" not in caplog.text
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "sqlstate=22P02" in caplog.text


def test_the_app_cannot_say_in_which_transaction_an_entry_was_written(database: Database) -> None:
    with database.connect("app") as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("INSERT INTO entries (id, tx, commitment) VALUES (gen_random_uuid(), '1', '\\x00')")
    assert "tx" in Entry.__table__.columns


def test_the_download_of_a_file_is_recorded_before_its_key_is_given(
    story: Story, world: World, database: Database
) -> None:
    look = story.looks["attachment.download"]

    world.do(look.login, testimonies.download, look.form(), subject=look.row)

    assert entries(database)[-1]["fields"] == ["attachments.file_key"]

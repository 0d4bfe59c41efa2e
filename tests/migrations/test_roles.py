"""What each role of the database may do, and what it is refused whatever the program says."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from app.db import tables
from app.oversight import actions as oversight
from app.oversight import keeping
from app.oversight.forms import AskLog, KeepFilter
from app.testimonies import mentions
from tests.conftest import Database
from tests.ladder import handed
from tests.tidy.test_tables import guards
from tests.work.story import Story, count
from tests.world import World
from tests.world.keys import added

__all__ = ["guards"]

LOG = ("entries", "entry_bodies", "entry_subjects", "places", "checkpoints")
SERVANTS = ("app", "portal", "sequencer", "eraser", "auditor")

# Rights on whole tables, beside those that the app has on every table it works with.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "app": {
        **{name: {"SELECT"} for name in (*LOG, "alembic_version")},
        "entry_bodies": {"SELECT", "INSERT"},
        "entry_subjects": {"SELECT", "INSERT"},
        "public_keys": {"SELECT", "INSERT"},
        "protocols": {"SELECT", "INSERT"},
        "undertakings": {"SELECT", "INSERT"},
        "grants": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    },
    "portal": {
        **{name: {"SELECT", "INSERT"} for name in ("keyholders", "public_keys", "witness_keys", "envelopes")},
        **{name: {"SELECT", "INSERT"} for name in ("submissions", "submission_files", "kept_answers")},
        "entry_bodies": {"INSERT"},
        "alembic_version": {"SELECT"},
    },
    "sequencer": {
        "entries": {"SELECT"},
        "places": {"SELECT", "INSERT"},
        "checkpoints": {"SELECT", "INSERT"},
        "alembic_version": {"SELECT"},
    },
    "eraser": {"entry_bodies": {"SELECT", "DELETE"}},
    "auditor": {name: {"SELECT"} for name in LOG},
}
COLUMNS = {
    "app": {("entries", "id", "INSERT"), ("entries", "commitment", "INSERT")},
    "portal": {
        ("entries", "id", "INSERT"), ("entries", "commitment", "INSERT"), ("kept_answers", "answer", "UPDATE")
    },
}  # fmt: skip


def refused(database: Database, role: str, statement: str, *given: Any) -> str | None:
    """The state with which the database refuses a statement of a role, at the latest at the commit."""
    connection = database.connect(role)
    # This one statement is refused inside any transaction, before anybody asks who says it.
    connection.autocommit = statement.startswith("ALTER SYSTEM")
    try:
        connection.execute(statement.encode(), given or None)
        connection.commit()
    except psycopg.Error as problem:
        return problem.sqlstate
    finally:
        connection.close()
    return None


def first_column(table: str) -> str:
    return tables()[table].__mapper__.primary_key[0].key or ""


# the matrix


@pytest.mark.parametrize("role", SERVANTS)
def test_a_role_has_exactly_its_rights(database: Database, guards: Any, role: str) -> None:
    wanted = {name: set(rights) for name, rights in RIGHTS[role].items()}
    if role == "app":
        every = {name: {"SELECT", "INSERT", "UPDATE"} for name in (*guards.GUARDED, *guards.UNGUARDED_APP)}
        wanted = {**every, **wanted}

    with database.connect("owner") as owner:
        rows = owner.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = %s AND table_schema = 'public'", [f"amana_{role}"],
        ).fetchall()  # fmt: skip
    found: dict[str, set[str]] = {}
    for table, right in rows:
        found.setdefault(table, set()).add(right)

    assert found == wanted


@pytest.mark.parametrize("role", SERVANTS)
def test_a_role_has_exactly_its_rights_on_single_columns(database: Database, role: str) -> None:
    with database.connect("owner") as owner:
        rows = owner.execute(
            "SELECT relname, attname, (aclexplode(attacl)).privilege_type, (aclexplode(attacl)).grantee::regrole::text "
            "FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE attacl IS NOT NULL AND NOT attisdropped AND relnamespace = 'public'::regnamespace"
        ).fetchall()

    assert {row[:3] for row in rows if row[3] == f"amana_{role}"} == COLUMNS.get(role, set())


def test_nothing_is_granted_to_everybody(database: Database) -> None:
    with database.connect("owner") as owner:
        tables_ = owner.execute(
            "SELECT table_name FROM information_schema.role_table_grants "
            "WHERE grantee = 'PUBLIC' AND table_schema = 'public'"
        ).fetchall()
        functions = owner.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND has_function_privilege('amana_auditor', oid, 'EXECUTE')"
        ).fetchall()

    assert tables_ == functions == []


def test_only_the_app_takes_numbers_and_only_by_the_function(story: Story, database: Database) -> None:
    for role in ("portal", "sequencer", "eraser", "auditor"):
        assert refused(database, role, "SELECT take_subject_seq(gen_random_uuid())") == "42501"
    for role in SERVANTS:
        assert refused(database, role, "UPDATE subject_counters SET last = 0") == "42501"


# G09: the log, as the app's role and as every other


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("role", SERVANTS)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET commitment = '\\x00'",
        "UPDATE entries SET tx = pg_current_xact_id()",
        "UPDATE entry_bodies SET body = '\\x00'",
        "UPDATE entry_subjects SET seq = seq + 1",
        "UPDATE places SET leaf_index = leaf_index + 1",
        "UPDATE checkpoints SET root = '\\x00'",
        "DELETE FROM entries",
        "DELETE FROM entry_subjects",
        "DELETE FROM places",
        "DELETE FROM checkpoints",
        "TRUNCATE entries CASCADE",
        "TRUNCATE entry_bodies",
        "DROP TABLE entries CASCADE",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "ALTER TABLE persons DISABLE TRIGGER require_entry",
        "DROP TRIGGER refuse_change ON entries",
        "ALTER TABLE entries ALTER COLUMN tx DROP NOT NULL",
        "CREATE OR REPLACE FUNCTION require_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "DROP FUNCTION take_subject_seq(uuid)",
        "SET session_replication_role = replica",
        "SET ROLE amana_owner",
        "SET SESSION AUTHORIZATION amana_owner",
        "ALTER ROLE amana_app SUPERUSER",
        "CREATE ROLE friend LOGIN",
        "GRANT amana_owner TO amana_app",
        "CREATE TABLE shadow (id int)",
        "CREATE TEMP TABLE entries (tx xid8)",
        "CREATE SCHEMA friend",
        "CREATE EXTENSION dblink",
        "COPY entries TO PROGRAM 'cat'",
        "COPY entries FROM PROGRAM 'cat'",
        "COPY (SELECT 1) TO '/tmp/amana-out'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT lo_import('/etc/passwd')",
        "ALTER SYSTEM SET fsync = off",
        "SELECT pg_reload_conf()",
    ],
)
def test_no_role_changes_the_log_or_what_guards_it(
    founded: World, database: Database, role: str, statement: str
) -> None:
    before = [count(database, table) for table in LOG]

    assert refused(database, role, statement) in {"42501", "55006", "42P01", "0A000"}

    assert [count(database, table) for table in LOG] == before


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("role", [role for role in SERVANTS if role != "eraser"])
def test_nobody_but_the_eraser_deletes_bodies(founded: World, database: Database, role: str) -> None:
    assert refused(database, role, "DELETE FROM entry_bodies") == "42501"


def test_the_eraser_deletes_bodies_and_the_entries_stay(story: Story, database: Database) -> None:
    """The term of a body ends; its commitment keeps its place in the tree."""
    before = count(database, "entries")

    assert refused(database, "eraser", "DELETE FROM entry_bodies") is None

    assert (count(database, "entries"), count(database, "entry_bodies")) == (before, 0)


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("table", LOG)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_owner_is_refused_too_unless_they_put_the_triggers_aside(
    story: Story, database: Database, table: str, change: str
) -> None:
    """Whoever does put them aside is found by the verifier: that is the log's business, not the database's."""
    column = first_column(table)
    if table in {"places", "checkpoints"}:
        _place_something(database)

    assert refused(database, "owner", change.format(table, column, column)) == "AM002"


def _place_something(database: Database) -> None:
    with database.connect("sequencer") as sequencer:
        sequencer.execute("INSERT INTO places (entry, leaf_index) SELECT id, 0 FROM entries ORDER BY id LIMIT 1")
        sequencer.execute("INSERT INTO checkpoints (size, root, note, at) VALUES (1, '\\x00', 'n', now())")


def test_an_entry_gets_one_place_and_a_place_one_entry(story: Story, database: Database) -> None:
    _place_something(database)

    again = "INSERT INTO places (entry, leaf_index) SELECT id, {} FROM entries ORDER BY id OFFSET {} LIMIT 1"

    assert refused(database, "sequencer", again.format(1, 0)) == "23505"
    assert refused(database, "sequencer", again.format(0, 1)) == "23505"
    assert refused(database, "sequencer", again.format(1, 1)) is None
    other = "INSERT INTO checkpoints (size, root, note, at) VALUES (1, '\\x01', 'n', now())"
    assert refused(database, "sequencer", other) == "23505"


# no change without an entry


@pytest.mark.abuse("G08")
def test_no_guarded_row_is_changed_without_an_entry(
    story: Story, world: World, database: Database, guards: Any
) -> None:
    world.missed(story.reference)
    world.service()
    added(world, "intake")
    # Two cases are one too many for a story of one.
    other = world.case()
    world.mention(other)
    tied = mentions.TieMention(chip=world.chip(story.reference), other=world.chip(other))
    world.do("intake", mentions.tie, tied, subject=story.reference)
    world.check_in(story.reference)
    world.on_duty("protection")
    world.break_glass(story.reference)
    theirs = world.do("auditor", oversight.ask, AskLog(actor=world.members["intake"].code)).entries[0].id
    world.inquiry("intake", theirs)
    world.do("auditor", keeping.keep, KeepFilter(refused=True))
    world.take_over("intake", "intake-lead", by="intake")
    world.apart(story.reference, "administrator", by="intake-lead")
    world.destroyed(world.case())
    about = handed(world)
    world.sent_back(world.proposed(about), about)
    filled = [name for name in guards.GUARDED if count(database, name)]
    # What was destroyed is changed by nobody, with an entry or without.
    stands = {"cases": " WHERE state <> 'DESTROYED'"}

    for name in filled:
        column = first_column(name)
        # Not even the right: a public key changed in place would get what is sealed next.
        state = "42501" if name in {"public_keys", *guards.PUBLISHED} else "AM001"
        assert refused(database, "app", f"UPDATE {name} SET {column} = {column}{stands.get(name, '')}") == state, name
        # What was published is changed by nobody, with an entry or without.
        state = "AM002" if name in guards.PUBLISHED else "AM001"
        assert refused(database, "owner", f"UPDATE {name} SET {column} = {column}{stands.get(name, '')}") == state, name
    assert set(guards.GUARDED) - set(filled) == {"log_checks"}


@pytest.mark.abuse("G08")
def test_the_app_deletes_no_row_but_the_grants_of_a_destroyed_case(
    world: World, database: Database, guards: Any
) -> None:
    world.case()

    for name in (*guards.GUARDED, *guards.UNGUARDED_APP):
        state = "AM006" if name == "grants" else "42501"
        assert refused(database, "app", f"DELETE FROM {name}") == state, name


ENTRY = """
    WITH new AS (SELECT gen_random_uuid() AS id, sha256('') AS salt, '{}'::bytea AS body),
         entry AS (INSERT INTO entries (id, commitment) SELECT id, sha256(substr(salt, 1, 16) || body) FROM new)
    INSERT INTO entry_bodies (entry, salt, body, view) SELECT id, substr(salt, 1, 16), body, '{}' FROM new
"""
CHANGE = "UPDATE persons SET recorded_at = now()"


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ([ENTRY, CHANGE], None),
        ([CHANGE, ENTRY], None),
        (["SAVEPOINT a", ENTRY, "RELEASE a", CHANGE], None),
        (["SAVEPOINT a", ENTRY, "ROLLBACK TO a", CHANGE], "AM001"),
        ([ENTRY, "COMMIT", "BEGIN", CHANGE], "AM001"),
        (["SET CONSTRAINTS ALL IMMEDIATE", CHANGE, ENTRY], "AM001"),
        ([CHANGE, "SET CONSTRAINTS ALL IMMEDIATE", ENTRY], "AM001"),
        (["SET search_path = pg_temp, public", CHANGE], "AM001"),
    ],
    ids=["before", "after", "kept savepoint", "undone savepoint", "earlier transaction", "too early", "too early too",
         "another search path"],
)  # fmt: skip
def test_only_an_entry_of_the_same_transaction_counts(
    story: Story, database: Database, statements: list[str], state: str | None
) -> None:
    assert refused(database, "app", "; ".join(statements)) == state


@pytest.mark.parametrize("role", ["app", "portal"])
def test_nobody_writes_in_which_transaction_an_entry_was_made(founded: World, database: Database, role: str) -> None:
    forged = "INSERT INTO entries (id, tx, commitment) VALUES (gen_random_uuid(), {}, '\\x00')"

    for value in ("'1'", "pg_current_xact_id()", "DEFAULT"):
        assert refused(database, role, forged.format(value)) == "42501"


# who reads what


@pytest.mark.abuse("E09")
def test_the_portal_reads_nothing_that_was_not_sent_through_it(founded: World, database: Database) -> None:
    open_to_it = {name for name, rights in RIGHTS["portal"].items() if "SELECT" in rights}

    for name in set(tables()) - open_to_it:
        assert refused(database, "portal", f"SELECT 1 FROM {name}") == "42501", name
    for name in open_to_it:
        assert refused(database, "portal", f"SELECT 1 FROM {name}") is None, name


@pytest.mark.abuse("E09")
@pytest.mark.parametrize("role", ["sequencer", "eraser", "auditor"])
def test_roles_of_the_log_read_the_log_alone(founded: World, database: Database, role: str) -> None:
    for name in set(tables()) - set(RIGHTS[role]):
        assert refused(database, role, f"SELECT 1 FROM {name}") == "42501", name


def test_no_role_may_make_itself_more(database: Database) -> None:
    with database.connect("owner") as owner:
        rows = owner.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'amana\\_%' AND rolname <> 'amana_cluster' AND "
            "(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
        ).fetchall()
        members = owner.execute(
            "SELECT member::regrole FROM pg_auth_members WHERE member::regrole::text LIKE 'amana%'"
        ).fetchall()

    assert rows == members == []

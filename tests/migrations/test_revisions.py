"""Every revision goes up, down and up again to the same schema, and the newest is what the program expects."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

import app.whole  # noqa: F401  every table is known once the program is
from app.cli.migrating import configuration, migrate
from app.cli.schema import FOLDER, check_schema, head
from app.cli.speech import REFUSED
from app.db import tables
from app.errors import CannotStart
from tests.tidy.repository import program

REVISIONS = [script.revision for script in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions()))]
BASE = "base"

# All that makes a schema: columns, constraints, indexes, triggers, functions, and who may do what.
SCHEMA = """
WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace),
     functions AS (SELECT * FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
SELECT 'column', table_name, column_name, data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, '', pg_get_functiondef(oid) FROM functions
UNION ALL SELECT 'right', relname, '', coalesce(relacl, acldefault('r', relowner))::text FROM ours WHERE relkind = 'r'
UNION ALL SELECT 'right', relname, attname, attacl::text
  FROM pg_attribute JOIN ours ON ours.oid = attrelid WHERE attacl IS NOT NULL AND attacl <> '{}'
UNION ALL SELECT 'right', proname, '', coalesce(proacl, acldefault('f', proowner))::text FROM functions
"""


def schema(url: str) -> set[tuple[str, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {tuple(str(cell) for cell in row) for row in connection.execute(text(SCHEMA))}


def empty(found: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """What is left of a schema beside Alembic's own table."""
    return {row for row in found if not row[1].startswith("alembic_version")}


@pytest.fixture(autouse=True)
def from_the_beginning(scratch: str) -> Iterator[None]:
    yield
    command.downgrade(configuration(scratch), BASE)


def test_there_is_one_line_of_revisions() -> None:
    assert sorted(REVISIONS) == REVISIONS
    assert ScriptDirectory(str(FOLDER)).get_heads() == [head()]


def test_every_revision_goes_up_down_and_up_to_the_same_schema(scratch: str) -> None:
    config = configuration(scratch)
    for before, revision in zip([BASE, *REVISIONS], REVISIONS, strict=False):
        start = empty(schema(scratch))
        command.upgrade(config, revision)
        first = schema(scratch)
        command.downgrade(config, before)
        assert empty(schema(scratch)) == start, f"{revision} leaves something behind"
        command.upgrade(config, revision)
        assert schema(scratch) == first, f"{revision} is another the second time"


def test_going_all_the_way_down_leaves_nothing(scratch: str) -> None:
    migrate(scratch)
    assert empty(schema(scratch))

    command.downgrade(configuration(scratch), BASE)

    assert empty(schema(scratch)) == set()


def test_the_newest_revision_is_what_the_models_say(scratch: str) -> None:
    migrate(scratch)

    command.check(configuration(scratch))

    assert {row[1] for row in schema(scratch) if row[0] == "column"} - {"alembic_version"} == set(tables())


@pytest.mark.parametrize(
    "drift",
    [
        "ALTER TABLE needs ADD COLUMN plain_words text",
        "ALTER TABLE needs DROP COLUMN words",
        "ALTER TABLE persons ALTER COLUMN legal_name TYPE text USING ''",
        "CREATE TABLE notes (id uuid PRIMARY KEY)",
        "ALTER TABLE persons ALTER COLUMN legal_name DROP NOT NULL",
    ],
)
def test_a_schema_that_drifted_from_the_models_is_found(scratch: str, drift: str) -> None:
    migrate(scratch)
    engine = create_engine(scratch, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text(drift))

    try:
        with pytest.raises(CommandError, match="New upgrade operations"):
            command.check(configuration(scratch))
    finally:
        with engine.begin() as owner:
            owner.execute(text("DROP SCHEMA public CASCADE"))
            owner.execute(text("CREATE SCHEMA public"))


def test_migrating_twice_changes_nothing(scratch: str) -> None:
    migrate(scratch)
    first = schema(scratch)

    migrate(scratch)

    assert schema(scratch) == first


def test_two_who_migrate_at_once_do_it_once(scratch: str) -> None:
    """Two replicas that are started by one hand."""
    line = "import sys; from app.cli.migrating import migrate; migrate(sys.argv[1])"

    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda _: program("python", "-c", line, scratch), range(2)))

    assert [(r.returncode, r.stderr) for r in ran] == [(0, ""), (0, "")]
    check_schema(create_engine(scratch, poolclass=NullPool))


@pytest.mark.abuse("L04")
@pytest.mark.abuse("J07")
@pytest.mark.parametrize("present", [*REVISIONS[:-1], "9999"])
def test_a_schema_older_or_newer_than_the_program_does_not_start(scratch: str, present: str) -> None:
    migrate(scratch)
    engine = create_engine(scratch, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("UPDATE alembic_version SET version_num = :present"), {"present": present})

    try:
        with pytest.raises(CannotStart, match=present):
            check_schema(engine)
    finally:
        with engine.begin() as owner:
            owner.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": REVISIONS[-1]})


@pytest.mark.abuse("J07")
def test_a_revision_that_fails_in_the_middle_leaves_the_one_before(scratch: str) -> None:
    """The fault: a table of the guards' revision is missing when it comes to it."""
    config = configuration(scratch)
    command.upgrade(config, REVISIONS[0])
    before = schema(scratch)
    engine = create_engine(scratch, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("ALTER TABLE witness_keys RENAME TO elsewhere"))

    with pytest.raises(Exception, match="witness_keys"):
        command.upgrade(config, "head")

    with engine.begin() as owner:
        owner.execute(text("ALTER TABLE elsewhere RENAME TO witness_keys"))
    assert schema(scratch) == before
    command.upgrade(config, "head")
    command.check(config)


WAITED = "the migration was given up after waiting. Nothing is half done."
# What another session may hold: as a service does in the middle of a write, and as another runner of revisions does.
WRITING = "LOCK TABLE witness_keys IN ROW EXCLUSIVE MODE"
MIGRATING = f"SELECT pg_advisory_xact_lock({0x6D696772})"


def migrated_by_hand(scratch: str) -> subprocess.CompletedProcess[str]:
    """`amana db migrate` on this database, as the operator runs it."""
    given = {"AMANA_DATABASE_URL": scratch, "AMANA_OWNER_URL": scratch, "AMANA_HOME": "/nowhere"}
    with patch.dict(os.environ, given):
        return program("python", "-m", "app.cli", "db", "migrate")


@pytest.mark.abuse("J07")
@pytest.mark.parametrize("held", [WRITING, MIGRATING], ids=["writing", "migrating"])
def test_a_migration_that_cannot_get_a_lock_says_so_and_changes_nothing(scratch: str, held: str) -> None:
    """The control is its second run, with nobody there."""
    command.upgrade(configuration(scratch), REVISIONS[0])
    before = schema(scratch)

    with create_engine(scratch, poolclass=NullPool).begin() as other:
        other.execute(text(held))
        begun = time.monotonic()
        refused = migrated_by_hand(scratch)
        waited = time.monotonic() - begun
    left = schema(scratch)
    again = migrated_by_hand(scratch)

    assert (refused.returncode, refused.stdout) == (REFUSED, "")
    assert WAITED in refused.stderr
    assert refused.stderr.count("\n") == 1, "a line, and no traceback"
    assert 10 <= waited < 60
    assert left == before
    assert (again.returncode, again.stderr) == (0, "")
    check_schema(create_engine(scratch, poolclass=NullPool))
    command.check(configuration(scratch))


@pytest.mark.abuse("J07")
def test_a_migration_whose_step_is_cut_off_says_so_and_changes_nothing(scratch: str) -> None:
    """As the timeout for a statement does after ten minutes, the database's owner does here at once."""
    command.upgrade(configuration(scratch), REVISIONS[0])
    before = schema(scratch)
    cut_off = text("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    engine = create_engine(scratch, poolclass=NullPool)

    with (
        engine.begin() as other,
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute(text(WRITING))
        refused = pool.submit(migrate, scratch)
        while not owner.scalar(cut_off):
            assert not refused.done(), "it waited for nobody"
            time.sleep(0.05)
        with pytest.raises(CannotStart, match=WAITED):
            refused.result()

    assert schema(scratch) == before


def test_a_fault_in_a_revision_is_no_matter_of_waiting(scratch: str) -> None:
    """Else a defect would be answered by trying again for ever."""
    migrate(scratch)
    engine = create_engine(scratch, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("DELETE FROM alembic_version"))

    try:
        with pytest.raises(DBAPIError, match="already exists"):
            migrate(scratch)
    finally:
        with engine.begin() as owner:
            owner.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": REVISIONS[-1]})

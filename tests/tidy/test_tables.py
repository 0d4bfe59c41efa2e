"""Each table is guarded by the database or says why not; and the database guards what the program thinks it does."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

import app.whole  # noqa: F401  every table is known once the program is
from app.db import Table, tables
from tests.conftest import Database
from tests.tidy.repository import ROOT


@pytest.fixture(scope="module")
def guards() -> ModuleType:
    """The revision that sets the guards."""
    path = ROOT / "migrations" / "versions" / "0002_the_guards.py"
    spec = importlib.util.spec_from_file_location("the_guards", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unguarded() -> dict[str, type[Table]]:
    return {name: table for name, table in tables().items() if table.unguarded}


def test_every_table_without_a_reason_is_guarded(guards: ModuleType) -> None:
    assert set(guards.GUARDED) == set(tables()) - set(unguarded())


def test_every_reason_for_no_guard_is_a_reason() -> None:
    for name, table in unguarded().items():
        assert len(table.unguarded.split()) >= 4, name


def test_the_list_of_unguarded_tables_only_shrinks() -> None:
    assert set(unguarded()) <= {
        "checkpoints", "combinations", "entries", "entry_bodies", "entry_subjects", "jobs", "kept_answers", "places",
        "sign_ins", "subject_counters", "throttles",
    }  # fmt: skip


def test_the_database_has_the_guard_on_exactly_those_tables(database: Database, guards: ModuleType) -> None:
    with database.connect("owner") as owner:
        rows = owner.execute(
            "SELECT tgrelid::regclass::text, tgname, tgdeferrable, tginitdeferred, tgenabled FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgname IN ('require_entry', 'refuse_change', 'refuse_truncate')"
        ).fetchall()
    on = {kind: {table for table, name, *_ in rows if name == kind} for _, kind, *_ in rows}

    assert on["require_entry"] == set(guards.GUARDED)
    assert on["refuse_change"] == on["refuse_truncate"] == {*guards.APPEND_ONLY, *guards.PUBLISHED}
    assert {(deferrable, late) for _, name, deferrable, late, _ in rows if name == "require_entry"} == {(True, True)}
    assert {enabled for *_, enabled in rows} == {"O"}

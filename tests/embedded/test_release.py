"""The release of the database that a run was asked for is the one it has."""

from __future__ import annotations

import os

from tests.conftest import Database


def test_this_run_has_the_release_it_was_asked_for(database: Database) -> None:
    with database.connect("owner") as owner:
        told = owner.execute("SHOW server_version_num").fetchone()

    assert told is not None
    assert int(told[0]) // 10_000 == int(os.environ.get("AMANA_TEST_PG", "18"))

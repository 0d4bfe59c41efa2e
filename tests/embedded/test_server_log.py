"""PostgreSQL's own log holds no value of a row."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from app.embedded import Embedded
from tests.embedded.conftest import plain

CANARY = "CANARY-5f0c7d1e9ab24c6683d0e1f7"

TABLES = """
    CREATE TABLE known (name text UNIQUE, age int CHECK (age < 10), born date, note varchar(8));
    GRANT SELECT, INSERT, UPDATE ON known TO amana_app;
"""


def provoke(url: str) -> int:
    """Every kind of error that carries a value, each with the canary; returns how many were raised."""
    wrongs: list[tuple[str, list[str]]] = [
        ("INSERT INTO known (name) VALUES (%s)", [CANARY]),
        ("INSERT INTO known (name, age) VALUES (%s, 99)", [CANARY + "-b"]),
        ("INSERT INTO known (born) VALUES (%s)", [CANARY]),
        ("SELECT %s::text::uuid", [CANARY]),
        (f"SELECT '{CANARY}'::int", []),
        ("INSERT INTO known (note) VALUES (%s)", [CANARY]),
        (f'SELECT "{CANARY}" FROM known', []),
        (f"SELEKT '{CANARY}'", []),
        (f"DO $$ BEGIN RAISE EXCEPTION 'of {CANARY}'; END $$", []),
        ("SELECT set_config('statement_timeout', '20', false)", []),
        ("SELECT pg_sleep(5), %s::text", [CANARY]),
    ]
    raised = 0
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("INSERT INTO known (name) VALUES (%s)", [CANARY])
        for statement, values in wrongs:
            try:
                connection.execute(statement.encode(), values or None)
            except psycopg.Error:
                raised += 1
    return raised


def waits_for_a_lock(url: str) -> None:
    with psycopg.connect(plain(url)) as holder, psycopg.connect(plain(url)) as waiter:
        update = "UPDATE known SET name = name WHERE name = %s"
        holder.execute(update, [CANARY])
        waiter.execute("SET lock_timeout = '1500ms'")  # longer than deadlock_timeout, when a wait is logged
        with pytest.raises(errors.LockNotAvailable):
            waiter.execute(update, [CANARY])


def hits(folder: Path, settings: dict[str, str] | None) -> int:
    server = Embedded(folder, settings=settings)
    urls = server.start().urls
    with psycopg.connect(plain(urls["owner"])) as owner:
        owner.execute(TABLES)
    assert provoke(urls["app"]) == 10
    waits_for_a_lock(urls["app"])
    server.stop()
    return server.log.read_text().count(CANARY)


@pytest.mark.abuse("K04")
def test_no_error_slow_query_or_lock_wait_puts_a_value_into_the_log(folder: Path) -> None:
    assert hits(folder, None) == 0


@pytest.mark.abuse("K04")
def test_at_the_usual_settings_of_postgresql_the_same_hunt_finds_values(folder: Path) -> None:
    """The control: a hunt that finds nothing anywhere proves nothing."""
    usual = {
        "log_min_messages": "warning",
        "log_error_verbosity": "default",
        "log_min_error_statement": "error",
        "log_parameter_max_length_on_error": "-1",
        "log_min_duration_statement": "10",
        "log_lock_waits": "on",
    }
    assert hits(folder, usual) > 10


@pytest.mark.abuse("K04")
def test_terse_alone_would_still_show_the_value_of_a_failed_cast(folder: Path) -> None:
    """Why errors of statements are not logged at all."""
    assert hits(folder, {"log_min_messages": "warning"}) > 0

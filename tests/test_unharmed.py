"""The look after every abuse case finds what was planted for it: else it would never fail."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests import unharmed
from tests.cases.canaries import plant
from tests.conftest import Database
from tests.ladder import CANARY
from tests.world import World


def as_owner(database: Database, statement: str, *given: Any) -> None:
    """Around every trigger, as the database's owner could."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement, given)


def test_the_marks_are_those_that_tests_give() -> None:
    assert unharmed.MARK == CANARY


def test_an_office_in_which_people_worked_is_unharmed(world: World, database: Database) -> None:
    plant(world)

    assert unharmed.of_rows(database) == []


@pytest.mark.parametrize("value", ["CANARY-0123456789abcdef", "as CANARY-0123456789abcdef said"])
def test_a_mark_in_clear_is_found(world: World, database: Database, value: str) -> None:
    plant(world)
    as_owner(database, "UPDATE keyholders SET name = %s WHERE name = 'legal'", value)

    assert "I4: keyholders holds a mark in clear" in unharmed.of_rows(database)


def test_a_mark_among_bytes_is_found(world: World, database: Database) -> None:
    plant(world)
    as_owner(database, "UPDATE segments SET text = %s", b"\x01" + b"CANARY-0123456789abcdef")

    assert unharmed.of_rows(database) == ["I4: segments holds a mark in clear"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE entry_bodies SET salt = substr(sha256(salt), 1, length(salt))", "is not what was written"),
        ("DELETE FROM entry_bodies", "says nothing"),
        ("UPDATE entry_subjects SET seq = seq + 1000", "lacks an entry"),
        ("DELETE FROM entry_subjects WHERE seq = 1", "lacks an entry"),
    ],
)
def test_an_altered_log_is_found(world: World, database: Database, statement: str, said: str) -> None:
    plant(world)
    as_owner(database, statement)

    assert any(said in wrong for wrong in unharmed.of_rows(database))
    assert unharmed.of_rows(database, altered=True) == []


def test_a_mark_in_a_log_line_is_found() -> None:
    with unharmed.Heard() as heard:
        logging.getLogger("amana.office").warning("could not seal %s", CANARY + "0123")

    assert heard.wrong() == ["I4: a log line holds a mark: WARNING"]


def test_an_incident_is_found_unless_the_case_is_one() -> None:
    with unharmed.Heard() as heard:
        logging.getLogger("amana.edge").error("defect 0123456789abcdef KeyError < app/edge/door.py:7")

    assert len(heard.wrong()) == 1
    assert heard.wrong(breaking=True) == []

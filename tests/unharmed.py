"""What must hold after every abuse case, whatever it did (I3, I4 and I5 of the threat model).

Looked at by hand of the owner and around the product, after each test that bears the mark and has an office:
every entry is what it was written as and numbered without gap, no word that was given to be kept sealed lies in
clear in any table or in the log of a process, and nothing broke that was not foreseen. I1, I2 and I6 need whole
processes that are killed or watched: tests/faults and tests/journeys.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pytest
from psycopg.sql import SQL, Composed, Identifier, Literal

from app.db import tables

if TYPE_CHECKING:
    from tests.conftest import Database

# How every mark begins that tests give where testimony stands (tests.ladder); followed by hexadecimal digits.
MARK: Final = "CANARY-"
# Of each entry and of each case's numbering, by the database's own hash and count.
_OF_THE_LOG: Final = """
    SELECT 'I3: entry ' || e.id || ' is not what was written' FROM entries e JOIN entry_bodies b ON b.entry = e.id
    WHERE e.commitment <> sha256(b.salt || b.body)
    UNION ALL SELECT 'I3: entry ' || e.id || ' says nothing' FROM entries e
    WHERE NOT EXISTS (SELECT 1 FROM entry_bodies b WHERE b.entry = e.id)
    UNION ALL SELECT 'I3: case ' || case_id || ' lacks an entry' FROM entry_subjects
    GROUP BY case_id HAVING max(seq) <> count(*) OR min(seq) <> 1
"""
# Cases in which something breaks because the case breaks it: the number of an incident is their subject.
BREAKING: Final = frozenset({"D14", "G08", "H01", "H02", "K03", "K04"})
# Cases in which the log is altered around the product, because whether that is found is their subject.
ALTERING: Final = frozenset({"G01", "G02", "G03", "G06", "G09"})
# The tests' own client logs what it asks for; it is no part of the product.
CLIENT: Final = "httpx"


class Heard(logging.Handler):
    """Everything that was logged during one test, by whichever logger."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line as an operator's file would have it."""
        if record.name != CLIENT:
            self.lines.append((record.levelname, record.getMessage()))

    def __enter__(self) -> Heard:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def wrong(self, *, breaking: bool = False) -> list[str]:
        """What stands in it that may not."""
        marks = [f"I4: a log line holds a mark: {level}" for level, line in self.lines if MARK in line]
        broken = [f"I5: {line}" for level, line in self.lines if level in {"ERROR", "CRITICAL"} and " < " in line]
        return marks + ([] if breaking else broken)


def of_rows(database: Database, *, altered: bool = False) -> list[str]:
    """What is wrong in the database, in sentences; empty where all holds. Altered entries are passed over."""
    wrong = []
    if not altered:
        with database.connect("owner") as owner:
            wrong = [str(said) for (said,) in owner.execute(_OF_THE_LOG).fetchall()]
    return wrong + [f"I4: {table} holds a mark in clear" for table in seen_in_clear(database)]


def seen_in_clear(database: Database) -> list[str]:
    """Tables in which a mark can be read without any key, as text or as bytes."""
    with database.connect("owner") as owner:
        return [str(table) for (table,) in owner.execute(_clear()).fetchall()]


@lru_cache(maxsize=1)
def _clear() -> Composed:
    """One question for all of them: one for each would take longer than the tests."""
    spelled = [Literal(f"%{mark}%") for mark in (MARK, MARK.encode().hex())]
    return SQL(" UNION ALL ").join(
        SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {} t WHERE t::text LIKE {} OR t::text LIKE {})").format(
            Literal(name), Identifier(name), *spelled
        )
        for name in sorted(tables())
    )


@contextmanager
def unharmed(database: Database, node: pytest.Item) -> Iterator[None]:
    """Around a test: if it is an abuse case, fail it for what does not hold afterwards."""
    cases = {str(given) for mark in node.iter_markers("abuse") for given in mark.args}
    if not cases:
        yield
        return
    with Heard() as heard:
        yield
    wrong = heard.wrong(breaking=bool(BREAKING & cases))
    if node.get_closest_marker("harms") is None:
        wrong += of_rows(database, altered=bool(ALTERING & cases))
    assert not wrong, "\n".join(wrong)

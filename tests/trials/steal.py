"""``make steal``: what is in it for a thief of the database and of all files but the unlock secret.

Every table is copied as the database's owner, and every file is read as it lies on the disk, the
database's own and its write-ahead log too. Then each sentence, name and place that was sealed when
the office was invented is sought in eight spellings. First the control: a sentence that was written
in clear into a table of the same dump must be found in each of them.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from app.cli import process
from app.cli.database import database, plain
from app.cli.speech import BROKEN, FAILED, FINE, REFUSED, say
from app.errors import CannotStart
from app.settings import Settings
from tests.kit.hunt import hits, spellings
from tests.trials import results
from tests.trials.ground import ground

# What no thief of the database is given: what opens the key files, the answer sheet, the paper shares.
NOT_STOLEN: Final = frozenset({"unlock", "cast.json", "shares", results.NAME})
TABLES: Final = """
    SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Stolen:
    """All of it in memory: places with their bytes, and the control's sentence that one table holds."""

    places: list[tuple[str, bytes]]
    tables: int
    control: str

    @property
    def mib(self) -> int:
        return sum(len(data) for _, data in self.places) // MIB


def main() -> int:
    """Steal, hunt, say what was found. 0 nothing, 3 something, 1 the hunt itself is blind."""
    process.harden()
    with ground() as (settings, cast):
        words = sought(cast, os.environ.get("WORDS", ""))
        stolen = steal(settings)
        blind = unseen(stolen, cast)
        if blind:
            say(f"The control failed: {blind} lies there in clear and was not found. Nothing is shown by this.")
            return FAILED
        found = hunt(stolen, words)
        results.keep(settings, "steal", {"hits": len(found), "mib": stolen.mib, "words": len(words)})
    print(f"Stolen: {stolen.tables} tables and {len(stolen.places) - stolen.tables} files, {stolen.mib} MB.")
    print("Control: a sentence written in clear into one more table was found in all its spellings.")
    for place, word in found:
        print(f"FOUND in {place}: {word}")
    print(
        f"{len(found)} hits in {stolen.mib} MB for {len(words)} sentences, names and places, in eight spellings each."
    )
    return BROKEN if found else FINE


def sought(cast: dict[str, Any], typed: str = "") -> list[str]:
    """What was sealed when this demonstration was made, and what somebody typed since and names here."""
    if not cast.get("planted"):
        raise CannotStart("This demonstration was made by an earlier version. Remove its folder and begin again.")
    return [*cast["planted"], *filter(None, (line.strip() for line in typed.splitlines()))]


def steal(settings: Settings) -> Stolen:
    """Every table as its owner reads it, and every file but those that no thief is given."""
    control = f"the house behind the {secrets.token_hex(8)}"
    with database(settings) as roles, psycopg.connect(plain(roles.url("owner"))) as owner:
        # Never committed: the demonstration stays as it is.
        owner.execute("CREATE TABLE control (held bytea)")
        for text in spellings(control):
            owner.execute("INSERT INTO control VALUES (%s)", [b"before " + text + b" after"])
        names = [str(name) for (name,) in owner.execute(TABLES).fetchall()]
        tables = [(name, _copied(owner, name)) for name in names]
        files = list(_files(settings.home))
        owner.rollback()
    return Stolen([*tables, *files], len(tables), control)


def unseen(stolen: Stolen, cast: dict[str, Any]) -> str:
    """What the hunt does not find although it is there: empty if it can see."""
    everything = [data for _, data in stolen.places]
    for text in spellings(stolen.control):
        if not any(text in data for data in everything):
            return "a planted sentence"
    # Login names are no secret: they lie in a table and in the file that PostgreSQL keeps of it.
    login = max(cast["members"], key=len)
    seen = [place for place, data in stolen.places if hits(data, [login])]
    return "" if {place.startswith("/") for place in seen} == {True, False} else "a login name"


def hunt(stolen: Stolen, words: list[str]) -> list[tuple[str, str]]:
    """Each word that was found, with the place."""
    return [(place, word) for place, data in stolen.places for word in hits(data, words)]


def _copied(owner: psycopg.Connection, table: str) -> bytes:
    # The name is quoted by the database itself.
    with owner.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.SQL(table))) as copied:
        return b"".join(copied)


def _files(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the installation. Where PostgreSQL runs as an account of its own its folder lies elsewhere."""
    roots = [home, *(link.resolve() for link in [home / "postgres" / "home"] if link.is_symlink())]
    for path in (path for root in roots for path in sorted(root.rglob("*"))):
        if path.is_file() and not path.is_symlink() and path.name not in NOT_STOLEN:
            try:
                yield str(path), path.read_bytes()
            except FileNotFoundError:
                continue


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotStart as refused:
        say(str(refused))
        sys.exit(REFUSED)

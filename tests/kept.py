"""States of the office that many tests begin from: each is built once, by its people, and put back after that.

What is put back is every row, every sealed file and the time of day, with what the people of the cast know by then.
Only a test that has done nothing yet begins so: any other builds the state itself, as does one that plants marks
of its own.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from app.db import Table

if TYPE_CHECKING:
    from tests.conftest import Clock, Database
    from tests.world import World

T = TypeVar("T")
FOUNDED = "kept"


@dataclass
class _State:
    """What there is beside rows and files: who knows what, what time it is, what the builder answered."""

    world: World
    members: dict[str, Any]
    receipts: dict[str, str]
    drawn: Any
    seconds: float
    made: Any

    @classmethod
    def of(cls, world: World, seconds: float, made: Any) -> _State:
        members = {login: copy.copy(member) for login, member in world.members.items()}
        # What was built may know its world, which is not part of the copy.
        kept = copy.deepcopy(made, {id(world): world})
        return cls(world, members, dict(world.receipts), copy.copy(world.drawn), seconds, kept)

    def give(self, world: World) -> Any:
        """Copies of it all to the world of another test; what the builder answered."""
        world.members = {login: copy.copy(member) for login, member in self.members.items()}
        world.receipts, world.drawn = dict(self.receipts), copy.copy(self.drawn)
        return copy.deepcopy(self.made, {id(self.world): world})


class States:
    """The states of one run's database, each in a schema of its own; the founded office is the first."""

    def __init__(self, database: Database, attachments: Path) -> None:
        self._database, self._attachments = database, attachments
        self._states: dict[str, _State] = {}
        self._keep_rows(FOUNDED)
        self._newest = self._newest_entry()

    def begin(self, world: World, clock: Clock, name: str, build: Callable[[World], T]) -> T:
        """What a builder answers: built now, or as it was built before."""
        if "canary" in vars(world) or self._newest_entry() != self._newest:
            return build(world)
        if name not in self._states:
            made = build(world)
            self._keep_rows(name)
            _copy(self._attachments, self._files(name))
            self._states[name] = _State.of(world, clock.seconds, made)
            return made
        self.put_back(name)
        _copy(self._files(name), self._attachments)
        clock.seconds = self._states[name].seconds
        return cast(T, self._states[name].give(world))

    def put_back(self, name: str = FOUNDED) -> None:
        """The database as it was in this state."""
        self.clear("; ".join(f"INSERT INTO {table} SELECT * FROM {name}.{table}" for table in _tables()))

    def clear(self, then: str = "") -> None:
        """The database without a row, and then this."""
        delete = "; ".join(f"DELETE FROM {table}" for table in _tables())
        with self._database.connect("owner") as owner:
            owner.execute(f"SET session_replication_role = replica; {delete}; {then}".encode())

    def _keep_rows(self, name: str) -> None:
        copies = (f"CREATE TABLE {name}.{table} AS TABLE public.{table}" for table in _tables())
        with self._database.connect("owner") as owner:
            owner.execute(f"CREATE SCHEMA {name}; {'; '.join(copies)}".encode())

    def _files(self, name: str) -> Path:
        return self._attachments.with_name(f"attachments-{name}")

    def _newest_entry(self) -> str:
        with self._database.connect("owner") as owner:
            row = owner.execute("SELECT max(id::text) || count(*) FROM entries").fetchone()
        return str(row[0] if row else "")


def _copy(files: Path, to: Path) -> None:
    """Into whatever is there already; where no file was ever kept there is no folder either."""
    if files.is_dir():
        shutil.copytree(files, to, dirs_exist_ok=True)


def _tables() -> list[str]:
    return [table.name for table in Table.metadata.sorted_tables]

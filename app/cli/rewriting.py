"""``amana erase``: after a case was destroyed its keys still lie in old pages of the database's files. Here they go.

Deleting a row leaves its bytes where they were. Only a table that is written anew leaves them
behind, and the write-ahead log keeps what it was told until its files are removed.
"""

from __future__ import annotations

from typing import Any, Final, cast

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, InvalidSchemaName, LockNotAvailable, UndefinedFunction

from app import clock
from app.cases import ending_queries, erasing
from app.cases.ending_queries import Erasures
from app.cli.database import Roles, database, plain
from app.cli.door import Json, group, settings_here
from app.cli.errand import office_as
from app.cli.speech import answer
from app.errors import CannotStart
from app.work import Caller, Office

erase = group("What was destroyed: make the database's own files forget it.")

# What held a key of a destroyed case, or something that a key which goes on being used could open.
TABLES: Final = ("grants", "envelopes", "known_marks", "drafts")


@erase.command("finish")
def finish_(json_: Json = False) -> None:
    """Write the tables of keys anew and let go of old WAL, within a day of a destruction. It takes seconds."""
    settings = settings_here()
    with database(settings) as roles, office_as(settings, roles, "app") as office:
        waited: Erasures = office.ask(Caller.operator(), ending_queries.erasures)
        done = finish(roles, office)
    days = settings.backup_days_max
    told: dict[str, Any] = {"erasures": done, "waited": waited.number, "backup_days": days}
    answer(told, [f"{done} erasures are finished. Backups may hold them for {days} days more."], as_json=json_)


def finish(roles: Roles, office: Office) -> int:
    """Rewrite, and note how many erasures are done by it. Killed anywhere, they wait and it is begun again."""
    began = clock.now()
    rewrite(roles)
    return cast(int, office.perform(Caller.operator(), erasing.finish, erasing.FinishErasures(before=began)))


def rewrite(roles: Roles) -> None:
    """Write the tables of keys anew, begin a new WAL file and have the old ones removed.

    raises  CannotStart if the server would keep old WAL files to use them again, or if the owner may not do this
    """
    with psycopg.connect(plain(roles.url("owner")), connect_timeout=5, autocommit=True) as owner:
        if owner.execute("SHOW wal_recycle").fetchone() != ("off",):
            raise CannotStart(
                "PostgreSQL keeps old WAL files to write over them later, and with them what was destroyed. "
                "Set wal_recycle = off, reload it, and begin again."
            )
        try:
            for table in TABLES:
                owner.execute(sql.SQL("VACUUM (FULL) {}").format(sql.Identifier(table)))
            owner.execute("SELECT cluster.let_go_of_old_wal()")
        except LockNotAvailable:
            raise CannotStart("Somebody works with a case at this moment. Nothing is lost: begin again.") from None
        except (InsufficientPrivilege, InvalidSchemaName, UndefinedFunction):
            raise CannotStart("The owner may not do this yet. Run deploy/postgres/roles.sql again.") from None

"""``amana db``: the schema of the database."""

from __future__ import annotations

from app.cli import database, migrating, schema
from app.cli.door import Json, group, settings_here
from app.cli.speech import answer

db = group("The database's schema.")


@db.command("migrate")
def migrate_(json_: Json = False) -> None:
    """Bring the database's schema to this program's."""
    with database.database(settings_here()) as roles, roles.using("owner") as owner:
        before = schema.present(owner)
        migrating.migrate(roles.url("owner"))
        after = schema.present(owner)
    answer({"before": before, "after": after}, [f"The schema is at {after}; it was at {before}."], as_json=json_)


@db.command("revision")
def revision_(name: str) -> None:
    """Write a new revision from the models, for maintainers."""
    with database.database(settings_here()) as roles:
        migrating.revise(roles.url("owner"), name)

"""``amana demo``: an invented office for drills, and its second factors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import database, demonstration
from app.cli.door import Json, group
from app.cli.speech import answer
from app.errors import CannotStart

demo = group("An invented office, on this machine only.")


@demo.command("prepare")
def prepare_(json_: Json = False) -> None:
    """Make keys and an empty database in this folder and start nothing, for whoever starts the services singly."""
    settings = demonstration.demo_settings()
    with demonstration.alone(settings):
        made = demonstration.prepare(settings, None)
    words = "is ready" if made else "was ready already"
    answer({"home": str(settings.home), "made": made}, [f"{settings.home} {words}."], as_json=json_)


@demo.command("seed")
def seed_(
    cases: Annotated[int, typer.Option(min=1, max=2000, help="How many cases, over all states.")] = 20,
    seed: Annotated[int, typer.Option(help="The same number, the same marks.")] = 1,
    cast_file: Annotated[Path | None, typer.Option("--cast", help="Also write the cast there, 0600.")] = None,
    json_: Json = False,
) -> None:
    """Found an office on an empty database and fill every sealed field with a mark that can be hunted for."""
    from app.cli import seeding
    from tests.world import cast
    from tests.world import seed as marks

    settings = demonstration.demo_settings()
    demonstration.prepare(settings, None)
    with database.database(settings) as roles:
        made = seeding.seed(settings, roles, lambda world: marks.seed(world, cases, seed))
    if cast_file is not None:
        cast.write(cast_file, made)
    counts = {name: len(made[name]) for name in ("members", "cases", "receipts", "canaries")}
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    answer(counts | {"cast": str(cast_file or demonstration.cast_path(settings))}, [words], as_json=json_)


@demo.command("code")
def code_(login: str, json_: Json = False) -> None:
    """A fresh second-factor code of somebody in the demonstration. Each works once."""
    members = demonstration.read_cast(demonstration.demo_settings())["members"]
    if login not in members:
        raise CannotStart(f"Nobody in the demonstration signs in as {login}. There are: {', '.join(sorted(members))}")
    code = demonstration.code_now(members[login])
    answer({"login": login, "code": code}, [code], as_json=json_)

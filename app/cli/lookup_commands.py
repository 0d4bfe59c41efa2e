"""``amana policy``, ``amana people``, ``amana keys``: looking something up changes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import installation, rulebook
from app.cli.database import database
from app.cli.demonstration import office_as
from app.cli.door import Json, group, settings_here
from app.cli.speech import answer

policy = group("The rules, in words.")
people = group("Who works here.")
keys = group("The key files.")


@policy.command("check")
def check_(json_: Json = False) -> None:
    """Whether the rules parse, fit the actions one to one, and have their sentences."""
    told = rulebook.check()
    answer(told, [f"{told['rules']} rules for {told['actions']} actions; set {told['hash']}"], as_json=json_)


@policy.command("explain")
def explain_(action: str, role: Annotated[str | None, typer.Option(help="Only what speaks of it.")] = None,
             json_: Json = False) -> None:  # fmt: skip
    """Who may do something, and who may not: every rule about it in words, by its @id."""
    rules = rulebook.explain(action, role)
    lines = [f"{rule['effect']:<7} {rule['id']:<34} {rule['says']}" for rule in rules]
    answer({"action": action, "role": role, "rules": rules}, lines or ["no rule: nobody may"], as_json=json_)


@people.command("list")
def list_(page: Annotated[int, typer.Option(min=0, help="Fifty a page.")] = 0, json_: Json = False) -> None:
    """Accounts of staff by code, at most fifty: state, roles, teams. Never a witness."""
    settings = settings_here()
    installation.require(settings)
    with database(settings) as roles, office_as(settings, roles, "app") as office:
        found = rulebook.colleagues(office, page)
    lines = [
        f"{p['user']}  {p['login']:<20} {p['state']:<9} {' '.join(p['roles'])}  {' '.join(p['teams'])}" for p in found
    ]
    answer({"page": page, "people": found}, lines, as_json=json_)


@keys.command("check")
def keys_(json_: Json = False) -> None:
    """Whether the key files open, are ours alone, and fit each other. Shows no key."""
    settings = settings_here()
    installation.require(settings)
    told = rulebook.keys(settings)
    answer(told, [f"{name}: {words}" for name, words in told.items()], as_json=json_)

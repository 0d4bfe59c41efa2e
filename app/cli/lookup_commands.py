"""``amana policy`` and ``amana people``: looking something up changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import installation, rulebook
from app.cli.database import database
from app.cli.door import Json, group, settings_here
from app.cli.errand import office_as
from app.cli.speech import BROKEN, answer, say
from app.policy.proofs import Change

policy = group("The rules, in words.")
people = group("Who works here.")


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


@policy.command("matrix")
def matrix_(json_: Json = False) -> None:
    """Every action by role, each role held alone: never, may, or the keys without which never. Needs z3."""
    found = rulebook.matrix()
    answer({"actions": found}, rulebook.table(found), as_json=json_)


@policy.command("diff")
def diff_(other: Annotated[Path, typer.Argument(help="The folder of the other rules.")], json_: Json = False) -> None:
    """For each action one request that the rules here and those there answer differently. Needs z3."""
    found = list(rulebook.changes(other))
    lines = [f"{each.action}: only {there(each)} allow it: {in_words(each.request)}" for each in found]
    answer(
        {"changes": [{"action": c.action, "allowed_by": there(c), "request": dict(c.request)} for c in found]},
        lines or ["No request is answered differently."],
        as_json=json_,
    )


@policy.command("prove")
def prove_(json_: Json = False) -> None:
    """Each promise of the rules, proved for every request there can be or refuted with one. 3 if refuted; needs z3."""
    found = []
    for verdict in rulebook.proved():
        found.append(verdict)
        say(f"{'proved ' if verdict.holds else 'REFUTED'}  {verdict.claim.says}")
    refuted = [verdict for verdict in found if not verdict.holds]
    answer(
        {
            "proved": [verdict.claim.id for verdict in found if verdict.holds],
            "refuted": [{"claim": v.claim.id, "action": v.action, "request": dict(v.request)} for v in refuted],
        },
        [f"{v.claim.id}: {v.action} is allowed to {in_words(v.request)}" for v in refuted]
        or [f"{len(found)} promises, proved for every request there can be"],
        as_json=json_,
    )
    if refuted:
        raise typer.Exit(BROKEN)


def there(change: Change) -> str:
    """Which of the two sets of rules allows it."""
    return "those there" if change.allowed_by == "old" else "those here"


def in_words(request: tuple[tuple[str, str], ...]) -> str:
    """A request as the prover found it, its least parts left out."""
    return "; ".join(f"{place} {value}" for place, value in request)


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

"""``amana facts``: what this program offers, for programs that drive or check it.

Everything here is read from the lists that the product itself runs by: doors, actions,
tables, settings, and the rules with their examples. It needs no database and holds no secret.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from fastapi.routing import APIRoute

import app.whole  # noqa: F401  every action is known once the program is
from app.accounts import rules
from app.api import attachments, reference
from app.api import routes as api
from app.api.doors import POSTS
from app.cases.models import Handoff
from app.db import CaseRow, Table, sealed_columns, shown_columns, tables
from app.errors import Denied
from app.policy.actor import Actor, Circumstances, Subject
from app.policy.engine import FOLDER, Policy
from app.portal import routes as portal
from app.settings import Settings
from app.web import routes as web
from app.work.actions import ACTIONS, Action
from app.work.forms import Justification, Reasoned

# Doors whose action is not in the list of doors, since a stream of bytes comes with it.
STREAMED: Final = {
    "attachment.finish": ("api", "POST", "/api/cases/{reference}/attachments"),
    "attachment.go_on": ("api", "PUT", "/api/uploads/{row}"),
    "attachment.copy": ("api", "POST", "/api/attachments/{row}/working-copy"),
    "attachment.preview": ("api", "POST", "/api/attachments/{row}/preview"),
    "attachment.download": ("api", "POST", "/api/attachments/{row}/download"),
    "submission.receive": ("portal", "POST", "/portal/submissions"),
}
# What says where this installation lies, and perhaps how to enter its database.
PRIVATE: Final = frozenset({"home", "database_url", "unlock_file"})


def facts(settings: Settings) -> dict[str, Any]:
    """Actions with their doors, routes, columns, limits, and who may do what by the rules."""
    return {
        "actions": list(_actions()),
        "routes": list(_routes()),
        "columns": list(_columns()),
        "limits": {each.name: getattr(settings, each.name) for each in fields(settings) if each.name not in PRIVATE},
        "rules": list(_rules(Policy.read())),
    }


def _actions() -> Iterator[dict[str, Any]]:
    doors = {door.action.name: ("api", "POST", door.path) for door in POSTS} | STREAMED
    for name, (door, method, path) in sorted(doors.items()):
        action = ACTIONS[name]
        yield {
            "name": name,
            "door": door,
            "method": method,
            "path": path,
            # A download opens no cell to anybody, and still lets content out.
            "discloses": action.operation == "consult",
            "on": None if action.on is None else action.on.__tablename__,
            "form": None if action.form is None else action.form.model_json_schema(),
        }


def _routes() -> Iterator[dict[str, str]]:
    served = {"api": (api, attachments, reference), "staff": (web,), "portal": (portal,)}
    for door, parts in served.items():
        for part in parts:
            for route in part.router.routes:
                if isinstance(route, APIRoute):
                    yield from (_route(door, method, route.path) for method in sorted(route.methods or ()))
    yield from (_route(door, "GET", "/healthz") for door in ("staff", "portal"))


def _route(door: str, method: str, path: str) -> dict[str, str]:
    return {"door": door, "method": method, "path": path}


def _columns() -> Iterator[dict[str, Any]]:
    for name, table in sorted(tables().items()):
        sealed, shown = set(sealed_columns(table)), set(shown_columns(table))
        for column in table.__mapper__.columns:
            kept = column.key in sealed
            yield {
                "table": name,
                "column": column.key,
                "sealed": kept,
                # None where it is sealed to a team by an envelope, or differs from row to row.
                "compartment": _compartment(table) if kept else None,
                "shown": column.key in shown,
            }


def _compartment(table: type[Table]) -> str | None:
    found = table.__dict__.get("compartment")
    return found if isinstance(found, str) else None


@dataclass(frozen=True)
class _Question:
    """One example that the rules allow: the caller's teams, the row, the circumstances."""

    teams: frozenset[str]
    leads: frozenset[str]
    about: Subject
    given: Circumstances

    def asked_by(self, role: str) -> _Question:
        """The same of somebody in this role, who works in that role's team and leads no other."""
        own = frozenset({rules.TEAM_OF[role]} if role in rules.TEAM_OF else ())
        if not self.leads:
            return replace(self, teams=own if self.teams else self.teams)
        about = replace(self.about, team=next(iter(own), "none"), target_roles=frozenset({role}))
        return replace(self, teams=own, leads=own, about=about)


def _rules(policy: Policy) -> Iterator[dict[str, Any]]:
    """For each action and role: whether some rule lets it, with the keys of the row and without.

    The questions are those of policies/examples, put for every role and, where something is
    opened, with every justification; each rule has one there. Without a grant there is no
    row of a case to ask about, so nothing is allowed.
    """
    asked = _questions()
    for name in sorted(asked):
        for role in rules.ROLES:
            allowed = _allows(policy, role, name, {question.asked_by(role) for question in asked[name]})
            yield {"action": name, "role": role, "grant": True, "allowed": allowed}
            yield {"action": name, "role": role, "grant": False, "allowed": allowed and not _needs_grant(ACTIONS[name])}


def _questions() -> dict[str, set[_Question]]:
    found: dict[str, set[_Question]] = {}
    for path in sorted((FOLDER / "examples").glob("*.toml")):
        for row in tomllib.loads(path.read_text())["example"]:
            if row.get("who", "User") != "User" or "allowed_by" not in row:
                continue
            question = _Question(
                teams=frozenset(row.get("teams", ())) | frozenset(row.get("leads", ())),
                leads=frozenset(row.get("leads", ())),
                about=Subject(**_frozen({"target_undertaken": True} | row.get("about", {}))),
                given=Circumstances(**_frozen({"stepped": True} | row.get("given", {}))),
            )
            for name in set(row["does"]) & set(ACTIONS):
                found.setdefault(name, set()).update(_reasons(question, ACTIONS[name]))
    return found


def _reasons(question: _Question, action: Action) -> set[_Question]:
    """The question with every reason somebody could give, an item cited and a sentence added."""
    if action.form is None or not issubclass(action.form, Reasoned):
        return {question}
    given = replace(question.given, cited=True, words=True)
    return {replace(question, given=replace(given, justification=code.value)) for code in Justification}


def _frozen(given: dict[str, Any]) -> dict[str, Any]:
    return {name: frozenset(value) if isinstance(value, list) else value for name, value in given.items()}


def _allows(policy: Policy, role: str, action: str, questions: Iterable[_Question]) -> bool:
    return any(_allowed(policy, role, action, question) for question in questions)


def _allowed(policy: Policy, role: str, action: str, question: _Question) -> bool:
    actor = Actor(
        "User", "S-SOMEBO", roles=frozenset({role}), teams=question.teams, leads=question.leads, undertaken=True
    )  # fmt: skip
    try:
        policy.decide(actor, action, question.about, question.given)
    except Denied:
        return False
    return True


def _needs_grant(action: Action) -> bool:
    """Whether its row is found only by somebody who holds a key of that case."""
    on = action.on
    return on is not None and (issubclass(on, CaseRow) or "case" in on.scopes) and on is not Handoff


def lines(told: dict[str, Any]) -> Iterable[str]:
    """The same for a reader: one line an action."""
    for action in told["actions"]:
        roles = sorted(
            r["role"] for r in told["rules"] if r["action"] == action["name"] and r["grant"] and r["allowed"]
        )
        yield f"{action['name']:<26} {action['method']} {action['path']:<44} {', '.join(roles)}"

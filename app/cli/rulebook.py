"""What an operator may look up: rules, the interface's description, colleagues, key files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

import app.whole  # noqa: F401  every action is known once the program is
from app import worker
from app.accounts import queries
from app.accounts.rules import ROLES
from app.cli import key_files
from app.errors import CannotStart
from app.keyholders.backends import open_keys
from app.keyholders.grants import COMPARTMENTS
from app.policy import proofs
from app.policy.engine import Policy
from app.settings import Settings
from app.work import Caller, Office, Reasoned
from app.work.actions import ACTIONS
from app.work.office import check_actions


def check() -> dict[str, Any]:
    """How many rules and actions there are; CannotStart if they do not fit."""
    policy = Policy.read()
    check_actions(policy)
    return {"rules": len(policy.rules), "actions": len(ACTIONS), "hash": policy.hash}


def explain(action: str, role: str | None) -> list[dict[str, str]]:
    """The rules about an action, permits first; with a role, those that name it or name no role at all."""
    if action not in ACTIONS:
        raise CannotStart(f"There is no action {action}. There are: {', '.join(sorted(ACTIONS))}")
    return [
        {"id": rule.id, "effect": rule.effect, "says": rule.says, "text": rule.text}
        for rule in Policy.read().about(action)
        if role is None or f'"{role}"' in rule.text or "roles" not in rule.text
    ]


def proved() -> Iterator[proofs.Verdict]:
    """Each claim of app/policy/proofs.py in turn: proved for every request, or one that refutes it."""
    yield from proofs.prove(Policy.read(), openings())


def matrix() -> dict[str, dict[str, str]]:
    """Every action by role: "" never, "may", or the keys without which never: see proofs.matrix."""
    return proofs.matrix(Policy.read(), ROLES, COMPARTMENTS)


def table(found: dict[str, dict[str, str]]) -> list[str]:
    """The matrix as a table of markdown: actions down, roles across."""
    roles = list(next(iter(found.values())))
    lines = ["| | " + " | ".join(role.replace("_", " ") for role in roles) + " |", "|---" * (len(roles) + 1) + "|"]
    return lines + [
        f"| `{action}` | " + " | ".join(cells[role] or "·" for role in roles) + " |" for action, cells in found.items()
        if any(cells.values())
    ]  # fmt: skip


def changes(folder: Path) -> Iterator[proofs.Change]:
    """What the rules here allow or refuse otherwise than those of another folder."""
    if not (folder / "schema.cedarschema").is_file():
        raise CannotStart(f"{folder} holds no rules: there is no schema.cedarschema in it.")
    yield from proofs.changes(Policy.read(folder), Policy.read())


def openings() -> frozenset[str]:
    """The actions that open something sealed: those whose form states a reason."""
    return frozenset(name for name, made in ACTIONS.items() if made.form and issubclass(made.form, Reasoned))


def openapi() -> dict[str, Any]:
    """The staff interface for programs as OpenAPI, with every bound of every form."""
    # Only this command and `facts` ask for the doors; no service that starts waits for those of another.
    from app.api import attachments, reference, routes

    described = FastAPI(title="Amana", openapi_url=None, docs_url=None, redoc_url=None)
    for part in (routes, attachments, reference):
        described.include_router(part.router)
    return described.openapi()


def colleagues(office: Office, page: int) -> list[dict[str, Any]]:
    """Fifty accounts of staff: code, sign-in name, state, roles, teams. Their names are not shown."""
    found = office.ask(Caller.operator(), queries.colleagues, page)
    return [
        {"user": c.user, "login": c.login_name, "state": c.state, "roles": list(c.roles), "teams": list(c.teams)}
        for c in found
    ]


def keys(settings: Settings) -> dict[str, str]:
    """What each key file is good for; CannotStart naming the one that does not open or fit."""
    staff = open_keys(settings, "staff")
    signing, _ = worker.check_key(settings, key_files.log_key(settings))
    key_files.check_register(settings, staff)
    return {"staff.key": str(staff), "log.key": str(signing), "log.trust": key_files.log_key(settings)}

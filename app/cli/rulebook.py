"""What an operator may look up: rules, the interface's description, colleagues, key files."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from app import worker
from app.accounts import queries
from app.api import attachments, reference, routes
from app.cli import installation
from app.errors import CannotStart
from app.keyholders.manager import FileKeyManager
from app.policy.engine import Policy
from app.settings import Settings
from app.work import Caller, Office
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


def openapi() -> dict[str, Any]:
    """The staff interface for programs as OpenAPI, with every bound of every form."""
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
    staff = FileKeyManager.open(settings.keys_folder / "staff.key", settings.unlock_path)
    signing = worker.check_key(settings, installation.log_key(settings))
    installation.check_register(settings, staff)
    return {"staff.key": str(staff), "log.key": str(signing), "log.trust": installation.log_key(settings)}

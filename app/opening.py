"""Opening the office: its actions and its rules must match before anybody may do anything."""

from __future__ import annotations

from sqlalchemy import Engine

from app.keyholders.register import Register
from app.policy.engine import Policy
from app.settings import Settings
from app.work import Office
from app.work.actions import ACTIONS
from app.work.office import check_actions


def office_of(
    settings: Settings, engine: Engine, *, host: str = "app", register: Register | None = None, whole: bool = True
) -> Office:
    """An office over an engine; refuses rules and actions that do not match. Without a register it seals to nobody.

    whole   every action of the office, one for each rule. The witness's door and the worker know only what they
            have loaded themselves, and have a rule for each: it spares every start of theirs half its time.
    """
    if whole:
        import app.whole  # noqa: F401
    policy = Policy.read(of=None if whole else ACTIONS)
    check_actions(policy, whole=whole)
    return Office(engine, policy, settings=settings, host=host, register=register)

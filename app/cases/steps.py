"""Parts lent to other domains' actions: opening fields of a row, knowing a grant's target."""

from __future__ import annotations

from typing import Any

from app.accounts.models import RoleHolding, User
from app.cases.forms import GiveGrant, Opening
from app.cases.models import Case
from app.cases.views import Opened
from app.db import CaseRow, EnvelopeRow, sealed_columns
from app.errors import NotFound, Unprocessable
from app.work import Work


def open_fields(work: Work, row: CaseRow | EnvelopeRow, form: Opening) -> Opened:
    """Open the named sealed fields of one row and record it. The only way a cell is shown.

    Refuses a name that is not a sealed field of the row before anything is opened.
    """
    known = set(sealed_columns(type(row))) - set(getattr(row, "never_shown", ()))
    if not set(form.fields) <= known:
        raise Unprocessable("That record has no such field.")
    values = {name: work.open(row, name) for name in dict.fromkeys(form.fields)}
    work.record(row)
    return Opened(row.__tablename__, row.id, values)


def open_case_of(work: Work, row: CaseRow) -> Case:
    """The case of a row, which must be open for changes."""
    case = work.one(Case, Case.id == row.case_id)
    case.must_be_open()
    return case


def receiver(work: Work, case: Case, form: GiveGrant) -> dict[str, Any]:
    """Roles and live holdings, on this case, of the colleague a grant is meant for."""
    user = work.first(User, User.code == form.user)
    if user is None or user.keyholder_id is None:
        raise NotFound
    # Two grants to one person at one moment: the second must see what the first gave.
    work.lock(user)
    roles = work.all(RoleHolding, RoleHolding.user_id == user.id, RoleHolding.ended_at.is_(None))
    return {
        "target": user.code,
        "target_roles": frozenset(role.role for role in roles),
        "target_held": work.held_by(user.keyholder_id, case),
    }

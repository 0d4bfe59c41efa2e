"""Keys of cases drawn anew for their age, each by somebody who holds it: the machine alone cannot.

A case's key is due after two years, or when whoever runs the machine orders it. It is drawn in the next
sign-in of anybody who holds it, one key a transaction: cut anywhere, the next sign-in goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.cases.forms import RenewKeys
from app.cases.models import Case, CaseState
from app.cases.views import Renewed
from app.errors import Alarm, Conflict, Refusal
from app.keyholders.models import CaseKey, Grant
from app.keyholders.reach import awake
from app.work import Caller, Office, Work, action

log = logging.getLogger("amana.cases")

DAYS: Final = 730
# Nobody's sign-in waits longer for the keys of old cases.
SECONDS_MAX: Final = 2.0
PORTION: Final = 100


@action("compartment.renew", operation="key", on=Case)
def renew(work: Work, case: Case, form: RenewKeys) -> Renewed:
    """Draw a compartment's key anew for everybody who holds it, and seal its cells with it."""
    (compartment,) = form.compartments
    key = work.session.get_one(CaseKey, (case.id, compartment), with_for_update=True, populate_existing=True)
    if not (key.renew or key.created_at <= work.now - timedelta(days=DAYS)):
        raise Conflict("Somebody has drawn this key anew already.")
    resealed = work.take(case.id, compartment, None)
    work.record(case, compartments=compartment, resealed=resealed)
    return Renewed(case.reference, compartment, resealed)


def due(session: Session, holders: Iterable[UUID], at: datetime) -> list[tuple[str, str]]:
    """Reference and compartment of the keys these holders have that are to be drawn anew, some of them."""
    rows = session.execute(
        select(Case.reference, CaseKey.compartment)
        .distinct()
        .join(Case, Case.id == CaseKey.case_id)
        .join(Grant, (Grant.case_id == CaseKey.case_id) & (Grant.compartment == CaseKey.compartment))
        .where(or_(CaseKey.renew, CaseKey.created_at <= at - timedelta(days=DAYS)), Case.state == CaseState.OPEN)
        .where(Grant.keyholder_id.in_([*holders]), awake(at), Grant.generation == CaseKey.generation)
        .order_by(Case.reference, CaseKey.compartment)
        .limit(PORTION)
    ).all()
    return [(reference, compartment) for reference, compartment in rows]


def renew_due(office: Office, caller: Caller) -> int:
    """Draw anew what somebody who comes in holds and is due, for as long as they can be kept waiting."""
    done, began = 0, time.monotonic()
    for reference, compartment in office.housekeep(lambda s: due(s, caller.actor.keyholders, clock.now())):
        if time.monotonic() - began > SECONDS_MAX:
            break
        try:
            office.perform(caller, renew, RenewKeys(compartments=frozenset({compartment})), subject=reference)
        except (Refusal, Alarm) as hindered:
            # It has its entry, and nobody is kept out by it: whoever comes in next goes on.
            log.warning("keys of cases: %s", hindered.code)
        else:
            done += 1
    return done

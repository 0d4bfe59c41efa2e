"""Giving a second factor afresh, for one action about one case (D15); the session goes on under another token (D06)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts.factors import check_second_factor, factor_of
from app.accounts.forms import Confirming
from app.accounts.models import StepUp, User
from app.accounts.tokens import renew_mine
from app.errors import NotFound, SignInRefused, Unprocessable
from app.work import Work, action, stepping
from app.work.actions import ACTIONS


class NotConfirmed(Unprocessable):
    """One answer for every way a second factor can be wrong."""

    code = "step_up.refused"
    sentence = "The second factor is not right, or it was used before."


@dataclass(frozen=True)
class Stepped:
    """What it is good for, and until when. ``token``: the session's from now on; the one before opens nothing."""

    action: str
    until: datetime
    token: str = field(repr=False)


@action("signin.step_up", operation="sign-in", keyless=True)
def step_up(work: Work, form: Confirming) -> Stepped:
    """Give a second factor afresh for one action; it waits minutes, and is used up by it.

    That of the sign-in does not count: it was given in order to come in, not to do this. Whoever had got hold of
    the session before does not have it any more: its token is another one in the same transaction.
    """
    wanted = ACTIONS.get(form.action)
    if wanted is None or not work.policy.steps(form.action):
        raise Unprocessable("This needs no second factor.")
    me = work.one(User, User.id == work.actor.id)
    # Through the caller's own scope: what they hold no key of cannot be told from what is not there.
    bound = _alone(me, form) if wanted.on is None else stepping.bound_to(work.fetch(wanted.on, _address(form)))
    work.lock(me)
    ring = work.caller.keyring
    assert ring is not None
    assert work.actor.sign_in is not None
    try:
        private = ring.private(ring.holder, 1).raw
        check_second_factor(work, me, private, form)
    except SignInRefused:
        raise NotConfirmed from None
    until = work.now + timedelta(minutes=work.settings.step_up_minutes_max)
    given = StepUp(
        user_id=me.id, sign_in=work.actor.sign_in, action=form.action, bound_to=bound, at=work.now, until=until,
        used_at=None, visit_id=None,
    )  # fmt: skip
    work.add(given)
    work.record(given, account=me.code, asked=form.action, factor=factor_of(form))
    return Stepped(form.action, until, renew_mine(work, private))


def _alone(me: User, form: Confirming) -> UUID:
    """What is about nothing that is there yet is bound to whoever does it."""
    if form.subject != me.code:
        raise NotFound
    return me.id


def _address(form: Confirming) -> object:
    """A row's address is an id; a case and a colleague have a reference and a code."""
    try:
        return UUID(form.subject)
    except ValueError:
        return form.subject

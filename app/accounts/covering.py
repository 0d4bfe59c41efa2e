"""Coming back to a conversation: left alone for five minutes it is covered, for an hour a second factor uncovers it.

A witness sits in the room, and the officer looks at them and not at the screen; so the session of somebody who takes
an account does not end after the minutes it has elsewhere, and shows nothing sooner than it would (amendment 10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.accounts.factors import check_second_factor, factor_of
from app.accounts.forms import ComingBack
from app.accounts.models import SignIn, User
from app.accounts.stepping import NotConfirmed
from app.accounts.tokens import renew
from app.errors import NotSignedIn, SignInRefused
from app.work import Work, action

COVERED_AFTER: Final = timedelta(minutes=5)
ENDS_AFTER: Final = timedelta(minutes=60)

# Whether somebody, by their code, is in a conversation at this moment.
InSession = Callable[[Session, str], bool]


def nobody(_session: Session, _code: str) -> bool:
    """Where no accounts are taken, nobody is in a conversation."""
    return False


class Covered(NotSignedIn):
    """The session goes on once its holder has given a second factor."""

    code = "signin.covered"
    sentence = "A conversation was left alone for five minutes. Give your second factor to come back to it."


@dataclass(frozen=True)
class Back:
    """``token``: the session's from now on; the one before opens nothing."""

    token: str = field(repr=False)


@action("signin.come_back", operation="sign-in", keyless=True)
def come_back(work: Work, form: ComingBack) -> Back:
    """Uncover one's own session, after a second factor; it goes on under another token."""
    me = work.one(User, User.id == work.actor.id)
    work.lock(me)
    ring = work.caller.keyring
    assert ring is not None
    private = ring.private(ring.holder, 1).raw
    try:
        check_second_factor(work, me, private, form)
    except SignInRefused:
        raise NotConfirmed from None
    session = work.session.get_one(SignIn, work.actor.sign_in, with_for_update=True)
    session.seen_at = work.now
    work.record(me, account=me.code, factor=factor_of(form))
    return Back(renew(session, private))

"""What somebody does with their own account: how it speaks, where it is signed in, its passphrase."""

from __future__ import annotations

from typing import Any

from app.accounts.actions import check_second_factor, end
from app.accounts.forms import Prefer, Rewrapping
from app.accounts.models import SignIn, User
from app.accounts.rules import Unconfirmed
from app.accounts.views import Left, Preferred
from app.crypto import boxes
from app.errors import SealBroken, SignInRefused
from app.work import Work, action


def owner(work: Work, sign_in: SignIn, _form: None) -> dict[str, Any]:
    """Whose session it is: an administrator is given everybody's."""
    return {"target": work.one(User, User.id == sign_in.user_id).code}


@action("account.prefer", operation="alter")
def prefer(work: Work, form: Prefer) -> Preferred:
    """Choose the language of one's pages, and whether single keys do anything on them."""
    me = _me(work)
    me.language = form.language or me.language
    me.shortcuts = me.shortcuts if form.shortcuts is None else form.shortcuts
    work.record(me, account=me.code)
    return Preferred(me.language, me.shortcuts)


@action("account.change_passphrase", operation="key")
def change_passphrase(work: Work, form: Rewrapping) -> Left:
    """Seal the private key anew under another passphrase; every other session ends.

    Whoever sits down at an unlocked desk holds a session, not the passphrase: the old one
    and a second factor are asked for, and a wrong one of either gets the same answer.
    """
    me = _me(work)
    assert me.sealed_private is not None
    try:
        private = boxes.open_box(form.wrapping_key, me.sealed_private, context=me.id.bytes)
        check_second_factor(work, me, private, code=form.code, recovery_code=form.recovery_code)
    except (SealBroken, SignInRefused):
        raise Unconfirmed from None
    me.salt, me.pepper = form.new_salt, form.new_pepper
    me.sealed_private = boxes.seal_box(form.new_wrapping_key, private, context=me.id.bytes)
    work.record(me, account=me.code)
    return end(work, SignIn.user_id == me.id, SignIn.id != work.actor.sign_in)


@action("signin.end", operation="sign-in", on=SignIn, about=owner)
def end_one(work: Work, sign_in: SignIn) -> Left:
    """End one session: one of mine on another machine."""
    return end(work, SignIn.id == sign_in.id)


@action("signin.end_all", operation="sign-in", on=User)
def end_all(work: Work, user: User) -> Left:
    """End every session of a colleague whose machine is lost; their account stays as it is."""
    work.record(user, account=user.code)
    return end(work, SignIn.user_id == user.id)


def _me(work: Work) -> User:
    me = work.one(User, User.id == work.actor.id)
    work.lock(me)
    return me

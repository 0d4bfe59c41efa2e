"""What somebody does with their own account: how it speaks, where it is signed in, its passphrase."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import update

from app.accounts import rules
from app.accounts.actions import end
from app.accounts.factors import check_second_factor, new_codes, new_totp, spelled, totp_key
from app.accounts.forms import Prefer, Renewing, Rewrapping
from app.accounts.models import RecoveryCode, SignIn, User
from app.accounts.rules import Unconfirmed
from app.accounts.tokens import renew_mine
from app.accounts.views import Changed, Left, Preferred, Renewed
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
def change_passphrase(work: Work, form: Rewrapping) -> Changed:
    """Seal the private key anew under another passphrase; every other session ends, this one gets another token.

    Whoever sits down at an unlocked desk holds a session, not the passphrase: the old one
    and a second factor are asked for, and a wrong one of either gets the same answer.
    """
    me = _me(work)
    private = _confirmed(work, me, form.wrapping_key, form)
    me.salt, me.pepper = form.new_salt, form.new_pepper
    me.sealed_private = boxes.seal_box(form.new_wrapping_key, private, context=me.id.bytes)
    work.record(me, account=me.code)
    ended = end(work, SignIn.user_id == me.id, SignIn.id != work.actor.sign_in).ended
    return Changed(ended, renew_mine(work, private))


@action("account.renew_factor", operation="key")
def renew_factor(work: Work, form: Renewing) -> Renewed:
    """Draw recovery codes or the authenticator's secret anew; the former ones open nothing from then on.

    After another secret every other session ends: a telephone that is gone may be in somebody's hands. This one gets
    another token in any case: who was asked for everything they have is who goes on.
    """
    me = _me(work)
    private = _confirmed(work, me, form.wrapping_key, form)
    if form.which == "CODES":
        left = RecoveryCode.user_id == me.id, RecoveryCode.used_at.is_(None)
        work.session.execute(update(RecoveryCode).where(*left).values(used_at=work.now))
        renewed = Renewed(me.code, recovery_codes=new_codes(work, me))
    else:
        totp = new_totp()
        me.sealed_totp = boxes.seal_box(totp_key(private), totp, context=me.id.bytes)
        end(work, SignIn.user_id == me.id, SignIn.id != work.actor.sign_in)
        renewed = Renewed(me.code, totp_secret=spelled(totp), totp_uri=rules.totp_uri(totp, me.login_name))
    work.record(me, account=me.code, asked=form.which)
    return replace(renewed, token=renew_mine(work, private))


@action("signin.end", operation="sign-in", on=SignIn, about=owner)
def end_one(work: Work, sign_in: SignIn) -> Left:
    """End one session: one of mine on another machine."""
    return end(work, SignIn.id == sign_in.id)


@action("signin.end_all", operation="sign-in", on=User)
def end_all(work: Work, user: User) -> Left:
    """End every session of a colleague whose machine is lost; their account stays as it is."""
    work.record(user, account=user.code)
    return end(work, SignIn.user_id == user.id)


def _confirmed(work: Work, me: User, wrapping_key: bytes, form: Rewrapping | Renewing) -> bytes:
    """The private key, if passphrase and second factor are right; one answer if either is not."""
    assert me.sealed_private is not None
    try:
        private = boxes.open_box(wrapping_key, me.sealed_private, context=me.id.bytes)
        check_second_factor(work, me, private, form)
    except (SealBroken, SignInRefused):
        raise Unconfirmed from None
    return private


def _me(work: Work) -> User:
    me = work.one(User, User.id == work.actor.id)
    work.lock(me)
    return me

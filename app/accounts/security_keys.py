"""Security keys of one's own account: a second factor that no false page can ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from app.accounts.forms import KeyMade, RenameKey
from app.accounts.models import RecoveryCode, SecurityKey, User
from app.accounts.views import KeyLine, SecondFactors
from app.errors import Conflict, NotFound, Unprocessable
from app.work import Reading, Work, action, query

KEYS_MAX: Final = 5


class KeyNotTaken(Unprocessable):
    """One answer for every way in which a key that is to be added did not answer."""

    code = "key.refused"
    sentence = "This security key could not be added. Please try again."


def mine(work: Work, user: User, _form: KeyMade) -> dict[str, Any]:
    """Whose account it is. A colleague's cannot be told from one that is not there."""
    if user.id != work.actor.id:
        raise NotFound
    return {"target": user.code}


@action("security_key.add", operation="key", on=User, about=mine, keyless=True)
def add(work: Work, user: User, form: KeyMade) -> KeyLine:
    """Add a security key to one's own account."""
    work.lock(user)
    if len(_keys(work)) >= KEYS_MAX:
        raise Conflict("An account has five security keys at most. Remove one first.")
    key = SecurityKey(
        user_id=user.id, credential_id=form.credential_id, public_key=form.public_key, sign_count=form.sign_count,
        transports=form.transports, name=form.name, added_at=work.now, last_used_at=None, removed_at=None,
    )  # fmt: skip
    work.add(key)
    work.flush()
    work.record(key, account=user.code)
    return _line(key)


@action("security_key.rename", operation="alter", on=SecurityKey)
def rename(work: Work, key: SecurityKey, form: RenameKey) -> KeyLine:
    """Call a security key something else."""
    work.lock(key)
    key.rename(form.name)
    work.record(key, account=work.actor.code)
    return _line(key)


@action("security_key.remove", operation="key", on=SecurityKey)
def remove(work: Work, key: SecurityKey) -> KeyLine:
    """Take a security key out of use, never the last where one is asked for."""
    user = work.one(User, User.id == work.actor.id)
    # Of two that are removed at one moment the second sees what the first has left.
    work.lock(user)
    work.lock(key)
    key.remove(at=work.now)
    work.flush()
    if not _keys(work):
        if asked(work):
            raise Conflict("Your role signs in with a security key, and this is your last. Add another first.")
        if user.sealed_totp is None:
            raise Conflict("This is your last second factor. Add another first.")
    work.record(key, account=user.code)
    return _line(key)


@query("account.second_factors", keyless=True)
def second_factors(reading: Reading) -> SecondFactors:
    """What I can confirm with: security keys, six digits, recovery codes that are left."""
    keys, codes = _keys(reading), reading.all(
        RecoveryCode, RecoveryCode.user_id == reading.actor.id, RecoveryCode.used_at.is_(None)
    )  # fmt: skip
    wanted = asked(reading)
    return SecondFactors(tuple(map(_line, keys)), len(codes), wanted, digits=not (wanted and keys))


def asked(reading: Reading) -> bool:
    """Whether a security key is asked of this caller, by their roles and by what the office has set."""
    without = replace(reading.actor, keyed=False)
    return not reading.settings.digits_do and bool(reading.policy.lacks_key(without))


def _keys(reading: Reading) -> list[SecurityKey]:
    own = SecurityKey.user_id == reading.actor.id, SecurityKey.removed_at.is_(None)
    return list(reading.all(SecurityKey, *own, order=SecurityKey.added_at))


def _line(key: SecurityKey) -> KeyLine:
    return KeyLine(key.id, key.name, key.added_at, key.last_used_at)

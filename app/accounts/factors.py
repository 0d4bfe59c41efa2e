"""Second factors: how they are drawn, and whether what somebody gives is theirs, here and now, for the first time."""

from __future__ import annotations

import base64
import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from app import clock
from app.accounts import rules
from app.accounts.forms import FactorSeen
from app.accounts.models import RecoveryCode, RoleHolding, SecurityKey, User
from app.crypto import boxes, kdf
from app.errors import SignInRefused
from app.policy.actor import Actor
from app.work import Work

RECOVERY_CODES: Final = 8
# With fewer a night is not got through: one to come in, one for who somebody is, one for where they are.
CODES_THAT_LAST: Final = 3


def totp_key(private_raw: bytes) -> bytes:
    """The second factor's secret opens only after the private key has: a dump shows neither."""
    return kdf.derive(private_raw, "amana/totp/v1")


def new_totp() -> bytes:
    """A secret for the six digits: 160 bits, as RFC 4226 wants them."""
    return secrets.token_bytes(20)


def spelled(totp: bytes) -> str:
    """A secret as it is typed into an authenticator."""
    return base64.b32encode(totp).decode().rstrip("=")


def new_codes(work: Work, user: User) -> tuple[str, ...]:
    """Recovery codes for somebody; only their hashes are kept."""
    codes = tuple(rules.recovery_code() for _ in range(RECOVERY_CODES))
    work.session.add_all(RecoveryCode(user_id=user.id, code_hash=rules.code_hash(code), used_at=None) for code in codes)
    return codes


def factor_of(form: FactorSeen) -> str:
    """What the log calls the second factor that was given."""
    return "key" if form.seen is not None else "recovery" if form.recovery_code is not None else "totp"


def check_second_factor(work: Work, user: User, private_raw: bytes, form: FactorSeen) -> None:
    """Use up a second factor of somebody whose key is open; SignInRefused unless it is one. The row is locked."""
    key = _newest_key(work, user)
    if form.seen is not None:
        shown = work.session.get(SecurityKey, form.seen.row, with_for_update=True)
        if shown is None or shown.user_id != user.id:
            raise SignInRefused
        shown.use(form.seen.sign_count, at=work.now)
        return
    code, recovery_code = form.code, form.recovery_code
    if recovery_code is not None:
        used = work.session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user.id,
                RecoveryCode.code_hash == rules.code_hash(recovery_code),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=work.now)
            .returning(RecoveryCode.id)
        ).one_or_none()
        if used is None:
            raise SignInRefused
        return
    assert user.sealed_totp is not None
    secret = boxes.open_box(totp_key(private_raw), user.sealed_totp, context=user.id.bytes)
    step = rules.totp_step(secret, code or "", clock.now().timestamp())
    # The row is locked, so of two equal codes at one moment the second sees the first's step. A role that a
    # security key is asked of gives digits only until it has one: else a false page would still get them.
    if step is None or step <= user.totp_last_step or (key is not None and key_asked(work, user)):
        raise SignInRefused
    user.totp_last_step = step


def carried(work: Work, user: User) -> int:
    """How many second factors somebody has of which each still serves when the others are lost.

    Each security key is one; so is the authenticator, where its digits are taken from them, and the paper with
    their recovery codes while enough are left on it for a night.
    """
    keys = select(func.count()).where(SecurityKey.user_id == user.id, SecurityKey.removed_at.is_(None))
    codes = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    digits = user.sealed_totp is not None and not key_asked(work, user)
    paper = int(work.session.scalar(codes) or 0) >= CODES_THAT_LAST
    return int(work.session.scalar(keys) or 0) + digits + paper


def roles_of(work: Work, user_id: UUID) -> frozenset[str]:
    return frozenset(
        work.session.scalars(
            select(RoleHolding.role).where(RoleHolding.user_id == user_id, RoleHolding.ended_at.is_(None))
        )
    )


def key_asked(work: Work, user: User) -> bool:
    """Whether a security key is asked of somebody, by their roles and by what the office has set."""
    without = Actor("User", user.code, roles=roles_of(work, user.id))
    return not work.settings.digits_do and bool(work.policy.lacks_key(without))


def _newest_key(work: Work, user: User) -> UUID | None:
    mine = select(SecurityKey.id).where(SecurityKey.user_id == user.id, SecurityKey.removed_at.is_(None))
    return work.session.scalar(mine.order_by(SecurityKey.added_at.desc()).limit(1))

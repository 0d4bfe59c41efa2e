"""Programs that sign in with a token: made by whoever leads a team, ended by almost anybody.

A service holds one key of its own and nothing else: no team's, no role. What it reads was
granted to its code like a colleague's, one compartment of one case after another.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock
from app.accounts.forms import MakeService
from app.accounts.models import AccountState, Service, User
from app.accounts.rules import SERVICE_DAYS_MAX, SERVICE_PREFIX
from app.accounts.steps import end_service, whose
from app.accounts.views import ServiceEnded, ServiceLine, ServiceMade
from app.crypto import boxes, hpke, kdf
from app.errors import Conflict
from app.keyholders import holders
from app.keyholders.keyring import Keyring
from app.policy.actor import Actor
from app.pseudonyms import references
from app.work import Caller, Reading, Work, action, query


@action("service.make", operation="key", about=whose)
def make(work: Work, form: MakeService) -> ServiceMade:
    """Make a service's key pair, sealed under a token that is shown now and never again."""
    if not work.now < form.ends_at <= work.now + timedelta(days=SERVICE_DAYS_MAX):
        raise Conflict("A service ends on a day within the next year.")
    code, token = references.staff_code(), SERVICE_PREFIX + secrets.token_urlsafe(32)
    holder, private = holders.make(work.session, "service", at=work.now, name=code)
    service = Service(
        code=code, name=form.name, team=form.team, purpose=form.purpose, keyholder_id=holder.id,
        token_hash=_token_hash(token), sealed_private=b"", made_by=work.actor.code, made_at=work.now,
        ends_at=form.ends_at, ended_at=None,
    )  # fmt: skip
    service.sealed_private = boxes.seal_box(_token_key(token), private.raw, context=service.id.bytes)
    work.add(service)
    work.record(service, account=code, team=form.team, purpose=form.purpose)
    return ServiceMade(code, token, form.ends_at)


@action("service.end", operation="revoke", on=Service)
def end(work: Work, service: Service) -> ServiceEnded:
    """End a service at once: its token opens nothing, its key and its grants are gone."""
    work.lock(service)
    ended = end_service(work, service)
    work.record(service, account=service.code, grants=ended)
    return ServiceEnded(service.code, ended)


@query("service.list")
def services(reading: Reading, page: int = 0) -> tuple[ServiceLine, ...]:
    """Programs that may or might sign in, newest first, fifty a page."""
    found = reading.execute(reading.rows(Service).order_by(Service.made_at.desc()).limit(50).offset(50 * page))
    return tuple(
        ServiceLine(each.code, each.name, each.team, each.purpose, each.made_by, each.ends_at, each.ended_at)
        for (each,) in found
    )


def caller(session: Session, token: str) -> Caller | None:
    """The service a token belongs to; None if it opens none, or none any more."""
    found = session.execute(_live().where(Service.token_hash == _token_hash(token))).scalar_one_or_none()
    if found is None:
        return None
    raw = boxes.open_box(_token_key(token), found.sealed_private, context=found.id.bytes)
    # Memberships are not looked for: a team's key is never a service's.
    keyring = Keyring(found.keyholder_id, hpke.PrivateKey.from_raw(raw))
    actor = Actor(
        kind="Service", code=found.code, id=found.id, roles=frozenset({"service"}),
        keyholders=keyring.holders, sign_in=found.id,
    )  # fmt: skip
    return Caller(actor, keyring)


def still_there(session: Session, service: UUID) -> bool:
    """Whether a service that called a moment ago may still."""
    return session.execute(_live().where(Service.id == service)).one_or_none() is not None


def _live() -> Select[Service]:
    # It acts in its maker's name: whose account is shut answers for nothing.
    return (
        select(Service)
        .join(User, User.code == Service.made_by)
        .where(Service.ended_at.is_(None), Service.ends_at > clock.now(), User.state == AccountState.ACTIVE)
    )


def _token_hash(token: str) -> bytes:
    return kdf.derive(token.encode(), "amana/service/id/v1")


def _token_key(token: str) -> bytes:
    return kdf.derive(token.encode(), "amana/service/key/v1")

"""The undertaking of secrecy: its text, who has signed it and until when (D51).

The log and the row hold the version that was read. Whoever changes a word of the text gives it
another version: a test knows what each one says.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.forms import PageLanguage, SignUndertaking
from app.accounts.models import Undertaking, User
from app.errors import Conflict
from app.keyholders import holders
from app.keyholders.models import Keyholder
from app.work import Reading, Work, action, query

_SHIPPED: Final[Mapping[str, Any]] = json.loads((Path(__file__).parent / "undertaking.json").read_text("utf-8"))
VERSION: Final[str] = _SHIPPED["version"]
# So long before its end somebody is asked to sign anew.
WARN_DAYS: Final = 30


@dataclass(frozen=True)
class Signed:
    """That the undertaking is in force, and until when."""

    version: str
    until: datetime


@dataclass(frozen=True)
class UndertakingView:
    """What is to be signed, in each language; until when I have, if I did."""

    version: str
    texts: Mapping[str, tuple[str, ...]]
    until: datetime | None
    in_force: bool


@action("undertaking.sign", operation="alter")
def sign(work: Work, form: SignUndertaking) -> Signed:
    """Sign the undertaking of secrecy for another term."""
    me = work.one(User, User.id == work.actor.id)
    until = put_down(work, me, form.version, form.language)
    work.record(me, account=me.code, version=form.version, language=form.language)
    return Signed(form.version, until)


@query("undertaking.show")
def show(reading: Reading) -> UndertakingView:
    """What I am asked to sign, and until when I have."""
    until = ends(reading, [reading.actor.id]).get(reading.actor.id)
    return to_sign(until, in_force=until is not None and until > reading.now)


def to_sign(until: datetime | None = None, *, in_force: bool = False) -> UndertakingView:
    """The present text by language, a paragraph each; for somebody at the door, who has signed nothing yet."""
    texts = {language: tuple(lines) for language, lines in _SHIPPED["texts"].items()}
    return UndertakingView(VERSION, texts, until, in_force)


def put_down(work: Work, user: User, version: str, language: PageLanguage) -> datetime:
    """Keep that somebody has signed the present text; Conflict for another, which they would not have read."""
    if version != VERSION:
        raise Conflict("The text of the undertaking has changed. Please read it again.")
    until = work.now + timedelta(days=work.settings.undertaking_days_max)
    work.add(
        Undertaking(user_id=user.id, text_version=version, language=language, signed_at=work.now, until=until)
    )  # fmt: skip
    return until


def last(user_id: InstrumentedAttribute[UUID]) -> ScalarSelect[datetime]:
    """Until when somebody's undertaking holds, as a part of another question."""
    return select(func.max(Undertaking.until)).where(Undertaking.user_id == user_id).scalar_subquery()


def lapsed(at: datetime) -> ColumnElement[bool]:
    """Of accounts: those whose undertaking is not in force."""
    return ~exists().where(Undertaking.user_id == User.id, Undertaking.until > at)


def ends(reading: Reading, users: Collection[UUID | None]) -> dict[UUID | None, datetime]:
    """Until when each of these people has signed; whoever never did is left out."""
    rows = reading.rows(Undertaking).where(Undertaking.user_id.in_(users)).subquery()
    return dict(reading.execute(select(rows.c.user_id, func.max(rows.c.until)).group_by(rows.c.user_id)))


def in_force(work: Work, user: User) -> bool:
    """Whether somebody's undertaking is in force now."""
    until = ends(work, [user.id]).get(user.id)
    return until is not None and until > work.now


def in_force_in(work: Work, team: Keyholder) -> bool:
    """Whether anybody who has a team's present key has an undertaking in force. So it is where nobody has the key."""
    members = {each.member_id for each in holders.members_of(work.session, team.id, team.generation)}
    people = select(User.id, lapsed(work.now)).where(User.keyholder_id.in_(members))
    found = [over for _, over in work.session.execute(people)]
    return not all(found) or not found

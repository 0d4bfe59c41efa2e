"""A session's token: what its holder alone has, what the database keeps of it, and what its pages carry."""

from __future__ import annotations

import secrets
from uuid import UUID

from app.accounts.models import SignIn
from app.crypto import boxes, kdf
from app.work import Work


def token_hash(token: str) -> bytes:
    return kdf.derive(token.encode(), "amana/session/id/v1")


def token_key(token: str) -> bytes:
    return kdf.derive(token.encode(), "amana/session/key/v1")


def renew(session: SignIn, private_raw: bytes) -> str:
    """Give a session a token that nobody has had: from the commit on it is the only one that opens it."""
    token = secrets.token_urlsafe(32)
    session.token_hash = token_hash(token)
    session.sealed_private = boxes.seal_box(token_key(token), private_raw, context=session.id.bytes)
    return token


def renew_mine(work: Work, private_raw: bytes) -> str:
    """The same for the session of whoever is at work. Its row stays: what was begun in it goes on."""
    return renew(work.session.get_one(SignIn, work.actor.sign_in, with_for_update=True), private_raw)


def page_secret(session: UUID, private_raw: bytes) -> bytes:
    """What proves that a form came from a page of this session.

    Not from the token, which changes under the pages that are open in other tabs.
    """
    return kdf.derive(private_raw, "amana/session/pages/v1", context=session.bytes)

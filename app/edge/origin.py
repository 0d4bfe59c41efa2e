"""Whether a change was asked for from one of our own pages (D08).

Two independent proofs: where the browser says the request comes from, and a token
that only a page of this session can hold. A door asks for both.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from starlette.requests import Request

from app.edge.refusals import CrossSite

_LABEL = b"amana csrf v1\0"
_NONCE_BYTES = 16
_TOKEN_CHARACTERS = 64  # base64 of 16 + 32 bytes, without padding


def check_same_origin(request: Request, allowed: str) -> None:
    """Raise CrossSite unless the browser says that the request comes from ``allowed``.

    allowed   our origin as browsers write it: ``https://amana.office.lan``

    ``Origin`` decides, ``null`` included, and ``Sec-Fetch-Site`` must not contradict
    it. Without ``Origin`` the latter must say same-origin, or none (typed by hand).
    With neither there is no proof, and no proof is a refusal.
    """
    origins = request.headers.getlist("origin")
    sites = request.headers.getlist("sec-fetch-site")
    if origins:
        proven = origins == [allowed] and sites in ([], ["same-origin"])
    else:
        proven = sites in (["same-origin"], ["none"])
    if not proven:
        raise CrossSite()


def csrf_token(session_secret: bytes) -> str:
    """A token for the first field of a form: ``base64url(nonce[16] || HMAC-SHA256[32])``.

    Different on every page, so that it gives nothing to compression attacks; all of
    one session's tokens are good as long as its secret lives. ValueError if the secret
    is under 32 bytes.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _mac(session_secret, nonce)).decode("ascii")


def check_csrf(session_secret: bytes, token: str | None) -> None:
    """Raise CrossSite unless ``token`` was made for this session; in constant time."""
    if token is None or len(token) != _TOKEN_CHARACTERS:
        raise CrossSite()
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raise CrossSite() from None
    nonce, given = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    if not hmac.compare_digest(given, _mac(session_secret, nonce)):
        raise CrossSite()


def _mac(session_secret: bytes, nonce: bytes) -> bytes:
    if len(session_secret) < 32:
        raise ValueError("a session secret has at least 32 bytes")
    return hmac.digest(session_secret, _LABEL + nonce, hashlib.sha256)

"""A reason given for something that lies in no case yet: it holds for some minutes, for one reference, in one session.

What lies in a case is read during a visit, which the database keeps. An arrival belongs to no
case, so its reason is kept by the browser of whoever gave it, in a cookie for that page alone
which only this session's secret can make. Each display has its own entry all the same.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from fastapi import Request
from starlette.responses import Response

from app import clock
from app.edge.desk import Desk
from app.web.session import secret_of

COOKIE: Final = "amana_reading"
MINUTES: Final = 10
_LABEL: Final = b"amana reading v1\0"


def give(answer: Response, request: Request, desk: Desk, path: str) -> None:
    """Let this browser show one page's content until the ticket ends; ``path`` is that page's address."""
    until = int(clock.now().timestamp()) + 60 * MINUTES
    answer.set_cookie(
        COOKIE, f"{until}.{_mac(request, path, until)}", max_age=60 * MINUTES, path=path, httponly=True,
        samesite="strict", secure=desk.origin.startswith("https"),
    )  # fmt: skip


def take(answer: Response, path: str) -> None:
    """Close what a ticket showed."""
    answer.delete_cookie(COOKIE, path=path)


def holds(request: Request, path: str) -> bool:
    """Whether a reason was given for this page, in this session, a short while ago."""
    until, _, mac = request.cookies.get(COOKIE, "").partition(".")
    if not (until.isascii() and until.isdigit() and len(until) <= 12 and mac.isascii()):
        return False
    return hmac.compare_digest(mac, _mac(request, path, int(until))) and clock.now().timestamp() < int(until)


def _mac(request: Request, path: str, until: int) -> str:
    message = _LABEL + f"{path}\0{until}".encode()
    return hmac.new(secret_of(request), message, hashlib.sha256).hexdigest()

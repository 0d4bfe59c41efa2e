"""Short texts for colleagues: words, keys, what to say to outsiders, accessibility, shortcuts."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import TheDesk
from app.errors import NotFound
from app.web.frame import show
from app.web.session import Visitor

TOPICS: Final = ("words", "keys", "outsiders", "accessibility", "shortcuts")

router = APIRouter()


@router.get("/help/{topic}")
def topic(topic: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One text."""
    if topic not in TOPICS:
        raise NotFound
    return show(request, desk, visitor, f"help/{topic}.html")

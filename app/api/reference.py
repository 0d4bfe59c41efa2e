"""The reference of the interface for programs, as one page without a script or another host."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from app.api.doors import GETS, POSTS
from app.errors import Refusal

router = APIRouter()
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@router.get("/api/reference")
def reference() -> Response:
    """Every address, the form it takes and every refusal, from the list of doors itself."""
    template = _pages.get_template("reference.html")
    return HTMLResponse(template.render(posts=POSTS, gets=GETS, refusals=_refusals()))


def _refusals() -> list[type[Refusal]]:
    known = {kind.code: kind for kind in _kinds(Refusal)}
    return [known[code] for code in sorted(known)]


def _kinds(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind] + [each for child in kind.__subclasses__() for each in _kinds(child)]

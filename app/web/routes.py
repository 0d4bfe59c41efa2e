"""The staff's pages: what stands at which address, one file a desk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.covering import Covered
from app.edge.desk import desk_of
from app.errors import NotSignedIn, Refusal
from app.web import (
    administration,
    alarms,
    cases,
    coding,
    conflicts,
    courses,
    drafts,
    duty,
    endings,
    entry,
    factors,
    frame,
    handoffs,
    help,
    inquiries,
    intake_desk,
    legal,
    me,
    mitigation,
    oversight,
    promises,
    protection,
    returning,
    safety,
    takeovers,
    team,
    today,
    visits,
    watching,
)
from app.web.session import visitor

router = APIRouter()


@router.get("/static/{name}")
def static(name: str, request: Request) -> Response:
    return frame.static.answer(name, request)


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    return frame.static.answer("robots.txt", request)


@router.get("/favicon.ico")
def favicon(request: Request) -> Response:
    """Where browsers look that were not told otherwise."""
    return frame.static.answer("favicon.png", request)


for _part in (
    entry, returning, today, visits, cases, coding, conflicts, takeovers, me, factors, team, help,
    # Before a number is asked for: what has a name of its own under the log's address.
    inquiries, watching, oversight, administration, handoffs, legal, protection, alarms, safety,
    endings, drafts, duty, mitigation, courses, promises,
    *intake_desk.PAGES,
):  # fmt: skip
    # The routes themselves: an included router looks through all of its own twice, at every request.
    router.routes.extend(_part.router.routes)


async def refused(request: Request, refusal: Refusal) -> Response:
    """A refusal as a page, in the frame of whoever asked; who is not signed in is shown the way in."""
    if refusal.status == 401 and request.method == "GET":
        way = returning.way_back(request.url.path) if isinstance(refusal, Covered) else "/sign-in"
        return RedirectResponse(way, 303)
    desk = desk_of(request)
    if isinstance(refusal, Covered):
        kept = await drafts.rescued(request, desk)
        view = {"kept": kept, "way": returning.way_back(request.url.path)}
        return frame.show(request, desk, None, "entry/covered.html", view, status=refusal.status)
    if isinstance(refusal, NotSignedIn) and await drafts.rescued(request, desk):
        return frame.show(request, desk, None, "entry/ended.html", status=refusal.status)
    try:
        caller = visitor(request, desk)
    except NotSignedIn:
        caller = None
    return frame.refused(request, desk, caller, refusal)

"""Coming in and going out: invitation, sign-in, staying, sign-out."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import actions as accounts
from app.accounts import undertakings
from app.accounts.forms import AcceptInvitation, AskStranger, SignInForm
from app.edge import sheets
from app.edge.desk import Desk, TheDesk
from app.edge.languages import N_
from app.edge.refusals import retry_headers
from app.edge.render import answer_with
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, SignInRefused, TooManyTries, Unavailable, Unprocessable
from app.web.drafts import landing
from app.web.frame import language_of, show
from app.web.session import (
    COOKIE,
    DEVICE,
    DEVICE_SECONDS,
    SESSION_SECONDS,
    EntryFields,
    Fields,
    Visitor,
    keep,
    keep_language,
)
from app.work import Form

_INVITATION: Final = "entry/invitation.html"
F = TypeVar("F", bound=Form)

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, desk: TheDesk) -> Response:
    return _entrance(request, desk, "entry/sign_in.html", Sheet(csrf=""), 200)


@router.post("/sign-in")
def sign_in(request: Request, desk: TheDesk, given: EntryFields) -> Response:
    """Sign in by a page: the token goes into a cookie, the device is known from then on."""
    fields = dict(given)
    if request.cookies.get(DEVICE):
        fields["device"] = [request.cookies[DEVICE]]
    try:
        entered = desk.enter().enter(_read(desk, SignInForm, fields))
        caller = desk.enter().caller(entered.token)
    except (SignInRefused, TooManyTries, Unavailable, Unprocessable) as refusal:
        return _again(request, desk, "entry/sign_in.html", given, refusal)
    # Whoever has no security key yet, and is asked for one, adds it before anything else.
    lacks = desk.office.policy.lacks_key(caller.actor)
    answer = RedirectResponse("/me/second-factors" if lacks else landing(desk, caller), 303)
    keep(answer, desk, COOKIE, entered.token, SESSION_SECONDS)
    keep(answer, desk, DEVICE, entered.device, DEVICE_SECONDS)
    return answer


@router.post("/sign-in/challenge")
def challenge(desk: TheDesk, given: EntryFields) -> Response:
    """What a security key is to sign for a sign-in by this name, for the page's script."""
    return answer_with(desk.enter().keys.to_sign_in(_read(desk, AskStranger, given).login_name))


@router.get("/invitation")
def invitation_page(request: Request, desk: TheDesk) -> Response:
    return _entrance(request, desk, _INVITATION, Sheet(csrf=""), 200)


@router.post("/invitation")
def accept(request: Request, desk: TheDesk, given: EntryFields) -> Response:
    """Use an invitation: the answer is the one page that ever shows the second factor's secret."""
    try:
        read = {**given, "language": [language_of(request)]}
        enrolled = desk.enter().accept(_read(desk, AcceptInvitation, read))
    except (Conflict, SignInRefused, Unavailable, Unprocessable) as refusal:
        return _again(request, desk, _INVITATION, given, refusal)
    return show(request, desk, None, "entry/enrolled.html", enrolled)


@router.post("/sign-out")
def sign_out(desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End this session here and on the server."""
    desk.do(visitor, accounts.leave)
    answer = RedirectResponse("/signed-out", 303)
    answer.delete_cookie(COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@router.get("/signed-out")
def signed_out(request: Request, desk: TheDesk) -> Response:
    return show(request, desk, None, "entry/signed_out.html")


@router.post("/stay", status_code=204)
def stay(visitor: Visitor, given: Fields) -> Response:
    """Somebody is still there: being asked who calls has counted as activity already."""
    return Response(status_code=204)


def _read(desk: Desk, kind: type[F], given: Any) -> F:
    """A form of somebody who is not signed in. Raises Mistakes."""
    wanted = {name: values for name, values in given.items() if name.partition(".")[0] in kind.model_fields}
    return sheets.read(kind, wanted, desk.zone)


def _again(request: Request, desk: Desk, template: str, given: Any, refusal: Any) -> Response:
    mistakes = dict(refusal.found) if isinstance(refusal, Mistakes) else {"": refusal.sentence}
    if "undertaking" in mistakes:
        mistakes["undertaking"] = N_("Please read the undertaking and sign it.")
    answer = _entrance(request, desk, template, Sheet(csrf="").typed(given, mistakes), refusal.status)
    answer.headers.update(retry_headers(refusal))
    return answer


def _entrance(request: Request, desk: Desk, template: str, sheet: Sheet, status: int) -> Response:
    """A page before sign-in. Its language is chosen by a link and remembered in a cookie that names nobody."""
    desk.enter()
    view = undertakings.to_sign() if template == _INVITATION else None
    answer = show(request, desk, None, template, view, sheet=sheet, status=status)
    keep_language(request, desk, answer)
    return answer

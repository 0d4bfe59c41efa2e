"""My own account: passphrase, sessions, what I opened, how my pages speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.accounts import actions as accounts
from app.accounts import mine, queries, undertakings
from app.accounts.forms import ChangePassphrase, RenewFactor
from app.accounts.undertakings import UndertakingView
from app.accounts.views import DeviceLine, Me, SessionLine
from app.edge import sheets
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import LANGUAGES, N_
from app.edge.refusals import retry_headers
from app.edge.sheets import Mistakes, Sheet
from app.errors import TooManyTries, Unprocessable
from app.oversight import queries as oversight
from app.oversight.views import Mine
from app.web.frame import reads_in, save, sheet, show
from app.web.session import COOKIE, DEVICE_SECONDS, LANGUAGE, Fields, Visitor, goes_on, keep
from app.work import Caller

PAGE = 25

router = APIRouter()


@dataclass(frozen=True)
class AccountView:
    """My account, where it is signed in, and how many recovery codes are left."""

    me: Me
    sessions: tuple[SessionLine, ...]
    devices: tuple[DeviceLine, ...]
    codes_left: int
    undertaking: UndertakingView
    languages: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OpenedView:
    """What I opened, a page of it."""

    lines: tuple[Mine, ...]
    page: int
    more: bool


@router.get("/me")
def my_account(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _account(request, desk, visitor, None, 200)


@router.post("/me/preferences")
def prefer(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Choose language and shortcuts."""
    # An empty box is sent by no browser: it is off if the page says that it stood there.
    fields = dict(given)
    if fields.pop("asked", None):
        fields.setdefault("shortcuts", ["no"])
    answer = save(
        request, desk, visitor, fields, mine.prefer, then="/me",
        again=lambda typed, status: _account(request, desk, visitor, typed, status),
    )  # fmt: skip
    chosen = next(iter(fields.get("language", ())), "")
    if answer.status_code == 303 and chosen in LANGUAGES:
        # Who is signed out reads on in the language they read before.
        keep(answer, desk, LANGUAGE, chosen, DEVICE_SECONDS)
    return answer


@router.get("/me/passphrase")
def passphrase_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _passphrase(request, desk, visitor, sheet(request), 200)


@router.post("/me/passphrase")
def change_passphrase(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Another passphrase, for the old one and a second factor; nothing of it is ever sent back to the page."""
    fields = {name: values for name, values in given.items() if name not in {"csrf", "once"}}
    try:
        changed = desk.enter().change_passphrase(visitor, sheets.read(ChangePassphrase, fields, desk.zone))
        goes_on(request, changed.token)
    except (Unprocessable, TooManyTries) as refusal:
        return _refused(
            request, fields, refusal, lambda typed, status: _passphrase(request, desk, visitor, typed, status)
        )
    return RedirectResponse("/me/passphrase/changed", 303)


@router.get("/me/passphrase/changed")
def changed(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return show(request, desk, visitor, "me/changed.html")


@router.get("/me/factor")
def factor_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _factor(request, desk, visitor, sheet(request), 200)


@router.post("/me/factor")
def renew_factor(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """What was lost, drawn anew: this page alone shows it, once."""
    fields = {name: values for name, values in given.items() if name not in {"csrf", "once"}}
    try:
        renewed = desk.enter().renew_factor(visitor, sheets.read(RenewFactor, fields, desk.zone))
        goes_on(request, renewed.token)
    except (Unprocessable, TooManyTries) as refusal:
        return _refused(request, fields, refusal, lambda typed, status: _factor(request, desk, visitor, typed, status))
    return show(request, desk, visitor, "me/renewed.html", renewed)


@router.get("/me/undertaking")
def undertaking(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What is kept secret, to be read and signed."""
    return _undertaking(request, desk, visitor, sheet(request), 200)


@router.post("/me/undertaking")
def sign(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Sign it for another term, in the language in which it was shown."""

    def again(typed: Sheet, status: int) -> Response:
        return _undertaking(request, desk, visitor, typed, status)

    if not any(given.get("version", ())):
        return again(sheet(request).typed({}, {"version": N_("Please read the undertaking and sign it.")}), 422)
    read = {**given, "language": [reads_in(desk, visitor)]}
    return save(request, desk, visitor, read, undertakings.sign, then="/me/undertaking", again=again)


@router.get("/me/opened")
def opened(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What I opened in the last ninety days."""
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, oversight.mine, number)
    view = OpenedView(lines, number, more=len(lines) == PAGE)
    return show(request, desk, visitor, "me/opened.html", view)


@router.post("/me/sessions/end")
def end_everywhere(desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End every session of mine, this one too."""
    desk.do(visitor, accounts.leave_everywhere)
    answer = RedirectResponse("/signed-out", 303)
    answer.delete_cookie(COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@router.post("/me/sessions/{session}/end")
def end_one(session: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End one session of mine."""
    desk.do(visitor, mine.end_one, subject=row_id(session))
    return RedirectResponse("/me", 303)


def _account(request: Request, desk: Desk, visitor: Caller, typed: Sheet | None, status: int) -> Response:
    me: Me = desk.ask(visitor, queries.me)
    view = AccountView(
        me, desk.ask(visitor, queries.sessions), desk.ask(visitor, queries.devices),
        desk.ask(visitor, queries.codes_left), desk.ask(visitor, undertakings.show), tuple(LANGUAGES.items()),
    )  # fmt: skip
    filled = typed or sheet(request, language=me.language, shortcuts="yes" if me.shortcuts else "no")
    return show(request, desk, visitor, "me/me.html", view, sheet=filled, status=status)


def _undertaking(request: Request, desk: Desk, visitor: Caller, typed: Sheet, status: int) -> Response:
    view = desk.ask(visitor, undertakings.show)
    return show(request, desk, visitor, "me/undertaking.html", view, sheet=typed, status=status)


def _refused(
    request: Request, fields: Mapping[str, list[str]], refusal: Unprocessable | TooManyTries,
    again: Callable[[Sheet, int], Response],
) -> Response:  # fmt: skip
    """The page again, without a secret, and after how long another try is heard."""
    mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
    answer = again(sheet(request).typed(fields, mistakes), refusal.status)
    answer.headers.update(retry_headers(refusal))
    return answer


def _factor(request: Request, desk: Desk, visitor: Caller, typed: Sheet, status: int) -> HTMLResponse:
    return show(request, desk, visitor, "me/factor.html", sheet=typed, status=status)


def _passphrase(request: Request, desk: Desk, visitor: Caller, typed: Sheet, status: int) -> HTMLResponse:
    return show(request, desk, visitor, "me/passphrase.html", sheet=typed, status=status)

"""The bare pages. Every change goes through the same action as the interface for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from app.accounts import actions as accounts
from app.accounts import queries as people
from app.accounts.forms import AcceptInvitation, SignInForm
from app.cases import queries
from app.cases.forms import Opening
from app.edge.desk import TheDesk, form_of, page_number, row_id
from app.errors import NotFound, Refusal, Unprocessable
from app.pseudonyms import references
from app.web.session import COOKIE, DEVICE, EntryFields, Fields, Visitor, keep, page_token
from app.work import Form, Justification
from app.work.actions import opening_of

HERE = Path(__file__).parent
DEVICE_SECONDS = 365 * 86400
F = TypeVar("F", bound=Form)

router = APIRouter()
pages = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def page(name: str, status: int = 200, **given: Any) -> HTMLResponse:
    """One page from its template. Nothing reaches a template but a view."""
    return HTMLResponse(pages.get_template(name).render(**given), status)


def filled(kind: type[F], given: dict[str, Any]) -> F:
    """A form as somebody filled it in on a page: what does not fit is refused as a page, in one sentence."""
    try:
        return form_of(kind, given)
    except ValidationError:
        raise Unprocessable from None


@router.get("/sign-in")
def sign_in_page() -> Response:
    return page("sign_in.html", refusal=None)


@router.post("/sign-in")
def sign_in(request: Request, desk: TheDesk, given: EntryFields) -> Response:
    """Sign in by a page: the token goes into a cookie, the device is known from then on."""
    text = {name: values[0] for name, values in given.items()}
    if request.cookies.get(DEVICE):
        text["device"] = request.cookies[DEVICE]
    text = {name: value for name, value in text.items() if value and name != "csrf"}
    entered = desk.enter().enter(filled(SignInForm, text))
    answer = RedirectResponse("/", 303)
    keep(answer, desk, COOKIE, entered.token, 8 * 3600)
    keep(answer, desk, DEVICE, entered.device, DEVICE_SECONDS)
    return answer


@router.get("/invitation")
def invitation_page() -> Response:
    return page("invitation.html")


@router.post("/invitation")
def accept(desk: TheDesk, given: EntryFields) -> Response:
    """Use an invitation: the answer is the one page that ever shows the second factor's secret."""
    text = {name: values[0] for name, values in given.items() if name in {"code", "passphrase"}}
    return page("enrolled.html", enrolled=desk.enter().accept(filled(AcceptInvitation, text)))


@router.post("/sign-out")
def sign_out(desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End this session here and on the server."""
    desk.do(visitor, accounts.leave)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@router.get("/")
def home(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """My own cases, mute."""
    number = page_number(request.query_params.get("page"))
    return page(
        "home.html", me=desk.ask(visitor, people.me), cases=desk.ask(visitor, queries.cases, number),
        count=desk.ask(visitor, queries.count), number=number, csrf=page_token(request),
    )  # fmt: skip


@router.get("/cases/{reference}")
def case(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One case: what is there, by field name; each field opens only with a reason."""
    return _case(references.read(reference), request, desk, visitor, None)


@router.post("/cases/{reference}/open")
def open_fields(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Open chosen fields of one row; the page comes back with them, and an entry says so."""
    text = {name: values[0] for name, values in given.items()}
    address, row = references.read(reference), row_id(text.get("row", ""))
    action = opening_of(text.get("table", ""))
    # What is asked for by another address than a row id stands on no case's page.
    if action is None or action.on is None or action.on.addressed_by != "id":
        raise NotFound
    # Another case's row would be shown on this one's page.
    if row not in {record.id for record in desk.ask(visitor, queries.show, address).records}:
        raise NotFound
    wanted = {"fields": given.get("fields", []), "justification": text.get("justification"),
              "cites": text.get("cites") or None, "words": text.get("words") or None}  # fmt: skip
    opened = desk.do(visitor, action, filled(Opening, wanted), subject=row)
    return _case(address, request, desk, visitor, opened)


def _case(address: str, request: Request, desk: TheDesk, visitor: Visitor, opened: Any) -> Response:
    return page(
        "case.html", case=desk.ask(visitor, queries.show, address), looked=desk.ask(visitor, queries.looked, address),
        justifications=list(Justification), opened=opened, me=desk.ask(visitor, people.me), csrf=page_token(request),
    )  # fmt: skip


@router.get("/static/style.css")
def style() -> Response:
    return FileResponse(HERE / "static" / "style.css", media_type="text/css")


def refused(request: Request, refusal: Refusal) -> Response:
    """A refusal as a page: its sentence, and nothing of what was asked."""
    if refusal.status == 401 and request.method == "GET":
        return RedirectResponse("/sign-in", 303)
    template = "sign_in.html" if request.scope["path"] == "/sign-in" else "refused.html"
    return page(template, refusal.status, refusal=refusal)

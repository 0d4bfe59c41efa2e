"""The session of an account: what was told before, who interprets, what happens, what comes to stand beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.cases.forms import Opening
from app.edge.desk import Desk, TheDesk, form_of, row_id
from app.edge.languages import N_
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, Denied, NotFound, Unprocessable
from app.testimonies import actions, queries, sessions, versions
from app.testimonies.forms import ReadAccount
from app.testimonies.reading import read_account
from app.testimonies.session_forms import AddVersion, PrepareSession
from app.testimonies.views import AccountRead, AccountView, SessionPrepared
from app.web import drafts
from app.web.casefile import prefetched
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor, fields_up_to
from app.web.taking import HERE, officers_only
from app.work import Action, Caller, Justification

PASSAGES_MAX: Final = 200
# A field for each passage of a version, its language, and what every form has.
VersionFields = Annotated[dict[str, list[str]], Depends(fields_up_to(PASSAGES_MAX + 10))]

# What is noted around a session: the action and its page. Where it goes back to is the task list.
KINDS: Final[Mapping[str, tuple[Action, str]]] = {
    "note": (sessions.note, "intake/session_note.html"),
    "interpreter": (sessions.change_interpreter, "intake/session_interpreter.html"),
    "report": (sessions.report, "intake/session_report.html"),
}
# What stands beside the passages: the action and its page, on which the passages are read first.
BESIDE: Final[Mapping[str, tuple[Action, str]]] = {
    "correction": (versions.amend, "intake/correction.html"),
    "transcript": (versions.add_version, "intake/version.html"),
    "translation": (versions.add_version, "intake/version.html"),
}

# The page on which a session begins, and its step: the one of these that is written in several goes.
_BEGINS: Final = "intake/session.html"
_STEP: Final = "session"

router = APIRouter()


@dataclass(frozen=True)
class SessionPage:
    """A session about to begin, or under way; ``prepared`` is missing where a rule kept it back."""

    account: AccountView
    prepared: SessionPrepared | None
    refusal: str = ""


@dataclass(frozen=True)
class BesidePage:
    """The passages of an account, read, and what is to stand beside them."""

    account: AccountView
    kind: str
    read: AccountRead | None
    refusal: str = ""


@dataclass(frozen=True)
class SealedPage:
    """An account that is sealed: its hash, how large the log's checkpoint was then, and the entry of this opening."""

    account: AccountView
    sha256: str = ""
    checkpoint: int = 0
    entry: int | None = None
    refusal: str = ""


@router.get("/testimonies/{row}/session")
def begin_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What was told before, who could interpret, where the conversation takes place, who is in the room."""
    officers_only(visitor)
    begun = drafts.begin(request, desk, visitor, drafts.account_place(desk, visitor, row_id(row), _STEP))
    return _session(request, desk, visitor, row_id(row), _STEP, _BEGINS)(begun, 200)


@router.post("/testimonies/{row}/session")
def begin(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Look into the register, or begin: whichever button was pressed."""
    return _asked(request, desk, visitor, row_id(row), given, actions.start_session, (_STEP, _BEGINS))


@router.get("/testimonies/{row}/session/{kind}")
def around_page(row: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Something that happens during a session."""
    again = _session(request, desk, visitor, row_id(row), kind, _of(KINDS, kind)[1])
    return again(_begun(request, desk, visitor, row_id(row), kind), 200)


@router.post("/testimonies/{row}/session/{kind}")
def around(row: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    action, template = _of(KINDS, kind)
    return _asked(request, desk, visitor, row_id(row), given, action, (kind, template))


@router.get("/testimonies/{row}/beside/{kind}")
def beside_page(row: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The passages, and beside each the field for its transcript, its translation or a correction."""
    again = _beside(request, desk, visitor, row_id(row), kind)
    return again(_begun(request, desk, visitor, row_id(row), kind), 200)


@router.post("/testimonies/{row}/beside/{kind}")
def beside(row: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor, given: VersionFields) -> Response:
    officers_only(visitor)
    key, (action, _) = row_id(row), _of(BESIDE, kind)
    again = _beside(request, desk, visitor, key, kind)
    if kind == "correction":
        return save(request, desk, visitor, given, action, subject=key, then=f"/testimonies/{key}", again=again)
    typed = sheet(request).typed({name: v for name, v in given.items() if name not in {"csrf", "once"}}, {})
    once = next(iter(given.get("once", ())), None)
    try:
        desk.do(visitor, action, _version(kind, typed), subject=key, idempotency=once)
    except (Conflict, Denied, Unprocessable) as refusal:
        mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return again(typed.typed(typed.values, mistakes), refusal.status)
    return RedirectResponse(f"/testimonies/{key}", 303)


@router.get("/testimonies/{row}/sealed")
def sealed(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The hash an account was sealed with. Opening it is an entry."""
    officers_only(visitor)
    account = desk.ask(visitor, queries.show, row_id(row))
    form = Opening(justification=Justification.INTAKE, cites=account.id, fields=("seal",))
    view = SealedPage(account)
    if not prefetched(request):
        try:
            opened = desk.do(visitor, actions.open_testimony, form, subject=account.id)
            told = json.loads(opened.values["seal"].read()) if opened.values["seal"] else {}
            view = SealedPage(account, told.get("sha256", ""), told.get("checkpoint", 0), opened.entry)
        except (Denied, Conflict) as refusal:
            view = SealedPage(account, refusal=refusal.sentence)
    return show(request, desk, visitor, "intake/sealed.html", view, here=HERE, sheet=sheet(request))


def _of(table: Mapping[str, tuple[Action, str]], kind: str) -> tuple[Action, str]:
    if kind not in table:
        raise NotFound
    return table[kind]


def _asked(
    request: Request, desk: Desk, visitor: Caller, key: UUID, given: Any, action: Action, shown: tuple[str, str]
) -> Response:  # fmt: skip
    officers_only(visitor)
    fields = dict(given)
    again = _session(request, desk, visitor, key, *shown)
    if next(iter(fields.pop("go", [])), "") == "check":
        typed = {name: values for name, values in fields.items() if name not in {"csrf", "once"}}
        return again(sheet(request).typed(typed, {}), 200)
    return save(
        request, desk, visitor, fields, action, subject=key, then=f"/testimonies/{key}", again=again
    )  # fmt: skip


def _begun(request: Request, desk: Desk, visitor: Caller, key: UUID, page: str) -> Sheet:
    """A form as it begins: with what was saved of it, where it may be written in several goes."""
    if page not in drafts.STEPS:
        return sheet(request)
    return drafts.begin(request, desk, visitor, drafts.account_place(desk, visitor, key, page))


def _come_back(desk: Desk, visitor: Caller, key: UUID, page: str, filled: Sheet) -> Sheet:
    """A form that comes back, beside what somebody else saved of it meanwhile."""
    if page not in drafts.STEPS or filled.draft is not None:
        return filled
    return drafts.again(desk, visitor, drafts.account_place(desk, visitor, key, page), filled)


def _session(
    request: Request, desk: Desk, visitor: Caller, key: UUID, page: str, template: str
) -> Callable[[Sheet, int], Response]:
    """Shows a page of a session. What it shows of the register and of earlier accounts is opened for this account."""
    officers_only(visitor)
    account = desk.ask(visitor, queries.show, key)

    def again(filled: Sheet, status: int) -> Response:
        filled = _come_back(desk, visitor, key, page, filled)
        view = SessionPage(account, None)
        if not prefetched(request):
            try:
                view = SessionPage(account, desk.do(visitor, sessions.prepare, _preparing(key, filled), subject=key))
            except (Denied, Conflict) as refusal:
                view = SessionPage(account, None, refusal.sentence)
        return show(request, desk, visitor, template, view, here=HERE, sheet=filled, status=status)

    return again


def _around(page: str, template: str) -> drafts.Drawn:
    """How a form of a session is drawn."""

    def drawn(request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int) -> Response:
        return _session(request, desk, visitor, row_id(row), page, template)(filled, status)

    return drawn


def _next_to(kind: str) -> drafts.Drawn:
    """How a form beside the passages is drawn."""

    def drawn(request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int) -> Response:
        return _beside(request, desk, visitor, row_id(row), kind)(filled, status)

    return drawn


drafts.FORMS[_STEP] = _around(_STEP, _BEGINS)
drafts.FORMS.update({kind: _around(kind, KINDS[kind][1]) for kind in KINDS if kind in drafts.STEPS})
drafts.FORMS.update({kind: _next_to(kind) for kind in BESIDE})


def _preparing(key: UUID, filled: Sheet) -> PrepareSession:
    """What the register is asked with what was typed so far; without what it could not read."""
    told: dict[str, Any] = {"justification": Justification.INTAKE, "cites": str(key)}
    asked = {name: filled.value(name).strip() for name in ("home_district", "group")}
    asked["language"] = filled.value("witness_language")
    try:
        return form_of(PrepareSession, told | {name: value for name, value in asked.items() if value})
    except ValidationError:
        return form_of(PrepareSession, told)


def _beside(request: Request, desk: Desk, visitor: Caller, key: UUID, kind: str) -> Callable[[Sheet, int], Response]:
    officers_only(visitor)
    _, template = _of(BESIDE, kind)
    account = desk.ask(visitor, queries.show, key)

    def again(filled: Sheet, status: int) -> Response:
        filled = _come_back(desk, visitor, key, kind, filled)
        view = BesidePage(account, kind, None)
        if not prefetched(request):
            form = ReadAccount(justification=Justification.INTAKE, cites=key)
            try:
                view = BesidePage(account, kind, desk.do(visitor, read_account, form, subject=key))
            except (Denied, Conflict) as refusal:
                view = BesidePage(account, kind, None, refusal.sentence)
        return show(request, desk, visitor, template, view, here=HERE, sheet=filled, status=status)

    return again


def _version(kind: str, typed: Sheet) -> AddVersion:
    """A version as the interface for programs takes it; a passage whose field was left empty is no part of it."""
    given = {name.removeprefix("text."): typed.value(name) for name in typed.values if name.startswith("text.")}
    passages = [{"segment": key, "text": text.replace("\r\n", "\n")} for key, text in given.items() if text.strip()]
    found = {}
    if not typed.value("language"):
        found["language"] = N_("Please choose the language of these words.")
    if not passages:
        found[""] = N_("Please fill in at least one passage.")
    if found:
        raise Mistakes(found)
    told: dict[str, Any] = {"language": typed.value("language"), "kind": kind.upper(), "passages": passages}
    told |= drafts.carried(typed)
    try:
        return form_of(AddVersion, told)
    except ValidationError:
        raise Unprocessable(N_("This could not be kept as it is. Please look at the passages again.")) from None

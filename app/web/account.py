"""The account itself: written in one piece, divided at blank lines, each passage with its speaker and classes.

Nothing is kept before the last step. What was typed travels with the page, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.edge.desk import Desk, TheDesk, form_of, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import Conflict, Denied, Unprocessable
from app.testimonies import actions, queries, sessions
from app.testimonies.forms import MoveOn, RecordAccount
from app.testimonies.views import AccountView
from app.web import drafts
from app.web.drafts import ManyFields
from app.web.frame import sheet, show
from app.web.session import Visitor
from app.web.taking import HERE, officers_only
from app.work import Action, Caller

PASSAGES_MAX: Final = 200
_BLANK_LINES: Final = re.compile(r"\n(?:[^\S\n]*\n)+")
_STEP: Final = "account"
_FIRST, _SECOND = "intake/account.html", "intake/passages.html"
# Buttons that stop the conversation, or take it up again; nothing that is typed is lost by one.
_PAUSES: Final[Mapping[str, Action | None]] = {"pause": None, "unprompted": sessions.unprompted}

router = APIRouter()


@dataclass(frozen=True)
class Writing:
    """An account that is being written: its passages, once it is divided."""

    account: AccountView
    passages: tuple[str, ...] = ()


def divided(text: str) -> tuple[str, ...]:
    """The passages of a text: what stands between blank lines, unchanged."""
    return tuple(part for part in _BLANK_LINES.split(text.replace("\r\n", "\n").strip("\n")) if part.strip())


@router.get("/testimonies/{row}/account")
def account_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One field for the whole account, as it is told."""
    officers_only(visitor)
    begun = drafts.begin(request, desk, visitor, drafts.account_place(desk, visitor, row_id(row), _STEP))
    return _gone_on_with(request, desk, visitor, row, begun, 200)


@router.post("/testimonies/{row}/account")
def account(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: ManyFields) -> Response:
    """Divide the text, go back to it, or keep it: whichever button was pressed."""
    officers_only(visitor)
    fields = {name: [value.replace("\r\n", "\n") for value in values] for name, values in given.items()}
    # The form says what its own button does; another button that is pressed says something else after it.
    go = (fields.pop("go", None) or [""])[-1]
    typed = sheet(request).typed({name: values for name, values in fields.items() if name not in {"csrf", "once"}}, {})
    if go in _PAUSES:
        return _pause(request, desk, visitor, row, fields, _PAUSES[go])
    if go == "text":
        return _page(request, desk, visitor, row, _FIRST, typed)
    mistakes = _missing(typed)
    if mistakes:
        return _page(request, desk, visitor, row, _FIRST, typed.typed(typed.values, mistakes), 422)
    if go == "divide":
        return _page(request, desk, visitor, row, _SECOND, typed)
    try:
        desk.do(visitor, actions.record, _form(typed), subject=row_id(row))
    except (Conflict, Denied, Unprocessable) as refusal:
        typed = typed.typed(typed.values, {"": refusal.sentence})
        return _page(request, desk, visitor, row, _SECOND, typed, refusal.status)
    return RedirectResponse(f"/testimonies/{row_id(row)}", 303)


def _pause(
    request: Request, desk: Desk, visitor: Caller, row: str, fields: Mapping[str, Sequence[str]], action: Action | None
) -> Response:  # fmt: skip
    """Save what is typed so far, then pause, go on, or stop at an admission; back to the same page."""
    place = drafts.account_place(desk, visitor, row_id(row), _STEP)
    if any(value.strip() for value in fields.get("text", ())):
        saved = drafts.save(request, desk, visitor, fields, place, lambda typed, status: _gone_on_with(
            request, desk, visitor, row, typed, status))  # fmt: skip
        if saved.status_code != 303:
            return saved
    paused = desk.ask(visitor, queries.show, row_id(row)).state == "PAUSED"
    try:
        if action is None:
            desk.do(visitor, actions.move, MoveOn.model_validate({"to": "IN_SESSION" if paused else "PAUSED"}),
                    subject=row_id(row))  # fmt: skip
        else:
            desk.do(visitor, action, subject=row_id(row))
    except (Conflict, Denied) as refusal:
        typed = sheet(request).typed(fields, {"": refusal.sentence})
        return _page(request, desk, visitor, row, _FIRST, typed, refusal.status)
    return RedirectResponse(f"/testimonies/{row_id(row)}/account", 303)


def _missing(typed: Sheet) -> dict[str, str]:
    """What the first page still needs."""
    found = {}
    if not typed.value("language"):
        found["language"] = N_("Please choose the language of the account.")
    count = len(divided(typed.value("text")))
    if count == 0:
        found["text"] = N_("Please write what was said.")
    if count > PASSAGES_MAX:
        found["text"] = N_("These are more than 200 passages. Please join some of them.")
    return found


def _form(typed: Sheet) -> RecordAccount:
    """The account as the interface for programs takes it."""
    told: dict[str, Any] = {
        "language": typed.value("language"),
        "segments": [
            _passage(text, number, typed.values) for number, text in enumerate(divided(typed.value("text")), 1)
        ],
        **{name: typed.value(name) for name in ("aside",) if typed.value(name)},
    }
    if typed.value("draft").isdigit():
        told["draft"] = int(typed.value("draft")[:7])
    try:
        return form_of(RecordAccount, told)
    except ValidationError:
        raise Unprocessable(N_("This could not be kept as it is. Please look at the passages again.")) from None


def _passage(text: str, number: int, values: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    speaker = next(iter(values.get(f"speaker.{number}", ())), "WITNESS")
    return {"text": text, "speaker": speaker, "classes": list(values.get(f"classes.{number}", ()))}


def _gone_on_with(request: Request, desk: Desk, visitor: Caller, row: str, typed: Sheet, status: int) -> Response:
    """The page on which somebody stopped: the text, or its passages once they were marked."""
    marked = any(name.startswith(("speaker.", "classes.")) for name in typed.values)
    return _page(request, desk, visitor, row, _SECOND if marked else _FIRST, typed, status)


drafts.FORMS[_STEP] = _gone_on_with


def _page(
    request: Request, desk: Desk, visitor: Caller, row: str, template: str, typed: Sheet, status: int = 200
) -> Response:  # fmt: skip
    if typed.draft is None:
        typed = drafts.again(desk, visitor, drafts.account_place(desk, visitor, row_id(row), _STEP), typed)
    written = Writing(desk.ask(visitor, queries.show, row_id(row)), divided(typed.value("text")))
    return show(request, desk, visitor, template, written, here=HERE, sheet=typed, status=status)

"""Sessions on paper: the protocol as it is printed, and the page on which it is entered later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.edge.desk import Desk, TheDesk, form_of, row_id
from app.edge.languages import N_
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, Denied, NotFound, Unprocessable
from app.testimonies import paper, queries
from app.testimonies.session_forms import EnterPaper
from app.testimonies.views import AccountView, FileLine, PaperView, Printed
from app.web.account import divided
from app.web.frame import read, sheet, show
from app.web.protocol_versions import Line, parts_of
from app.web.session import Fields, Visitor, fields_up_to
from app.web.taking import HERE, officers_only
from app.work import Caller

# What the sheets say and what the session's frame asks, on one page.
EntryFields = Annotated[dict[str, list[str]], Depends(fields_up_to(60))]
FRAME: Final = (
    "place", "custody_status", "interpreter_code", "home_district", "group", "conflict_reason", "second_interviewer",
    "counsel_code", "support_code", "guardian_code", "witness_language", "why_again",
    "modality", "fitness", "competence",
)  # fmt: skip

router = APIRouter()


@dataclass(frozen=True)
class ToPrint:
    """The page from which a protocol is printed, and the protocols of this account so far."""

    account: AccountView


@dataclass(frozen=True)
class Protocol:
    """A protocol on its sheets."""

    printed: Printed
    large: bool
    # The questions of the office, in the language of the sheets.
    parts: tuple[tuple[str, tuple[Line, ...]], ...] = ()


@dataclass(frozen=True)
class Entry:
    """A protocol that came back: its envelope, its account, and the files among which the scan is."""

    paper: PaperView
    account: AccountView
    files: tuple[FileLine, ...]


@router.get("/testimonies/{row}/paper")
def print_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """In which language, how large, and who takes it along."""
    return _to_print(request, desk, visitor, row_id(row))(sheet(request), 200)


@router.post("/testimonies/{row}/paper")
def print_protocol(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """The protocol itself, to be printed from the browser: its envelope's number is drawn now."""
    officers_only(visitor)
    key = row_id(row)
    fields = {name: list(values) for name, values in given.items() if name not in {"csrf", "once", "large"}}
    try:
        printed = desk.do(visitor, paper.print_protocol, read(desk, paper.print_protocol, fields), subject=key)
    except (Conflict, Denied, Unprocessable) as refusal:
        mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return _to_print(request, desk, visitor, key)(sheet(request).typed(fields, mistakes), refusal.status)
    questions = () if printed.protocol is None else parts_of(
        printed.protocol.questions(), printed.language, printed.admissions
    )  # fmt: skip
    view = Protocol(printed, "yes" in given.get("large", ()), questions)
    return show(request, desk, visitor, "intake/protocol.html", view, language=printed.language)


@router.get("/paper/{row}")
def enter_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What was written by hand, field by field."""
    return _to_enter(request, desk, visitor, row_id(row))(sheet(request), 200)


@router.post("/paper/{row}")
def enter(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: EntryFields) -> Response:
    """Keep it: the scan is the original, the account says for ever that it was entered later."""
    officers_only(visitor)
    key = row_id(row)
    again = _to_enter(request, desk, visitor, key)
    fields = {name: values for name, values in given.items() if name not in {"csrf", "once"}}
    typed = sheet(request).typed(fields, {})
    try:
        recorded = desk.do(visitor, paper.enter, _entered(typed), subject=key)
    except (Conflict, Denied, Unprocessable) as refusal:
        mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return again(typed.typed(fields, mistakes), refusal.status)
    # The sheets ask questions too: what was answered there is entered next, under the version they were printed from.
    asked = desk.ask(visitor, queries.paper, key).questions
    return RedirectResponse(f"/testimonies/{recorded.id}{'/protocol' if asked else ''}", 303)


def _entered(typed: Sheet) -> EnterPaper:
    """The whole entry as the interface for programs takes it."""
    day = [typed.value(f"collected_on.{part}").strip() for part in ("year", "month", "day")]
    frame: dict[str, Any] = {name: typed.value(name).strip() for name in FRAME if typed.value(name).strip()}
    frame |= {name: typed.value(name) == "yes" for name in ("guard_present", "under_18") if typed.value(name)}
    frame["rights"] = [right for right in typed.all("rights") if right]
    text = [{"text": part} for part in divided(typed.value("text"))]
    told: dict[str, Any] = {
        "collected_on": "-".join([day[0].zfill(4), day[1].zfill(2), day[2].zfill(2)]),
        "session": frame, "account": {"language": typed.value("language"), "segments": text},
    }  # fmt: skip
    asked = ("scan", "own_words", "counsel", "counsel_reason")
    told |= {name: typed.value(name) for name in asked if typed.value(name)}
    try:
        return form_of(EnterPaper, told)
    except ValidationError as wrong:
        raise Mistakes(_sentences(wrong)) from None


def _sentences(wrong: ValidationError) -> dict[str, str]:
    """What did not fit, by the field of this page."""
    found: dict[str, str] = {}
    for error in wrong.errors(include_url=False, include_context=False, include_input=False):
        names = [str(part) for part in error["loc"] if isinstance(part, str)]
        name = {"segments": "text"}.get(names[1] if len(names) > 1 else "", names[-1] if names else "")
        found.setdefault(name, N_("Please fill this in."))
    return found


def _to_print(request: Request, desk: Desk, visitor: Caller, key: UUID) -> Callable[[Sheet, int], Response]:
    officers_only(visitor)
    view = ToPrint(desk.ask(visitor, queries.show, key))

    def again(filled: Sheet, status: int) -> Response:
        return show(request, desk, visitor, "intake/paper.html", view, here=HERE, sheet=filled, status=status)

    return again


def _to_enter(request: Request, desk: Desk, visitor: Caller, key: UUID) -> Callable[[Sheet, int], Response]:
    officers_only(visitor)
    found = desk.ask(visitor, queries.paper, key)
    account = desk.ask(visitor, queries.show, found.testimony)
    files = desk.ask(visitor, queries.of_case, account.reference).files
    if found.state != "PRINTED":
        raise NotFound

    def again(filled: Sheet, status: int) -> Response:
        view = Entry(found, account, tuple(file for file in files if file.state == "KEPT"))
        return show(request, desk, visitor, "intake/paper_enter.html", view, here=HERE, sheet=filled, status=status)

    return again

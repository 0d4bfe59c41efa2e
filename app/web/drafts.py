"""Drafts on the page of a step: what its form begins with, who else wrote there, saving, and what outlives a session.

A step's page shows its form from ``begin`` and, where it comes back, from ``again``; it enters
how it is drawn in ``FORMS``, so that a draft that could not be saved is shown in its own place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from app import clock
from app.cases.forms import Opening
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import N_
from app.edge.origin import check_csrf
from app.edge.render import answer_with
from app.edge.sheets import Mistakes, Sheet
from app.edge.urlencoded import read_form
from app.errors import Conflict, Denied, NotFound, Refusal, Unprocessable
from app.testimonies import drafts, queries
from app.testimonies.drafts import DraftLine, DraftSaved, RescueDraft, SaveDraft
from app.testimonies.rules import DraftState
from app.web.casefile import prefetched
from app.web.frame import sheet, show
from app.web.session import Visitor, fields_up_to, from_our_page, token_of
from app.work import Caller, Justification, Plain

router = APIRouter()

ROLE: Final = "intake_officer"
# The pages of an account whose forms have drafts, and the step of each. A tier of consent is its own step.
STEPS: Final = {
    "limits": "LIMITS", "safety": "SAFETY", "ready": "READY", "session": "SESSION", "account": "ACCOUNT",
    "protocol": "PROTOCOL",
    "read-back": "READ_BACK", "note": "NOTE", "report": "REPORT", "correction": "CORRECTION",
    "transcript": "TRANSCRIPT", "translation": "TRANSLATION",
}  # fmt: skip
# Pages that stand one step deeper in the account.
_UNDER: Final = {
    "read-back": "move", "note": "session", "report": "session", "correction": "beside", "transcript": "beside",
    "translation": "beside",
}  # fmt: skip
_PAGE_OF: Final = {step: page for page, step in STEPS.items()}
# A speaker and up to nine classes for each of two hundred passages, and what every form has.
FIELDS_MAX: Final = 2010
# What a form of the page carries besides what was typed.
_CARRIED: Final = frozenset({"csrf", "once", "draft", "aside", "auto", "go", "version", "after", "shown"})
# What is asked to look into the register, or to reckon a month: its page says that it is not kept, and so it is not.
_NEVER_KEPT: Final = frozenset({"home_district", "group", "adult_on", "statement_version"})
_ACCOUNT_PATH: Final = re.compile(r"/testimonies/([0-9a-f-]{36})/(?:(?:draft|move|session|beside)/)?([a-z-]+)")
_CONSENT_PATH: Final = re.compile(r"/cases/([0-9A-Za-z-]{1,20})/consent/(T[0-6])(?:/draft)?")

ManyFields = Annotated[dict[str, list[str]], Depends(fields_up_to(FIELDS_MAX + 10))]
Drawn = Callable[[Request, Desk, Caller, str, Sheet, int], Response]
# Page of a step -> how its form is drawn again: (..., account or reference, sheet, status).
FORMS: Final[dict[str, Drawn]] = {}


@dataclass(frozen=True)
class Place:
    """A step's form: whose, which step, and what opening its draft serves."""

    reference: str
    account: UUID | None
    cites: UUID
    step: str

    @property
    def page(self) -> str:
        """Where the form stands."""
        return page_of(self.reference, self.account, self.step)

    @property
    def saves(self) -> str:
        """Where its draft is sent."""
        if self.account is None:
            return f"{self.page}/draft"
        return f"/testimonies/{self.account}/draft/{_PAGE_OF[self.step]}"

    @property
    def back(self) -> str:
        """Where one goes from here for now."""
        return f"/cases/{self.reference}/consent" if self.account is None else f"/testimonies/{self.account}"


@dataclass(frozen=True)
class Value:
    """A field of a draft that is shown beside the form: its name, what its codes are called by, what stands in it."""

    name: str
    table: str
    held: tuple[Plain, ...]


@dataclass(frozen=True)
class Kept:
    """What of a step was saved before, around its form.

    saves    where the form's draft goes, and ``page`` where the form stands: it is shown at both
    version  of the draft that whoever fills the form has seen; 0 for none
    line     the draft there is, if there is one; ``filled`` if the form was filled from it
    beside   what stands in it, where the form holds another text
    aside    the row of one's own text that stood aside and is in the form now
    others   texts of one's own that stand aside still
    """

    saves: str
    page: str
    version: int
    line: DraftLine | None = None
    filled: bool = False
    beside: tuple[Value, ...] = ()
    aside: UUID | None = None
    others: tuple[DraftLine, ...] = ()
    mine: bool = False


@dataclass(frozen=True)
class MyDrafts:
    """A page of what I have begun and not kept."""

    drafts: drafts.Drafts
    number: int
    addresses: Mapping[UUID, str]


def page_of(reference: str, account: UUID | None, step: str) -> str:
    """Where a step's form stands. Steps whose page has no form to be saved lead to the list of steps."""
    if account is None:
        return f"/cases/{reference}/consent/{step.removeprefix('CONSENT_')}"
    page = _PAGE_OF.get(step, "")
    return "/".join(part for part in ("/testimonies", str(account), _UNDER.get(page, ""), page) if part)


def address_of(line: DraftLine) -> str:
    """Where a draft is gone on with."""
    account = None if line.step.startswith("CONSENT_") else line.about
    return f"{page_of(line.reference, account, line.step)}?draft={line.id}"


def begin(request: Request, desk: Desk, visitor: Caller, place: Place) -> Sheet:
    """The form of a step as it begins: with one's own draft, or one that was asked for; with none, empty."""
    current, others = _there(desk, visitor, place)
    asked = request.query_params.get("draft", "")
    chosen = next((line for line in (current, *others) if line is not None and str(line.id) == asked), None)
    if chosen is None and current is not None and _mine(visitor, current):
        chosen = current
    begun = sheet(request)
    if chosen is None or prefetched(request):
        kept = Kept(
            place.saves, place.page, 0, current, others=others, mine=current is not None and _mine(visitor, current)
        )
        return replace(begun, draft=kept)
    values = _opened(desk, visitor, place, chosen)
    if chosen is current:
        kept = Kept(
            place.saves, place.page, current.version, current, True, others=others, mine=_mine(visitor, current)
        )
    else:
        left = tuple(line for line in others if line is not chosen)
        kept = _against(desk, visitor, place, current, chosen.id, left)
    return replace(begun, values=values, draft=kept)


def again(desk: Desk, visitor: Caller, place: Place, typed: Sheet) -> Sheet:
    """A form that comes back: with what somebody else saved meanwhile beside it, and both of them kept."""
    current, others = _there(desk, visitor, place)
    seen = _number(typed.value("draft"))
    if current is None or current.version == seen:
        aside = _row(typed.value("aside"))
        mine = current is not None and _mine(visitor, current)
        return replace(
            typed, draft=Kept(place.saves, place.page, seen, current, current is not None, (), aside, others, mine)
        )
    saved = desk.do(visitor, drafts.save, _form(place, typed.values, typing=False), subject=place.reference)
    return replace(typed, draft=_against(desk, visitor, place, current, saved.id, others))


def carried(typed: Sheet) -> dict[str, Any]:
    """What a form that is read by hand says of its drafts: the version it was filled from, a text that was seen."""
    return {"draft": _number(typed.value("draft")), "aside": _row(typed.value("aside"))}


def case_place(reference: str, accounts: Sequence[UUID], tier: str) -> Place | None:
    """The form of a tier of consent; none where no account is there that opening its draft could serve."""
    return Place(reference, None, accounts[-1], f"CONSENT_{tier}") if accounts else None


def account_place(desk: Desk, visitor: Caller, account: UUID, page: str) -> Place:
    """The form of a step of an account. Raises NotFound for a page that has none."""
    if page not in STEPS:
        raise NotFound
    return Place(desk.ask(visitor, queries.show, account).reference, account, account, STEPS[page])


def save(
    request: Request, desk: Desk, visitor: Caller, given: Mapping[str, Sequence[str]], place: Place,
    drawn: Callable[[Sheet, int], Response],
) -> Response:  # fmt: skip
    """Save a form as it stands and leave it for now; what a page saves by itself is answered by a number."""
    auto = "auto" in given
    typed = sheet(request).typed({name: values for name, values in given.items() if name not in {"csrf", "once"}}, {})
    try:
        form = _form(place, given, typing=auto)
        saved: DraftSaved = desk.do(visitor, drafts.save, form, subject=place.reference)
    except (Conflict, Denied, Unprocessable) as refusal:
        if auto:
            return answer_with({"saved": False}, refusal.status)
        mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return drawn(again(desk, visitor, place, typed.typed(typed.values, mistakes)), refusal.status)
    if saved.state == DraftState.ASIDE:
        if auto:
            return answer_with({"saved": False, "aside": saved.id}, Conflict.status)
        current, others = _there(desk, visitor, place)
        left = tuple(line for line in others if line.id != saved.id)
        return drawn(replace(typed, draft=_against(desk, visitor, place, current, saved.id, left)), Conflict.status)
    return answer_with({"saved": True, "version": saved.version}) if auto else RedirectResponse(place.back, 303)


@router.get("/drafts")
def my_drafts(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What I have begun to write and neither kept nor thrown away, by step and reference; not a word of it."""
    _officers_only(visitor)
    number = page_number(request.query_params.get("page"))
    found = desk.ask(visitor, drafts.mine, number)
    view = MyDrafts(found, number, {line.id: address_of(line) for line in found.lines})
    return show(request, desk, visitor, "intake/drafts.html", view, here="/testimonies", sheet=sheet(request))


@router.post("/drafts/{row}/discard")
def discard(row: str, desk: TheDesk, visitor: Visitor, given: ManyFields) -> Response:
    """Throw a draft of mine away."""
    _officers_only(visitor)
    desk.do(visitor, drafts.discard, subject=row_id(row))
    return RedirectResponse("/drafts", 303)


@router.post("/testimonies/{row}/draft/{name}")
def save_step(row: str, name: str, request: Request, desk: TheDesk, visitor: Visitor, given: ManyFields) -> Response:
    """Save what is typed at a step of an account and come back later."""
    _officers_only(visitor)
    place = account_place(desk, visitor, row_id(row), name)
    return save(
        request, desk, visitor, given, place,
        lambda typed, status: FORMS[name](request, desk, visitor, row, typed, status),
    )  # fmt: skip


def landing(desk: Desk, visitor: Caller) -> str:
    """Where somebody who has come in is led: to where their last session ended in mid-sentence, if it did."""
    if ROLE not in visitor.actor.roles:
        return "/today"
    take_up(desk, visitor)
    since = clock.now() - drafts.LEADS_BACK
    typed = (line for line in desk.ask(visitor, drafts.mine).lines if line.typing and line.saved_at > since)
    return next(map(address_of, typed), "/today")


def take_up(desk: Desk, visitor: Caller) -> None:
    """Put what an officer sent too late where it belongs: their session was over, or covered."""
    if ROLE in visitor.actor.roles:
        for row in desk.ask(visitor, drafts.waiting):
            desk.do(visitor, drafts.take_up, subject=row)


async def rescue(request: Request, desk: Desk) -> bool:
    """Whether what somebody sent when their session had ended is kept for them now, sealed to their own key."""
    place = _addressed(request.url.path)
    if request.method != "POST" or place is None:
        return False
    whose = await run_in_threadpool(desk.enter().bearers.ended, token_of(request))
    if whose is None:
        return False
    from_our_page(request, desk)
    given: dict[str, list[str]] = {}
    for name, value in await read_form(request, fields_max=FIELDS_MAX + 10):
        given.setdefault(name, []).append(value)
    check_csrf(whose.page_secret, given.pop("csrf", [""])[0])
    form = RescueDraft(
        user_id=whose.user_id, holder=whose.holder, reference=place.reference or None,
        draft=_form(place, given, typing=True),
    )  # fmt: skip
    await run_in_threadpool(desk.do, Caller.service("signin"), drafts.rescue, form)
    return True


async def rescued(request: Request, desk: Desk) -> bool:
    """The same, where whatever hinders it hinders nothing else: who is not signed in is told so in any case."""
    try:
        return await rescue(request, desk)
    except Refusal:
        return False


def _officers_only(visitor: Caller) -> None:
    if ROLE not in visitor.actor.roles:
        raise NotFound


def _addressed(path: str) -> Place | None:
    """The form that a path belongs to, as far as the path says; whether it is there is asked when it is taken up."""
    account, consent = _ACCOUNT_PATH.fullmatch(path), _CONSENT_PATH.fullmatch(path)
    if account is not None and account[2] in STEPS:
        key = _row(account[1])
        return None if key is None else Place("", key, key, STEPS[account[2]])
    if consent is not None:
        return Place(consent[1], None, UUID(int=0), f"CONSENT_{consent[2]}")
    return None


def _there(desk: Desk, visitor: Caller, place: Place) -> tuple[DraftLine | None, tuple[DraftLine, ...]]:
    """The draft of a step, and the texts of one's own that stand aside."""
    lines = [
        line for line in desk.ask(visitor, drafts.of_case, place.reference)
        if line.step == place.step and place.account in {None, line.about}
    ]  # fmt: skip
    current = next((line for line in lines if line.state == DraftState.SAVED), None)
    return current, tuple(line for line in lines if line.state == DraftState.ASIDE and _mine(visitor, line))


def _against(
    desk: Desk, visitor: Caller, place: Place, current: DraftLine | None, aside: UUID, others: tuple[DraftLine, ...]
) -> Kept:  # fmt: skip
    """A form that holds one's own text, beside the draft that there is: whoever saves it then has seen both."""
    if current is None:
        return Kept(place.saves, place.page, 0, None, True, (), aside, others)
    shown = tuple(_value(name, values) for name, values in _opened(desk, visitor, place, current).items())
    return Kept(
        place.saves, place.page, current.version, current, False, shown, aside, others, mine=_mine(visitor, current)
    )  # fmt: skip


def _opened(desk: Desk, visitor: Caller, place: Place, line: DraftLine) -> dict[str, list[str]]:
    """What stands in a draft. The step it belongs to is the reason."""
    form = Opening(fields=("words",), justification=Justification.INTAKE, cites=place.cites)
    found = desk.do(visitor, drafts.open_draft, form, subject=line.id).values["words"]
    told: dict[str, list[str]] = json.loads(found.raw())
    return told


_CODED: Final = {
    "language": "spoken", "counsel": "counsel", "place": "session_place", "custody_status": "custody",
    "guard_present": "yes_no", "how_given": "how_given", "granted": "yes_no", "in_danger": "yes_no",
    "found_out": "yes_no", "others": "yes_no", "hurt": "yes_no", "under_18": "yes_no", "own_assent": "yes_no",
    "kind": "event", "found": "found", "answer": "read_back", "classes": "class",
    "witness_language": "spoken", "interviewer_language": "spoken", "recording": "recording", "guardian": "guardian",
    "modality": "modality", "rights": "right", "fitness": "fitness",
}  # fmt: skip


def _value(name: str, values: Sequence[str]) -> Value:
    return Value(name.partition(".")[0], _CODED.get(name, ""), tuple(Plain(each.encode()) for each in values))


def _form(place: Place, given: Mapping[str, Sequence[str]], *, typing: bool) -> SaveDraft:
    """The form of a draft from posted fields. Raises Mistakes."""
    fields = {
        name: tuple(value.replace("\r\n", "\n") for value in values if value)
        for name, values in given.items()
        if name not in _CARRIED and name.partition(".")[0] not in _NEVER_KEPT and any(values)
    }
    try:
        return SaveDraft(
            step=place.step, testimony=place.account, version=_number(_first(given, "draft")),
            aside=_row(_first(given, "aside")), typing=typing, fields=drafts.written(fields),
        )  # fmt: skip
    except ValidationError:
        raise Mistakes({"": N_("This is longer than a draft can be. Please keep a part of it first.")}) from None


def _first(given: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(given.get(name, ())), "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0


def _row(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _mine(visitor: Caller, line: DraftLine) -> bool:
    return line.saved_by == visitor.actor.code

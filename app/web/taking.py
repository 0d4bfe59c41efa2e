"""Taking an account in plain steps: the list of those under way, the task list of one, and each step's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.queries import at_work
from app.cases import actions as cases
from app.cases import queries as case_queries
from app.cases.views import CaseView, RecordLine
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.testimonies import actions, queries, safety, terms
from app.testimonies.answers import ASKED_IN
from app.testimonies.drafts import DraftLine, of_case
from app.testimonies.forms import BeginTestimony
from app.testimonies.read_back import read_back
from app.testimonies.rules import NEXT, DraftState, State, Step
from app.testimonies.terms import StatementLine
from app.testimonies.views import Accounts, AccountView, CaseAccounts, StepLine
from app.web import drafts
from app.web.frame import save, sheet, show
from app.web.limits import limits_page as limits_page_of
from app.web.session import Fields, Visitor
from app.work import Action, Caller

HERE: Final = "/testimonies"
# Why a step cannot start yet.
WAITS: Final = {
    "READY": N_("First explain the limits, and ask about care inside the office (T1)."),
    "SESSION": N_("First settle the lawyer, and have the agreement to care inside the office (T1)."),
    "ACCOUNT": N_("First begin the conversation."),
    "READ_BACK": N_("First record the account."),
    "SEGMENTS": N_("First read the account back to the witness."),
    "SEAL": N_("First check the passages."),
}
# The last steps of an account, each with its page: the action, what its page does not ask, its template; or the name
# of a page whose form may be saved before it is kept.
MOVES: Final[Mapping[str, tuple[Action, dict[str, list[str]], str]]] = {
    "read-back": (read_back, {}, "read-back"),
    "segments": (actions.move, {"to": ["SEGMENTED"]}, "intake/segments.html"),
    "seal": (actions.move, {"to": ["SEALED"]}, "intake/seal.html"),
}
_PAGES: Final = {
    Step.LIMITS: "limits",
    Step.READY: "ready",
    Step.SESSION: "session",
    Step.ACCOUNT: "account",
    Step.READ_BACK: "read-back",
    Step.SEGMENTS: "segments",
    Step.SEAL: "seal",
}

router = APIRouter()


@dataclass(frozen=True)
class Under:
    """One page of accounts under way, and how it is narrowed."""

    accounts: Accounts
    step: str
    page: int
    steps: tuple[str, ...] = tuple(dict.fromkeys(NEXT.values()))


@dataclass(frozen=True)
class NewCase:
    """Who may know, besides me, who somebody still inside the group is: code and name."""

    beside: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Task:
    """One row of the task list. ``href`` is empty for what cannot be done now; ``draft`` is what was saved there."""

    step: str
    standing: str
    href: str = ""
    why: str = ""
    draft: DraftLine | None = None


@dataclass(frozen=True)
class TaskList:
    """An account and what is to be done with it."""

    account: AccountView
    tasks: tuple[Task, ...]
    legal: bool
    protection: bool
    # Which statement of limits is true now.
    limits: StatementLine
    # When intake's own keys to who it is end, or would; and whether two people alone hold them, by name.
    ends: datetime | None
    by_name: bool
    # Protocols that were printed for this account.
    papers: tuple[RecordLine, ...] = ()


@dataclass(frozen=True)
class StepPage:
    """One step of an account."""

    account: AccountView


def officers_only(visitor: Caller) -> None:
    """These pages are the intake desk's: for every other role there is nothing here."""
    if "intake_officer" not in visitor.actor.roles:
        raise NotFound


def may_know(desk: Desk, visitor: Caller) -> tuple[tuple[str, str], ...]:
    """Colleagues who work with people. Whether one of them leads a team is decided when the case is opened."""
    fitting = (each for each in desk.ask(visitor, at_work) if {"intake_officer", "caseworker"} & {*each.roles})
    return tuple((c.user, f"{c.user} · {c.display_name}") for c in fitting)


@router.get("/testimonies")
def under_way(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Accounts under way in my cases, the longest waiting first."""
    officers_only(visitor)
    number = page_number(request.query_params.get("page"))
    step = request.query_params.get("step") or ""
    found = desk.ask(visitor, queries.accounts, number, step=step or None)
    return show(request, desk, visitor, "intake/testimonies.html", Under(found, step, number), here=HERE)


@router.get("/testimonies/new")
def new_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Begin with somebody new."""
    officers_only(visitor)
    view = NewCase(may_know(desk, visitor))
    return show(request, desk, visitor, "intake/new.html", view, here=HERE, sheet=sheet(request))


@router.post("/testimonies/new")
def new(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Open a case and, in it, the account that is about to be taken."""
    officers_only(visitor)

    def again(typed: Sheet, status: int) -> Response:
        view = NewCase(may_know(desk, visitor))
        return show(request, desk, visitor, "intake/new.html", view, here=HERE, sheet=typed, status=status)

    def then(opened: Any) -> str:
        once = next(iter(given.get("once", ())), "")
        return _begun(desk, visitor, opened["reference"], once)

    return save(request, desk, visitor, given, cases.open_case, then=then, again=again)


@router.post("/cases/{reference}/testimony")
def begin(reference: str, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Begin another account in a case I hold."""
    officers_only(visitor)
    return RedirectResponse(_begun(desk, visitor, reference, next(iter(given.get("once", ())), "")), 303)


@router.get("/testimonies/{row}")
def tasks(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What is done and what remains."""
    officers_only(visitor)
    account = desk.ask(visitor, queries.show, row_id(row))
    case = desk.ask(visitor, case_queries.show, account.reference)
    files = desk.ask(visitor, queries.of_case, account.reference)
    saved = desk.ask(visitor, of_case, account.reference)
    begun = {line.step: line for line in saved if line.about == account.id and line.state == DraftState.SAVED}
    view = _tasks(account, case, files, desk.ask(visitor, terms.standing_of, account.id))
    view = replace(view, tasks=tuple(replace(task, draft=begun.get(task.step)) for task in view.tasks))
    return show(request, desk, visitor, "intake/tasks.html", view, here=HERE)


@router.get("/testimonies/{row}/limits")
def limits_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What protects these words: read out before the first question."""
    return _step(request, desk, visitor, row_id(row), "limits")


@router.post("/testimonies/{row}/limits")
def limits(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep that it was read, and how it was understood."""
    return _saved(request, desk, visitor, given, row_id(row), actions.explain_limits, "limits")


@router.get("/testimonies/{row}/safety")
def safety_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Whether somebody is safe now: asked before the conversation, and again whenever it may have changed."""
    return _step(request, desk, visitor, row_id(row), "safety")


@router.post("/testimonies/{row}/safety")
def is_safe(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep the answers; one yes among them tells protection at once."""
    alarmed = any("yes" in given.get(question, ()) for question in safety.QUESTIONS)
    action = safety.alert if alarmed else safety.record
    told = given if alarmed else {name: values for name, values in given.items() if name != "words"}
    return _saved(request, desk, visitor, told, row_id(row), action, "safety")


@router.get("/testimonies/{row}/ready")
def ready_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The lawyer, and what is agreed."""
    return _step(request, desk, visitor, row_id(row), "ready")


@router.post("/testimonies/{row}/ready")
def ready(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return _saved(request, desk, visitor, given, row_id(row), actions.ready, "ready")


@router.get("/testimonies/{row}/move/{name}")
def move_page(row: str, name: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One of the last steps: read back, passages, seal."""
    return _step(request, desk, visitor, row_id(row), _move(name)[2])


@router.post("/testimonies/{row}/move/{name}")
def move(row: str, name: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    action, fixed, template = _move(name)
    key = row_id(row)
    # Whoever seals sees with what: the hash, and how far the log is vouched for.
    then = f"/testimonies/{key}/sealed" if name == "seal" else ""
    return _saved(request, desk, visitor, given, key, action, template, fixed, then)


@router.get("/testimonies/{row}/hand-over")
def hand_over_page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Who works with the case from now on."""
    return _hand_over(request, desk, visitor, row_id(row), sheet(request), 200)


@router.post("/testimonies/{row}/hand-over")
def hand_over(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Give a team the keys it works with."""
    officers_only(visitor)
    key = row_id(row)
    reference = desk.ask(visitor, queries.show, key).reference

    def again(typed: Sheet, status: int) -> Response:
        return _hand_over(request, desk, visitor, key, typed, status)

    return save(
        request, desk, visitor, given, cases.hand_over, subject=reference, then=f"/testimonies/{key}/hand-over",
        again=again, step=(cases.hand_over, reference),
    )  # fmt: skip


def _begun(desk: Desk, visitor: Caller, reference: str, once: str) -> str:
    key = f"{once}-account" if once else None
    begun = desk.do(visitor, actions.begin, BeginTestimony(), subject=reference, idempotency=key)
    return f"/testimonies/{begun['id'] if isinstance(begun, dict) else begun.id}"


def _move(name: str) -> tuple[Action, dict[str, list[str]], str]:
    if name not in MOVES:
        raise NotFound
    return MOVES[name]


def _step(request: Request, desk: Desk, visitor: Caller, key: UUID, page: str) -> Response:
    """The page of a step as it begins; a name that is a template has no draft."""
    officers_only(visitor)
    if page.endswith(".html"):
        return _drawn(request, desk, visitor, key, page, sheet(request), 200)
    begun = drafts.begin(request, desk, visitor, drafts.account_place(desk, visitor, key, page))
    return _drawn(request, desk, visitor, key, _template(page), begun, 200)


def _template(page: str) -> str:
    return f"intake/{page.replace('-', '_')}.html"


def _drawn(
    request: Request, desk: Desk, visitor: Caller, key: UUID, template: str, form: Sheet, status: int
) -> Response:  # fmt: skip
    account = desk.ask(visitor, queries.show, key)
    limits = template == _template("limits")
    view = limits_page_of(request, desk, visitor, account) if limits else StepPage(account)
    return show(request, desk, visitor, template, view, here=HERE, sheet=form, status=status)


def _form_of(page: str) -> drafts.Drawn:
    """How the form of a step's page is drawn."""

    def drawn(request: Request, desk: Desk, visitor: Caller, row: str, form: Sheet, status: int) -> Response:
        return _drawn(request, desk, visitor, row_id(row), _template(page), form, status)

    return drawn


drafts.FORMS.update({page: _form_of(page) for page in ("limits", "safety", "ready", "read-back")})


def _saved(
    request: Request, desk: Desk, visitor: Caller, given: Any, key: UUID, action: Action, page: str,
    fixed: dict[str, list[str]] | None = None, then: str = "",
) -> Response:  # fmt: skip
    """Take a step and go back to the task list; ``fixed`` is what its page does not ask."""
    officers_only(visitor)

    def back(typed: Sheet, status: int) -> Response:
        if page.endswith(".html"):
            return _drawn(request, desk, visitor, key, page, typed, status)
        typed = drafts.again(desk, visitor, drafts.account_place(desk, visitor, key, page), typed)
        return _drawn(request, desk, visitor, key, _template(page), typed, status)

    return save(
        request, desk, visitor, given, action, subject=key, then=then or f"/testimonies/{key}", again=back,
        shape=lambda fields: fields | (fixed or {}),
    )  # fmt: skip


def _hand_over(request: Request, desk: Desk, visitor: Caller, key: UUID, form: Sheet, status: int) -> Response:
    officers_only(visitor)
    account = desk.ask(visitor, queries.show, key)
    case = desk.ask(visitor, case_queries.show, account.reference)
    files = desk.ask(visitor, queries.of_case, account.reference)
    view = _tasks(account, case, files, desk.ask(visitor, terms.standing_of, account.id))
    return show(request, desk, visitor, "intake/hand_over.html", view, here=HERE, sheet=form, status=status)


def _tasks(account: AccountView, case: CaseView, held: CaseAccounts, limits: StatementLine) -> TaskList:
    """The steps of the account, with those of the case between them: the person, files, handing over."""
    rows: list[Task] = []
    for line in account.steps:
        if line.step == Step.READY:
            rows.append(_safety(account, case))
        if line.step == Step.SESSION and "IDENTITY" in case.held:
            rows.append(_person(case))
        rows.append(_task(account, line))
        if line.step == Step.SESSION:
            rows.append(_questions(account, case))
        if line.step == Step.ACCOUNT:
            standing = "DONE" if held.files else "OPEN"
            rows.append(Task("FILES", standing, f"/files/{account.reference}"))
    legal, protection = (_works(case, team) for team in ("legal", "protection"))
    rows.append(Task("HAND_OVER", "DONE" if legal and protection else "OPEN", f"/testimonies/{account.id}/hand-over"))
    papers = tuple(
        each for each in case.records
        if (each.table, each.clear.get("testimony_id")) == ("paper_sessions", str(account.id))
    )  # fmt: skip
    named = "IDENTITY" in case.by_name
    return TaskList(account, tuple(rows), legal, protection, limits, case.intake_until, named, papers)


def _task(account: AccountView, line: StepLine) -> Task:
    if line.step == Step.CONSENT:
        return Task(line.step, line.standing, f"/cases/{account.reference}/consent")
    if line.standing != "NOW":
        why = WAITS.get(line.step, "") if line.standing == "LATER" else ""
        return Task(line.step, line.standing, why=why)
    page = _PAGES[Step(line.step)]
    return Task(line.step, line.standing, f"/testimonies/{account.id}/{f'move/{page}' if page in MOVES else page}")


def _safety(account: AccountView, case: CaseView) -> Task:
    asked = any(
        record.table == "safety_answers" and record.clear["testimony_id"] == str(account.id)
        for record in case.records
    )  # fmt: skip
    return Task("SAFETY", "DONE" if asked else "NOW", f"/testimonies/{account.id}/safety")


def _questions(account: AccountView, case: CaseView) -> Task:
    """The questions of the protocol: open from the beginning of the conversation to the seal."""
    answered = any(
        record.table == "protocol_answers" and record.clear["testimony_id"] == str(account.id)
        for record in case.records
    )  # fmt: skip
    if account.state not in ASKED_IN:
        waits = NEXT.get(State(account.state)) in {Step.LIMITS, Step.READY, Step.SESSION}
        standing = "LATER" if waits else "DONE" if answered else "ENDED"
        return Task("PROTOCOL", standing, why=WAITS["ACCOUNT"] if waits else "")
    return Task("PROTOCOL", "DONE" if answered else "OPEN", f"/testimonies/{account.id}/protocol")


def _person(case: CaseView) -> Task:
    known = any(record.table == "persons" for record in case.records)
    address = f"/cases/{case.reference}/person"
    return Task("PERSON", "DONE" if known else "NOW", address if known else f"{address}/new")


def _works(case: CaseView, team: str) -> bool:
    """Whether a team, or somebody it was narrowed to, holds what it works with."""
    return any(grant.holder == team for grant in case.grants)

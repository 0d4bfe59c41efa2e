"""The end of a case on its pages: what the witness wants, what one proposes and another agrees to, what is lost.

Everything here is told in clear words before it is done; what cannot be undone has a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cases import ending, ending_queries, erasing
from app.cases.ending_queries import Ending, ProposalLine
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.pseudonyms import references
from app.web.casefile import CaseFile, case_file, case_page
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import Task, Tile
from app.work import Action, Caller

router = APIRouter()

TAB: Final = "ending"
SECONDED: Final = N_("Waiting for your second signature")
_INTAKE: Final = frozenset({"intake_officer"})
_LEGAL: Final = frozenset({"legal_reviewer"})
_HOLDERS: Final = frozenset({"intake_officer", "caseworker"})
# What can be begun here, by whom, and in which states of the case its page is offered.
STEPS: Final[Mapping[str, tuple[Action, frozenset[str], frozenset[str]]]] = {
    "wish": (ending.record_choice, _HOLDERS, frozenset({"OPEN", "CLOSING", "KEPT", "ARCHIVED"})),
    "close": (ending.propose_closing, _HOLDERS, frozenset({"OPEN"})),
    "reopen": (ending.reopen, _HOLDERS, frozenset({"KEPT", "ARCHIVED"})),
    "hold": (erasing.set_hold, _LEGAL, frozenset({"OPEN", "CLOSING", "KEPT", "ARCHIVED"})),
    "destroy": (erasing.propose_destruction, _INTAKE, frozenset({"KEPT"})),
}
# What a second agrees to, by the kind of what waits.
SECONDS: Final[Mapping[str, tuple[Action, frozenset[str]]]] = {
    "CLOSE": (ending.close, _LEGAL),
    "LIFT": (erasing.lift, _LEGAL),
    "DESTROY": (erasing.destroy, _LEGAL | {"caseworker"}),
}


@dataclass(frozen=True)
class Body:
    """How the case stands, and what this visitor may begin.

    mine   the codes of proposals this visitor made: another has to agree
    """

    ending: Ending
    steps: tuple[str, ...]
    lifts: bool
    agrees: frozenset[UUID]


@dataclass(frozen=True)
class Step:
    """A page on which something is begun, or agreed to; ``asked`` is the action that takes a second factor."""

    kind: str
    ending: Ending
    proposal: ProposalLine | None = None
    asked: str = ""


@dataclass(frozen=True)
class Waiting:
    """A page of what waits for my second signature."""

    lines: tuple[ProposalLine, ...]
    number: int
    count: int


@router.get("/second-signatures")
def second_signatures(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What waits for my second signature, the longest waiting first."""
    if not _LEGAL & visitor.actor.roles and "caseworker" not in visitor.actor.roles:
        raise NotFound
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, ending_queries.waiting, number)
    view = Waiting(lines, number, desk.ask(visitor, ending_queries.count))
    return show(request, desk, visitor, "case/second_signatures.html", view, here="/second-signatures")


@router.get("/cases/{reference}/ending")
def overview(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """How the case stands at its end."""
    return _overview(request, desk, visitor, reference, sheet(request))


@router.get("/cases/{reference}/ending/{kind}")
def step_page(reference: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What something does, before it is begun."""
    return _step(request, desk, visitor, reference, kind)(sheet(request), 200)


@router.post("/cases/{reference}/ending/{kind}")
def step(
    reference: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    again = _step(request, desk, visitor, reference, kind)
    about = references.read(reference)
    action = STEPS[kind][0]
    return save(
        request, desk, visitor, given, action, subject=about, then=f"/cases/{about}/{TAB}", again=again,
        step=(action, about),
    )  # fmt: skip


@router.get("/cases/{reference}/proposals/{row}")
def second_page(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What one agrees to, said plainly before the second signature."""
    return _second(request, desk, visitor, reference, row)(sheet(request), 200)


@router.post("/cases/{reference}/proposals/{row}")
def second(
    reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    again = _second(request, desk, visitor, reference, row)
    file, proposal = _proposal(desk, visitor, reference, row)
    # Of a case that was destroyed there is no page to go back to.
    then = "/second-signatures" if proposal.kind == "DESTROY" else f"/cases/{file.view.reference}/{TAB}"
    action = SECONDS[proposal.kind][0]
    return save(
        request, desk, visitor, given, action, subject=proposal.id, then=then, again=again, step=(action, proposal.id)
    )


@router.post("/cases/{reference}/proposals/{row}/drop")
def drop(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Not now."""
    return _here(request, desk, visitor, reference, given, ending.drop, row)


@router.post("/cases/{reference}/holds/{row}/lift")
def lift(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Propose that a hold be lifted."""
    return _here(request, desk, visitor, reference, given, erasing.propose_lift, row)


def tile(desk: Desk, visitor: Caller) -> Tile:
    """How much waits for my second signature."""
    return Tile(SECONDED, desk.ask(visitor, ending_queries.count), "/second-signatures")


def tasks(desk: Desk, visitor: Caller) -> list[Task]:
    """What waits for my second signature, as work of today."""
    lines: tuple[ProposalLine, ...] = desk.ask(visitor, ending_queries.waiting)
    return [
        Task(SECONDED, f"/cases/{line.reference}/proposals/{line.id}", line.reference, line.proposed_at)
        for line in lines
    ]


def _ending(desk: Desk, visitor: Caller, reference: str) -> tuple[CaseFile, Ending]:
    file = case_file(desk, visitor, reference)
    if not file.has(TAB):
        raise NotFound
    return file, desk.ask(visitor, ending_queries.ending, file.view.reference)


def _overview(
    request: Request, desk: Desk, visitor: Caller, reference: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    file, found = _ending(desk, visitor, reference)
    roles = visitor.actor.roles
    agrees = frozenset(
        line.id for line in found.waiting
        if SECONDS[line.kind][1] & roles and line.proposed_by != visitor.actor.code
    )  # fmt: skip
    steps = tuple(name for name, (_, who, states) in STEPS.items() if who & roles and found.state in states)
    body = Body(found, steps, bool(_LEGAL & roles), agrees)
    return case_page(request, desk, visitor, file, "case/ending.html", TAB, body, sheet=filled, status=status)


def _step(request: Request, desk: Desk, visitor: Caller, reference: str, kind: str) -> Callable[[Sheet, int], Response]:
    """Shows the page of a step; only to who may begin it."""
    if kind not in STEPS or not STEPS[kind][1] & visitor.actor.roles:
        raise NotFound
    file, found = _ending(desk, visitor, reference)

    def again(filled: Sheet, status: int) -> Response:
        body = Step(kind, found)
        return case_page(request, desk, visitor, file, "case/ending_step.html", TAB, body, sheet=filled, status=status)

    return again


def _proposal(desk: Desk, visitor: Caller, reference: str, row: str) -> tuple[CaseFile, ProposalLine]:
    file, found = _ending(desk, visitor, reference)
    wanted = next((line for line in found.waiting if line.id == row_id(row)), None)
    if wanted is None or not SECONDS[wanted.kind][1] & visitor.actor.roles:
        raise NotFound
    return file, wanted


def _second(
    request: Request, desk: Desk, visitor: Caller, reference: str, row: str
) -> Callable[[Sheet, int], Response]:  # fmt: skip
    file, proposal = _proposal(desk, visitor, reference, row)
    _, found = _ending(desk, visitor, reference)

    def again(filled: Sheet, status: int) -> Response:
        action = SECONDS[proposal.kind][0]
        asked = action.name if desk.office.policy.steps(action.name) else ""
        body = Step(proposal.kind, found, proposal, asked)
        return case_page(
            request, desk, visitor, file, "case/ending_second.html", TAB, body, sheet=filled, status=status
        )  # fmt: skip

    return again


def _here(
    request: Request, desk: Desk, visitor: Caller, reference: str, given: Fields, action: Action, row: str
) -> Response:  # fmt: skip
    file, _ = _ending(desk, visitor, reference)
    about = row_id(row)
    return save(
        request, desk, visitor, given, action, subject=about, then=f"/cases/{file.view.reference}/{TAB}",
        step=(action, about),
        again=lambda filled, status: _overview(request, desk, visitor, reference, filled, status),
    )  # fmt: skip

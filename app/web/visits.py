"""Reading a case: a purpose first, for a while; identity and place each by a reveal of their own.

A page asks for rows with ``opened``; each opening is decided and entered before it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.cases import actions, queries
from app.cases.views import CaseView, RecordLine
from app.edge.desk import Desk, TheDesk, row_id
from app.edge.sheets import Sheet
from app.errors import NotFound, StepUpNeeded
from app.pseudonyms import references
from app.web.casefile import CaseFile, Shown, case_file, open_row, prefetched, tab_of
from app.web.frame import FACTORS, save, sheet, show
from app.web.session import Fields, Visitor
from app.work import Action, Caller, Justification, stepping
from app.work.actions import opening_of
from app.work.forms import CITES

router = APIRouter()

# Which reasons each role is offered. Whether one allows an opening is decided by the rules at each.
OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "intake_officer": (
        "INTAKE", "AGREED_DISCLOSURE", "WITNESS_REQUEST", "HANDOVER", "SAME_PERSON", "LIFE_AT_RISK", "RELEASE_WORK",
    ),
    "legal_reviewer": (
        "LEGAL_ASSESSMENT", "SECOND_SIGNATURE", "ASSURANCE", "DEMAND", "AGREED_DISCLOSURE", "WITNESS_REQUEST",
        "HANDOVER",
    ),
    "caseworker": (
        "SAFETY", "CARE", "RELOCATION", "LIFE_AT_RISK", "DEMAND", "SECOND_SIGNATURE", "WITNESS_REQUEST", "HANDOVER",
    ),
    "narrative_editor": ("RELEASE_WORK",),
}  # fmt: skip
# Shown only by a reveal of their own, whatever visit is under way.
REVEALED: Final = frozenset({"IDENTITY", "LOCATION"})
# The newest of a kind are opened at once; each older one by a reveal of its own.
OPENED_MAX: Final = 10


@dataclass(frozen=True)
class Reasons:
    """What somebody can say why they open: codes, and the items of the case that each may cite.

    serves  which kinds of item a code has to name
    """

    file: CaseFile
    codes: tuple[str, ...]
    serves: Mapping[str, tuple[str, ...]]
    items: tuple[tuple[str, RecordLine], ...]
    tab: str
    joins: bool
    record: RecordLine | None = None
    # The action that takes a second factor which was not given for this visit yet.
    asks: str = ""


def opened(request: Request, desk: Desk, visitor: Caller, file: CaseFile, table: str) -> tuple[Shown, ...]:
    """The rows of a table, the newest first, each opened under the visit that is under way.

    Without one, or where only a reveal opens, the rows come back shut.
    """
    shown: list[Shown] = []
    for record in sorted(file.records(table), key=lambda r: r.id, reverse=True):
        shut = record.compartment in REVEALED or len(shown) >= OPENED_MAX
        visit = file.reveals.get(record.id) or (None if shut else file.visit)
        if visit is None or prefetched(request):
            shown.append(Shown(record))
        else:
            shown.append(open_row(desk, visitor, record, visit))
    return tuple(shown)


@router.get("/cases/{reference}/open")
def purpose(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Why do you open this case? A task fills in its own code and item."""
    asked = {name: request.query_params[name] for name in ("justification", "cites") if name in request.query_params}
    return _purpose(request, desk, visitor, reference, sheet(request, **asked))


@router.post("/cases/{reference}/open")
def begin(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    tab = tab_of(given.pop("tab", [""])[0])
    return save(
        request, desk, visitor, given, actions.visit, subject=references.read(reference),
        shape=lambda fields: _with_compartment(desk, visitor, reference, fields),
        then=f"/cases/{references.read(reference)}/{tab}".rstrip("/"),
        again=lambda sheet, status: _purpose(request, desk, visitor, reference, sheet, status),
    )  # fmt: skip


@router.get("/cases/{reference}/reveal/{row}")
def reveal_page(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Why do you show this? A visit that is under way fills in its reason."""
    file = case_file(desk, visitor, reference)
    reason = {} if file.visit is None else {"justification": file.visit.justification}
    if file.visit is not None and file.visit.cites is not None:
        reason["cites"] = str(file.visit.cites)
    record = _record(file, row)
    return _reveal(request, desk, visitor, reference, row, sheet(request, fields=record.fields, **reason))


@router.post("/cases/{reference}/reveal/{row}")
def reveal(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    file = case_file(desk, visitor, reference)
    record = _record(file, row)
    step = _step(desk, visitor, file, record)

    def again(typed: Sheet, status: int) -> Response:
        return _reveal(request, desk, visitor, reference, row, typed, status)

    if step is not None and not any(value.strip() for name in FACTORS for value in given.get(name, ())):
        return again(sheet(request).typed(given, {"code": StepUpNeeded.sentence}), StepUpNeeded.status)
    return save(
        request, desk, visitor, given, actions.visit, subject=references.read(reference), step=step,
        shape=lambda fields: _with_item(file.view.records, fields | {"row": [row]})
        | _compartment(record.compartment, fields),
        then=f"/cases/{references.read(reference)}/{tab_of(record.table)}#{record.id}", again=again,
    )  # fmt: skip


@router.post("/cases/{reference}/leave")
def leave(reference: str, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End every visit of this case."""
    for visit in desk.ask(visitor, queries.visiting, references.read(reference)):
        desk.do(visitor, actions.leave, subject=visit.id)
    return RedirectResponse(f"/cases/{references.read(reference)}", 303)


def _step(desk: Desk, visitor: Caller, file: CaseFile, record: RecordLine) -> tuple[Action, object] | None:
    """What a second factor is to be given for before this row is shown; None where none is needed any more."""
    opening = opening_of(record.table)
    if opening is None or not desk.office.policy.steps(opening.name):
        return None
    if record.compartment == stepping.LASTS_IN and desk.ask(visitor, queries.stepped, file.view.reference):
        return None
    return opening, record.id


def _with_compartment(
    desk: Desk, visitor: Caller, reference: str, fields: dict[str, Sequence[str]]
) -> dict[str, Sequence[str]]:  # fmt: skip
    """Words are sealed under a compartment of the case that the visitor holds, the account's before others."""
    view: CaseView = desk.ask(visitor, queries.show, references.read(reference))
    fields = _with_item(view.records, fields)
    ranked = ("TESTIMONY", "LEGAL", "CARE", "THREAT", "IDENTITY", "RELEASE", "LOCATION")
    first = next((name for name in ranked if name in view.held), "")
    return fields | _compartment(first, fields)


def _with_item(records: Sequence[RecordLine], fields: dict[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Where a reason has to name an item and the case has one such, that is the one."""
    code = next(iter(fields.get("justification", ())), "")
    kinds = CITES.get(Justification(code), ()) if code in set(Justification) else ()
    fitting = [record for record in records if record.table in kinds]
    if len(fitting) != 1 or any(fields.get("cites", ())):
        return fields
    return fields | {"cites": [str(fitting[0].id)]}


def _compartment(name: str, fields: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    return {"compartment": [name]} if name and any(word.strip() for word in fields.get("words", ())) else {}


def _record(file: CaseFile, row: str) -> RecordLine:
    wanted = row_id(row)
    found = next((record for record in file.view.records if record.id == wanted), None)
    if found is None:
        raise NotFound
    return found


def _reasons(desk: Desk, visitor: Caller, reference: str, tab: str, record: RecordLine | None) -> Reasons:
    file = case_file(desk, visitor, reference)
    offered = tuple(dict.fromkeys(code for role in file.roles for code in OFFERED.get(role, ())))
    kinds = {table for code in offered for table in CITES.get(Justification(code), ())}
    items = tuple((str(each.id), each) for each in file.view.records if each.table in kinds)
    opened = desk.ask(visitor, queries.sides, file.view.reference)
    other = "WHAT" if record is not None and record.compartment in REVEALED else "WHO"
    serves = {code: CITES.get(Justification(code), ()) for code in offered}
    step = None if record is None else _step(desk, visitor, file, record)
    return Reasons(file, offered, serves, items, tab, other in opened, record, "" if step is None else step[0].name)


def _purpose(
    request: Request, desk: Desk, visitor: Caller, reference: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    tab = tab_of(request.query_params.get("tab", ""))
    view = _reasons(desk, visitor, reference, tab, None)
    return show(request, desk, visitor, "case/purpose.html", view, here="/cases", sheet=filled, status=status)


def _reveal(
    request: Request, desk: Desk, visitor: Caller, reference: str, row: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    record = _record(case_file(desk, visitor, reference), row)
    view: Any = _reasons(desk, visitor, reference, tab_of(record.table), record)
    return show(request, desk, visitor, "case/reveal.html", view, here="/cases", sheet=filled, status=status)

"""What others promised about the words, at legal's desk: drafted, signed by a second, ended; and what may leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cases.views import RecordLine
from app.edge.desk import Desk, TheDesk, row_id
from app.edge.languages import N_
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, Denied, NotFound
from app.legal import assurances, leaving, queries
from app.legal.forms import AskLeaving
from app.legal.leaving import Judged
from app.legal.views import AssuranceLine
from app.web.casefile import CaseFile, Shown, case_page, tab_file
from app.web.frame import read, save, sheet
from app.web.session import Fields, Visitor
from app.web.today import Task
from app.web.visits import opened
from app.work import Action, Caller

router = APIRouter()

TAB: Final = "legal"
# What becomes of a promise, and in which state its page is offered.
STEPS: Final[Mapping[str, tuple[Action, str]]] = {
    "sign": (assurances.sign, "OFFERED"),
    "decline": (assurances.decline, "OFFERED"),
    "revoke": (assurances.revoke, "IN_FORCE"),
    "lapse": (assurances.lapse, "IN_FORCE"),
}


@dataclass(frozen=True)
class Promises:
    """The promises of a case, the newest first: opened under a visit, else shut."""

    lines: tuple[tuple[AssuranceLine, Shown | None], ...]
    mine: str
    serves: UUID | None


@dataclass(frozen=True)
class Drafting:
    """What a promise is drafted from. ``files``: where the instrument may lie."""

    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Step:
    """A page on which something becomes of a promise."""

    kind: str
    line: AssuranceLine
    shown: Shown | None


@dataclass(frozen=True)
class Leaving:
    """The question what may leave, and its answer for each account of the case, once it was asked."""

    judged: tuple[Judged, ...] = ()
    asked: AskLeaving | None = None


@dataclass(frozen=True)
class Stricter:
    """The passage that is made stricter."""

    passage: RecordLine


@router.get("/cases/{reference}/legal/promises")
def promises(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What others promised in this case."""
    file = tab_file(desk, visitor, reference, TAB)
    body = _promises(request, desk, visitor, file)
    return case_page(request, desk, visitor, file, "legal/promises.html", TAB, body)


@router.get("/cases/{reference}/legal/promises/new")
def draft_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _drafting(request, desk, visitor, reference)(sheet(request), 200)


@router.post("/cases/{reference}/legal/promises/new")
def draft(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Put it before a second reviewer; what was typed stays on the page if something is missing."""
    again = _drafting(request, desk, visitor, reference)
    file = tab_file(desk, visitor, reference, TAB)
    return save(
        request, desk, visitor, given, assurances.draft, subject=file.view.reference,
        then=f"/cases/{file.view.reference}/legal/promises", again=again,
    )  # fmt: skip


@router.get("/cases/{reference}/legal/promises/{row}/{kind}")
def step_page(reference: str, row: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What it does, before it is done."""
    return _step(request, desk, visitor, reference, row, kind)(sheet(request), 200)


@router.post("/cases/{reference}/legal/promises/{row}/{kind}")
def step(
    reference: str, row: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    again = _step(request, desk, visitor, reference, row, kind)
    file = tab_file(desk, visitor, reference, TAB)
    return save(
        request, desk, visitor, given, STEPS[kind][0], subject=row_id(row),
        then=f"/cases/{file.view.reference}/legal/promises", again=again, step=(STEPS[kind][0], row_id(row)),
    )  # fmt: skip


@router.get("/cases/{reference}/legal/leaving")
def leaving_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """May this leave? The question first."""
    file = tab_file(desk, visitor, reference, TAB)
    return case_page(request, desk, visitor, file, "legal/leaving.html", TAB, Leaving())


@router.post("/cases/{reference}/legal/leaving")
def judge(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Each passage with its effect then, now, and the answer. Under a visit; what is asked stands in no address."""
    file = tab_file(desk, visitor, reference, TAB)
    fields = {name: list(values) for name, values in given.items() if name not in {"csrf", "once"}}
    filled = sheet(request).typed(fields, {})

    def shown(body: Leaving, status: int, mistakes: Mapping[str, str]) -> Response:
        again = filled.typed(fields, mistakes)
        return case_page(request, desk, visitor, file, "legal/leaving.html", TAB, body, sheet=again, status=status)

    if file.visit is None:
        return shown(Leaving(), 409, {"": N_("Open the case first: what holds for a passage is read under a visit.")})
    cites = [str(file.visit.cites)] if file.visit.cites else []
    reason = {"justification": [file.visit.justification], "cites": cites, "visit": [str(file.visit.id)]}
    try:
        form = read(desk, leaving.judge, fields | reason)
        judged = tuple(
            desk.do(visitor, leaving.judge, form, subject=each.id)
            for each in file.records("testimonies") if each.clear.get("statement_version")
        )  # fmt: skip
    except (Conflict, Denied, Mistakes) as refusal:
        found = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return shown(Leaving(), refusal.status, found)
    assert isinstance(form, AskLeaving)
    return shown(Leaving(judged, form), 200, {})


@router.get("/cases/{reference}/legal/tighten/{row}")
def tighten_page(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _stricter(request, desk, visitor, reference, row)(sheet(request), 200)


@router.post("/cases/{reference}/legal/tighten/{row}")
def tighten(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Bar one use of a passage, at once."""
    again = _stricter(request, desk, visitor, reference, row)
    file = tab_file(desk, visitor, reference, TAB)
    return save(
        request, desk, visitor, given, leaving.tighten, subject=row_id(row),
        then=f"/cases/{file.view.reference}/legal/leaving", again=again,
    )  # fmt: skip


def tasks(desk: Desk, visitor: Caller) -> list[Task]:
    """Promises that wait for my signature, as work of today."""
    lines: tuple[AssuranceLine, ...] = desk.ask(visitor, queries.waiting)
    words = N_("Sign a promise a colleague drafted")
    return [
        Task(words, f"/cases/{line.reference}/open?tab=legal&justification=SECOND_SIGNATURE&cites={line.id}",
             line.reference, line.since)
        for line in lines
    ]  # fmt: skip


def _promises(request: Request, desk: Desk, visitor: Caller, file: CaseFile) -> Promises:
    lines: Sequence[AssuranceLine] = desk.ask(visitor, queries.assurances, file.view.reference)
    shown = {each.record.id: each for each in opened(request, desk, visitor, file, "assurances")}
    return Promises(
        tuple((line, shown.get(line.id)) for line in lines), visitor.actor.code, lines[0].id if lines else None
    )  # fmt: skip


def _drafting(request: Request, desk: Desk, visitor: Caller, reference: str) -> Callable[[Sheet, int], Response]:
    file = tab_file(desk, visitor, reference, TAB)
    files = tuple((str(each.id), str(number)) for number, each in enumerate(file.records("attachments"), 1))

    def again(filled: Sheet, status: int) -> Response:
        body = Drafting(files)
        return case_page(request, desk, visitor, file, "legal/promise.html", TAB, body, sheet=filled, status=status)

    return again


def _step(
    request: Request, desk: Desk, visitor: Caller, reference: str, row: str, kind: str
) -> Callable[[Sheet, int], Response]:
    """Shows the page of a step; for a promise of this case that stands there."""
    file = tab_file(desk, visitor, reference, TAB)
    if kind not in STEPS:
        raise NotFound
    held = _promises(request, desk, visitor, file)
    found = next(((line, shown) for line, shown in held.lines if line.id == row_id(row)), None)
    if found is None or (found[0].state != STEPS[kind][1] and request.method == "GET"):
        raise NotFound

    def again(filled: Sheet, status: int) -> Response:
        body = Step(kind, *found)
        return case_page(
            request, desk, visitor, file, "legal/promise_step.html", TAB, body, sheet=filled, status=status
        )

    return again


def _stricter(
    request: Request, desk: Desk, visitor: Caller, reference: str, row: str
) -> Callable[[Sheet, int], Response]:
    file = tab_file(desk, visitor, reference, TAB)
    passage = next((each for each in file.records("segments") if each.id == row_id(row)), None)
    if passage is None:
        raise NotFound

    def again(filled: Sheet, status: int) -> Response:
        body = Stricter(passage)
        return case_page(request, desk, visitor, file, "legal/tighten.html", TAB, body, sheet=filled, status=status)

    return again

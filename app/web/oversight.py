"""The auditor's desk: who did what to which reference, whether the log is whole, and nothing of any content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.edge import sheets
from app.edge.desk import Desk, TheDesk, row_id
from app.edge.languages import N_
from app.edge.sheets import Mistakes, Sheet
from app.errors import NotFound
from app.oversight import actions as oversight
from app.oversight import inquiries, keeping, queries
from app.oversight.forms import AskEntry, AskLog, Filters
from app.oversight.views import Badge, InquiryLine, InquiryNumbers, Kept, LogEntry, LogLine, LogPage
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import Block, Tile
from app.web.words import WORDS
from app.work import Caller

# What of a form goes into an address: codes, references, days. A page of a list is not a filter.
FILTERS: Final = tuple(Filters.model_fields)
# What an auditor asks for most, by a link instead of a form.
OFTEN: Final = (
    (N_("Alarms"), {"alarms": "yes"}),
    (N_("Refusals"), {"refused": "yes"}),
    (N_("Openings at night"), {"operation": "consult", "nights": "yes"}),
    (N_("Name and account joined"), {"operation": "combine"}),
    (N_("Keys given"), {"operation": "grant"}),
    (N_("Keys taken back"), {"operation": "revoke"}),
    (N_("Looks at the log"), {"operation": "verify"}),
    (N_("A life at risk"), {"justification": "LIFE_AT_RISK"}),
    (N_("Look-ups that met nobody"), {"in_vain": "yes"}),
)

NONE_FOUND: Final = LogPage(())

router = APIRouter()


@dataclass(frozen=True)
class Line:
    """One entry as a line: who did what to which reference, why, when. ``edge`` is red, amber or nothing."""

    number: int | None
    at: str
    action: str
    operation: str
    actor: str
    roles: tuple[str, ...]
    cases: tuple[str, ...]
    sought: str
    justification: str
    outcome: str
    rule: str
    night: bool
    edge: str
    # Which set number this entry reached, and at how many cases.
    alarm: str = ""
    distinct: int = 0
    # Why it is no surprise, by the entry's own word.
    expected: str = ""


@dataclass(frozen=True)
class KeptLine:
    """Kept filters as a link: their names and values, and the address they make."""

    id: str
    asks: tuple[tuple[str, str], ...]
    query: str


@dataclass(frozen=True)
class LogView:
    """The list: its badge, its lines, its filters as an address has them."""

    badge: Badge
    lines: tuple[Line, ...]
    older: str
    newer: str
    often: tuple[tuple[str, str], ...]
    operations: tuple[str, ...]
    outcomes: tuple[str, ...]
    justifications: tuple[str, ...]
    # What is asked for now, to be kept; and what was kept, each with its filters put side by side.
    asked: tuple[tuple[str, str], ...]
    kept: tuple[KeptLine, ...]


@dataclass(frozen=True)
class EntryView:
    """One entry: its line, all that was committed to, its neighbours and its proof."""

    badge: Badge
    entry: LogEntry
    line: Line | None
    said: tuple[tuple[str, str], ...]
    before: Line | None
    after: Line | None
    together: tuple[Line, ...]
    hour: tuple[Line, ...]
    # What the rule says that decided it.
    says: str
    # Inquiries about its actor that stand, to which it can be added; whether one can begin.
    inquiries: tuple[InquiryLine, ...]
    somebody: bool


@router.get("/audit")
def log_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Entries by filters that stand in the address; each look is an entry itself."""
    badge = desk.ask(visitor, queries.badge, "log")
    given = {name: request.query_params.getlist(name) for name in FILTERS if request.query_params.getlist(name)}
    typed = sheet(request, **given)
    try:
        form = sheets.read(AskLog, _first(given), desk.zone)
    except Mistakes as mistakes:
        wrong = typed.typed(given, mistakes.found)
        return _listed(request, desk, visitor, _view(badge, given, kept=_kept(desk, visitor)), wrong, 422)
    behind = {name: row_id(value) for name in ("before", "after") if (value := request.query_params.get(name))}
    if len(behind) > 1:
        raise NotFound
    found: LogPage = desk.do(visitor, oversight.ask, form.model_copy(update=behind))
    return _listed(request, desk, visitor, _view(badge, given, found, _kept(desk, visitor)), typed, 200)


@router.post("/audit/filters/keep")
def keep(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep the filters of a list."""

    def again(filled: Sheet, status: int) -> Response:
        view = _view(desk.ask(visitor, queries.badge, "log"), {}, kept=_kept(desk, visitor))
        return _listed(request, desk, visitor, view, filled, status)

    wanted = {name: values for name, values in given.items() if values and values[0]}
    chosen = urlencode([(name, wanted[name][0]) for name in FILTERS if name in wanted])
    return save(request, desk, visitor, wanted, keeping.keep, then=f"/audit?{chosen}", again=again)


@router.post("/audit/filters/{row}/drop")
def drop(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep them no longer."""
    desk.do(visitor, keeping.drop, subject=row_id(row))
    return RedirectResponse("/audit", 303)


@router.get("/audit/verify")
def verify_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The last result, how to check it without us, and the checkpoint to print."""
    return _verified(request, desk, visitor, sheet(request), 200)


@router.post("/audit/verify")
def verify(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Recompute the log from its first entry; the page that follows tells the result."""
    desk.ask(visitor, queries.badge)
    desk.do(visitor, oversight.verify)
    return RedirectResponse("/audit/verify", 303)


@router.get("/audit/{number}")
def entry_page(number: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One entry by its number."""
    return entry_shown(number, request, desk, visitor, sheet(request))


@router.get("/audit/{number}/proof")
def proof(number: str, desk: TheDesk, visitor: Visitor) -> Response:
    """The proof of an entry as a file for somebody outside (c2sp.org/tlog-proof); its look is an entry too."""
    found: LogEntry = desk.do(visitor, oversight.entry, AskEntry(number=_number(number)))
    if found.proof is None:
        raise NotFound
    name = f'attachment; filename="entry-{found.number}.tlog-proof"'
    return Response(found.proof.encode(), media_type="text/plain", headers={"Content-Disposition": name})


def entry_shown(
    number: str, request: Request, desk: Desk, visitor: Caller, filled: Sheet, status: int = 200
) -> Response:
    """The page of one entry, with what came of a form on it."""
    badge = desk.ask(visitor, queries.badge, "log")
    found: LogEntry = desk.do(visitor, oversight.entry, AskEntry(number=_number(number)))
    line = _maybe(found.line)
    standing, rules = desk.ask(visitor, inquiries.inquiries), desk.office.policy.rules
    view = EntryView(
        badge, found, line, told(found.line.body) if found.line else (), _maybe(found.before), _maybe(found.after),
        tuple(line_of(each) for each in found.together), tuple(line_of(each) for each in found.hour),
        rules[line.rule].says if line and line.rule in rules else "",
        tuple(each for each in standing if line and each.about == line.actor and each.standing != "CLOSED"),
        line is not None and line.actor.startswith("S-") and line.actor != visitor.actor.code,
    )  # fmt: skip
    return show(request, desk, visitor, "oversight/entry.html", view, here="/audit", sheet=filled, status=status)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise NotFound
    return int(text)


def today(desk: Desk, visitor: Caller) -> Block:
    """Whether the log is whole, how old its signature is, and what of seven days asks for an eye."""
    badge, numbers = desk.ask(visitor, queries.badge, "log"), desk.ask(visitor, queries.numbers)
    refused, nights, combined, alarms = (f"/audit?{address(form)}" for form in desk.ask(visitor, queries.asked))
    asked: InquiryNumbers = desk.ask(visitor, inquiries.count)
    broken = badge.state == "broken"
    whole = N_("The log is broken at entry") if broken else N_("Entries found whole at the last check")
    return Block(
        "auditor",
        (
            Tile(whole, badge.bad_index if broken else badge.size, "/audit/verify", urgent=broken),
            Tile(N_("Minutes since the last checkpoint"), minutes_since(badge), "/audit/verify"),
            Tile(N_("Alarms in seven days"), numbers.alarms, alarms, urgent=True),
            Tile(N_("Refusals in seven days"), numbers.refused, refused),
            Tile(N_("Openings at night in seven days"), numbers.nights, nights),
            Tile(N_("Name and account joined in seven days"), numbers.combined, combined),
            Tile(N_("Answers that are overdue"), asked.late, "/audit/inquiries", urgent=True),
            Tile(N_("Inquiries that wait for an outcome"), asked.to_close, "/audit/inquiries"),
        ),
        primary=(N_("Read the log"), "/audit"),
    )


def minutes_since(badge: Badge) -> int:
    """Whole minutes since the newest checkpoint was signed; 0 if there is none."""
    return 0 if badge.signed_at is None else max(0, int((badge.now - badge.signed_at).total_seconds() // 60))


def address(form: Filters) -> str:
    """The filters of a form as an address has them."""
    return query_of(form.model_dump(mode="json", exclude_defaults=True))


def line_of(entry: LogLine) -> Line:
    """An entry as a line. Codes stay codes: the page puts them into words."""
    body = entry.body
    operation = str(body["operation"])
    codes = body.get("codes", {})
    alarm = str(codes.get("alarm", "in_vain" if codes.get("in_vain") is True else ""))
    expected = str(codes.get("expected", ""))
    odd = (operation == "combine" or entry.night) and not expected
    edge = "red" if operation == "refuse" or alarm else ("amber" if odd else "")
    return Line(
        number=entry.place,
        at=str(body["at"]),
        action=str(body["action"]),
        operation=operation,
        actor=str(body["actor"]),
        roles=tuple(body["roles"]),
        cases=tuple(subject["case"] for subject in body["subjects"]),
        sought=str(body.get("sought", "")),
        justification=str(body.get("justification", "")),
        outcome=str(body["outcome"]),
        rule=str(body["policy"]["rule"]),
        night=entry.night,
        edge=edge,
        alarm=alarm,
        distinct=int(codes.get("distinct", 0)),
        expected=expected,
    )


def told(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Everything an entry says, name by name, as it was committed to."""
    return tuple((name, text) for name, value in sorted(body.items()) for text in _flat(value))


def _flat(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{name}: {text}" for name, inner in sorted(value.items()) for text in _flat(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _flat(inner)]
    return [str(value)]


def _maybe(entry: LogLine | None) -> Line | None:
    return None if entry is None else line_of(entry)


def _first(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: values[:1] for name, values in given.items()}


def _kept(desk: Desk, visitor: Caller) -> tuple[KeptLine, ...]:
    kept: tuple[Kept, ...] = desk.ask(visitor, keeping.kept_filters)
    return tuple(KeptLine(str(each.id), _said(each.asks), query_of(each.asks)) for each in kept)


def query_of(asks: Mapping[str, Any]) -> str:
    """Filters as an address has them."""
    return urlencode(_said(asks))


def _said(asks: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    # In the order of the form: what was stored comes back in another.
    return tuple((name, "yes" if asks[name] is True else str(asks[name])) for name in FILTERS if name in asks)


def _view(
    badge: Badge, given: Mapping[str, list[str]], found: LogPage = NONE_FOUND, kept: tuple[KeptLine, ...] = ()
) -> LogView:
    filters = [(name, values[0]) for name, values in given.items() if values[0]]
    lines = tuple(line_of(entry) for entry in found.entries)
    older = urlencode([*filters, ("before", str(found.entries[-1].id))]) if found.older and lines else ""
    newer = urlencode([*filters, ("after", str(found.entries[0].id))]) if found.newer and lines else ""
    return LogView(
        badge, lines, older, newer,
        tuple((words, urlencode(often)) for words, often in OFTEN),
        tuple(WORDS["operation"]), tuple(WORDS["outcome"]), tuple(WORDS["justification"]), tuple(filters), kept,
    )  # fmt: skip


def _listed(
    request: Request, desk: Desk, visitor: Caller, view: LogView, typed: Sheet, status: int
) -> Response:  # fmt: skip
    return show(request, desk, visitor, "oversight/log.html", view, here="/audit", sheet=typed, status=status)


def _verified(request: Request, desk: Desk, visitor: Caller, blank: Sheet, status: int) -> Response:
    badge = desk.ask(visitor, queries.badge)
    return show(
        request, desk, visitor, "oversight/verify.html", badge, here="/audit/verify", sheet=blank, status=status
    )  # fmt: skip

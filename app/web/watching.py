"""What in the log asks for an eye: signs, openings that are drawn, a month in numbers, and the report of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.edge import sheets
from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Mistakes, Sheet
from app.errors import NotFound
from app.oversight import queries, reports, signs
from app.oversight.forms import AskCase
from app.oversight.views import CaseLine, CaseReport, Figures, LogLine, Sample, Sign
from app.web.frame import save, sheet, show
from app.web.oversight import Line, line_of, query_of
from app.web.session import Fields, Visitor
from app.web.words import WORDS
from app.work import Caller

router = APIRouter()

# The drawing of a chart: as wide as its columns, and so high.
CHART_HEIGHT: Final = 100


@dataclass(frozen=True)
class Found:
    """Somebody whom a sign found, how often, and the address of the entries."""

    actor: str
    case: str | None
    number: int
    href: str


@dataclass(frozen=True)
class SignLine:
    """A sign with whom it found."""

    name: str
    on: bool
    days: int
    least: int
    number: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class DrawnLine:
    """An opening that was drawn, as a line."""

    line: Line
    finding: str | None
    looked_by: str | None


@dataclass(frozen=True)
class Watched:
    """Every sign, and last week's sample."""

    signs: tuple[SignLine, ...]
    sample: Sample
    drawn: tuple[DrawnLine, ...]


@dataclass(frozen=True)
class Column:
    """One column of a chart: where it stands, how high it is, its name and its number."""

    x: int
    height: int
    name: str
    number: int


@dataclass(frozen=True)
class Chart:
    """Columns side by side under one name; the same numbers stand in a table beside it."""

    name: str
    columns: tuple[Column, ...]
    total: int


@dataclass(frozen=True)
class FiguresView:
    """The figures, drawn."""

    figures: Figures
    openings: tuple[Chart, ...]
    refusals: Chart
    reveals: Chart


@dataclass(frozen=True)
class ReportLine:
    """One entry of a case; without a line once its body was erased."""

    seq: int
    place: int | None
    line: Line | None
    recipient: str | None
    fields: tuple[str, ...]

    @property
    def to_team(self) -> bool:
        """Whether it was given to a team, which has a name of ours, and not to a person, who has a code."""
        return self.recipient in WORDS["team"]


@dataclass(frozen=True)
class ReportView:
    """The report, its entries as lines, and where it goes on."""

    report: CaseReport
    lines: tuple[ReportLine, ...]
    next: int | None
    whole: bool


@router.get("/audit/signs")
def watched(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Signs of unusual access, and openings of last week that were drawn."""
    return _watched(request, desk, visitor, sheet(request))


@router.post("/audit/signs/looked")
def looked(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Say that an opening was looked at."""
    return save(
        request, desk, visitor, given, signs.looked_at, then="/audit/signs#drawn",
        again=lambda filled, status: _watched(request, desk, visitor, filled, status),
    )  # fmt: skip


@router.get("/audit/figures")
def figures(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Four weeks of the log in numbers."""
    desk.ask(visitor, queries.badge, "log")
    told: Figures = desk.do(visitor, reports.figures)
    openings = tuple(_chart(role, [(f"{h:02}", n) for h, n in enumerate(hours)]) for role, hours in told.openings)
    view = FiguresView(told, openings, _chart("refusals", told.refusals), _chart("reveals", told.reveals))
    return show(request, desk, visitor, "oversight/figures.html", view, here="/audit/signs")


@router.get("/audit/cases")
def cases(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Of which case a report is to be made."""
    desk.ask(visitor, queries.badge, "log")
    typed = request.query_params.get("reference")
    if typed is None:
        return show(request, desk, visitor, "oversight/case_ask.html", None, here="/audit", sheet=sheet(request))
    try:
        form = sheets.read(AskCase, {"reference": [typed.strip()]}, desk.zone)
    except Mistakes as mistakes:
        filled = sheet(request).typed({"reference": [typed]}, mistakes.found)
        return show(request, desk, visitor, "oversight/case_ask.html", None, here="/audit", sheet=filled, status=422)
    return RedirectResponse(f"/audit/cases/{form.reference}", 303)


@router.get("/audit/cases/{reference}")
def case_report(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """All that was done to one case, 1 to n, fifty on a page or as many as five hundred on paper."""
    desk.ask(visitor, queries.badge, "log")
    asked = {name: [value] for name in ("behind", "whole") if (value := request.query_params.get(name))}
    try:
        form = sheets.read(AskCase, {"reference": [reference], **asked}, desk.zone)
    except Mistakes:
        raise NotFound from None
    told: CaseReport = desk.do(visitor, reports.case_report, form)
    lines = tuple(_of_case(each) for each in told.lines)
    view = ReportView(told, lines, told.lines[-1].seq if told.more else None, form.whole)
    return show(request, desk, visitor, "oversight/case_report.html", view, here="/audit")


def _watched(request: Request, desk: Desk, visitor: Caller, filled: Sheet, status: int = 200) -> Response:
    desk.ask(visitor, queries.badge, "log")
    found: tuple[Sign, ...] = desk.do(visitor, signs.signs)
    drawn: Sample = desk.do(visitor, signs.sample)
    view = Watched(
        tuple(_sign(sign) for sign in found), drawn,
        tuple(DrawnLine(line_of(each.line), each.finding, each.looked_by) for each in drawn.drawn),
    )  # fmt: skip
    return show(request, desk, visitor, "oversight/signs.html", view, here="/audit/signs", sheet=filled, status=status)


def _sign(sign: Sign) -> SignLine:
    found = tuple(Found(each.actor, each.case, each.number, f"/audit?{query_of(each.asks)}") for each in sign.found)
    return SignLine(sign.name, sign.on, sign.days, sign.least, sum(each.number for each in found), found)


def _chart(name: str, told: tuple[tuple[str, int], ...] | list[tuple[str, int]]) -> Chart:
    most = max([number for _, number in told] + [1])
    columns = tuple(
        # What is there is seen, however little it is beside the most.
        Column(x, max(2, number * CHART_HEIGHT // most) if number else 0, each, number)
        for x, (each, number) in enumerate(told)
    )
    return Chart(name, columns, sum(number for _, number in told))


def _of_case(told: CaseLine) -> ReportLine:
    if told.body is None:
        return ReportLine(told.seq, told.place, None, None, ())
    fields = told.body.get("fields", [])
    # The key of a file only works and is shown to nobody: it has no word.
    names = [name for each in fields if (name := str(each).split(".")[1]) in WORDS["field"]]
    line = line_of(LogLine(UUID(str(told.body["id"])), told.place, told.body))
    return ReportLine(told.seq, told.place, line, told.recipient, tuple(names))

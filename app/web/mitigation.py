"""How cooperation may be considered: one factor a page, all of them to check, and the second reader's page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cases.views import RecordLine
from app.edge.desk import Desk, TheDesk, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet, digits
from app.errors import NotFound
from app.legal import actions, queries, signing
from app.legal.forms import FACTORS, ReadAssessment
from app.legal.views import AssessmentLine, AssessmentRead, FactorRead, Kept
from app.testimonies import claims
from app.testimonies.claims import ClaimsRead, ReadClaims
from app.web.casefile import CaseFile, Read, case_page, open_row, prefetched, read_under, tab_file
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.web.today import Task
from app.work import Action, Caller

router = APIRouter()

TAB: Final = "legal"
# What can become of an assessment, by its page's address.
STEPS: Final[Mapping[str, Action]] = {
    "propose": signing.propose,
    "withdraw": signing.withdraw,
    "return": signing.send_back,
    "sign": signing.sign,
}
_WRITABLE: Final = frozenset({"DRAFT", "RETURNED"})
_OPEN: Final = _WRITABLE | {"PROPOSED"}


@dataclass(frozen=True)
class Numbers:
    """What passages and claims are called on a page, by their rows: account and passage; the claim's own number."""

    passages: Mapping[str, tuple[int, str]]
    claims: Mapping[str, int]


@dataclass(frozen=True)
class Overview:
    """The assessments of a case. ``now`` is the one that is open; ``before`` the one two signed last."""

    lines: tuple[AssessmentLine, ...]
    now: AssessmentLine | None
    before: AssessmentLine | None
    mine: bool
    # What a visit from here serves, and for which reason.
    serves: UUID | None
    reason: str
    factors: tuple[str, ...] = FACTORS


@dataclass(frozen=True)
class FactorPage:
    """One factor: what is asked, what can be cited, and the claims in words if the case is open.

    shut   something was kept of it, which only a visit shows: so nothing is written over it unread
    """

    factor: str
    seen: int
    shut: bool
    numbers: Numbers
    place: int
    serves: UUID | None
    reason: str
    claims: ClaimsRead | None = None


@dataclass(frozen=True)
class Whole:
    """An assessment on one page, and what whoever looks at it can do with it.

    step  propose, withdraw, sign, or nothing
    """

    line: AssessmentLine
    read: Read
    numbers: Numbers
    step: str
    serves: UUID | None
    reason: str

    def factor(self, name: str) -> FactorRead | None:
        """One factor of what was read."""
        return _factor(self.read.view, name)


@dataclass(frozen=True)
class Compared:
    """Two versions side by side, factor by factor."""

    line: AssessmentLine
    versions: tuple[Kept, ...]
    was: int
    now: int
    before: Read
    after: Read
    numbers: Numbers
    serves: UUID | None
    reason: str

    def pairs(self) -> tuple[tuple[str, FactorRead | None, FactorRead | None], ...]:
        """Each factor as it was and as it is; of the same keeping where nothing was written between."""
        return tuple((name, _factor(self.before.view, name), _factor(self.after.view, name)) for name in FACTORS)


@router.get("/cases/{reference}/legal")
def overview(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The assessments of a case, and the factors of the one that is open, as a list of tasks."""
    file = tab_file(desk, visitor, reference, TAB)
    return case_page(request, desk, visitor, file, "legal/assessments.html", TAB, _overview(desk, visitor, file))


@router.get("/cases/{reference}/legal/factor/{factor}")
def factor_page(reference: str, factor: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One factor a page, filled in with what was kept of it last."""
    return _factor_page(request, desk, visitor, reference, factor)(None, 200)


@router.post("/cases/{reference}/legal/factor/{factor}")
def keep_factor(
    reference: str, factor: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    """Keep it and go on with the next, or back to the list. What was typed stays if something is missing."""
    again = _factor_page(request, desk, visitor, reference, factor)
    file = tab_file(desk, visitor, reference, TAB)
    base = f"/cases/{file.view.reference}/legal"
    fields = dict(given)
    following = FACTORS.index(factor) + 1
    stays = bool(fields.pop("list", ())) or following == len(FACTORS)
    return save(
        request, desk, visitor, fields, actions.write, subject=file.view.reference,
        shape=lambda typed: _with_rows(file, typed) | {"factor": [factor]},
        then=base if stays else f"{base}/factor/{FACTORS[following]}", again=again,
    )  # fmt: skip


@router.get("/cases/{reference}/legal/assessment/{row}")
def whole_page(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """All answers on one page: to check before they are sent, to read as the second, or to look up."""
    return _whole(request, desk, visitor, reference, row)(sheet(request), 200)


@router.post("/cases/{reference}/legal/assessment/{row}/{step}")
def move(
    reference: str, row: str, step: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    """Send it on, take it back, send it back, sign it or dissent: of the version that stood on the page."""
    if step not in STEPS:
        raise NotFound
    again = _whole(request, desk, visitor, reference, row)
    file = tab_file(desk, visitor, reference, TAB)
    factor = (STEPS[step], row_id(row)) if step == "sign" else None
    return save(
        request, desk, visitor, given, STEPS[step], subject=row_id(row),
        then=f"/cases/{file.view.reference}/legal", again=again, step=factor,
    )  # fmt: skip


@router.get("/cases/{reference}/legal/assessment/{row}/compare")
def compare(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What changed between two versions, factor by factor."""
    file = tab_file(desk, visitor, reference, TAB)
    lines = _lines(desk, visitor, file)
    line = _line(lines, row)
    versions = tuple(sorted((each for one in lines for each in one.kept), key=lambda each: -each.version))
    numbers = [each.version for each in versions]
    now = _version(request, "now", numbers, line.version)
    was = _version(request, "was", numbers, next((number for number in numbers if number < now), now))
    serves, reason = _serves(visitor, lines)
    before, after = (_read_at(request, desk, visitor, file, lines, version) for version in (was, now))
    body = Compared(line, versions, was, now, before, after, _numbers(file), serves, reason)
    return case_page(request, desk, visitor, file, "legal/compared.html", TAB, body)


def tasks(desk: Desk, visitor: Caller) -> list[Task]:
    """What came back to me with questions, and what waits for me as its second reader."""
    answer, sign = N_("Answer your second reader’s questions"), N_("Read an assessment as its second reader")
    returned: tuple[AssessmentLine, ...] = desk.ask(visitor, queries.returned)
    waiting: tuple[AssessmentLine, ...] = desk.ask(visitor, queries.to_sign)
    return [
        *(Task(answer, f"/cases/{line.reference}/legal", line.reference, line.at) for line in returned),
        *(Task(sign, f"/cases/{line.reference}/open?tab=legal&justification=SECOND_SIGNATURE&cites={line.id}",
               line.reference, line.at) for line in waiting),
    ]  # fmt: skip


def _lines(desk: Desk, visitor: Caller, file: CaseFile) -> tuple[AssessmentLine, ...]:
    lines: tuple[AssessmentLine, ...] = desk.ask(visitor, queries.assessments, file.view.reference)
    return lines


def _line(lines: Sequence[AssessmentLine], row: str) -> AssessmentLine:
    wanted = row_id(row)
    found = next((line for line in lines if line.id == wanted), None)
    if found is None:
        raise NotFound
    return found


def _serves(visitor: Caller, lines: Sequence[AssessmentLine]) -> tuple[UUID | None, str]:
    """What a visit from these pages cites, and for which reason: a second reader's is another one."""
    if not lines:
        return None, "LEGAL_ASSESSMENT"
    second = lines[0].state == "PROPOSED" and visitor.actor.code not in lines[0].authors
    return lines[0].id, "SECOND_SIGNATURE" if second else "LEGAL_ASSESSMENT"


def _overview(desk: Desk, visitor: Caller, file: CaseFile) -> Overview:
    lines = _lines(desk, visitor, file)
    now = next((line for line in lines if line.state in _OPEN), None)
    before = next((line for line in lines if line.state in {"SIGNED", "DISSENTED"}), None)
    mine = now is not None and visitor.actor.code in now.authors
    serves, reason = _serves(visitor, lines)
    return Overview(lines, now, before, mine, serves, reason)


def _factor_page(
    request: Request, desk: Desk, visitor: Caller, reference: str, factor: str
) -> Callable[[Sheet | None, int], Response]:  # fmt: skip
    file = tab_file(desk, visitor, reference, TAB)
    if factor not in FACTORS:
        raise NotFound
    lines = _lines(desk, visitor, file)
    now = next((line for line in lines if line.state in _OPEN), None)
    seen = now.seen(factor) if now else 0
    record = _newest(file, lines, factor)
    serves, reason = _serves(visitor, lines)

    def page(typed: Sheet | None, status: int) -> Response:
        filled, shut = typed or sheet(request), False
        if typed is None and record is not None:
            held = None if file.visit is None or prefetched(request) else open_row(desk, visitor, record, file.visit)
            shut = held is None or not held.values
            filled = filled if held is None or shut else sheet(request, **_filled(file, held.values))
        body = FactorPage(
            factor,
            int(typed.value("seen") or 0) if typed and typed.value("seen").isdecimal() else seen,
            shut,
            _numbers(file),
            FACTORS.index(factor) + 1,
            serves,
            reason,
            _claims(request, desk, visitor, file),
        )
        return case_page(
            request, desk, visitor, file, "legal/factor.html", TAB, body, sheet=filled, status=status
        )  # fmt: skip

    return page


def _newest(file: CaseFile, lines: Sequence[AssessmentLine], factor: str) -> RecordLine | None:
    """What was kept of a factor last, in this assessment or in the one it follows."""
    kept = max((line.seen(factor) for line in lines), default=0)
    found = (each for each in file.records("mitigation_factors") if each.clear.get("version") == str(kept))
    return next(found, None)


def _filled(file: CaseFile, values: Mapping[str, object]) -> dict[str, str | list[str]]:
    """What was kept, as the fields of the page have it: passages by their numbers."""
    numbers = _numbers(file)
    told = {name: value.read() for name, value in values.items() if value is not None}  # type: ignore[attr-defined]
    several = len({account for account, _ in numbers.passages.values()}) > 1
    cited = [numbers.passages[row] for row in json.loads(told.get("passages", "[]")) if row in numbers.passages]
    return {
        **{name: told[name] for name in ("finding", "reasons", "contrary_evidence") if name in told},
        "passages": ", ".join(f"{account}.{number}" if several else number for account, number in cited),
        **{name: json.loads(told.get(name, "[]")) for name in ("evidence", "against")},
    }


def _with_rows(file: CaseFile, fields: dict[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Passages as they are cited on paper, "2, 7 and 12" or "2.7", become their rows; what is none is refused."""
    said = digits(" ".join(fields.get("passages", ())))
    rows = {place: row for row, place in _numbers(file).passages.items()}
    one = len({account for account, _ in rows}) == 1
    found = [(int(account or 1), number) for account, number in re.findall(r"(?:(\d{1,4})\.)?(\d{1,4})", said)]
    known = [rows.get(place, "?") if one or "." in said else "?" for place in found]
    return fields | {"passages": known or [said]}


def _numbers(file: CaseFile) -> Numbers:
    accounts = {str(each.id): number for number, each in enumerate(file.records("testimonies"), 1)}
    passages = {
        str(each.id): (accounts[each.clear["testimony_id"]], each.clear["number"]) for each in file.records("segments")
    }
    firsts = dict.fromkeys(each.clear.get("beside_id", str(each.id)) for each in file.records("claims"))
    groups = {first: number for number, first in enumerate(firsts, 1)}
    of_claim = {str(each.id): groups[each.clear.get("beside_id", str(each.id))] for each in file.records("claims")}
    return Numbers(passages, of_claim)


def _claims(request: Request, desk: Desk, visitor: Caller, file: CaseFile) -> ClaimsRead | None:
    """The claims that can be cited, in words with their grades, under the visit."""
    accounts = file.records("testimonies")
    if file.visit is None or not accounts or not file.records("claims") or prefetched(request):
        return None
    read = read_under(desk, visitor, file.visit, claims.read_claims, ReadClaims, subject=accounts[-1].id)
    view: ClaimsRead | None = read.view
    return view


def _whole(
    request: Request, desk: Desk, visitor: Caller, reference: str, row: str
) -> Callable[[Sheet, int], Response]:  # fmt: skip
    file = tab_file(desk, visitor, reference, TAB)
    lines = _lines(desk, visitor, file)
    line = _line(lines, row)
    mine = visitor.actor.code in line.authors
    step = "propose" if line.state in _WRITABLE else ("withdraw" if mine else "sign") if line.state in _OPEN else ""
    serves, reason = _serves(visitor, lines)

    def page(filled: Sheet, status: int) -> Response:
        read = _read(request, desk, visitor, file, line.id, None)
        body = Whole(line, read, _numbers(file), step, serves, reason)
        return case_page(
            request, desk, visitor, file, "legal/assessment.html", TAB, body, sheet=filled, status=status
        )  # fmt: skip

    return page


def _read(
    request: Request, desk: Desk, visitor: Caller, file: CaseFile, row: UUID, version: int | None
) -> Read:  # fmt: skip
    if file.visit is None or prefetched(request):
        return Read()
    return read_under(desk, visitor, file.visit, actions.read, ReadAssessment, subject=row, version=version)


def _read_at(
    request: Request, desk: Desk, visitor: Caller, file: CaseFile, lines: Sequence[AssessmentLine], version: int
) -> Read:  # fmt: skip
    """A version of any assessment of the case: they are counted on from one to the next."""
    of = next((line for line in reversed(lines) if version <= line.version), lines[0])
    return _read(request, desk, visitor, file, of.id, version)


def _version(request: Request, name: str, versions: Sequence[int], otherwise: int) -> int:
    told = request.query_params.get(name, "")
    return int(told) if told.isdecimal() and int(told) in versions else otherwise


def _factor(view: AssessmentRead | None, name: str) -> FactorRead | None:
    return next((each for each in view.factors if each.factor == name), None) if view else None

"""One case as its pages see it: what stands in the bar above, which tabs there are, which visit is under way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from app.cases import queries
from app.cases.forms import Opening
from app.cases.views import CaseView, Opened, RecordLine, VisitLine
from app.edge.desk import Desk
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import Conflict, Denied, NotFound, StepUpNeeded
from app.pseudonyms import references
from app.web.frame import sheet as empty_sheet
from app.web.frame import show
from app.work import Action, Caller, Form, Justification, Plain
from app.work.actions import opening_of


@dataclass(frozen=True)
class Tab:
    """One tab of a case: shown to these roles if they hold this compartment; "" is any of the case."""

    name: str
    words: str
    compartment: str = ""
    roles: frozenset[str] = frozenset()
    tables: tuple[str, ...] = ()


_ACCOUNT: Final = frozenset({"intake_officer", "legal_reviewer"})
_SAFETY: Final = frozenset({"caseworker"})
TABS: Final = (
    Tab("", N_("Overview")),
    Tab("testimony", N_("Testimony"), "TESTIMONY", _ACCOUNT,
        ("testimonies", "segments", "protocol_answers", "prior_accounts", "attachments")),
    Tab("claimed", N_("Claims"), "TESTIMONY", _ACCOUNT, ("claims",)),
    Tab("consent", N_("Consent"), "TESTIMONY", _ACCOUNT, ("consents",)),
    Tab("person", N_("Person"), "IDENTITY", _ACCOUNT | _SAFETY,
        ("persons", "identity_documents", "contact_channels", "approaches", "identity_claims", "same_person_findings")),
    Tab("legal", N_("Legal"), "LEGAL", frozenset({"legal_reviewer"}),
        ("mitigation_assessments", "mitigation_factors", "second_readings", "mitigation_steps", "assurances")),
    Tab("threat", N_("Threat"), "THREAT", _SAFETY, ("threat_assessments",)),
    Tab("plan", N_("Plan"), "CARE", _SAFETY, ("needs", "check_ins")),
    Tab("moves", N_("Place"), "LOCATION", _SAFETY | {"legal_reviewer"}, ("residences",)),
    Tab("timeline", N_("Timeline")),
    Tab("looked", N_("Who looked")),
    Tab("keys", N_("Keys")),
    Tab("ending", N_("End"), "", _ACCOUNT | _SAFETY),
)  # fmt: skip


# Tabs that open nothing, a visit or not: looking at them is no entry.
MUTE: Final = frozenset({"", "timeline", "looked", "keys", "ending"})
# Who passes facts across the wall.
PASSING: Final = frozenset({"intake_officer", "legal_reviewer", "caseworker"})


@dataclass(frozen=True)
class Shown:
    """A row on a page: opened, or with the sentence why not."""

    record: RecordLine
    values: Mapping[str, Plain | None] = field(default_factory=dict)
    refusal: str = ""
    rule: str = ""
    entry: int | None = None


@dataclass(frozen=True)
class Read:
    """What an action opened under a visit; or the sentence why not, and which rule said so."""

    view: Any = None
    refusal: str = ""
    rule: str = ""


@dataclass(frozen=True)
class CaseFile:
    """A case in the hands of one visitor. Mute: what of it is opened stands in a page's body."""

    view: CaseView
    roles: tuple[str, ...]
    tabs: tuple[Tab, ...]
    visit: VisitLine | None
    reveals: Mapping[UUID, VisitLine]
    here: str = ""
    body: Any = None
    # Codes of how to approach this person, once they were opened with the visit.
    protective: tuple[str, ...] = field(default=())

    def records(self, *tables: str) -> tuple[RecordLine, ...]:
        """The rows of some tables, in the order of their making."""
        return tuple(record for record in self.view.records if record.table in tables)

    @property
    def passes_on(self) -> bool:
        """Whether this visitor works on the case in a team, and may tell another one something of it."""
        return bool(PASSING & set(self.roles)) and self.view.state == "OPEN"

    def has(self, tab: str) -> bool:
        """Whether this visitor has a tab."""
        return any(each.name == tab for each in self.tabs)


def case_file(desk: Desk, visitor: Caller, reference: str) -> CaseFile:
    """A case as this visitor may see it. Raises NotFound for what they hold nothing of."""
    view: CaseView = desk.ask(visitor, queries.show, references.read(reference))
    visits: tuple[VisitLine, ...] = desk.ask(visitor, queries.visiting, view.reference)
    roles = visitor.actor.roles
    tabs = tuple(
        tab for tab in TABS
        if (not tab.compartment or tab.compartment in view.held) and (not tab.roles or tab.roles & roles)
    )  # fmt: skip
    whole = next((visit for visit in visits if visit.row is None), None)
    reveals = {visit.row: visit for visit in reversed(visits) if visit.row is not None}
    return CaseFile(view, tuple(sorted(roles)), tabs, whole, reveals)


def tab_file(desk: Desk, visitor: Caller, reference: str, tab: str) -> CaseFile:
    """The same for a page under one of its tabs: NotFound for whom there is no such tab."""
    file = case_file(desk, visitor, reference)
    if not file.has(tab):
        raise NotFound
    return file


def prefetched(request: Request) -> bool:
    """Whether a browser asks before anybody clicked: then nothing is opened."""
    told = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    return "prefetch" in told or "prerender" in told


def case_page(
    request: Request, desk: Desk, visitor: Caller, file: CaseFile, template: str, here: str, body: Any = None, *,
    sheet: Sheet | None = None, status: int = 200,
) -> Response:  # fmt: skip
    """A page of a case: the bar, the tabs, and its own body. Every such page can leave the case, so it has a form."""
    view = replace(
        file, here=here, body=body, protective=() if prefetched(request) else _approach(desk, visitor, file, here)
    )
    return show(
        request, desk, visitor, template, view, here="/cases", sheet=sheet or empty_sheet(request), status=status
    )


def _approach(desk: Desk, visitor: Caller, file: CaseFile, here: str) -> tuple[str, ...]:
    """The codes of the newest record of how to approach this person, opened under the visit."""
    newest = max(file.records("approaches"), key=lambda record: record.id, default=None)
    if file.visit is None or newest is None or here in MUTE:
        return ()
    told = open_row(desk, visitor, newest, file.visit).values.get("codes")
    return tuple(json.loads(told.read())) if told is not None else ()


def open_row(desk: Desk, visitor: Caller, record: RecordLine, visit: VisitLine) -> Shown:
    """One row, opened under a visit or a reveal of its own; or the sentence why not."""
    action = opening_of(record.table)
    wanted = tuple(name for name in record.fields if not visit.fields or name in visit.fields)
    if action is None or not wanted:
        return Shown(record)
    read = read_under(desk, visitor, visit, action, Opening, subject=record.id, fields=wanted[:12])
    if read.view is None:
        return Shown(record, refusal=read.refusal, rule=read.rule)
    view: Opened = read.view
    return Shown(record, view.values, entry=view.entry)


def read_under(
    desk: Desk, visitor: Caller, visit: VisitLine, action: Action, form: type[Form], *, subject: UUID, **more: Any
) -> Read:
    """Open for the reason that the visit was begun with, so that nobody states it twice.

    form  of the action: takes the reason, what it cites and the visit, and ``more``
    """
    reason = Justification(visit.justification)
    given = form.model_validate({"justification": reason, "cites": visit.cites, "visit": visit.id, **more})
    try:
        return Read(desk.do(visitor, action, given, subject=subject))
    except (Denied, Conflict, StepUpNeeded) as refusal:
        return Read(refusal=refusal.sentence, rule=refusal.rule or "")


def tab_of(name: str) -> str:
    """A tab by its own name or by a table that stands on it; the overview for anything else."""
    return next((tab.name for tab in TABS if name and name in (tab.name, *tab.tables)), "")

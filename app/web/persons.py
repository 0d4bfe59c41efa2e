"""Who the witness is: the tab of a case, shown by a reveal of its own, and the pages on which it is recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.people import actions, lookups
from app.web.casefile import CaseFile, Shown, case_file, case_page
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.web.visits import opened
from app.work import Action, Caller, Plain

RECORDS: Final = frozenset({"intake_officer", "caseworker"})
# Who settles whether two records are one person: whoever may ask.
SETTLES: Final = frozenset({"intake_officer"})
# Fields that hold a code: which table of words it stands in.
CODED: Final = {
    ("persons", "sex"): "sex",
    ("persons", "category"): "category",
    ("persons", "languages"): "spoken",
    ("identity_documents", "kind"): "paper",
    ("identity_documents", "condition"): "paper_state",
    ("contact_channels", "channel"): "channel",
    ("identity_claims", "about"): "about",
    ("identity_claims", "name_use"): "name_use",
    ("identity_claims", "basis"): "basis",
    ("same_person_findings", "finding"): "same_person",
    ("same_person_findings", "attributes"): "strong",
}
# What can be recorded here: the action and its page.
NEW: Final[Mapping[str, tuple[Action, str]]] = {
    "person": (actions.record, "intake/person_new.html"),
    "documents": (actions.record_document, "intake/document_new.html"),
    "contacts": (actions.record_contact, "intake/contact_new.html"),
    "approach": (actions.record_approach, "intake/approach_new.html"),
    "claims": (actions.claim, "intake/claim_new.html"),
    "same-person": (lookups.settle, "intake/same_person_new.html"),
}
Shape = Callable[[dict[str, Sequence[str]]], Mapping[str, Sequence[str]]]

router = APIRouter()


@dataclass(frozen=True)
class Particular:
    """One opened value as it is shown: words, or codes of a table of words.

    names  the table of words in which its own name stands
    """

    name: str
    values: tuple[Plain, ...]
    table: str = ""
    names: str = "field"


@dataclass(frozen=True)
class Row:
    """One row of the vault: shut, refused, or with its particulars."""

    shown: Shown
    particulars: tuple[Particular, ...]


@dataclass(frozen=True)
class Who:
    """What is known of the witness of a case."""

    persons: tuple[Row, ...]
    documents: tuple[Row, ...]
    contacts: tuple[Row, ...]
    claims: tuple[Row, ...]
    findings: tuple[Row, ...]
    approaches: int
    records: bool
    settles: bool


@router.get("/cases/{reference}/person")
def tab(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Names, papers, ways to reach them: each row is shown by a reveal of its own, for two minutes."""
    file = _file(desk, visitor, reference)

    def rows(table: str) -> tuple[Row, ...]:
        return tuple(_row(each) for each in opened(request, desk, visitor, file, table))

    view = Who(
        rows("persons"), rows("identity_documents"), rows("contact_channels"),
        rows("identity_claims"), rows("same_person_findings"),
        approaches=len(file.records("approaches")),
        records=bool(RECORDS & visitor.actor.roles) and file.view.state == "OPEN",
        settles=bool(SETTLES & visitor.actor.roles) and file.view.state == "OPEN",
    )  # fmt: skip
    return case_page(request, desk, visitor, file, "intake/person.html", "person", view)


@router.get("/cases/{reference}/{kind}/new")
def new_page(reference: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The page on which a person, a paper or a way to reach them is recorded."""
    told = {name: request.query_params[name] for name in ("look_up", "asked") if name in request.query_params}
    return _page(request, desk, visitor, reference, kind, sheet(request, **(told if kind == "same-person" else {})))


@router.post("/cases/{reference}/{kind}/new")
def new(reference: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    file = _recorder(desk, visitor, reference, kind)

    def again(typed: Sheet, status: int) -> Response:
        return _page(request, desk, visitor, reference, kind, typed, status)

    return save(
        request, desk, visitor, given, NEW[kind][0], subject=file.view.reference,
        then=f"/cases/{file.view.reference}/person", again=again, shape=listed if kind == "person" else None,
    )  # fmt: skip


def listed(fields: dict[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Nationalities stand one after another in one field: here they become a list."""
    countries = re.split(r"[\s,;]+", " ".join(fields.get("nationalities", ())).upper().strip())
    return fields | {"nationalities": [code for code in countries if code]}


def _file(desk: Desk, visitor: Caller, reference: str) -> CaseFile:
    file = case_file(desk, visitor, reference)
    if not file.has("person"):
        raise NotFound
    return file


def _recorder(desk: Desk, visitor: Caller, reference: str, kind: str) -> CaseFile:
    allowed = SETTLES if kind == "same-person" else RECORDS
    if kind not in NEW or not allowed & visitor.actor.roles:
        raise NotFound
    return _file(desk, visitor, reference)


def _page(
    request: Request, desk: Desk, visitor: Caller, reference: str, kind: str, form: Sheet, status: int = 200
) -> Response:  # fmt: skip
    file = _recorder(desk, visitor, reference, kind)
    return case_page(request, desk, visitor, file, NEW[kind][1], "person", sheet=form, status=status)


def _row(shown: Shown) -> Row:
    table = shown.record.table
    told: list[Particular] = []
    for name, value in shown.values.items():
        told += _parts(value) if name == "name_parts" and value is not None else [_particular(table, name, value)]
    return Row(shown, tuple(told))


def _parts(value: Plain) -> list[Particular]:
    """A name, part by part; in which script each is can be seen."""
    return [Particular(part["kind"], (Plain(part["text"].encode()),), names="part") for part in json.loads(value.raw())]


def _particular(table: str, name: str, value: Plain | None) -> Particular:
    return Particular(name, () if value is None else _values(name, value), CODED.get((table, name), ""))


def _values(name: str, value: Plain) -> tuple[Plain, ...]:
    """What lies in one cell, value by value: lists are packed as JSON, and so is a date with its precision."""
    if name not in {"aliases", "nationalities", "languages", "category", "attributes", "birth_date"}:
        return (value,)
    held: Any = json.loads(value.raw())
    parts = [held.get("words"), held.get("day"), held.get("year")] if name == "birth_date" else held
    told = [str(part) for part in parts if part is not None]
    return tuple(Plain(text.encode()) for text in dict.fromkeys(told))

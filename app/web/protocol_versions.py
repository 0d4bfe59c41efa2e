"""The questions of the office: every version that was published, and publishing the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.edge.desk import Desk, TheDesk, form_of, page_number, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.edge.strict_json import loads
from app.errors import Conflict, Denied, NotFound, Unprocessable
from app.testimonies import protocols
from app.testimonies.protocols import ProtocolLine, ProtocolView
from app.testimonies.questions import Protocol
from app.web.answered import text_of
from app.web.frame import reads_in, sheet, show
from app.web.session import Fields, Visitor
from app.web.taking import HERE
from app.work import Caller

router = APIRouter()

ROLES: Final = frozenset({"intake_officer", "legal_reviewer"})
# Why a protocol is none, in words; what is not here is a field that is missing, too much or misspelt.
SENTENCES: Final[Mapping[str, str]] = {
    "protocol_languages": N_("Every text stands in the same languages, Arabic, English and French among them."),
    "protocol_reason": N_("A question about safety, identity or an admission says why it is asked."),
    "protocol_choices": N_("A question of choice has two choices or more, each code once; no other question has any."),
    "protocol_keys": N_("Each question has a key of its own."),
    "protocol_when": N_("A condition names an earlier question of choice, and one of its answers."),
    "protocol_always": N_("What is asked without a promise hangs on nothing that is not asked without one."),
    "protocol_many": N_("A protocol has at most 60 questions."),
    "missing": N_("Please fill this in."),
    "extra_forbidden": N_("There is no such field."),
    "*": N_("This could not be understood. Please look at it again."),
}
FAULTS_MAX: Final = 20


@dataclass(frozen=True)
class Fault:
    """What is wrong with a protocol, and where in it."""

    where: str
    sentence: str


@dataclass(frozen=True)
class Versions:
    """A page of versions; whoever leads intake can publish another."""

    lines: tuple[ProtocolLine, ...]
    number: int
    leads: bool
    shipped: bool
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Line:
    """A question of a version, in the reader's language."""

    key: str
    kind: str
    text: str
    reason: str
    choices: tuple[str, ...]
    when: str


@dataclass(frozen=True)
class Version:
    """One version, to be read."""

    version: ProtocolView
    title: str
    parts: tuple[tuple[str, tuple[Line, ...]], ...]


@router.get("/protocols")
def versions(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Every version, the one in force first."""
    return _page(request, desk, visitor, sheet(request))


@router.post("/protocols")
def publish(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Publish the questions that come with the program, or the office's own."""
    _readers_only(visitor)
    typed = sheet(request).typed({name: values for name, values in given.items() if name not in {"csrf", "once"}}, {})
    try:
        form = protocols.shipped() if typed.value("shipped") else form_of(Protocol, loads(typed.value("data").encode()))
        desk.do(visitor, protocols.publish, form, idempotency=next(iter(given.get("once", ())), None))
    except ValidationError as wrong:
        typed = typed.typed(typed.values, {"data": N_("These questions contradict themselves. Nothing was published.")})
        return _page(request, desk, visitor, typed, _faults(wrong), Unprocessable.status)
    except (Conflict, Denied, Unprocessable) as refusal:
        typed = typed.typed(typed.values, {"data": refusal.sentence})
        return _page(request, desk, visitor, typed, (), refusal.status)
    return RedirectResponse("/protocols", 303)


@router.get("/protocols/{row}")
def version(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The questions of one version, as they are read out."""
    _readers_only(visitor)
    found = desk.ask(visitor, protocols.show, row_id(row))
    protocol, language = found.questions(), reads_in(desk, visitor)
    view = Version(found, text_of(protocol.title, language), parts_of(protocol, language))
    return show(request, desk, visitor, "intake/protocol_version.html", view, here=HERE)


def parts_of(protocol: Protocol, language: str, admissions: bool = True) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """A protocol to be read in a language, section by section; without a promise no more than is asked then."""
    known = {question.key: question for question in protocol.questions}
    asked = {key for key, question in known.items() if admissions or question.kind in {"SAFETY", "IDENTITY"}}
    parts = []
    for section in protocol.sections:
        lines = [
            Line(
                each.key, each.kind, text_of(each.text, language),
                text_of(each.reason, language) if each.reason else "",
                tuple(text_of(choice.text, language) for choice in each.choices),
                text_of(known[each.when.question].text, language) if each.when else "",
            )
            for each in section.questions
            if each.key in asked
        ]  # fmt: skip
        if lines:
            parts.append((text_of(section.title, language), tuple(lines)))
    return tuple(parts)


def _readers_only(visitor: Caller) -> None:
    if not ROLES & visitor.actor.roles:
        raise NotFound


def _page(
    request: Request, desk: Desk, visitor: Caller, filled: Sheet, faults: tuple[Fault, ...] = (), status: int = 200
) -> Response:  # fmt: skip
    _readers_only(visitor)
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, protocols.versions, number)
    shipped = protocols.shipped()
    there = any((line.name, line.version) == (shipped.name, shipped.version) for line in lines)
    view = Versions(lines, number, "intake" in visitor.actor.leads, not there, faults)
    return show(request, desk, visitor, "intake/protocols.html", view, here=HERE, sheet=filled, status=status)


def _faults(wrong: ValidationError) -> tuple[Fault, ...]:
    """Where and why, the first of many; nothing of what was sent."""
    errors = wrong.errors(include_url=False, include_context=False, include_input=False)[:FAULTS_MAX]
    return tuple(
        Fault(".".join(str(part) for part in error["loc"])[:120], SENTENCES.get(error["type"], SENTENCES["*"]))
        for error in errors
    )

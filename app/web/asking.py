"""Going through the questions of the office's protocol: one form, section by section, in the language of the session.

Which questions stand on the page follows from the answers. Without a script a button shows what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.edge.desk import Desk, TheDesk, form_of, row_id
from app.edge.languages import N_
from app.edge.sheets import Mistakes, Sheet, digits
from app.errors import Conflict, Denied, Unprocessable
from app.testimonies import answers, queries
from app.testimonies.answers import AnswersRead, RecordAnswers
from app.testimonies.forms import ReadAccount
from app.testimonies.questions import Answer, Protocol, Question, Type, Unfit, offered, unfit
from app.testimonies.views import AccountView
from app.web import drafts
from app.web.answered import Replied, given, protocol_of, replied, text_of
from app.web.casefile import prefetched
from app.web.drafts import ManyFields
from app.web.frame import reads_in, sheet, show
from app.web.session import Visitor
from app.web.taking import HERE, officers_only
from app.work import Caller, Justification

router = APIRouter()

_STEP: Final = "protocol"
_UNFIT: Final[Mapping[Unfit, str]] = {
    Unfit.WRONG_TYPE: N_("Please choose one of the answers."),
    Unfit.NO_SUCH_CHOICE: N_("Please choose one of the answers."),
    Unfit.TOO_LONG: N_("This is longer than can be kept here. Please shorten it."),
}


@dataclass(frozen=True)
class Asked:
    """One question on the page, in the language it is read out in. ``kept``: what was answered before."""

    key: str
    type: str
    text: str
    reason: str
    choices: tuple[tuple[str, str], ...]
    kept: Replied | None = None


@dataclass(frozen=True)
class Part:
    """Questions under one heading."""

    title: str
    questions: tuple[Asked, ...]


@dataclass(frozen=True)
class Asking:
    """The page: its questions, or the sentence why they are not shown."""

    account: AccountView
    title: str = ""
    version: str = ""
    sha256: str = ""
    after: int = 0
    language: str = "en"
    spoken: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    refusal: str = ""

    @property
    def shown(self) -> str:
        """The keys of the questions that stand on the page."""
        return " ".join(question.key for part in self.parts for question in part.questions)


@router.get("/testimonies/{row}/protocol")
def page(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The questions that are asked now, with what was answered before."""
    officers_only(visitor)
    begun = drafts.begin(request, desk, visitor, drafts.account_place(desk, visitor, row_id(row), _STEP))
    return _page(request, desk, visitor, row_id(row))(begun, 200)


@router.post("/testimonies/{row}/protocol")
def answer(row: str, request: Request, desk: TheDesk, visitor: Visitor, given_fields: ManyFields) -> Response:
    """Keep the answers; or show what follows from them, whichever button was pressed."""
    officers_only(visitor)
    key = row_id(row)
    again = _page(request, desk, visitor, key)
    fields = {name: [value.replace("\r\n", "\n") for value in values] for name, values in given_fields.items()}
    typed = sheet(request).typed({name: values for name, values in fields.items() if name not in {"csrf", "once"}}, {})
    if typed.value("go") == "look":
        return again(typed, 200)
    try:
        follows = _keep(desk, visitor, key, typed)
    except (Conflict, Denied, Unprocessable) as refusal:
        mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return again(typed.typed(typed.values, mistakes), refusal.status)
    return RedirectResponse(f"/testimonies/{key}{f'/protocol#q-{follows}' if follows else ''}", 303)


def _keep(desk: Desk, visitor: Caller, key: UUID, typed: Sheet) -> str:
    """Keep what was typed; the first question that follows from it and was not on the page yet."""
    account = desk.ask(visitor, queries.show, key)
    protocol = protocol_of(_read(desk, visitor, key))
    if protocol is None:
        raise Conflict(N_("No questions are published yet. The lead of intake publishes them."))
    told, wrong = _answers(protocol, typed)
    if wrong:
        raise Mistakes(wrong)
    if not told:
        raise Mistakes({"": N_("Please answer at least one question.")})
    desk.do(visitor, answers.record, _form(typed, told), subject=key)
    before = set(typed.value("shown").split())
    now = (question.key for question in offered(protocol, told, admissions=account.admissions))
    return next((each for each in now if each not in before and each not in told), "")


def _form(typed: Sheet, told: Mapping[str, Answer]) -> RecordAnswers:
    """The sheet as the interface for programs takes it."""
    sent: dict[str, Any] = {
        "protocol": typed.value("version"), "language": typed.value("language"),
        "answers": [{"question": key, **each.value()} for key, each in told.items()],
        **{name: int(typed.value(name)) for name in ("after", "draft") if typed.value(name).isdigit()},
        **{name: typed.value(name) for name in ("aside",) if typed.value(name)},
    }  # fmt: skip
    try:
        return form_of(RecordAnswers, sent)
    except ValidationError:
        raise Unprocessable(N_("This page has no such field. Please load it again.")) from None


def _page(request: Request, desk: Desk, visitor: Caller, key: UUID) -> Callable[[Sheet, int], Response]:
    officers_only(visitor)
    account = desk.ask(visitor, queries.show, key)

    def again(filled: Sheet, status: int) -> Response:
        if filled.draft is None:
            filled = drafts.again(desk, visitor, drafts.account_place(desk, visitor, key, _STEP), filled)
        view = Asking(account)
        if not prefetched(request):
            try:
                read = _read(desk, visitor, key)
                wanted = (request.query_params.get("language", ""), reads_in(desk, visitor))
                view, filled = _drawn(account, read, filled, wanted)
            except (Denied, Conflict) as refusal:
                view = Asking(account, refusal=refusal.sentence)
        return show(request, desk, visitor, "intake/asking.html", view, here=HERE, sheet=filled, status=status)

    return again


def _gone_on_with(request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int) -> Response:
    return _page(request, desk, visitor, row_id(row))(filled, status)


drafts.FORMS[_STEP] = _gone_on_with


def _read(desk: Desk, visitor: Caller, key: UUID) -> AnswersRead:
    """What was answered before, opened for this account; the entry names every row."""
    form = ReadAccount(justification=Justification.INTAKE, cites=key)
    read: AnswersRead = desk.do(visitor, answers.read_answers, form, subject=key)
    return read


def _drawn(
    account: AccountView, read: AnswersRead, filled: Sheet, wanted: tuple[str, str]
) -> tuple[Asking, Sheet]:  # fmt: skip
    """The page as it stands after these answers, and its form; an empty one is filled from what was kept.

    wanted  the language the address asks for, if it does, and the reader's own
    """
    protocol = protocol_of(read)
    if protocol is None or read.protocol is None:
        return Asking(account), filled
    kept, before = given(read), {each.key: each for each in replied(read, wanted[1])}
    fresh = not any(name.startswith("q.") for name in filled.values)
    told = kept if fresh else _answers(protocol, filled)[0]
    if fresh:
        values = {name: value for each in kept.values() for name, value in _fields(each).items()}
        filled = replace(filled, values={**values, **filled.values})
    language = _language(protocol, (filled.value("language"), *wanted), read)
    now = {question.key for question in offered(protocol, told, admissions=account.admissions)}
    # What was typed stays in sight, also where its question is asked no longer.
    now |= {key for key, each in told.items() if kept.get(key) != each}
    parts = [
        Part(
            text_of(section.title, language),
            tuple(
                _asked(question, language, None if kept.get(question.key) == told.get(question.key) else
                       before.get(question.key))
                for question in section.questions
                if question.key in now
            ),
        )
        for section in protocol.sections
    ]  # fmt: skip
    view = Asking(
        account, text_of(protocol.title, language), protocol.version, read.protocol.sha256, len(read.answers),
        language, tuple(protocol.title), tuple(part for part in parts if part.questions),
    )  # fmt: skip
    return view, filled


def _language(protocol: Protocol, wanted: tuple[str, str, str], read: AnswersRead) -> str:
    """The language that was chosen or asked for, else that of the session, else the reader's."""
    chosen, asked, readers = wanted
    of_session = read.language.read().partition("-")[0] if read.language is not None else ""
    return next((each for each in (chosen, asked, of_session, readers) if each in protocol.title), "en")


def _asked(question: Question, language: str, kept: Replied | None) -> Asked:
    choices = tuple((choice.code, text_of(choice.text, language)) for choice in question.choices)
    reason = text_of(question.reason, language) if question.reason else ""
    return Asked(question.key, question.type, text_of(question.text, language), reason, choices, kept)


def _answers(protocol: Protocol, typed: Sheet) -> tuple[dict[str, Answer], dict[str, str]]:
    """What was typed, by question; and what did not fit, by field. A blank answers nothing."""
    told: dict[str, Answer] = {}
    wrong: dict[str, str] = {}
    for question in protocol.questions:
        name = f"q.{question.key}"
        value = _typed(question, name, typed)
        if value is None:
            continue
        try:
            found = form_of(Answer, {"question": question.key, **value})
        except ValidationError:
            wrong[name] = _SENTENCES.get(question.type, N_("This could not be understood. Please look at it again."))
            continue
        why = unfit(question, found)
        if why is None:
            told[question.key] = found
        else:
            wrong[name] = _UNFIT[why]
    return told, wrong


_SENTENCES: Final[Mapping[str, str]] = {
    Type.NUMBER: N_("Please give a number."),
    Type.DATE: N_("Please say how exact this date is, and give as much of it."),
    Type.SHORT: N_("This is longer than can be kept here. Please shorten it."),
    Type.LONG: N_("This is longer than can be kept here. Please shorten it."),
}


def _typed(question: Question, name: str, typed: Sheet) -> dict[str, Any] | None:
    """What stands in the fields of a question, as the form of an answer has it."""
    match question.type:
        case Type.ONE | Type.MANY | Type.YES_NO:
            chosen = [value for value in typed.all(name) if value]
            return {"chosen": chosen} if chosen else None
        case Type.DATE:
            return _day(name, typed)
        case Type.NUMBER:
            told = digits(typed.value(name).strip())
            return {"number": int(told) if told.isdigit() and len(told) < 10 else told} if told else None
    words = typed.value(name)
    return {"words": words} if words.strip() else None


def _day(name: str, typed: Sheet) -> dict[str, Any] | None:
    parts = {part: digits(typed.value(f"{name}.{part}").strip()) for part in ("day", "month", "year")}
    words, precision = typed.value(f"{name}.words").strip(), typed.value(f"{name}.precision")
    if not (any(parts.values()) or words or precision):
        return None
    told: dict[str, Any] = {"precision": precision, **({"words": words} if words else {})}
    if precision == "DAY":
        return {"day": told | {"day": f"{parts['year']:>04}-{parts['month']:>02}-{parts['day']:>02}"}}
    return {"day": told | {part: int(text) if text.isdigit() else text for part, text in parts.items() if text}}


def _fields(answer: Answer) -> dict[str, list[str]]:
    """An answer as the fields of its question hold it."""
    name = f"q.{answer.question}"
    if answer.day is None:
        held = [answer.words] if answer.words is not None else [*answer.chosen]
        return {name: held if answer.number is None else [str(answer.number)]}
    told = answer.day
    day = told.day
    parts = {"day": day.day if day else None, "month": day.month if day else told.month,
             "year": day.year if day else told.year, "words": told.words, "precision": told.precision}  # fmt: skip
    return {f"{name}.{part}": [str(value)] for part, value in parts.items() if value is not None}

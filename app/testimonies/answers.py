"""What is answered to a protocol's questions: kept sealed, one row an answer, and never written over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, model_validator

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened
from app.errors import Conflict, Unprocessable
from app.testimonies import protocols, terms
from app.testimonies.drafts import settle
from app.testimonies.forms import Drafted, ReadAccount
from app.testimonies.models import Testimony
from app.testimonies.protocol_models import ProtocolAnswer, ProtocolVersion
from app.testimonies.protocols import ProtocolView
from app.testimonies.questions import QUESTIONS_MAX, Answer, Protocol, Sha256, Unfit, asks, offered, unfit
from app.testimonies.rules import CLOSED, SPOKEN, State
from app.testimonies.steps import ANSWERS_MAX, agreed, answers_of, locked
from app.work import Disclosure, Plain, Work, action
from app.work.forms import Language

# From the beginning of the conversation to the seal; what was written on paper is entered after it.
ASKED_IN: Final = (SPOKEN - CLOSED) | {State.IN_SESSION, State.PAUSED}


class RecordAnswers(Drafted):
    """Answers to questions of one version, by the version's name.

    after  how many answers of the account whoever sends these has seen; a program may leave it out
    """

    protocol: Sha256
    language: Language
    after: Annotated[int, Field(ge=0, le=ANSWERS_MAX)] | None = None
    answers: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=QUESTIONS_MAX)]

    @model_validator(mode="after")
    def _each_once(self) -> RecordAnswers:
        if len({answer.question for answer in self.answers}) < len(self.answers):
            raise ValueError("a question is answered once in a sheet")
        return self


@dataclass(frozen=True)
class AnswersKept:
    """How many answers were new, and how many the account has; not a word of them."""

    id: UUID
    kept: int
    total: int


@dataclass(frozen=True)
class AnswerRead:
    """One answer: to which question, in which language, recorded by whom and when. ``answer`` is JSON."""

    id: UUID
    number: int
    recorded_by: str
    recorded_at: datetime
    question: Plain | None
    answer: Plain | None
    language: Plain | None


@dataclass(frozen=True)
class AnswersRead(Disclosure):
    """The answers of an account in the order of their keeping, with the questions as they were asked then.

    language  in which the limits were read out: the language of the session
    """

    id: UUID
    reference: str
    language: Plain | None
    protocol: ProtocolView | None
    answers: tuple[AnswerRead, ...]


@action("answer.record", operation="collect", on=Testimony)
def record(work: Work, testimony: Testimony, form: RecordAnswers) -> AnswersKept:
    """Keep the answers that are new. What was answered before stays beside them."""
    locked(work, testimony)
    if testimony.state not in ASKED_IN:
        raise Conflict("Questions are asked from the beginning of the conversation to the seal of the account.")
    settle(work, testimony.case_id, testimony.id, "PROTOCOL", form)
    agreed(work, testimony)
    rows = answers_of(work, testimony)
    version = _version(work, rows, form.protocol)
    if form.after not in {None, len(rows)}:
        raise Conflict("A colleague answered questions of this account meanwhile. Look at their answers first.")
    before = {answer.question: answer for answer in (_given(work, row) for row in rows)}
    new = [answer for answer in form.answers if before.get(answer.question) != answer]
    if len(rows) + len(new) > ANSWERS_MAX:
        raise Conflict("This account holds as many answers as one can.")
    _must_fit(protocols.asked_by(version), before, new, admissions=terms.keeps_admissions(work, testimony))
    for number, answer in enumerate(new, len(rows) + 1):
        _keep(work, testimony, version, number, answer, form.language)
    terms.lay(work, testimony, [None])
    work.record(testimony, answers=len(new), protocol=version.id)
    return AnswersKept(testimony.id, len(new), len(rows) + len(new))


@action("answer.open", operation="consult", on=ProtocolAnswer, opens=(ProtocolAnswer,))
def open_answer(work: Work, answer: ProtocolAnswer, form: Opening) -> Opened:
    """Open one answer by itself."""
    return open_fields(work, answer, form)


@action("answer.read", operation="consult", on=Testimony, opens=(Testimony, ProtocolAnswer))
def read_answers(work: Work, testimony: Testimony, form: ReadAccount) -> AnswersRead:
    """Open every answer of an account, with the questions it was asked by. The entry names each row."""
    case = work.one(Case, Case.id == testimony.case_id)
    rows = answers_of(work, testimony)
    version = protocols.of_account(work, testimony)
    view = AnswersRead(
        id=testimony.id, reference=case.reference, language=work.open(testimony, "statement_language"),
        protocol=None if version is None else protocols.view_of(version),
        answers=tuple(_read(work, row) for row in rows),
    )  # fmt: skip
    work.record(testimony, answers=len(rows))
    return view


def _version(work: Work, rows: Sequence[ProtocolAnswer], name: str) -> ProtocolVersion:
    """The version that answers name. An account is asked by one: two would ask the same thing in two ways."""
    version: ProtocolVersion | None = work.first(ProtocolVersion, ProtocolVersion.sha256 == name)
    if version is None:
        raise Conflict("No such version of the protocol is published.")
    if rows and rows[0].protocol_id != version.id:
        raise Conflict("This account was begun with another version of the protocol, and goes on with that one.")
    return version


def _must_fit(protocol: Protocol, before: Mapping[str, Answer], new: Sequence[Answer], *, admissions: bool) -> None:
    """Refuse answers to questions that are not asked now, and answers that do not fit theirs."""
    given = {**before, **{answer.question: answer for answer in new}}
    now = {question.key for question in offered(protocol, given, admissions=admissions)}
    for answer in new:
        question = protocol.question(answer.question)
        if question is None:
            raise Unprocessable("This version of the protocol has no such question.")
        if not asks(question, admissions=admissions):
            raise Conflict(
                "No promise is on file, so only questions about safety and identity are asked. "
                "If an admission is spoken, stop, repeat the limits, go on without it."
            )
        if question.key not in now:
            raise Conflict(
                "A question was answered that is not asked after the other answers. Empty it, or change them."
            )
        match unfit(question, answer):
            case Unfit.WRONG_TYPE:
                raise Unprocessable("An answer is of another kind than its question asks for.")
            case Unfit.NO_SUCH_CHOICE:
                raise Unprocessable("A question does not offer this answer.")
            case Unfit.TOO_LONG:
                raise Unprocessable("An answer is longer than its question allows.")


def _keep(
    work: Work, testimony: Testimony, version: ProtocolVersion, number: int, answer: Answer, language: str
) -> None:  # fmt: skip
    row = ProtocolAnswer(
        case_id=testimony.case_id, testimony_id=testimony.id, protocol_id=version.id, number=number,
        recorded_by=work.actor.code, recorded_at=work.now,
    )  # fmt: skip
    work.seal(row, "question", answer.question)
    work.seal(row, "answer", json.dumps(answer.value(), ensure_ascii=False, sort_keys=True))
    work.seal(row, "language", language)
    work.add(row)


def _given(work: Work, row: ProtocolAnswer) -> Answer:
    """An answer as it was given, opened to compare it with what comes now."""
    question, answer = work.open(row, "question"), work.open(row, "answer")
    assert question is not None
    assert answer is not None
    return Answer.model_validate(json.loads(answer.raw()) | {"question": question.raw().decode()})


def _read(work: Work, row: ProtocolAnswer) -> AnswerRead:
    opened = {name: work.open(row, name) for name in ("question", "answer", "language")}
    return AnswerRead(row.id, row.number, row.recorded_by, row.recorded_at, **opened)

"""Answers as a page shows them: beside the question as it was asked, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.edge.languages import N_
from app.testimonies.answers import AnswerRead, AnswersRead
from app.testimonies.questions import Answer, Protocol, Question, Type
from app.work import Plain

# Said where an answer is none of the protocol's own choices.
_YES_NO: Final = {"YES": N_("Yes"), "NO": N_("No"), "NOT_ASKED": N_("Not asked")}


@dataclass(frozen=True)
class Reply:
    """One answer: words of people, or ``lines`` that are the protocol's own or numbers.

    ours  whether the lines are sentences of ours, to be put into the reader's language
    """

    number: int
    recorded_by: str
    recorded_at: datetime
    words: Plain | None = None
    lines: tuple[str, ...] = ()
    precision: str = ""
    ours: bool = False


@dataclass(frozen=True)
class Replied:
    """A question that was answered, and its answers, the newest first."""

    key: str
    kind: str
    text: str
    replies: tuple[Reply, ...]


def text_of(texts: Mapping[str, str], language: str) -> str:
    """A text of a protocol in this language; every protocol has English."""
    return texts.get(language) or texts["en"]


def given(read: AnswersRead) -> dict[str, Answer]:
    """The newest answer to each question, by its key."""
    return {answer.question: answer for answer in map(_answer, read.answers)}


def replied(read: AnswersRead, language: str) -> tuple[Replied, ...]:
    """The questions that were answered, in the order of the protocol."""
    if read.protocol is None:
        return ()
    protocol = read.protocol.questions()
    return tuple(
        Replied(question.key, question.kind, text_of(question.text, language), replies)
        for question in protocol.questions
        if (replies := _replies(read, question, language))
    )


def reply(question: Question, language: str, row: AnswerRead) -> Reply:
    """One answer to a question in words."""
    answer = _answer(row)
    made = Reply(row.number, row.recorded_by, row.recorded_at)
    if answer.words is not None:
        return _with(made, words=answer.words)
    if answer.number is not None:
        return _with(made, lines=(str(answer.number),))
    if answer.day is not None:
        told = answer.day
        when = told.day.isoformat() if told.day else "-".join(f"{n:02}" for n in (told.year, told.month) if n)
        return _with(made, words=told.words, lines=(when,) if when else (), precision=told.precision)
    if question.type == Type.YES_NO:
        return _with(made, lines=tuple(_YES_NO[code] for code in answer.chosen), ours=True)
    known = {choice.code: text_of(choice.text, language) for choice in question.choices}
    return _with(made, lines=tuple(known[code] for code in answer.chosen))


def protocol_of(read: AnswersRead) -> Protocol | None:
    return None if read.protocol is None else read.protocol.questions()


def _replies(read: AnswersRead, question: Question, language: str) -> tuple[Reply, ...]:
    mine = [row for row in read.answers if row.question is not None and row.question.read() == question.key]
    return tuple(reply(question, language, row) for row in reversed(mine))


def _answer(row: AnswerRead) -> Answer:
    assert row.question is not None
    assert row.answer is not None
    return Answer.model_validate(json.loads(row.answer.read()) | {"question": row.question.read()})


def _with(
    made: Reply, *, words: str | None = None, lines: tuple[str, ...] = (), precision: str = "", ours: bool = False
) -> Reply:  # fmt: skip
    plain = None if words is None else Plain(words.encode())
    return Reply(made.number, made.recorded_by, made.recorded_at, plain, lines, precision, ours)

"""What a protocol may be, which questions it asks when, and what fits as an answer. No database."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from app.testimonies import protocols
from app.testimonies.questions import LANGUAGES, Answer, Kind, Protocol, Type, Unfit, named, offered, unfit
from tests.world.words import answer


def t(text: str) -> dict[str, str]:
    return {"en": text, "ar": f"{text} ع", "fr": f"{text} fr"}


def q(key: str, type_: str = "SHORT", kind: str = "ACCOUNT", **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "type": type_, "text": t(key), **more}


def data(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    sections = [{"title": t("heading"), "questions": list(questions)}]
    return {"name": "drill", "version": "2026-11", "title": t("A drill"), "sections": sections, **more}


def made(*questions: dict[str, Any]) -> Protocol:
    return Protocol.model_validate(data(*questions))


def given(**values: Any) -> dict[str, Answer]:
    return {key: Answer.model_validate({"question": key, **answer(value)}) for key, value in values.items()}


COLOURS = [{"code": "RED", "text": t("red")}, {"code": "BLUE", "text": t("blue")}]
ASKED = (
    q("alone", "YES_NO"),
    q("with_whom", when={"question": "alone", "is": "NO"}),
    q("colours", "MANY", choices=COLOURS),
    q("which_red", "ONE", choices=COLOURS, when={"question": "colours", "is": "RED"}),
    q("why_blue", when={"question": "which_red", "is": "BLUE"}),
)


# what is asked


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, ["alone", "colours"]),
        ({"alone": ["YES"]}, ["alone", "colours"]),
        ({"alone": ["NOT_ASKED"]}, ["alone", "colours"]),
        ({"alone": ["NO"]}, ["alone", "with_whom", "colours"]),
        ({"colours": ["BLUE"]}, ["alone", "colours"]),
        ({"colours": ["BLUE", "RED"]}, ["alone", "colours", "which_red"]),
        ({"colours": ["RED"], "which_red": ["BLUE"]}, ["alone", "colours", "which_red", "why_blue"]),
        # What hung on a question that has fallen away falls with it.
        ({"colours": ["BLUE"], "which_red": ["BLUE"]}, ["alone", "colours"]),
    ],
)
def test_a_question_is_asked_after_the_answer_it_hangs_on(answers: dict[str, Any], asked: list[str]) -> None:
    found = offered(made(*ASKED), given(**answers), admissions=True)

    assert [question.key for question in found] == asked


@pytest.mark.domain("D43")
def test_without_a_promise_only_safety_and_identity_are_asked() -> None:
    reason = t("because")
    kinds = [q(kind.lower(), kind=kind, reason=reason) for kind in Kind]
    each = made(*kinds, q("last", kind="SAFETY", reason=reason))

    without = [question.key for question in offered(each, {}, admissions=False)]
    with_one = [question.key for question in offered(each, {}, admissions=True)]

    assert without == ["safety", "identity", "last"]
    assert with_one == ["safety", "identity", "account", "admission", "last"]


# what fits


@pytest.mark.parametrize(
    ("type_", "value", "why"),
    [
        ("SHORT", "words", None),
        ("SHORT", "w" * 501, Unfit.TOO_LONG),
        ("LONG", "w" * 501, None),
        ("LONG", 3, Unfit.WRONG_TYPE),
        ("NUMBER", 3, None),
        ("NUMBER", "three", Unfit.WRONG_TYPE),
        ("DATE", {"precision": "SEASON", "year": 2016, "words": "spring"}, None),
        ("DATE", "spring", Unfit.WRONG_TYPE),
        ("YES_NO", ["NOT_ASKED"], None),
        ("YES_NO", ["YES", "NO"], Unfit.WRONG_TYPE),
        ("YES_NO", ["RED"], Unfit.NO_SUCH_CHOICE),
        ("YES_NO", "yes", Unfit.WRONG_TYPE),
        ("ONE", ["RED"], None),
        ("ONE", ["RED", "BLUE"], Unfit.WRONG_TYPE),
        ("ONE", ["GREEN"], Unfit.NO_SUCH_CHOICE),
        ("MANY", ["RED", "BLUE"], None),
        ("MANY", ["RED", "GREEN"], Unfit.NO_SUCH_CHOICE),
        ("MANY", {"precision": "YEAR", "year": 2016}, Unfit.WRONG_TYPE),
    ],
)
def test_an_answer_fits_its_question_or_says_why_not(type_: str, value: Any, why: Unfit | None) -> None:
    choices: dict[str, Any] = {"choices": COLOURS} if type_ in {"ONE", "MANY"} else {}
    question = made(q("it", type_, **choices)).questions[0]

    assert unfit(question, given(it=value)["it"]) == why


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"words": "a", "number": 1},
        {"words": "a", "chosen": ["RED"]},
        {"words": ""},
        {"words": "a\x00"},
        {"number": -1},
        {"number": 1.5},
        {"chosen": ["red"]},
        {"day": {"precision": "DAY"}},
        {"day": {"precision": "DAY", "day": "2016-03-01", "year": 2016}},
        {"day": {"precision": "YEAR"}},
        {"day": {"precision": "MONTH", "year": 2016}},
        {"day": {"precision": "YEAR", "year": 2016, "month": 3}},
        {"words": "a", "more": 1},
    ],
)
def test_what_is_no_answer_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate_json(json.dumps({"question": "it", **told}), strict=True)


# what a protocol may be


def _broken(**more: Any) -> dict[str, Any]:
    return q("it", **more)


SECTION = {"title": t("heading")}
BAD: list[tuple[str, dict[str, Any]]] = [
    ("protocol_keys", data(q("it"), q("it"))),
    ("protocol_choices", data(q("it", "ONE"))),
    ("protocol_choices", data(q("it", "ONE", choices=COLOURS[:1]))),
    ("protocol_choices", data(q("it", "ONE", choices=[COLOURS[0], COLOURS[0]]))),
    ("protocol_choices", data(q("it", "SHORT", choices=COLOURS))),
    ("protocol_reason", data(q("it", kind="SAFETY"))),
    ("protocol_reason", data(q("it", kind="ADMISSION"))),
    ("protocol_when", data(q("it", when={"question": "later", "is": "YES"}), q("later", "YES_NO"))),
    ("protocol_when", data(q("it", "YES_NO", when={"question": "it", "is": "YES"}))),
    ("protocol_when", data(q("first", "YES_NO"), q("it", when={"question": "first", "is": "RED"}))),
    ("protocol_when", data(q("first"), q("it", when={"question": "first", "is": "YES"}))),
    (
        "protocol_always",
        data(
            q("first", "YES_NO"),
            q("it", kind="SAFETY", reason=t("so"), when={"question": "first", "is": "YES"}),
        ),
    ),
    ("protocol_languages", data(_broken(text={"en": "a", "ar": "b", "de": "c"}))),
    ("protocol_languages", data(_broken(reason={**t("a"), "de": "c"}))),
    ("protocol_languages", data(q("it"), title={"en": "a", "fr": "b", "de": "c"})),
    ("protocol_many", data(sections=[SECTION | {"questions": [q(f"{part}{n}") for n in range(40)]} for part in "ab"])),
    ("string_pattern_mismatch", data(q("It"))),
    ("string_pattern_mismatch", data(q("it"), version="1")),
    ("enum", data(q("it", "ESSAY"))),
    ("enum", data(q("it", kind="GOSSIP"))),
    ("string_too_short", data(_broken(text=t("a") | {"en": ""}))),
    ("extra_forbidden", data(_broken(score=3))),
    ("too_short", data()),
]


@pytest.mark.parametrize(("kind", "told"), BAD, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(BAD)])
def test_a_protocol_that_contradicts_itself_is_refused_and_says_why(kind: str, told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Protocol.model_validate_json(json.dumps(told), strict=True)

    assert kind in {error["type"] for error in refused.value.errors()}


def test_the_same_questions_have_the_same_name_however_they_are_written() -> None:
    told = data(*ASKED)
    turned = json.loads(json.dumps(told), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    other = deepcopy(told)
    other["sections"][0]["questions"][0]["text"]["en"] += "?"

    names = [named(Protocol.model_validate(each).bytes()) for each in (told, turned, other)]

    assert names[0] == names[1] != names[2]
    assert Protocol.model_validate_json(made(*ASKED).bytes()) == made(*ASKED)


# what comes with the program


def test_the_shipped_protocol_hears_the_account_before_it_asks_about_it() -> None:
    shipped = protocols.shipped()
    account = [question for question in shipped.questions if question.kind == Kind.ACCOUNT]

    assert [question.type for question in account[:2]] == [Type.LONG, Type.LONG]
    assert all(question.when is None for question in account[:2])
    # What one did oneself comes after everything else about the account, and only with a promise.
    kinds = [question.kind for question in shipped.questions]
    assert kinds.index(Kind.ADMISSION) > max(n for n, kind in enumerate(kinds) if kind == Kind.ACCOUNT)
    assert set(shipped.title) == LANGUAGES
    assert {question.type for question in shipped.questions} == set(Type)


def test_the_shipped_protocol_puts_no_answer_into_anybodys_mouth() -> None:
    """No question of the account can be answered by agreeing to what it supposes."""
    supposing = ("isn’t", "didn’t", "surely", "is it true", "did they ", "n’est-ce pas", "أليس")
    asked = [text.lower() for each in protocols.shipped().questions for text in each.text.values()]

    assert [text for text in asked if any(word in text for word in supposing)] == []
    assert all(each.type != Type.YES_NO for each in protocols.shipped().questions if each.kind == Kind.ACCOUNT)

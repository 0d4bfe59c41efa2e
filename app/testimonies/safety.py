"""Whether somebody is safe now, asked before anything else is told.

A yes reaches protection in the same transaction as the answer, sealed to them alone: whoever
asked cannot read it back. Two actions, because one of them passes something on and the log says so.
"""

from __future__ import annotations

import json
from typing import Final

from app.cases.forms import Opening
from app.cases.steps import open_case_of, open_fields, pass_on
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.testimonies.drafts import settle
from app.testimonies.forms import Drafted
from app.testimonies.models import SafetyAnswer, Testimony
from app.work import Work, action
from app.work.forms import Passage

TEAM: Final = "protection"
QUESTIONS: Final = ("in_danger", "found_out", "others", "hurt")


class Safety(Drafted):
    """The four questions. None of them is answered by silence."""

    in_danger: bool
    found_out: bool
    others: bool
    hurt: bool

    @property
    def alarms(self) -> bool:
        return any(getattr(self, question) for question in QUESTIONS)


class Alert(Safety):
    """At least one yes, and what protection has to know of it."""

    words: Passage


@action("safety.record", operation="collect", on=Testimony)
def record(work: Work, testimony: Testimony, form: Safety) -> Stored:
    """Keep that somebody was asked and that all is well as far as they say."""
    if form.alarms:
        raise Conflict("A yes goes to protection at once. Say what they have to know.")
    answer = _answer(work, testimony, form)
    work.record(answer)
    return Stored(answer.id, "safety_answers")


@action("safety.alert", operation="disclose", on=Testimony)
def alert(work: Work, testimony: Testimony, form: Alert) -> Stored:
    """Tell protection at once: to be read within minutes, and never again by whoever asked."""
    if not form.alarms:
        raise Conflict("Nobody is in danger by these answers. Keep them as they are.")
    answer = _answer(work, testimony, form)
    pass_on(work, testimony.case_id, "SAFETY", TEAM, form.words)
    work.record(answer)
    return Stored(answer.id, "safety_answers")


@action("safety.open", operation="consult", on=SafetyAnswer, opens=(SafetyAnswer,))
def open_answer(work: Work, answer: SafetyAnswer, form: Opening) -> Opened:
    """Open what was answered: yes or no to each question."""
    return open_fields(work, answer, form)


def _answer(work: Work, testimony: Testimony, form: Safety) -> SafetyAnswer:
    open_case_of(work, testimony)
    settle(work, testimony.case_id, testimony.id, "SAFETY", form)
    answer = SafetyAnswer(
        case_id=testimony.case_id, testimony_id=testimony.id, asked_by=work.actor.code, asked_at=work.now
    )  # fmt: skip
    work.seal(answer, "answers", json.dumps({question: getattr(form, question) for question in QUESTIONS}))
    work.add(answer)
    return answer

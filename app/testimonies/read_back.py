"""Reading an account back to the witness, and what they say to it. A refusal is kept, and the account with it."""

from __future__ import annotations

from typing import Literal

from app.cases.forms import Opening
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.testimonies.appended import ReadBack
from app.testimonies.drafts import settle
from app.testimonies.forms import Code, Drafted
from app.testimonies.models import Interpreter, Testimony
from app.testimonies.rules import CLOSED, SPOKEN, State, may_move
from app.testimonies.steps import heard_by, locked
from app.work import Work, action
from app.work.forms import Language, Words

# Codes of the register begin so; whoever else reads an account back is known to the office by another letter.
_INTERPRETERS = "I-"


class ReadItBack(Drafted):
    """Who read the account to the witness, in which language, and whether they stand by it.

    reader  by code: an officer, somebody else in the room, or an interpreter of the register
    """

    reader: Code
    language: Language
    answer: Literal["SIGNED", "BY_WORD", "REFUSED"]
    reason: Words | None = None


@action("testimony.read_back", operation="alter", on=Testimony, creates=True)
def read_back(work: Work, testimony: Testimony, form: ReadItBack) -> Stored:
    """Keep what the witness said when their account was read to them. Asked again later, the answers stand in a row."""
    locked(work, testimony)
    if testimony.state in CLOSED:
        raise Conflict("The account is sealed: from here on only corrections are added.")
    if testimony.state not in SPOKEN:
        raise Conflict("There are no words yet that could be read back.")
    settle(work, testimony.case_id, testimony.id, "READ_BACK", form)
    if (form.answer == "REFUSED") != (form.reason is not None):
        raise Conflict("A refusal is kept with its reason, in the witness’s words; no other answer has one.")
    _fit_to_read(work, testimony, form.reader)
    if may_move(testimony.state, State.READ_BACK):
        testimony.move(State.READ_BACK, at=work.now)
    row = ReadBack(
        case_id=testimony.case_id, testimony_id=testimony.id, recorded_by=work.actor.code, recorded_at=work.now
    )  # fmt: skip
    for column in ("reader", "language", "answer", "reason"):
        work.seal(row, column, getattr(form, column))
    work.add(row)
    work.record(row, state=testimony.state)
    return Stored(testimony.id, "testimonies", testimony.state)


@action("read_back.open", operation="consult", on=ReadBack, opens=(ReadBack,))
def open_read_back(work: Work, row: ReadBack, form: Opening) -> Opened:
    """Open who read an account back, in which language, and what the witness said to it."""
    return open_fields(work, row, form)


def _fit_to_read(work: Work, testimony: Testimony, reader: str) -> None:
    """An interpreter who reads it back is bound, of the register, and no acquaintance that was found out."""
    if not reader.startswith(_INTERPRETERS):
        return
    interpreter = work.first(Interpreter, Interpreter.reference == reader)
    if interpreter is None:
        raise Conflict("No interpreter of the register has this code.")
    interpreter.must_be_bound(today=work.today)
    if reader in heard_by(work, testimony):
        raise Conflict("This interpreter was found to be no stranger. Go on with another, or without one.")

"""Reading an account as a whole: one reason, one entry, every row and field of it named there.

The entry names every passage, also those that stayed folded: which ones did would tell of their class.
"""

from __future__ import annotations

import json
from typing import Any, Final

from app.cases.models import Case
from app.testimonies.forms import ReadAccount
from app.testimonies.models import Segment, Testimony
from app.testimonies.rules import FOLDED, SegmentClass
from app.testimonies.views import AccountRead, PassageRead
from app.work import Plain, Work, action

# As many passages as one account can have (forms.RecordAccount).
PASSAGES_MAX: Final = 200


@action("testimony.read", operation="consult", on=Testimony, opens=(Testimony, Segment))
def read_account(work: Work, testimony: Testimony, form: ReadAccount) -> AccountRead:
    """Open the frame of an account and its passages. What is folded is opened by itself, one by one."""
    case = work.one(Case, Case.id == testimony.case_id)
    segments = work.all(
        Segment, Segment.testimony_id == testimony.id, order=Segment.number, limit=PASSAGES_MAX
    )  # fmt: skip
    view = AccountRead(
        id=testimony.id, reference=case.reference, state=testimony.state, frame=_frame(work, testimony),
        passages=tuple(_passage(work, segment) for segment in segments),
    )  # fmt: skip
    work.record(testimony, segments=len(segments))
    return view


def _frame(work: Work, testimony: Testimony) -> dict[str, Plain | None]:
    """What was explained and agreed, and the circumstances, each value by itself."""
    counsel = _unpacked(work.open(testimony, "counsel"), ("counsel", "counsel_reason"))
    frame = _unpacked(
        work.open(testimony, "frame"), ("place", "custody_status", "guard_present", "interpreter_code")
    )  # fmt: skip
    told = {name: work.open(testimony, name) for name in ("statement_language", "own_words")}
    return told | counsel | frame


def _unpacked(packed: Plain | None, names: tuple[str, ...]) -> dict[str, Plain | None]:
    """Several values that lie in one cell, as a list in this order or as an object of these names."""
    if packed is None:
        return dict.fromkeys(names)
    held: Any = json.loads(packed.raw())
    values = dict(zip(names, held, strict=True)) if isinstance(held, list) else held
    return {name: _plain(values.get(name)) for name in names}


def _plain(value: str | bool | None) -> Plain | None:
    if value is None:
        return None
    return Plain(("yes" if value else "no").encode() if isinstance(value, bool) else value.encode())


def _passage(work: Work, segment: Segment) -> PassageRead:
    packed = work.open(segment, "classes")
    classes = tuple(json.loads(packed.raw())) if packed else ()
    folded = any(SegmentClass(each) in FOLDED for each in classes)
    shown = {name: None if folded else work.open(segment, name) for name in ("text", "language", "speaker")}
    return PassageRead(
        id=segment.id, number=segment.number, folded=folded,
        classes=tuple(Plain(each.encode()) for each in classes),
        bytes_at_most=work.room(segment, "text"), **shown,
    )  # fmt: skip
